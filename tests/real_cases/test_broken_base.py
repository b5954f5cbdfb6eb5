"""A base that does not train: what is repaired passes, what does not touch the cause is told so, the rest blocks."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pytest_ml_ci.explanation import explain

from ml_ci import questions
from ml_ci.pipeline import plan, run
from ml_ci.plan.plan import FAILURES
from ml_ci.reports import junit, markdown, terminal
from ml_ci.reports.as_json import from_json, to_json
from ml_ci.reports.plain import plain
from ml_ci.reports.values import ModelReport, Report
from ml_ci.steps.causes.explain import Ask
from ml_ci.steps.keeping.needed import list_needed
from ml_ci.steps.opening.project import locate, open_project
from ml_ci.steps.planning.sides import Fingerprints
from ml_ci.steps.values import Options

# whole runs: `.ci/run` runs them apart
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("shared_imports")]

GOOD = """\
import csv, json, os, sys
import features

open(os.environ["TRAININGS"], "a").write("trained\\n")
limit = 20 + SHIFT + json.load(open(os.environ["ML_CI_PARAMS"])).get("more", 0)
rows = list(csv.DictReader(open(sys.argv[2])))
cut = [int(features.read(row) >= limit) for row in csv.DictReader(open(sys.argv[1]))]
with open(sys.argv[3] + "/s.csv", "w") as out:
    out.write("prediction\\n" + "".join(f"{one}\\n" for one in cut))
""".replace("SHIFT", "2")
WORSE = GOOD.replace("20 + 2", "20 + 9")
FEATURES = "def read(row):\n    return int(row['x'])\n"
MARK = 'import os\nopen(os.environ["TRAININGS"], "a").write("trained\\n")\n'
SPEC = """\
version: 1
models:
  m:
    run: python train.py {data.holdout} {data.train} {out}
    outputs: {predictions: "{out}/s.csv"}
    data: {train: train.csv, holdout: holdout.csv}
    label: y
    positive: 1
    params: params.yaml
    gates: [fnr <= 0.3, fnr <= baseline.fnr + 0.01]
    env: [TRAININGS]
