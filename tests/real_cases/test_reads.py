"""What a training depends on is what it reads: undeclared files of every kind, in whole runs on real histories."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from ml_ci.cli.main import call
from ml_ci.errors import UserError
from ml_ci.pipeline import plan, run
from ml_ci.plan.plan import TRAININGS
from ml_ci.questions import bisect, explain
from ml_ci.records.store import Store
from ml_ci.reports.causes import cause
from ml_ci.reports.markdown import render as markdown
from ml_ci.reports.pieces import plain
from ml_ci.reports.values import ModelReport
from ml_ci.steps.causes.bisect import Search
from ml_ci.steps.causes.explain import Ask
from ml_ci.steps.values import Options
from ml_ci.training import working_copy
from ml_ci.training.watch import outside

# whole runs: `.ci/run` runs them apart
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("shared_imports")]

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

    def action(self, **asked: Any) -> str:
        return plan(self.options(**asked))["m"].action

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

extra = importlib.import_module("ext" + "ra")

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


NOTHING_CHANGED = "Nothing that this model depends on has changed."
CUT = """\
import csv
from pathlib import Path

class Cut:
    pass

def train(train: Path):
    model = Cut()
    model.at = min(int(row["x"]) for row in csv.DictReader(open(train)) if row["y"] == "1")
    return model

def score(model, rows: Path):
    return [float(int(row["x"]) >= model.at) for row in csv.DictReader(open(rows))]
"""
CUT_SPEC = """\
version: 1
models:
  m:
    train: cut:train
    predict: cut:score
    data: {train: all.csv, holdout: {of: train, share: 0.2}}
    label: y
    positive: 1
    gates: [fnr <= baseline.fnr + 0.01]
