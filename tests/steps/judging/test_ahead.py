"""Ten models of which one is wrong: it is told before any job starts, the nine are judged, and the report has all."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from ml_ci.cli.main import call
from ml_ci.pipeline import run
from ml_ci.spec.values import Spec
from ml_ci.steps.judging.programs import find_gone_programs
from ml_ci.steps.opening.project import locate, open_project
from ml_ci.steps.progress import Silent
from ml_ci.steps.telling.outcome import MistakenError

RUN = "python train.py {data.train} {data.holdout} {out}"
MODEL = """\
  NAME:
    run: RUN
    outputs: {predictions: "{out}/predictions.csv"}
    data: {train: data/train.csv, holdout: data/holdout.csv}
    label: y
    positive: 1
    params: {more: 0}
    gates: [fnr <= 0.5]
    baseline: none
"""
FUNCTION = MODEL.replace("run: RUN", "train: TRAIN").replace(
    '    outputs: {predictions: "{out}/predictions.csv"}\n', ""
)
FILE = MODEL.replace('{predictions: "{out}/predictions.csv"}', '{model: "{out}/MODEL"}').replace(
    "RUN", "cp data/train.csv {out}/MODEL"
)
FILES = {
    "data/empty.csv": "",
    "data/bare.csv": "x,y\n",
    "data/ones.csv": "x,y\n1,1\n2,1\n",
    "data/blank.csv": "x,y\n1,1\n2,0\n3,\n",
    "learn.py": "def train(train):\n    return None\n",
}


def ten(wrong: str = "") -> str:
    """Write ten models, of which the fourth is another."""
    models = [MODEL.replace("RUN", RUN).replace("NAME", f"m{place}") for place in range(10)]
    if wrong:
        models[3] = wrong.replace("RUN", RUN).replace("NAME", "m3")
    return "version: 1\nmodels:\n" + "".join(models)


def with_holdout(path: str) -> str:
    return MODEL.replace("data/holdout.csv", path)


# Exit code, code of the failure, what it says, what is to be done about it.
MISTAKES = {
    "a holdout that is not there": (with_holdout("data/hold.csv"), "data/hold.csv does not exist", "Did you mean"),
    "an empty file": (with_holdout("data/empty.csv"), "data/empty.csv", ""),
    "a header without rows": (with_holdout("data/bare.csv"), "data/bare.csv", ""),
    "a label that is not there": (MODEL.replace("label: y", "label: z"), "there is no column 'z'", ""),
    "one class only": (with_holdout("data/ones.csv"), "data/ones.csv", ""),
    "a row without a label": (with_holdout("data/blank.csv"), "data/blank.csv", ""),
    "a positive that no row has": (MODEL.replace("positive: 1", "positive: 7"), "positive", ""),
    "a slice that is no column": (MODEL.replace("    gates", "    slices: [area]\n    gates"), "'area'", ""),
    "an engine that is not there": (FILE.replace("MODEL", "m.cbm"), "has no `catboost`", "pip install catboost"),
    "a language's own model file": (FILE.replace("MODEL", "m.rds"), "R, which ml-ci cannot score", "predict:"),
}
BROKEN_JOBS = {
    "a function that is not there": (FUNCTION.replace("TRAIN", "learn:trian"), "import", "has no function `trian`"),
    "a module that is not there": (FUNCTION.replace("TRAIN", "lern:train"), "import", "no module `lern`"),
    "a program that is not there": (MODEL.replace("RUN", "trian {out}"), "job-exit", "trian"),
    "a program without a shell": (MODEL.replace("RUN", '[trian, "{out}"]'), "job-exit", "could not be started: trian"),
    "a script that is not there": (MODEL.replace("RUN", "python trian.py {out}"), "job-exit", "trian.py"),
    "an adapter that is not there": (
        FILE.replace("MODEL", "m.pkl").replace("    label", "    predict: learn:score\n    label"),
        "import",
        "has no function `score`",
    ),
}


@pytest.fixture
def asked(project: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run ten models of which one is this; give the exit code, the JSON and what was said."""
    monkeypatch.chdir(project.path)

    def ask(wrong: str) -> tuple[int, dict[str, Any], str]:
        project.commit({**FILES, "ml-ci.yaml": ten(wrong)})
        code = call(["run", "--json"])
        out, err = capsys.readouterr()
        return code, json.loads(out or "null"), err

    return ask


def _others(report: dict[str, Any]) -> set[str]:
    return {one["verdict"] for name, one in report["models"].items() if name != "m3"}


@pytest.mark.slow
@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_in_the_file_or_the_data(case: str, asked: Any) -> None:
    wrong, message, hint = MISTAKES[case]
    code, report, err = asked(wrong)
    assert code == 2
    assert (report["verdict"], len(report["models"]), _others(report)) == ("error", 10, {"pass"})
    failure = report["models"]["m3"]["failure"]
    assert failure["code"] == "user-error" and message in failure["message"] and hint in failure["hint"]
    assert err.index("m3: note: a mistake, seen before any job: ") < err.index("training the candidate …")
    assert message in err.split("\n")[0]


