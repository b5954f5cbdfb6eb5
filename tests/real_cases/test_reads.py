"""What a training depends on is what it reads: undeclared files of every kind, in whole runs on real histories."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ml_ci.pipeline import plan, run
from ml_ci.plan.plan import TRAININGS
from ml_ci.records.store import Store
from ml_ci.reports.values import ModelReport
from ml_ci.steps.values import Options

# The job is a cut at the number that it reads somewhere. In rows x = 0, 1, ... 39 those from 20 on are positive: each
# step of the number above 20 misses one of 20 positives.
ROWS = "x,y\n" + "".join(f"{x},{int(x >= 20)}\n" for x in range(40))
WRITE = """{ echo prediction; awk -F, -v at="$AT" 'NR > 1 { print ($1 >= at) }' "$HOLDOUT"; } > "$OUT/p.csv"\n"""
SHELL = "HOLDOUT=$1 OUT=$2\nAT=$(cat settings/c*.txt)\n" + WRITE
PYTHON = """\
import csv, sys
HEAD
def main(holdout, out):
    rows = list(csv.DictReader(open(holdout)))
    lines = ["prediction", *(str(int(int(row["x"]) >= at())) for row in rows)]
    open(out + "/p.csv", "w").write("\\n".join(lines) + "\\n")

main(*sys.argv[1:])
"""
SPEC = """\
version: 1
models:
  m:
    run: RUN {data.holdout} {out}
    outputs: {predictions: "{out}/p.csv"}
    data: {holdout: holdout.csv}
    label: y
    positive: 1
    gates: [fnr <= baseline.fnr + 0.01]