"""


def cut_case(repository: Any, files: Mapping[str, str]) -> Case:
    case = Case(repository, "", {"cut.py": CUT})
    case.change({"ml-ci.yaml": CUT_SPEC, **files})
    case.repository.git("branch", "-f", "main")
    return case


def test_nothing_changed_is_not_said_beside_another_share(repository: Any) -> None:
    case = cut_case(repository, {"all.csv": ROWS})
    case.change({"ml-ci.yaml": CUT_SPEC.replace("0.2", "0.3")})
    assert [(change.part, change.summary) for change in plan(case.options())["m"].changes] == [
        ("data.holdout", "share: 0.2 → 0.3")
    ]
    report = case.run()
    assert told(report) == [("data.holdout", "share: 0.2 → 0.3")]
    assert NOTHING_CHANGED not in plain(cause(report))
    case.change({"docs/a.md": "a\n"})
    assert told(case.run()) == [("data.holdout", "share: 0.2 → 0.3")]


def test_nothing_changed_is_not_said_where_data_came_into_git(repository: Any) -> None:
    case = cut_case(repository, {".gitignore": ".ml_ci/\nall.csv\n", "all.csv": ROWS})
    assert "all.csv" not in case.repository.git("ls-files")
    case.change({".gitignore": ".ml_ci/\n"})
    report = case.run()
    assert [part for part, _ in told(report)] == ["data.train"]
    assert "came into git" in told(report)[0][1]
    assert NOTHING_CHANGED not in plain(cause(report))


def test_nothing_changed_is_said_where_it_is_true(repository: Any) -> None:
    case = cut_case(repository, {"all.csv": ROWS})
    case.change({"docs/a.md": "a\n", "other.py": "A = 1\n"})
    assert plain(cause(case.run())) == NOTHING_CHANGED


def test_what_changed_of_the_reads_is_told_in_every_report(repository: Any) -> None:
    command, files, change, said = READERS["a file that a shell script reads"]
    case = Case(repository, command, files)
    case.change(change)
    report = case.run()
    assert plain(cause(report)) == "What it reads changed."
    assert said in markdown(run(case.options()))


def test_what_is_ignored_counts_for_nothing_and_is_said(repository: Any) -> None:
    command, files, change, said = READERS["a file that a shell script reads"]
    spec = SPEC.replace("RUN", command).replace("    label: y\n", "    label: y\n    ignore: [settings/**]\n")
    case = Case(repository, command, files)
    case.change({"ml-ci.yaml": spec})
    case.repository.git("branch", "-f", "main")
    case.change(change)
    report = case.run()
    assert told(report) == []
    assert case.trainings == 1
    assert "ignore: settings/** count for nothing, though a job may read them" in report.notes
    assert report.notes == case.run().notes
    # A change that leaves more out is judged by the base's list.
    case.repository.git("branch", "-f", "main", "main~1")
    held = case.run(gates_from="main")
    assert told(held) == [("reads", said)]
    assert any(
        "`ignore` was changed in this change (none → [settings/**]): judged by the old." in one for one in held.cautions
    )


def test_code_may_lie_beside_the_project(repository: Any) -> None:
    command, files, change, _ = READERS["a package beside the project, by PYTHONPATH in run"]
    spec = SPEC.replace("RUN", command).replace("    label: y\n", "    label: y\n    code: [../common/**]\n")
    case = Case(repository, command, files, "proj")
    case.change({"ml-ci.yaml": spec, "../common/unread.py": "A = 1\n"})
    case.repository.git("branch", "-f", "main")
    case.change({"../common/unread.py": "A = 2\n"})
    report = case.run()
    assert told(report) == [("code", "../common/unread.py: A")]
    case.change(change)
    assert told(case.run()) == [("code", "2 files: ../common/shared.py: at(), ../common/unread.py: A")]


def test_a_file_that_is_declared_from_now_on_was_not_added(repository: Any) -> None:
    command, files, change, _ = READERS["a file that a shell script reads"]
    spec = SPEC.replace("RUN", command).replace("    label: y\n", "    label: y\n    code: [settings/cut.txt]\n")
    case = Case(repository, command, files)
    case.change({"ml-ci.yaml": spec, **change})
    assert told(case.run()) == [("code", "settings/cut.txt: 1 line added, 1 removed")]


def test_the_reads_are_listed(
    repository: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command, files, _, _ = READERS["a package beside the project, by PYTHONPATH in run"]
    case = Case(repository, command, files, "proj")
    monkeypatch.chdir(case.path)
    assert call(["plan", "-v"]) == 0
    assert "reads: not known before a run in this state" in capsys.readouterr().out
    case.run()
    call(["plan", "-v"])
    assert "  reads:\n    ../common/shared.py\n" in capsys.readouterr().out
    (key,) = [key for kind, key, _ in Store(case.path / ".ml_ci").records() if kind == TRAININGS]
    call(["records", "show", key])
    assert "reads:\n  common/shared.py\n" in capsys.readouterr().out


LOOKS = """\
import glob, os

def at():
    found = 20 + sum(int(open(one).read()) for name in ("parts", "../parts") for one in glob.glob(name + "/*.txt"))
    for name in ("more.txt", "../more.txt"):
        try:
            found += int(open(name).read())
        except FileNotFoundError:
            pass
    found += sum(int(open(name).read()) for name in ("clean.txt", "../clean.txt", "loose.txt", "../loose.txt"))
    from shared import more
    found += more()
    os.system(os.environ["EDIT"])  # what a user does in the meantime: the job itself does not open the checkout
    return found
