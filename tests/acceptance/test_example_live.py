"""The example of live rows: batch, service and stream end in the same windows, and meet the same gates."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import urllib.request
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ml_ci.cli.main import call
from ml_ci.evaluation.confusion import Confusion
from ml_ci.gates.live.windows import judge_windows
from ml_ci.live.values import Champion, Reference, Watched
from ml_ci.live.watching import watch_rows
from ml_ci.spec.load import load
from tests.acceptance.test_examples import EXAMPLES

pytestmark = pytest.mark.slow

HOLDOUT = Confusion(tp=148, fp=36, tn=193, fn=23)
CHAMPION = Champion("late", "1", "2026-03-02T00:00:00Z", "0" * 40, 0.5, HOLDOUT)
NOW = datetime(2026, 3, 31, tzinfo=UTC)


@pytest.fixture(scope="module")
def orders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the example as a repository of its own, with its model trained."""
    folder = tmp_path_factory.mktemp("example") / "live"
    shutil.copytree(EXAMPLES / "live", folder, ignore=shutil.ignore_patterns("__pycache__", ".ml_ci"))
    (folder / ".gitignore").write_text("__pycache__/\n.ml_ci/\nlogs/\ncomputed.csv\nmodel.json\n")
    for command in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-q", "-m", "orders")):
        subprocess.run(("git", *command), cwd=folder, check=True)
    train = "from pathlib import Path; from orders.model import train; train(Path('data/train.csv'), Path('.'))"
    subprocess.run((sys.executable, "-c", train), cwd=folder, check=True)
    return folder


def by_batch(folder: Path) -> None:
    subprocess.run((sys.executable, "batch.py", "model.json", "data/orders.jsonl", "logs"), cwd=folder, check=True)


def by_rest(folder: Path) -> None:
    command = (sys.executable, "service.py", "model.json", "0", "logs")
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as service:
        assert service.stdout is not None
        url = f"http://127.0.0.1:{int(service.stdout.readline())}/score"
        for line in (folder / "data" / "orders.jsonl").read_bytes().splitlines():
            with urllib.request.urlopen(url, line, timeout=10) as answer:
                assert 0 <= json.load(answer)["score"] <= 1
        service.terminate()


def by_stream(folder: Path) -> None:
    """Dump a topic of three partitions in two parts, and stream after each: the second time only what is new."""
    lines = (folder / "data" / "orders.jsonl").read_text().splitlines()
    topic = folder / "topic"
    topic.mkdir()
    for part in range(2):
        for partition in range(3):
            chosen = lines[partition::3]
            half = chosen[: len(chosen) // 2] if not part else chosen[len(chosen) // 2 :]
            first = part * (len(chosen) // 2)
            messages = [
                {"topic": "orders", "partition": partition, "offset": first + place, "key": None, "payload": line}
                for place, line in enumerate(half)
            ]
            name = f"orders-{partition}-{first:06}.jsonl"
            (topic / name).write_text("".join(json.dumps(one) + "\n" for one in messages))
        for _ in range(2):
            subprocess.run((sys.executable, "stream.py", "model.json", "topic", "logs"), cwd=folder, check=True)
    assert len(list((folder / "logs").iterdir())) == 6


def watch(folder: Path) -> Watched:
    model = load((folder / "ml-ci.yaml").read_text(), "ml-ci.yaml").models["late"]
    return watch_rows(model, CHAMPION, Reference(HOLDOUT), folder, NOW, (), {})


@pytest.fixture(scope="module")
def watched(orders: Path) -> dict[str, Watched]:
    """Have the same orders answered in three ways; each has a log of its own."""
    found = {}
    for way in (by_batch, by_rest, by_stream):
        shutil.rmtree(orders / "logs", ignore_errors=True)
        way(orders)
        found[way.__name__] = watch(orders)
    return found


def test_the_windows_are_the_same(watched: dict[str, Watched]) -> None:
    batch = watched["by_batch"]
    events = [json.loads(line) for line in (EXAMPLES / "live" / "data" / "orders.jsonl").read_text().splitlines()]
    days = [datetime.fromisoformat(event["placed_at"]) - datetime.fromisoformat(CHAMPION.since) for event in events]
    weeks = Counter(one.days // 7 for one in days)
    assert [window.rows for window in batch.windows] == [weeks[0], weeks[1], weeks[2], weeks[3], 0]
    assert [window.closed for window in batch.windows] == [True, True, True, False, False]
    assert batch.notes == ()
    assert watched["by_rest"] == watched["by_stream"] == batch


def test_they_meet_the_same_gates(orders: Path, watched: dict[str, Watched]) -> None:
    model = load((orders / "ml-ci.yaml").read_text(), "ml-ci.yaml").models["late"]
    judged = {way: judge_windows(model, one) for way, one in watched.items()}
    assert judged["by_rest"] == judged["by_stream"] == judged["by_batch"]
    assert judged["by_batch"].alarms == ()
    assert [one.condition for one in judged["by_batch"].gates] == ["fpr <= 0.3", "fnr <= 0.4"]


@pytest.mark.parametrize(("broken", "code"), [(False, 4), (True, 1)])
def test_the_features_are_computed_again(
    orders: Path,
    watched: dict[str, Watched],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    broken: bool,
    code: int,
) -> None:
    """400 rows without a difference prove no share of a thousandth; a service that takes metres is told by its unit."""
    monkeypatch.chdir(orders)
    if broken:
        text = (orders / "orders" / "features.py").read_text()
        (orders / "orders" / "features.py").write_text(text.replace('["metres"] / 1000', '["metres"]'))
    subprocess.run((sys.executable, "compute.py", "data/orders.jsonl", "computed.csv"), cwd=orders, check=True)
    subprocess.run(("git", "checkout", "-q", "orders/features.py"), cwd=orders, check=True)
    assert call(["skew", "late", "--baseline", "HEAD", "--json"]) == code
    said: Any = json.loads(capsys.readouterr().out)
    assert said["rows"] == 400
    expected = {"mismatches": 400, "cause": "factor 0.001 (a unit)"} if broken else {"mismatches": 0, "cause": None}
    assert said["columns"]["kilometres"] == expected
    assert (said["flipped"] > 100) is broken
