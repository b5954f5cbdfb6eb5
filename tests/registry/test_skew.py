"""A champion of a real registry: its log against computed features, and its canary's decision over HTTP."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from ml_ci.cli.main import call
from ml_ci.steps.promotion.offer import Asked
from ml_ci.steps.promotion.promote import promote_model
from tests.registry.test_watch import LIVE, SINCE, STAGES, WEEKS, _label, _shadow, _write

ROOT = Path(__file__).parents[2]


def test_the_champion_scores_both_ways(
    first: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [{"request": f"r{n}", "at": SINCE.isoformat(), "x": n / 400, "group": "ab"[n % 2]} for n in range(400)]
    logged = [{**row, "x": float(row["x"]) * 100} if n < 40 else row for n, row in enumerate(rows)]
    _write(first.path / "log.csv", logged)
    _write(first.path / "computed.csv", [{key: row[key] for key in ("request", "x", "group")} for row in rows])
    first.more = LIVE.format(predictions="log.csv") + "\n      features: {path: computed.csv}"
    first.change(0.5)  # the champion cuts at 0.6, whatever the tree says
    monkeypatch.chdir(first.path)
    assert call(["skew", "cutter"]) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "x: 39 rows (9.8%, 95% interval 7.0% to 13.1%): factor 100 (a unit)" in said
    flipped = sum(100 * n / 400 >= 0.6 for n in range(40))
    assert f"champion v1 scored 39 rows both ways: {flipped} decisions flipped" in said


def test_a_canary_answers_over_http(first: Any) -> None:
    first.more = LIVE.format(predictions="shadow.csv") + "\n      version: model\n    " + STAGES
    first.change(0.5)
    assert first.run().verdict == "pass"
    assert promote_model(first.options(), "cutter", Asked("Ada", SINCE.isoformat(), stage="shadow")).promoted.moved
    _label(first)
    _write(first.path / "shadow.csv", _shadow(first, WEEKS))
    command = (sys.executable, "-m", "ml_ci", "canary", "cutter", "--stage", "shadow", "--serve", "0", "--every", "1h")
    environment = {**os.environ, **first.environment, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=first.path, env=environment, stderr=subprocess.PIPE, text=True) as served:
        try:
            assert served.stderr is not None
            url = served.stderr.readline().split()[2].rstrip(",")
            status, body = 503, b""
            for _ in range(600):  # the first look takes as long as MLflow takes to be imported
                status, body = _ask(f"{url}/", None)
                if status != 503:
                    break
                time.sleep(0.1)
            assert (status, json.loads(body)["decision"]) == (200, "promote"), body
            assert [_ask(f"{url}/{path}", b"{}")[0] for path in ("promote", "rollback")] == [200, 403]
        finally:
            served.terminate()
            said = served.communicate(timeout=60)[1]
    assert served.returncode == 130 and "promote" in said.splitlines()


def _ask(url: str, body: bytes | None) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body), timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