"""


def table() -> str:
    return "x,y\n" + "".join(f"{x},{int(x >= 20)}\n" for x in range(40))


FILES = {
    "train.py": GOOD,
    "features.py": FEATURES,
    "train.csv": table(),
    "holdout.csv": table(),
    "params.yaml": "more: 0\n",
    "ml-ci.yaml": SPEC,
    ".gitignore": ".ml_ci/\n",
}
ENDS_BY_ITSELF = {
    "raises": {"train.py": MARK + "raise ValueError('no')\n"},
    "exits with a code": {"train.py": MARK + "import sys; sys.exit(3)\n"},
    "exits with a sentence": {"train.py": MARK + "import sys; sys.exit('too few rows')\n"},
    "a name that its own module has not": {"features.py": "def other(row):\n    return 0\n"},
    "a misspelt module of its own": {"train.py": MARK + "import featuers\n"},
    "does not parse": {"train.py": "def train(:\n"},
    "writes no output": {"train.py": MARK},
    "writes an empty output": {"train.py": MARK + "import sys; open(sys.argv[3] + '/s.csv', 'w')\n"},
    "a file that nobody committed": {"train.py": MARK + "open('columns.json')\n"},
    "a command that fails": {"ml-ci.yaml": SPEC.replace("run: python train.py", "run: false")},
    "an argument that is missing": {"ml-ci.yaml": SPEC.replace(" {data.train} {out}", " {data.train}")},
    "data that break it": {"train.csv": "x,y\n", "train.py": GOOD + "assert rows\n"},
    "params that break it": {"params.yaml": "more: many\n"},
}
# What each adds to the good files; the last are of a limit.
OF_THE_MACHINE = {
    "killed by a signal": ({"train.py": MARK + "import os; os.kill(os.getpid(), 9)\n"}, "killed by SIGKILL"),
    "a crash in a library": ({"train.py": MARK + "import os; os.kill(os.getpid(), 11)\n"}, "killed by SIGSEGV"),
    "no memory left": ({"train.py": MARK + "raise MemoryError\n"}, "MemoryError"),
    "a missing library": ({"train.py": MARK + "import nowhere_to_be_found\n"}, "nowhere_to_be_found"),
    "a missing program": ({"ml-ci.yaml": SPEC.replace("run: python", "run: nowhere")}, "exit code 127"),
    "a missing variable": ({"train.py": MARK + "os.environ['NOWHERE_TO_BE_FOUND']\n"}, "NOWHERE_TO_BE_FOUND"),
    "data of this machine": ({"train.py": MARK + "open('/nowhere/train.csv')\n"}, "/nowhere/train.csv"),
    "a service": ({"train.py": MARK + "raise ConnectionError('refused')\n"}, "refused"),
    "too slow": (
        {
            "train.py": MARK + "import time; time.sleep(60)\n",
            "ml-ci.yaml": SPEC.replace("    label", "    budget: {time: 1s}\n    label"),
        },
        "its limit is 1 s",
    ),
}


@dataclass
class Project:
    """A repository, and the number of trainings that really started in it."""

    repository: Any
    marks: Path

    def main(self, files: Mapping[str, str]) -> str:
        return str(self.repository.commit(files))

    def branch(self, files: Mapping[str, str]) -> None:
        self.repository.git("switch", "-q", "-c", "change")
        self.repository.commit(files)

    def options(self, variables: Mapping[str, str] | None = None, **asked: Any) -> Options:
        environment = {**os.environ, "TRAININGS": str(self.marks), **(variables or {})}
        return Options(start=Path(self.repository.path), environment=environment, **asked)

    def run(self, variables: Mapping[str, str] | None = None, **asked: Any) -> tuple[Report, int]:
        self.marks.write_text("")
        report = run(self.options(variables, **asked))
        return report, len(self.marks.read_text().splitlines())


@pytest.fixture
def project(repository: Any, tmp_path: Path) -> Project:
    return Project(repository, tmp_path / "marks")


@pytest.fixture
def broken(project: Project) -> Callable[[Mapping[str, str]], str]:
    """Give a `main` whose only commit is broken by some files; its commit."""
    return lambda files: project.main({**FILES, **files})


def only(report: Report) -> ModelReport:
    (model,) = report.models.values()
    return model


def gates(report: Report) -> list[str]:
    return [gate.verdict for gate in only(report).gates]


# --- a repair passes ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", ENDS_BY_ITSELF)
def test_a_repair_of_a_base_that(case: str, project: Project, broken: Callable[..., str]) -> None:
    base = broken(ENDS_BY_ITSELF[case])
    project.branch(FILES)
    report, _ = project.run()
    model = only(report)
    assert (report.verdict, gates(report), model.failure) == ("pass", ["pass", "unjudged"], None), plain(report)
    assert model.candidate is not None
    assert (model.candidate.confusion.fn, model.candidate.confusion.fp, model.baseline) == (2, 0, None)
    assert model.cautions[0].startswith(f"The base {base[:7]} does not train: ")
    assert "model" not in {change.part for change in model.changes[1:]} != set(), "what was repaired is told"
    again, trained = project.run()
    assert (again.verdict, gates(again), trained) == ("pass", ["pass", "unjudged"], 0)
    assert only(again).cautions == model.cautions


def test_a_repair_with_too_many_misses_fails(project: Project, broken: Callable[..., str]) -> None:
    broken(ENDS_BY_ITSELF["raises"])
    project.branch({"train.py": WORSE})
    report, _ = project.run()
    assert (report.verdict, gates(report)) == ("fail", ["fail", "unjudged"])


def test_a_repair_of_which_no_gate_can_be_judged_is_no_pass(project: Project, broken: Callable[..., str]) -> None:
    relative = SPEC.replace("fnr <= 0.3, ", "")
    broken({**ENDS_BY_ITSELF["raises"], "ml-ci.yaml": relative})
    project.branch({"train.py": GOOD})
    report, _ = project.run()
    assert (report.verdict, gates(report)) == ("unjudged", ["unjudged"])
    assert "does not train" in only(report).gates[0].reason


# --- the nearest ancestor on record ------------------------------------------------------------------------------


@pytest.mark.parametrize(("candidate", "verdict"), [(GOOD.replace("20 + 2", "20 + 1"), "pass"), (WORSE, "fail")])
def test_relative_gates_are_judged_against_the_nearest_ancestor_on_record(
    project: Project, candidate: str, verdict: str
) -> None:
    absolute = SPEC.replace("fnr <= 0.3", "fnr <= 0.9")
    project.main({**FILES, "ml-ci.yaml": absolute})
    known = project.main({"train.py": GOOD.replace("20 + 2", "20 + 3")})
    project.run()
    project.main({"train.py": GOOD.replace("20 + 2", "20 + 5")})  # never trained
    base = project.main({"train.py": "raise ValueError('no')\n"})
    project.branch({"train.py": candidate})
    report, _ = project.run()
    model = only(report)
    assert model.baseline is not None
    assert (report.verdict, gates(report)) == (verdict, ["pass", verdict])
    assert model.baseline.source == f"ancestor of {base[:7]}, which does not train: {known[:7]}"
    assert (model.baseline.confusion.fn, report.base_commit) == (3, base)
    assert f"its nearest ancestor on record, {known[:7]}." in model.cautions[0]
    assert known[:7] in plain(report)


def test_a_merged_branch_is_no_ancestor_on_the_line(project: Project) -> None:
    """What was trained on a branch that was merged is not what `main` was."""
    first = project.main(FILES)
    project.run()
    project.repository.git("switch", "-q", "-c", "side")
    project.repository.commit({"train.py": GOOD.replace("20 + 2", "20 + 9")})
    project.run()
    project.repository.git("switch", "-q", "main")
    project.main({"train.py": "raise ValueError('no')\n"})
    project.repository.git("merge", "-q", "-s", "ours", "-m", "merge", "side")
    project.branch({"train.py": GOOD})
    report, _ = project.run()
    baseline = only(report).baseline
    assert baseline is not None
    assert (baseline.source or "").endswith(f"does not train: {first[:7]}")
    assert report.verdict == "pass"


def test_a_base_that_is_named_is_passed_over_too(project: Project) -> None:
    first = project.main(FILES)
    project.run()
    base = project.main({"train.py": "raise ValueError('no')\n"})
    project.branch({"train.py": GOOD})
    report, _ = project.run(baseline=base)
    baseline = only(report).baseline
    assert baseline is not None
    assert (report.verdict, (baseline.source or "")[-7:]) == ("pass", first[:7])


# --- the base fails alike ----------------------------------------------------------------------------------------

ALIKE = {
    "documentation": ({"README.md": "# A model\n"}, "fails alike, from the same inputs: ", 1),
    "a comment": (
        {"train.py": "# why\n" + MARK + "raise ValueError('no')\n"},
        "fails alike, from the same inputs: ",
        1,
    ),
    "code elsewhere": ({"features.py": FEATURES + "\ndef more():\n    return 1\n"}, "fails alike: ", 2),
    "a parameter": ({"params.yaml": "more: 1\n"}, "fails alike: ", 2),
    "a row of the data": ({"train.csv": table() + "50,1\n"}, "fails alike: ", 2),
    "a line further down": ({"train.py": "\n\nx = 1\n" + MARK + "raise ValueError('no')\n"}, "fails alike: ", 2),
}


@pytest.mark.parametrize("case", ALIKE)
def test_a_change_that_does_not_touch_the_cause(case: str, project: Project, broken: Callable[..., str]) -> None:
    files, said, trainings = ALIKE[case]
    base = broken({"train.py": MARK + "import features\nraise ValueError('no')\n"})
    if "train.py" in files:
        files = {"train.py": files["train.py"].replace("raise", "import features\nraise")}
    project.branch(files)
    report, trained = project.run()
    failure = only(report).failure
    assert failure is not None
    assert (report.verdict, trained) == ("error", trainings)
    assert failure.message == f"the base {base[:7]} {said}the job ended with exit code 1: ValueError: no"
    assert "mend the base first, or mend it here" in failure.hint
    again, trained = project.run()
    failure = only(again).failure
    assert failure is not None
    assert (again.verdict, trained) == ("error", 0)
    assert "was not tried again" in failure.hint
    assert "Nothing was trained." in plain(again)
    assert "ValueError: no" in failure.log_tail, "its log is kept with it"


def test_half_a_repair_fails_otherwise(project: Project, broken: Callable[..., str]) -> None:
    base = broken(ENDS_BY_ITSELF["raises"])
    project.branch({"train.py": MARK + "raise KeyError('age')\n"})
    report, trained = project.run()
    model = only(report)
    assert model.failure is not None
    assert (report.verdict, trained) == ("error", 2)
    assert model.failure.message == "the job ended with exit code 1: KeyError: 'age'"
    assert model.cautions == (
        f"The base {base[:7]} does not train either, for another reason: "
        "the job ended with exit code 1: ValueError: no.",
    )


def test_a_change_that_breaks_a_good_base_is_to_blame(project: Project, broken: Callable[..., str]) -> None:
    broken({})
    project.branch(ENDS_BY_ITSELF["raises"])
    report, trained = project.run()
    model = only(report)
    assert model.failure is not None
    assert (report.verdict, trained) == ("error", 2), "the base was tried, to know"
    assert model.failure.message == "the job ended with exit code 1: ValueError: no"
    assert model.cautions == ()
    assert project.run()[1] == 0


# --- what blocks -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", OF_THE_MACHINE)
def test_a_base_that_cannot_be_had_for_another_reason_blocks(
    case: str, project: Project, broken: Callable[..., str]
) -> None:
    files, said = OF_THE_MACHINE[case]
    base = broken(files)
    project.branch(FILES)
    report, _ = project.run()
    model = only(report)
    assert model.failure is not None
    assert (report.verdict, model.gates, model.baseline) == ("error", (), None)
    assert model.failure.message.startswith(f"the baseline of commit {base[:7]} cannot be had: ")
    assert said in model.failure.message
    assert model.candidate is not None, "the candidate's numbers are shown"
    assert (model.candidate.confusion.fn, model.candidate.confusion.fp) == (2, 0)
    assert "FNR" in plain(report)
    assert not list((Path(project.repository.path) / ".ml_ci" / "records").glob(f"{FAILURES}/*/*"))
    _, trained = project.run()
    assert trained == (0 if case == "a missing program" else 1), "the base is tried again, the candidate is known"


@pytest.mark.parametrize("case", ["killed by a signal", "a missing library", "a missing variable"])
def test_a_candidate_that_the_machine_failed_is_tried_again(
    case: str, project: Project, broken: Callable[..., str]
) -> None:
    broken(FILES)
    project.branch(OF_THE_MACHINE[case][0])
    assert [project.run()[1] for _ in range(2)] == [1, 1]


def test_the_baselines_configuration_has_mistakes(project: Project, broken: Callable[..., str]) -> None:
    broken({"ml-ci.yaml": SPEC.replace("positive", "positiv")})
    project.branch({"ml-ci.yaml": SPEC})
    report, _ = project.run()
    model = only(report)
    assert model.failure is not None
    assert (report.verdict, model.failure.code) == ("error", "baseline-spec")
    assert model.candidate is not None
    assert model.candidate.confusion.fn == 2


def test_a_base_that_cannot_be_scored_blocks_and_the_candidate_is_shown(
    project: Project, broken: Callable[..., str]
) -> None:
    broken({"train.py": GOOD.replace('"prediction\\n"', '"prediction\\n1\\n"')})
    project.branch({"train.py": GOOD})
    report, _ = project.run()
    model = only(report)
    assert model.failure is not None
    assert (report.verdict, model.failure.code) == ("error", "row-count")
    assert model.candidate is not None
    assert model.candidate.confusion.fn == 2


def test_neither_can_be_had(project: Project, broken: Callable[..., str]) -> None:
    broken({"ml-ci.yaml": SPEC.replace("positive", "positiv")})
    project.branch({"ml-ci.yaml": SPEC, "train.py": "raise ValueError('no')\n"})
    report, _ = project.run()
    model = only(report)
    assert model.failure is not None
    assert model.failure.message == "the job ended with exit code 1: ValueError: no"
    assert model.cautions[0].startswith("Nor can the baseline be had: the baseline's configuration has mistakes")


# --- trying again ------------------------------------------------------------------------------------------------

FLAKY = """\
import os
if not os.path.exists(os.environ["TRAININGS"] + ".ready"):
    open(os.environ["TRAININGS"], "a").write("trained\\n")
    raise ValueError("not yet")
