"""Nothing changed: a run and a plan beside `dvc repro` and `dvc status` on the same three stages and the same data.

Needs DVC in an environment of its own: `ML_CI_DVC=/path/to/bin/dvc`, or `dvc` on PATH.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
ROUNDS = 7

pytestmark = pytest.mark.benchmark

SPEC = """\
version: 1
models:
  first:
    run: sh train.sh {data.holdout} {out}/scores.csv
    outputs: {predictions: "{out}/scores.csv"}
    data: {train: DATA, holdout: holdout.csv}
    label: y
    positive: 1
    gates: [fpr <= 0.5]
"""

STAGES = """\
stages:
  first: {cmd: sh train.sh holdout.csv first.csv, deps: [train.sh, DATA, holdout.csv], outs: [first.csv]}
  second: {cmd: sh train.sh holdout.csv second.csv, deps: [train.sh, DATA, holdout.csv], outs: [second.csv]}
  third: {cmd: sh train.sh holdout.csv third.csv, deps: [train.sh, DATA, holdout.csv], outs: [third.csv]}
"""

SCRIPT = """\
{ echo score; tail -n +2 "$1" | sed 's/,.*//;s/^0$/0.1/;s/^1$/0.9/'; } > "$2"
"""


@dataclass
class Pair:
    """The same project twice: for ml-ci and for DVC."""

    ours: Path
    theirs: Path
    dvc: str

    def time_ours(self, *arguments: str) -> float:
        return timed((sys.executable, "-m", "ml_ci", *arguments), self.ours)

    def time_theirs(self, *arguments: str) -> float:
        return timed((self.dvc, *arguments), self.theirs)


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPATH": str(ROOT), "DVC_NO_ANALYTICS": "1"}


def timed(command: tuple[str, ...], folder: Path) -> float:
    """Run a command to its good end; give the wall seconds."""
    started = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True)
    seconds = time.perf_counter() - started
    assert done.returncode == 0, done.stdout + done.stderr
    return seconds


def medians(calls: dict[str, Callable[[], float]], rounds: int = ROUNDS) -> dict[str, float]:
    """Call in turns, so that what else the machine does meets all alike; give the medians."""
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            taken[name].append(call())
    return {name: median(times) for name, times in taken.items()}


@pytest.fixture
def dvc() -> str:
    found = os.environ.get("ML_CI_DVC") or shutil.which("dvc")
    if not found:
        pytest.skip("DVC is not installed: name it by ML_CI_DVC=/path/to/bin/dvc")
    return found


@pytest.fixture
def make_pair(make_repository: Callable[[str], Any], dvc: str) -> Callable[..., Pair]:
    def make(data: str, files: dict[str, str | bytes]) -> Pair:
        common = {"train.sh": SCRIPT, "holdout.csv": "x,y\n" + "0,0\n1,1\n" * 20, **files}
        model = SPEC.partition("models:\n")[2]
        ours = make_repository("ours")
        more = model.replace("first", "second") + model.replace("first", "third")
        ours.commit({"ml-ci.yaml": (SPEC + more).replace("DATA", data), ".gitignore": ".ml_ci/\n", **common})
        ours.git("switch", "-q", "-c", "topic")
        ours.commit({"README.md": "words"})
        theirs = make_repository("theirs")
        theirs.commit({"dvc.yaml": STAGES.replace("DATA", data), **common})
        pair = Pair(ours.path, theirs.path, dvc)
        for command in (("init", "-q"), ("config", "core.analytics", "false"), ("repro", "-q")):
            pair.time_theirs(*command)
        theirs.commit()
        pair.time_ours("run")
        pair.time_ours("run")
        return pair

    return make


def compare(pair: Pair, rounds: int = ROUNDS) -> dict[str, float]:
    """Measure and print the ratios; ml-ci's bare interpreter beside them shows what the machine is worth now."""
    found = medians(
        {
            "ml-ci run": lambda: pair.time_ours("run"),
            "ml-ci plan": lambda: pair.time_ours("plan"),
            "dvc repro": lambda: pair.time_theirs("repro"),
            "dvc status": lambda: pair.time_theirs("status"),
            "python -c pass": lambda: timed((sys.executable, "-c", "pass"), pair.ours),
        },
        rounds,
    )
    for name, seconds in found.items():
        print(f"{name:15} {seconds:6.3f} s   {seconds / found['dvc repro']:5.2f} of dvc repro")
    return found


