"""`ml-ci ask URL --protocol oip` against a real server, outside of any project."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ml_ci.cli.main import call
from tests.live.served import Served, output, scoring, serve

OIP = ["--protocol", "oip"]


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    with serve(scoring) as server:
        yield server


def test_rows_are_asked_and_said(server: Served, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["ask", server.url, "x=10,30", "sex=Male", *OIP]) == 0
    assert capsys.readouterr().out == (
        f"{server.url}, with sex=Male\n"
        "  positive means a score of 0.5 or more\n\n"
        "        endpoint\n"
        "  x=10  0.250 negative\n"
        "  x=30  0.750 positive\n"
    )


def test_the_json_is_that_of_a_models_ask(server: Served, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["ask", server.url, "x=10", "sex=", "--threshold", "0.2", "--json", *OIP]) == 0
    said = json.loads(capsys.readouterr().out)
    assert {name: said[name] for name in ("format", "candidate", "baseline", "row", "changes")} == {
        "format": 1,
        "candidate": {"score": 0.25, "positive": True},
        "baseline": None,
        "row": None,
        "changes": [],
    }
    assert said["rows"][0]["values"] == {"x": 10, "sex": None}


def test_the_token_is_sent_and_told_nowhere(
    server: Served, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ML_CI_SERVING_TOKEN", "very-secret")
    server.reply = lambda _: (403, {"error": "the token very-secret may not"})
    assert call(["ask", server.url, "x=10", "sex=Male", *OIP]) == 1
    said = capsys.readouterr()
    assert server.headers[0]["Authorization"] == "Bearer very-secret"
    assert "answered 403" in said.err
    assert "very-secret" not in said.out + said.err


@pytest.mark.parametrize(("positive", "expected"), [(["--positive", "Yes"], [False, True]), ([], None)])
def test_classes_are_decided_by_the_positive_one(
    server: Served, capsys: pytest.CaptureFixture[str], positive: list[str], expected: Any
) -> None:
    server.reply = lambda _: (200, {"outputs": [output(["no", "yes"], "BYTES")]})
    assert call(["ask", server.url, "x=1,2", "sex=a", "--json", *positive, *OIP]) == (0 if positive else 1)
    said = capsys.readouterr()
    if positive:
        assert [one["candidate"]["positive"] for one in json.loads(said.out)["rows"]] == expected
    else:
        assert "names classes" in said.err
        assert "--positive CLASS" in said.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["x=1", "sexx=a", *OIP], "the endpoint has no input 'sexx', did you mean 'sex'?"),
        (["x=1", *OIP], "the endpoint's input sex: no value is given"),
        (["x=old", "sex=a", *OIP], "x is a number (INT64), got 'old'"),
        (["x=1.5", "sex=a", *OIP], "x is a whole number (INT64), got '1.5'"),
        (["x=1", "x=2", *OIP], "x is given twice"),
        (["x", *OIP], "expected column=value, got 'x'"),
        ([*OIP], "For example: x=… sex=…"),
        (["x=" + ",".join(map(str, range(65))), "sex=a", *OIP], "these are 65 rows, and at most 64"),
        (["x=1", "sex=a"], "Add --protocol oip"),
        (["x=1", "--row", "3", *OIP], "--row is a model's of this project"),
    ],
)  # fmt: skip
def test_a_mistake_is_told(server: Served, capsys: pytest.CaptureFixture[str], words: list[str], said: str) -> None:
    assert call(["ask", server.url, *words]) == 2
    assert said in capsys.readouterr().err


def test_an_option_of_endpoints_is_none_of_a_model(server: Served, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["ask", "churn", "--threshold", "0.3"]) == 2
    assert "--threshold is an endpoint's, which --protocol asks" in capsys.readouterr().err