"""
AGAIN = [
    pytest.param({}, {"retry": True}, "--retry", id="--retry"),
    pytest.param({"GITHUB_RUN_ATTEMPT": "2"}, {}, "attempt 2 of the workflow", id="a workflow that is run again"),
]


@pytest.mark.parametrize(("variables", "asked", "why"), AGAIN)
def test_a_flaky_base_is_tried_again(
    project: Project, broken: Callable[..., str], variables: dict[str, str], asked: dict[str, Any], why: str
) -> None:
    broken({"train.py": FLAKY + GOOD})
    project.branch({"train.py": GOOD})
    assert only(project.run()[0]).baseline is None
    assert project.run({"GITHUB_RUN_ATTEMPT": "1"})[1] == 0, "the first attempt is none again"
    note = f"training the baseline failed before from the same inputs, and is tried again ({why})"
    report, trained = project.run(variables, **asked)
    assert (trained, only(report).baseline, note in only(report).notes) == (1, None, True), "it failed again, once"
    project.marks.with_name("marks.ready").touch()
    report, trained = project.run(variables, **asked)
    assert (trained, gates(report), note in only(report).notes) == (1, ["pass", "pass"], True)
    report, trained = project.run()
    assert (trained, gates(report), note in only(report).notes) == (0, ["pass", "pass"], False)


def test_a_plan_forgets_nothing(project: Project, broken: Callable[..., str]) -> None:
    broken(ENDS_BY_ITSELF["raises"])
    project.branch({"README.md": "# A model\n"})
    project.run()
    plan(project.options({"GITHUB_RUN_ATTEMPT": "2"}))
    found = plan(project.options())["m"]
    assert found.trainings == 0
    assert any("was not tried again" in note for note in found.notes)
    assert found.cautions[0].endswith("gates relative to the baseline are not judged.")
    assert project.run()[1] == 0


def test_a_memory_that_is_damaged_is_none(project: Project, broken: Callable[..., str]) -> None:
    broken(ENDS_BY_ITSELF["raises"])
    project.branch({"README.md": "# A model\n"})
    project.run()
    (record,) = (Path(project.repository.path) / ".ml_ci" / "records").glob(f"{FAILURES}/*/*/record.json")
    record.write_text(record.read_text().replace("ValueError", "KeyError"))
    report, trained = project.run()
    assert (report.verdict, trained) == ("error", 1)
    assert any("was damaged" in note for note in only(report).notes)


# --- several models ----------------------------------------------------------------------------------------------


def test_a_base_that_needs_a_broken_model(project: Project) -> None:
    below = "  below:\n" + SPEC.partition("  m:\n")[2]
    above = SPEC.replace("    gates", "    needs: [below]\n    gates").replace("train.py {data.h", "above.py {data.h")
    bad = {"train.py": MARK + "raise ValueError('no')\n", "above.py": GOOD, "ml-ci.yaml": above + below}
    base = project.main({**FILES, **bad})
    project.branch({"train.py": GOOD})
    report, _ = project.run(jobs=2)
    assert {name: model.verdict for name, model in report.models.items()} == {"m": "pass", "below": "pass"}
    said = report.models["m"].cautions[0]
    assert said.startswith(f"The base {base[:7]} does not train: `below`, which this model needs, could not be trained")
    assert project.run()[1] == 0


def test_other_models_are_compared_as_ever(project: Project) -> None:
    other = "  n:\n" + SPEC.partition("  m:\n")[2].replace("train.py {data.h", "other.py {data.h")
    files = {"other.py": GOOD, "ml-ci.yaml": SPEC + other, "train.py": "raise ValueError('no')\n"}
    project.main({**FILES, **files})
    project.branch({"train.py": GOOD, "other.py": WORSE})
    report, _ = project.run()
    assert {name: model.verdict for name, model in report.models.items()} == {"m": "pass", "n": "fail"}
    assert [gate.verdict for gate in report.models["n"].gates] == ["fail", "fail"]


# --- what was read -----------------------------------------------------------------------------------------------

READS = GOOD.replace("rows = list", "assert json.load(open('columns.json')) == ['x']\nrows = list", 1)


def test_a_failure_is_remembered_with_what_was_read(project: Project, broken: Callable[..., str]) -> None:
    """Nobody declares `columns.json`: while it is as it was nothing is tried, and it is tried when it is not."""
    broken(FILES)
    project.run()
    project.branch({"train.py": READS})
    path = Path(project.repository.path) / "columns.json"
    assert [project.run()[1] for _ in range(2)] == [1, 0], "no such file"
    path.write_text('["y"]')
    assert [project.run()[1] for _ in range(2)] == [1, 0], "another content"
    path.write_text('["x"]')
    report, trained = project.run()
    assert (report.verdict, trained) == ("pass", 1)
    path.write_text('["y"]')
    report, trained = project.run()
    assert (report.verdict, trained) == ("error", 0), "that it failed so is known"
    path.write_text('["x"]')
    assert (project.run()[0].verdict, project.run()[1]) == ("pass", 0)


def test_a_file_that_no_job_read_changes_nothing(project: Project, broken: Callable[..., str]) -> None:
    broken(ENDS_BY_ITSELF["raises"])
    project.branch({"README.md": "# A model\n"})
    assert project.run()[1] == 1
    project.repository.commit({"docs/why.md": "so\n", "new.txt": "1\n"})
    report, trained = project.run()
    assert (report.verdict, trained) == ("error", 0)


# --- how it is told ----------------------------------------------------------------------------------------------

FORMS: dict[str, Callable[[Report], str]] = {
    "plain": plain,
    "terminal": lambda report: terminal.render(report, 200),
    "markdown": markdown.render,
    "json": lambda report: str(to_json(from_json(to_json(report)))),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_repair_is_told_in(form: str, project: Project) -> None:
    first = project.main(FILES)
    project.run()
    base = project.main({"train.py": "raise ValueError('no')\n"})
    project.branch({"train.py": GOOD})
    said = FORMS[form](project.run()[0])
    assert f"The base {base[:7]} does not train: the job ended with exit code 1: ValueError: no." in said
    assert f"its nearest ancestor on record, {first[:7]}." in said


@pytest.mark.parametrize("form", [*FORMS, "junit", "pytest"])
def test_that_the_base_fails_alike_is_told_in(form: str, project: Project, broken: Callable[..., str]) -> None:
    forms = {**FORMS, "junit": junit.render, "pytest": lambda report: explain("m", report, ())}
    base = broken(ENDS_BY_ITSELF["raises"])
    project.branch({"README.md": "# A model\n"})
    said = forms[form](project.run()[0])
    assert f"the base {base[:7]} fails alike, from the same inputs: the job ended with exit code 1: ValueError" in said
    assert "mend the base first, or mend it here" in said


def test_an_explanation_of_what_does_not_train_says_so(project: Project, broken: Callable[..., str]) -> None:
    base = broken(ENDS_BY_ITSELF["raises"])
    project.branch({"README.md": "# A model\n"})
    project.run()
    (found,) = questions.explain(project.options(), Ask())
    assert found.failure is not None
    assert found.failure.message.startswith(f"the base {base[:7]} fails alike, from the same inputs: ")
    assert project.run()[1] == 0


def test_a_repair_that_is_worse_than_the_ancestor_is_explained_against_it(project: Project) -> None:
    first = project.main(FILES)
    project.run()
    project.main({"train.py": "raise ValueError('no')\n"})
    project.branch({"train.py": WORSE, "params.yaml": "more: 1\n"})
    (found,) = questions.explain(project.options(), Ask())
    assert (found.failure, found.base_commit) == (None, first)
    fnr = next(one for one in found.attributions if one.metric == "fnr")
    assert (float(fnr.baseline), float(fnr.candidate)) == (0.1, 0.5)


def test_what_is_remembered_is_needed(project: Project, broken: Callable[..., str]) -> None:
    """Pruning keeps what a run here would ask for."""
    broken(ENDS_BY_ITSELF["raises"])
    project.branch({"README.md": "# A model\n"})
    project.run()
    opened = open_project(locate(project.options()), project.options())
    (record,) = (one for one in opened.store.records() if one[0] == FAILURES)
    assert record[:2] in list_needed(opened, Fingerprints(opened))