"""
EDITS = {
    "nothing": ("true", "true"),
    "a file": ("echo 4 > clean.txt", "echo 0 > clean.txt"),
    "a file beside the project": ("echo 4 > ../clean.txt", "echo 0 > ../clean.txt"),
    "a file that is not in git": ("echo 4 > loose.txt", "echo 0 > loose.txt"),
    "one beside the project that is not in git": ("echo 4 > ../loose.txt", "echo 0 > ../loose.txt"),
    "an undeclared module": ("echo 'def more(): return 4' > shared.py", "echo 'def more(): return 0' > shared.py"),
    "a file that was not there": ("echo 4 > more.txt", "rm more.txt"),
    "one beside the project that was not there": ("echo 4 > ../more.txt", "rm ../more.txt"),
    "a new file in a folder that is listed": ("echo 4 > parts/2.txt", "rm parts/2.txt"),
    "one in a folder beside the project": ("echo 4 > ../parts/2.txt", "rm ../parts/2.txt"),
    "a file that goes from a folder": ("mv ../parts/1.txt ../../gone", "mv ../../gone ../parts/1.txt"),
}


def looking(repository: Any) -> Case:
    zeros = ("clean.txt", "../clean.txt", "parts/1.txt", "../parts/1.txt")
    spec = SPEC.replace("RUN", "python train.py") + "    env: [EDIT]\n"
    shared = {"ml-ci.yaml": spec, "shared.py": "def more(): return 0\n", "train.py": python(LOOKS)}
    case = Case(repository, "python train.py", {**shared, **dict.fromkeys(zeros, "0\n")}, "proj")
    case.write({"loose.txt": "0\n", "../loose.txt": "0\n"})
    return case


@pytest.mark.parametrize("name", EDITS)
def test_what_is_edited_while_a_job_runs_is_not_what_it_read(
    repository: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    edit, back = EDITS[name]
    case = looking(repository)
    # A person's editor, and not the job: a variable that names the checkout leads into the copy.
    (tmp_path / "edit.sh").write_text(f"cd '{case.path}' && {edit}\n")
    monkeypatch.setenv("EDIT", f"sh '{tmp_path}/edit.sh'")
    report = case.run(baseline="none")
    assert (report.candidate and report.candidate.confusion.fn, case.trainings) == (0, 1)
    assert case.action(baseline="none") == ("reuse" if name == "nothing" else "train")
    subprocess.run(back, shell=True, cwd=case.path, check=True)
    assert case.action(baseline="none") == "reuse"


@pytest.mark.parametrize("path", ["clean.txt", "../clean.txt", "loose.txt", "../loose.txt", "train.py", "shared.py"])
def test_what_is_edited_before_it_is_copied_leaves_no_record(
    repository: Any, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """A plan saw another file than the job: the record would name what the job never saw."""
    case = looking(repository)
    monkeypatch.setenv("EDIT", "true")
    copied = working_copy._overlay

    def edited_first(top: Path, place: Path) -> None:
        file = case.path / path
        file.write_text(file.read_text().replace("0", "4"))
        monkeypatch.setattr(working_copy, "_overlay", copied)
        copied(top, place)

    monkeypatch.setattr(working_copy, "_overlay", edited_first)
    with pytest.raises(UserError, match=rf"{Path(path).name} changed while ml-ci was at work"):
        case.run(baseline="none")
    assert case.trainings == 0
    case.run(baseline="none")
    assert case.trainings == 1


AWAY = """\
import os
def at():
    away = os.environ["AWAY"]
    for name in ("many/a.csv", "many/b.csv", "one/a.csv", "deep/er/a.csv", "lib/tools.py", "cache/x"):
        open(f"{away}/{name}").close()
    return int(open("settings/cut.txt").read())
"""


def test_data_outside_of_the_repository_are_told_in_every_report(
    repository: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = tmp_path / "away"
    for name in ("many/a.csv", "many/b.csv", "one/a.csv", "deep/er/a.csv", "lib/tools.py", "cache/x", "given/a.csv"):
        (away / name).parent.mkdir(parents=True, exist_ok=True)
        (away / name).write_text("x\n")
    monkeypatch.setattr(outside, "_PASSING", ())  # pytest's own folders are temporary ones
    monkeypatch.delenv("TMPDIR", raising=False)
    monkeypatch.setenv("AWAY", str(away))
    monkeypatch.setenv("XDG_CACHE_HOME", str(away / "cache"))
    case = Case(repository, "python train.py", {"train.py": python(AWAY), "settings/cut.txt": "20\n"})
    spec = SPEC.replace("RUN", "python train.py") + "    env: [AWAY]\n"
    case.change({"ml-ci.yaml": spec})
    case.repository.git("branch", "-f", "main")
    case.change({"settings/cut.txt": "24\n"})
    first = case.run()
    told = [note for note in first.notes if "outside of the repository" in note]
    assert [note.partition(", outside")[0] for note in told] == [
        f"A job read {away}/deep/er/a.csv, {away}/many/ and {away}/one/a.csv"
    ]
    assert case.run().notes == first.notes
    # A judgment of its own, for which records answer: another gate, nothing trained.
    case.change({"ml-ci.yaml": spec.replace("+ 0.01", "+ 0.5")})
    again = case.run()
    assert (again.action, [note for note in again.notes if "outside" in note]) == ("reuse", told)
