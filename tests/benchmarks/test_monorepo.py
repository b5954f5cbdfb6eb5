"""Nothing changed in a project of 100 files: alone in its repository, and beside 60,000 files of other projects.

The job opens files in its own folder and beside it, which nobody declares: a run asks git and the disk for what was
read, and never for the whole repository.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
ROUNDS = 9
OTHERS = 60_000
MOST = 0.2  # seconds that the other files may add

pytestmark = pytest.mark.benchmark

SPEC = """\
version: 1
models:
  churn:
    run: sh train.sh {data.holdout} {out}/scores.csv
    outputs: {predictions: "{out}/scores.csv"}
    data: {holdout: holdout.csv}
    label: y
    positive: 1
    gates: [fpr <= 0.5]
"""
SCRIPT = """\
cat settings/*.txt ../common/*.txt > "$2.settings"
{ echo score; tail -n +2 "$1" | sed 's/,.*//;s/^0$/0.1/;s/^1$/0.9/'; } > "$2"
"""


def project() -> dict[str, str]:
    """Give 100 files of a project and one beside it, all of which its job reads."""
    own = {
        "ml-ci.yaml": SPEC,
        "train.sh": SCRIPT,
        "holdout.csv": "x,y\n" + "0,0\n1,1\n" * 20,
        ".gitignore": ".ml_ci/\n",
    }
    settings = {f"settings/{number}.txt": f"{number}\n" for number in range(96)}
    inside = {f"services/churn/{name}": text for name, text in (own | settings).items()}
    return {**inside, "services/common/shared.txt": "shared\n"}


def others() -> dict[str, str]:
    return {f"packages/p{number // 100}/src/m{number % 100}.py": f"A = {number}\n" for number in range(OTHERS)}


def timed(folder: Path, *arguments: str) -> tuple[float, float]:
    """Run ml-ci to its good end; give the wall seconds, and the seconds of CPU of it and its children."""
    before, started = os.times(), time.perf_counter()
    command = (sys.executable, "-m", "ml_ci", *arguments)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    seconds, after = time.perf_counter() - started, os.times()
    assert done.returncode == 0, done.stdout + done.stderr
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return seconds, used


@pytest.fixture
def make(make_repository: Callable[[str], Any]) -> Callable[[str, Mapping[str, str]], Path]:
    def made(name: str, files: Mapping[str, str]) -> Path:
        repository = make_repository(name)
        repository.commit(files)
        repository.git("switch", "-q", "-c", "topic")
        repository.commit({"services/churn/README.md": "words\n"})
        folder = Path(repository.path, "services/churn")
        for _ in range(2):
            timed(folder, "run")
        return folder

    return made


def test_sixty_thousand_files_beside_a_project(make: Callable[[str, Mapping[str, str]], Path]) -> None:
    alone, beside = make("alone", project()), make("beside", project() | others())
    taken: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for _ in range(ROUNDS):
        for command in ("run", "plan"):
            for name, folder in (("alone", alone), ("beside", beside)):
                taken.setdefault((command, name), []).append(timed(folder, command))
    print()
    for command in ("run", "plan"):
        wall = {name: median(one for one, _ in taken[command, name]) for name in ("alone", "beside")}
        used = {name: median(one for _, one in taken[command, name]) for name in ("alone", "beside")}
        more = wall["beside"] - wall["alone"]
        print(f"ml-ci {command:5} alone {wall['alone']:.3f} s, beside {OTHERS:,} files {wall['beside']:.3f} s")
        print(f"    +{more:.3f}, {wall['beside'] / wall['alone']:.2f}; CPU {used['alone']:.2f}, {used['beside']:.2f} s")
        assert more <= MOST