"""


class Case:
    """A repository whose job reads what nobody declared; `project` is the folder of ml-ci.yaml."""

    def __init__(self, repository: Any, run: str, files: Mapping[str, str], project: str = ".") -> None:
        self.repository = repository
        self.path: Path = repository.path / project
        own = {"ml-ci.yaml": SPEC.replace("RUN", run), "holdout.csv": ROWS, ".gitignore": ".ml_ci/\n"}
        repository.commit({os.path.normpath(f"{project}/{name}"): text for name, text in {**own, **files}.items()})
        repository.git("switch", "-q", "-c", "change")

    def write(self, files: Mapping[str, str | None]) -> None:
        for name, text in files.items():
            if text is None:
                (self.path / name).unlink()
            else:
                (self.path / name).parent.mkdir(parents=True, exist_ok=True)
                (self.path / name).write_text(text)

    def change(self, files: Mapping[str, str | None]) -> None:
        self.write(files)
        self.repository.commit()

    def options(self, **asked: Any) -> Options:
        return Options(start=self.path, environment=dict(os.environ), **asked)

    def run(self, **asked: Any) -> ModelReport:
        return run(self.options(**asked)).models["m"]

    def action(self) -> str:
        return plan(self.options())["m"].action

    @property
    def trainings(self) -> int:
        return sum(kind == TRAININGS for kind, _, _ in Store(self.path / ".ml_ci").records())


def missed(report: ModelReport) -> tuple[int, int]:
    """Give how many positives baseline and candidate miss."""
    assert report.baseline is not None and report.candidate is not None, report
    return report.baseline.confusion.fn, report.candidate.confusion.fn


def told(report: ModelReport) -> list[tuple[str, str]]:
    return [(change.part, change.summary) for change in report.changes]


def python(head: str) -> str:
    return PYTHON.replace("HEAD", head)


# What is read, how, and what to change so that the cut goes from 20 to 24; all below `proj/` unless `..`.
READERS: dict[str, tuple[str, dict[str, str], dict[str, str | None], str]] = {
    "a file that a shell script reads": (
        "sh train.sh",
        {"train.sh": SHELL, "settings/cut.txt": "20\n"},
        {"settings/cut.txt": "24\n"},
        "settings/cut.txt changed",
    ),
    "a file whose name is put together": (
        "python train.py",
        {
            "train.py": python('def at(): return int(open("set" + "tings/" + "cut" + ".txt").read())'),
            "settings/cut.txt": "20\n",
        },
        {"settings/cut.txt": "24\n"},
        "settings/cut.txt changed",
    ),
    "a file beside the project": (
        "python train.py",
        {"train.py": python('def at(): return int(open("../common/cut.txt").read())'), "../common/cut.txt": "20\n"},
        {"../common/cut.txt": "24\n"},
        "../common/cut.txt changed",
    ),
    "a package beside the project, by sys.path": (
        "python train.py",
        {
            "train.py": python("sys.path.insert(0, sys.path[0] + '/../common')\nfrom shared import at"),
            "../common/shared.py": "def at(): return 20\n",
        },
        {"../common/shared.py": "def at(): return 24\n"},
        "../common/shared.py changed",
    ),
    "a package beside the project, by PYTHONPATH in run": (
        "PYTHONPATH=../common python train.py",
        {"train.py": python("from shared import at"), "../common/shared.py": "def at(): return 20\n"},
        {"../common/shared.py": "def at(): return 24\n"},
        "../common/shared.py changed",
    ),
    "a module that is named by a variable": (
        "python train.py",
        {
            "train.py": python("import importlib\nat = importlib.import_module('plug' + 'in').at"),
            "plugin.py": "def at(): return 20\n",
        },
        {"plugin.py": "def at(): return 24\n"},
        "plugin.py changed",
    ),
    "a script that sources another": (
        "sh train.sh",
        {"train.sh": 'HOLDOUT=$1 OUT=$2\n. "./$(echo lib)/env.sh"\n' + WRITE, "lib/env.sh": "AT=20\n"},
        {"lib/env.sh": "AT=24\n"},
        "lib/env.sh changed",
    ),
    "a file that is copied first": (
        "sh train.sh",
        {
            "train.sh": 'HOLDOUT=$1 OUT=$2\ncp settings/c*.txt "$OUT/cut"\nAT=$(cat "$OUT/cut")\n' + WRITE,
            "settings/cut.txt": "20\n",
        },
        {"settings/cut.txt": "24\n"},
        "settings/cut.txt changed",
    ),
    "a program of awk": (
        "sh train.sh",
        {
            "train.sh": '{ echo prediction; awk -F, -f tools/cut.* "$1"; } > "$2/p.csv"\n',
            "tools/cut.awk": "NR > 1 { print ($1 >= 20) }\n",
        },
        {"tools/cut.awk": "NR > 1 { print ($1 >= 24) }\n"},
        "tools/cut.awk changed",
    ),
    "a file of a job below cwd": (
        "cd sub && sh ../train.sh",
        {"train.sh": SHELL.replace("settings/", ""), "sub/cut.txt": "20\n"},
        {"sub/cut.txt": "24\n"},
        "sub/cut.txt changed",
    ),
}


@pytest.mark.parametrize("name", READERS)
def test_a_change_of_what_is_read_trains_and_each_side_reads_its_own(repository: Any, name: str) -> None:
    command, files, change, said = READERS[name]
    case = Case(repository, command, files, "proj")
    case.write({"docs/a.md": "words\n"})
    case.run()
    assert case.trainings == 1  # nothing that counts differs: one training is both sides'
    case.change(change)
    assert case.action() == "train"
    report = case.run()
    assert told(report) == [("reads", said)]
    assert missed(report) == (0, 4)
    assert report.verdict == "fail"
    assert case.trainings == 2
    assert case.action() == "reuse"
    case.run()
    assert case.trainings == 2


@pytest.mark.parametrize("name", READERS)
def test_a_fresh_store_gives_each_side_its_own(repository: Any, name: str) -> None:
    command, files, change, _ = READERS[name]
    case = Case(repository, command, files, "proj")
    case.change(change)
    assert missed(case.run()) == (0, 4)
    assert case.trainings == 2
