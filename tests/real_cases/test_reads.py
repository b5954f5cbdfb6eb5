"""What a training depends on is what it reads: undeclared files of every kind, in whole runs on real histories."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from ml_ci.pipeline import bisect, explain, plan, run
from ml_ci.plan.plan import TRAININGS
from ml_ci.records.store import Store
from ml_ci.reports.values import ModelReport
from ml_ci.steps.causes.bisect import Search
from ml_ci.steps.causes.explain import Ask
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


def forest(repository: Any) -> Case:
    """A function that gets its table as a DataFrame, with undeclared modules, settings and a folder of parts."""
    train = """\
import importlib
import json
from pathlib import Path
import pandas

extra = importlib.import_module("extra")

class Cut:
    def predict(self, rows):
        return (rows["x"] >= self.at).astype(int)

def train(train: pandas.DataFrame, params):
    model = Cut()
    first = int(train["x"][train["y"] == 1].min())
    more = sum(int(path.read_text()) for path in sorted(Path("parts").glob("*.txt")))
    model.at = first + more + params["more"] + extra.more() + json.load(open("settings/columns.json"))["more"]
    return model
"""
    files = {
        "train.py": train,
        "extra.py": '"""A module that is named by a text."""\n\ndef more():\n    return 0  # nothing\n',
        "pkg/__init__.py": "",
        "settings/columns.json": '{"more": 0}\n',
        "parts/part-1.txt": "0\n",
        "data/train.csv": ROWS,
        "params.yaml": "m: {more: 0}\nother: {more: 0}\n",
    }
    case = Case(repository, "", files)
    case.change(
        {
            "ml-ci.yaml": SPEC.replace(
                '    run: RUN {data.holdout} {out}\n    outputs: {predictions: "{out}/p.csv"}\n',
                "    train: train:train\n    params: params.yaml#m\n",
            ).replace("{holdout: holdout.csv}", "{train: data/train.csv, holdout: holdout.csv}")
        }
    )
    case.repository.git("switch", "-q", "main")
    case.repository.git("merge", "-q", "change")
    case.repository.git("switch", "-q", "change")
    return case


NOTHING: dict[str, dict[str, str | None]] = {
    "a comment in an undeclared module": {"extra.py": '"""Other words."""\n\ndef more():\n    return 0\n'},
    "a table rewritten value for value": {"data/train.csv": ROWS.replace(",", ", ").replace("\n", "\r\n")},
    "another model's section of params": {"params.yaml": "m: {more: 0}\nother: {more: 5}\n"},
    "a new file at the root": {"notes.txt": "words\n"},
    "a new file in docs": {"docs/new.md": "words\n"},
    "a new module of a package": {"pkg/new.py": "A = 1\n"},
    "a new file beside a file that was read": {"settings/more.json": "{}\n"},
}
SOMETHING: dict[str, tuple[dict[str, str | None], str]] = {
    "a statement in an undeclared module": ({"extra.py": "def more():\n    return 4\n"}, "extra.py changed"),
    "a setting": ({"settings/columns.json": '{"more": 4}\n'}, "settings/columns.json changed"),
    "a new file in a folder that is globbed": ({"parts/part-7.txt": "4\n"}, "+ parts/part-7.txt"),
    "a package that takes the place of a module": (
        {"extra/__init__.py": "def more():\n    return 4\n"},
        "+ extra/__init__.py",
    ),
}


@pytest.mark.slow
def test_what_no_job_reads_trains_nothing_and_what_one_reads_does(repository: Any) -> None:
    """One after the other in one repository: a training takes a second, and there is none but where one is due."""
    case = forest(repository)
    case.run()
    assert case.trainings == 1
    for name, files in NOTHING.items():
        case.change(files)
        assert case.action() == "reuse", name
        assert case.run().action == "reuse", name
        assert case.trainings == 1, name
        case.repository.git("reset", "-q", "--hard", "main")
    for made, (name, (files, said)) in enumerate(SOMETHING.items(), 2):
        case.change(files)
        assert case.action() == "train", name
        report = case.run()
        assert (told(report), missed(report)) == ([("reads", said)], (0, 4)), name
        assert case.trainings == made, name
        case.repository.git("reset", "-q", "--hard", "main")


def test_ten_switches_between_two_branches_train_twice(repository: Any) -> None:
    command, files, change, _ = READERS["a file that a shell script reads"]
    case = Case(repository, command, files)
    case.change(change)
    for at in range(10):
        case.repository.git("switch", "-q", ("change", "main")[at % 2])
        case.run(baseline="main")
        assert case.trainings == 2, at


def test_a_set_of_reads_that_another_run_found_is_enough(repository: Any, tmp_path: Path) -> None:
    """A shared store answers for what was read, too: a fresh checkout trains nothing."""
    command, files, change, _ = READERS["a package beside the project, by sys.path"]
    case = Case(repository, command, files, "proj")
    case.change(change)
    (tmp_path / "share").mkdir()
    first = case.run(store=str(tmp_path / "share"), push=True)
    shutil.rmtree(case.path / ".ml_ci")
    again = case.run(store=str(tmp_path / "share"))
    assert (again.action, missed(again)) == ("reuse", missed(first))
    assert case.run().action == "reuse"  # what was brought is kept


def test_records_of_an_older_version_say_nothing_of_what_was_read(repository: Any) -> None:
    command, files, _, _ = READERS["a file that a shell script reads"]
    case = Case(repository, command, files)
    case.run()
    shutil.rmtree(case.path / ".ml_ci" / "reads")
    assert case.action() == "train"
    case.run()
    assert case.action() == "reuse"


def test_the_reads_of_a_model_that_is_needed_lead_to_its_own(repository: Any) -> None:
    command, files, change, said = READERS["a file whose name is put together"]
    case = Case(repository, command, files)
    upper = SPEC.partition("models:\n")[2].replace("  m:\n", "  n:\n").replace("RUN", "cat {needs.m}; " + command)
    needs = upper.replace("    label: y\n", "    label: y\n    needs: [m]\n")
    case.change({"ml-ci.yaml": SPEC.replace("RUN", command) + needs})
    case.repository.git("branch", "-f", "main")
    case.run()
    assert case.trainings == 2
    case.change(change)
    report = run(case.options()).models["n"]
    assert told(report) == [("reads", said), ("needs.m", "trained again, for its reads")]
    assert case.trainings == 4


@pytest.mark.parametrize("half", [False, True], ids=["the read alone", "half of it"])
def test_explain_gives_a_read_its_share(repository: Any, half: bool) -> None:
    command, files, change, _ = READERS["a file beside the project"]
    case = Case(repository, command, files, "proj")
    case.write(change)
    if half:
        case.write({"train.py": files["train.py"].replace(".read())", ".read()) + 4")})
    case.repository.commit()
    (found,) = explain(case.options(), Ask())
    shares = {one.metric: {share.part: share.share for share in one.shares} for one in found.attributions}
    assert found.failure is None
    if half:
        assert [part.name for part in found.parts] == ["code", "reads"]
        assert shares["fnr"] == {"code": Fraction(1, 5), "reads": Fraction(1, 5)}
    else:
        assert [part.name for part in found.parts] == ["reads"]
        assert shares["fnr"] == {"reads": Fraction(1, 5)}


def test_bisect_names_the_read(repository: Any) -> None:
    command, files, change, said = READERS["a package beside the project, by PYTHONPATH in run"]
    case = Case(repository, command, files, "proj")
    good = case.repository.git("rev-parse", "HEAD")
    case.change({"docs/a.md": "a\n"})
    case.change(change)
    case.change({"docs/a.md": "b\n"})
    found = bisect(case.options(), "m", Search(good))
    assert [(one.part, one.summary) for one in found.changes] == [("reads", said)]