@pytest.mark.slow
@pytest.mark.parametrize("case", BROKEN_JOBS)
def test_what_a_job_lacks(case: str, asked: Any) -> None:
    wrong, kind, message = BROKEN_JOBS[case]
    code, report, err = asked(wrong)
    assert code == 1
    assert (report["verdict"], len(report["models"]), _others(report)) == ("error", 10, {"pass"})
    failure = report["models"]["m3"]["failure"]
    assert failure["code"] == kind and message in failure["message"]
    assert err.startswith("m3: note: seen before any job: ")
    first = err[err.index("…") - 30 : err.index("…")]
    assert "training the candidate" in first and err[: err.index("…")].splitlines()[-1].startswith("m3: ")


def test_a_bad_condition_is_the_files(asked: Any) -> None:
    """Nothing can be said of a file that cannot be read as what it says; it costs no training either."""
    code, report, err = asked(MODEL.replace("fnr <= 0.5", "fnr =< 0.5"))
    assert (code, report["verdict"], report["models"]) == (2, "error", {})
    assert "ml-ci.yaml:37" in err and "fnr =< 0.5" in err and "training" not in err


@dataclass
class Said(Silent):
    """Keep what a run tells, in order."""

    lines: list[tuple[str, str, str]] = field(default_factory=list)

    def begin(self, model: str, what: str) -> None:
        self.lines.append(("begin", model, what))

    def note(self, model: str, text: str) -> None:
        self.lines.append(("note", model, text))


@pytest.mark.parametrize("jobs", [1, 2])
def test_each_is_told_before_the_first_job(jobs: int, project: Any) -> None:
    wrong = ten(MODEL.replace("label: y", "label: z")).replace("more: 0", "more: 1", 1)
    last = wrong.rindex("run: ")
    wrong = wrong[:last] + wrong[last:].replace("train.py", "trian.py")
    project.commit({"ml-ci.yaml": wrong})
    said = Said()
    with pytest.raises(MistakenError) as caught:
        run(replace(project.options(jobs=jobs), progress=said))
    assert [(kind, model) for kind, model, _ in said.lines[:2]] == [("note", "m3"), ("note", "m9")]
    assert jobs > 1 or said.lines[2][:2] == ("begin", "m9"), "the job of what is in doubt comes first"
    assert "Did you mean train.py?" in said.lines[1][2]
    verdicts = {name: one.verdict for name, one in caught.value.report.models.items()}
    assert list(verdicts) == [f"m{place}" for place in range(10)], "in the file's order all the same"
    assert verdicts == {name: "error" if name in ("m3", "m9") else "pass" for name in verdicts}


def test_what_a_verdict_answers_is_not_looked_at(project: Any) -> None:
    """The rows need not be here any more; one that has still to be worked on is looked at."""
    project.commit({"ml-ci.yaml": ten()})
    assert project.run().verdict == "pass"
    said = Said()
    report = run(replace(project.options(), progress=said))
    assert report.verdict == "pass" and not said.lines
    assert {one.action for one in report.models.values()} == {"reuse"}
    assert all(one.seconds["plan"] > 0 for one in report.models.values())


COMMANDS = {
    "a program": ("trian --fast", "no program `trian`"),
    "a program of a list": (["trian"], "no program `trian`"),
    "behind a variable": ("SEED=1 trian", "no program `trian`"),
    "before a pipe": ("trian | tee log", "no program `trian`"),
    "a script": ("python trian.py", "no file trian.py"),
    "a script of a list": (["python", "-u", "trian.py"], "no file trian.py"),
    "a script in a folder": ("bash ./scripts/go.sh", "no file scripts/go.sh"),
    "a script of R": ("Rscript --vanilla fit.R", ""),  # Rscript itself is looked for first
    "a file that is started": ("./go.sh", "no file go.sh"),
    "what is there": ("python train.py", ""),
    "another line": ("true\ntrian", ""),
    "a word of the shell": ("if true; then trian; fi", ""),
    "another folder": ("cd src && python trian.py", ""),
    "its own path": ("PATH=tools:$PATH trian", ""),
    "a placeholder": ("{needs.tool}/trian", ""),
    "a variable": ("$TRAINER x", ""),
    "a module": ("python -m trian", ""),
    "code": ("python -c 'import trian'", ""),
    "an option that takes a value": ("python -W ignore.py train.py", ""),
    "a group": ("(trian)", ""),
    "a quote that does not end": ("echo 'one", ""),
    "its own Python's names": ("python3 train.py", ""),
    "an absolute path": ("python /opt/trian.py", ""),
    "data": ("python data/train.py", ""),
}


@pytest.mark.parametrize("case", COMMANDS)
def test_what_a_command_begins_with(case: str, project: Any) -> None:
    command, said = COMMANDS[case]
    at = open_project(locate(project.options()), project.options())
    node = at.spec.models["cut"]
    job = replace(node.job, command=tuple(command) if isinstance(command, list) else command)
    data = {"code": replace(node.data["train"], path="data/train.py")} if case == "data" else node.data
    found = [one.message for one in find_gone_programs(at, replace(node, job=job, data=data))]
    if case == "a script of R" and found:
        said = "Rscript" if "no program" in found[0] else "no file fit.R"
    assert [said in one for one in found] == ([True] if said else [])
    assert isinstance(at.spec, Spec)