def test_three_stages(make_pair: Callable[..., Pair]) -> None:
    found = compare(make_pair("train.csv", {"train.csv": "x,y\n1,1\n"}))
    assert found["ml-ci run"] < found["dvc repro"]
    assert found["ml-ci plan"] < found["dvc repro"]
    assert found["ml-ci plan"] < found["dvc status"]


def test_ten_thousand_files(make_pair: Callable[..., Pair]) -> None:
    files = {f"data/{number % 100:02d}/{number}.csv": f"x,y\n{number},1\n" for number in range(10_000)}
    found = compare(make_pair("data", files), rounds=5)
    assert found["ml-ci run"] < found["dvc repro"]
    assert found["ml-ci plan"] < found["dvc repro"]


@pytest.mark.slow
def test_a_gibibyte(make_repository: Callable[[str], Any], dvc: str) -> None:
    """A plan over data that git does not know hashes it once: beside `dvc add`, a bare SHA-256, and a plain read."""
    ours, theirs = make_repository("ours"), make_repository("theirs")
    common = {"train.sh": SCRIPT, "holdout.csv": "x,y\n0,0\n1,1\n"}
    ours.commit({"ml-ci.yaml": SPEC.replace("DATA", "big.bin"), ".gitignore": ".ml_ci/\nbig.bin\n", **common})
    theirs.commit(common)
    subprocess.run((dvc, "init", "-q"), cwd=theirs.path, env=environment(), check=True)
    block = os.urandom(2**20)
    for folder in (ours.path, theirs.path):
        with (folder / "big.bin").open("wb") as file:
            for number in range(1024):
                file.write(number.to_bytes(8, "big") + block[8:])
    pair = Pair(ours.path, theirs.path, dvc)
    found = {
        "plain read": median(timed_read(ours.path / "big.bin", None) for _ in range(3)),
        "bare SHA-256": timed_read(ours.path / "big.bin", hashlib.sha256()),
        "ml-ci plan": pair.time_ours("plan"),
        "ml-ci plan, again": pair.time_ours("plan"),
        "dvc add": pair.time_theirs("add", "-q", "big.bin"),
    }
    for name, seconds in found.items():
        print(f"{name:18} {seconds:6.2f} s   {seconds / found['plain read']:6.2f} of a plain read")
    assert found["ml-ci plan"] < found["dvc add"]
    assert found["ml-ci plan, again"] < found["ml-ci plan"] / 2


def timed_read(path: Path, hasher: Any) -> float:
    started = time.perf_counter()
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(2**20):
            if hasher is not None:
                hasher.update(chunk)
    return time.perf_counter() - started


def _write_jobs() -> str:
    """Write 30 jobs: a row of 15, each on top of the one before, and 15 checks."""
    lines = ["jobs:"]
    for number in range(15):
        data = "train.csv" if number == 0 else f"{{job: row{number - 1}, path: made{number - 1}}}"
        made = f"{{out}}/made{number}"
        lines.append(f"  row{number}: {{run: 'cp {{data.x}} {made}', data: {{x: {data}}}, outputs: ['{made}']}}")
        lines.append(f"  check{number}: {{run: 'true', data: {{x: train.csv}}}}")
    return "\n".join(lines) + "\n"


def test_thirty_jobs(make_repository: Callable[[str], Any]) -> None:
    files = {"train.sh": SCRIPT, "holdout.csv": "x,y\n" + "0,0\n1,1\n" * 20, "train.csv": "x,y\n1,1\n"}
    specs = {
        "without": SPEC.replace("DATA", "train.csv"),
        "with": SPEC.replace("DATA", "{job: row14, path: made14}").replace("models:\n", f"{_write_jobs()}models:\n"),
    }
    folders = {}
    for name, spec in specs.items():
        made = make_repository(name)
        made.commit({"ml-ci.yaml": spec, ".gitignore": ".ml_ci/\n", **files})
        made.git("switch", "-q", "-c", "topic")
        made.commit({"README.md": "words"})
        folders[name] = made.path
        for _ in range(2):
            timed((sys.executable, "-m", "ml_ci", "run"), made.path)
    for command in ("run", "plan"):
        calls = {
            name: lambda at=at, command=command: timed((sys.executable, "-m", "ml_ci", command), at)
            for name, at in folders.items()
        }
        found = medians(calls)  # type: ignore[arg-type]
        print(f"ml-ci {command}: {found['without']:.3f} s without jobs, {found['with']:.3f} s with 30")
        assert found["with"] - found["without"] < 0.05
