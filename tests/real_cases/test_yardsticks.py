"""A change that brings its own rows, labels or measures is judged by its base's too; honest changes pass."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ml_ci.cli.exits import code_of
from ml_ci.pipeline import run
from ml_ci.records.ledgers import Ledgers
from ml_ci.records.store import Store
from ml_ci.reports import markdown
from ml_ci.reports.as_json import from_json, to_json
from ml_ci.reports.plain import plain
from ml_ci.reports.values import ModelReport, Report
from ml_ci.steps.values import Options

# whole runs: `.ci/run` runs them apart
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("shared_imports")]

# Positive is who has x >= 50 of 0 ... 99; the model is a cut, and says so from x >= CUT on.
JOB = """\
import csv, json, os, sys
from pathlib import Path

CUT = 50


def train(out):
    json.dump({"cut": CUT}, open(out + "/model.json", "w"))


def score(path, rows: Path):
    with open(os.environ["SCORINGS"], "a") as marks:
        marks.write("scored\\n")
    cut = json.load(open(path))["cut"]
    return [0.9 if float(row["x"]) >= cut else 0.1 for row in csv.DictReader(open(rows))]


def predict(holdout, out):
    rows = list(csv.DictReader(open(holdout)))
    open(out, "w").write("score\\n" + "".join("0.9\\n" if float(row["x"]) >= CUT else "0.1\\n" for row in rows))


if __name__ == "__main__":
    train(sys.argv[2]) if sys.argv[1] == "train" else predict(*sys.argv[2:])
"""
OWN_METRIC = """\
def hits(y_true, score):
    return sum(1 for y, s in zip(y_true, score) if y and s >= 0.5) / max(sum(1 for y in y_true if y), 1)
"""
SPEC = """\
version: 1
models:
  m:
    run: {run}
    outputs: {outputs}
    data: {{holdout: holdout.csv}}
    label: label
    positive: "yes"
    slices: [{{x: [75]}}]
    gates: [fpr <= 0.1, fnr <= 0.1]
    env: [SCORINGS]
"""
COMMAND = SPEC.format(run="python job.py predict {data.holdout} {out}/s.csv", outputs='{predictions: "{out}/s.csv"}')
MODEL = SPEC.format(run="python job.py train {out}", outputs='{model: "{out}/model.json"}').replace(
    "    label:", "    predict: job:score\n    label:"
)

Row = tuple[int, int, str, str]


def rows() -> list[Row]:
    """Number, x, label, and a second label that says no to everybody below 80."""
    return [(at, at % 100, "yes" if at % 100 >= 50 else "no", "yes" if at % 100 >= 80 else "no") for at in range(200)]


def table(some: list[Row], extra: Callable[[Row], str] | None = None) -> str:
    names = "number,x,label,late" + (",more" if extra else "")
    return f"{names}\n" + "".join(",".join(map(str, row)) + (f",{extra(row)}" if extra else "") + "\n" for row in some)


def relabelled(some: list[Row], low: int, high: int, label: str) -> list[Row]:
    return [(at, x, label if low <= x < high else y, late) for at, x, y, late in some]


@dataclass
class Project:
    """A repository with the model on `main`, the branch `change` checked out."""

    repository: Any
    marks: Path
    files: dict[str, str] = field(default_factory=dict)

    def base(self, spec: str = COMMAND, **more: str) -> Project:
        self.files = {"ml-ci.yaml": spec, "job.py": JOB, "holdout.csv": table(rows()), ".gitignore": ".ml_ci\n", **more}
        self.repository.commit(self.files, "base")
        self.repository.git("switch", "-q", "-c", "change")
        return self

    def change(self, **edits: tuple[str, str]) -> None:
        """Replace texts: `cut=("CUT = 50", "CUT = 70")` in job.py, `spec=...` in ml-ci.yaml."""
        for name, (old, new) in edits.items():
            file = {"cut": "job.py", "spec": "ml-ci.yaml", "gate": "ml-ci.yaml", "metric": "own.py"}[name]
            text = (Path(self.repository.path) / file).read_text()
            assert old in text, f"{file} does not hold {old!r}"
            self.repository.write({file: text.replace(old, new)})

    def holdout(self, text: str) -> None:
        self.repository.write({"holdout.csv": text})

    def run(self, **asked: Any) -> Report:
        self.repository.git("commit", "-qam", "change", "--allow-empty")
        return run(Options(start=Path(self.repository.path), environment=dict(os.environ), **asked))

    @property
    def scorings(self) -> int:
        return len(self.marks.read_text().splitlines()) if self.marks.exists() else 0


@pytest.fixture
def project(repository: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("SCORINGS", str(tmp_path / "scorings"))
    return Project(repository, tmp_path / "scorings")


def told(model: ModelReport) -> list[tuple[str, str, int, int]]:
    """Give source, verdict, rows, and rows left out of each yardstick."""
    return [(one.source.split()[1], one.verdict, one.rows, one.left_out) for one in model.yardsticks]


def damaged() -> list[Row]:
    """The 40 rows that a cut at 70 misses, labelled to fit it."""
    return relabelled(rows(), 50, 70, "no")


def easier() -> list[Row]:
    """The rows that a cut at 70 misses are gone, and as many easy ones are there."""
    return [*(row for row in rows() if not 50 <= row[1] < 70), *((900 + x, x, "yes", "no") for x in range(70, 90))]


def other() -> list[Row]:
    return [(500 + at, *((0, "no") if at % 2 else (99, "yes")), "no") for at in range(100)]


def bring(text: str) -> Callable[[Project], None]:
    return lambda project: project.holdout(text)


def late(project: Project) -> None:
    project.change(spec=("label: label", "label: late"), gate=("fpr <= 0.1", "fpr <= 0.2"))


# What a change does besides moving the cut to 70, which misses 40 of 100 positives.
WRONG = {
    "labels damaged to fit": (COMMAND, bring(table(damaged()))),
    "hard rows removed, and easy ones for them": (MODEL, bring(table(easier()))),
    "another holdout": (MODEL, bring(table(other()))),
    "another label": (COMMAND, late),
    "another label of a scored model": (MODEL, late),
    "damaged and in another order": (COMMAND, bring(table(damaged()[::-1]))),
    "damaged and rows added": (COMMAND, bring(table([*damaged(), (900, 99, "yes", "yes")]))),
    "damaged and a new column": (COMMAND, bring(table(damaged(), lambda row: str(row[0] % 7)))),
    "damaged and written otherwise": (COMMAND, bring(table(damaged()).replace(",60,", ",6.0e1,"))),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_yardstick_that_is_bent_to_the_model_does_not_pass(project: Project, case: str) -> None:
    spec, bend = WRONG[case]
    project.base(spec)
    project.change(cut=("CUT = 50", "CUT = 70"))
    bend(project)
    report = project.run()
    model = report.models["m"]
    assert model.candidate is not None
    assert told(model) == [("change", "pass", model.candidate.confusion.rows, 0), ("base", "fail", 200, 0)]
    assert (model.verdict, code_of(report)) == ("fail", 1)
    base = model.yardsticks[1].candidate
    assert base is not None and (base.fn, base.positives, base.fp) == (40, 100, 0)
    assert from_json(to_json(report)).models["m"].yardsticks == model.yardsticks


def edit(**edits: tuple[str, str]) -> Callable[[Project], None]:
    return lambda project: project.change(**edits)


OWN = ("change", "pass", 200, 0)
BASE = ("base", "pass", 200, 0)
# An honest change -> what each yardstick says: nothing where the change brings none of its own.
HONEST: dict[str, tuple[str, Callable[[Project], None], list[tuple[str, str, int, int]]]] = {
    "nothing": (COMMAND, lambda project: None, []),
    "another threshold": (COMMAND, edit(spec=("    label:", "    threshold: 0.4\n    label:")), []),
    "other code": (COMMAND, edit(cut=("CUT = 50", "CUT = 52")), []),
    "another gate": (COMMAND, edit(gate=("fpr <= 0.1", "fpr <= 0.05")), []),
    "a new slice": (
        COMMAND,
        edit(spec=("slices: [", "slices: [{number: [100]}, "), gate=("fpr <= 0.1", '"each(fpr, by=number) <= 0.1"')),
        [],
    ),
    "rows in another order": (COMMAND, bring(table(rows()[::-1])), []),
    "values written otherwise": (COMMAND, bring(table(rows()).replace(",50,", ",50.00,")), []),
    "a new column": (COMMAND, bring(table(rows(), lambda row: str(row[0] % 3))), []),
    "more rows": (
        COMMAND,
        bring(table([*rows(), (900, 60, "yes", "no"), (901, 10, "no", "no")])),
        [("change", "pass", 202, 0), BASE],
    ),
    "a few labels corrected": (COMMAND, bring(table(relabelled(rows(), 50, 52, "no"))), [OWN, BASE]),
    "a few rows less": (
        COMMAND,
        bring(table(rows()[:190])),
        [("change", "pass", 190, 0), ("base", "pass", 190, 10)],
    ),
    "a few rows less of a scored model": (MODEL, bring(table(rows()[:190])), [("change", "pass", 190, 0), BASE]),
    "positive of more words": (COMMAND, edit(spec=('positive: "yes"', 'positive: ["yes", "sure"]')), [OWN, BASE]),
    "other bins": (COMMAND, edit(spec=("slices: [{x: [75]}]", "slices: [{x: [80]}]")), [OWN, BASE]),
}


@pytest.mark.parametrize("case", HONEST)
def test_an_honest_change_passes(project: Project, case: str) -> None:
    spec, make, wanted = HONEST[case]
    project.base(spec)
    make(project)
    report = project.run()
    assert told(report.models["m"]) == wanted
    assert (report.models["m"].verdict, code_of(report)) == ("pass", 0)


def test_a_run_that_changes_nothing_more_finds_it_on_record(project: Project) -> None:
    """Both lines are kept with the verdict: a no-op stays one."""
    project.base()
    project.change(cut=("CUT = 50", "CUT = 70"))
    project.holdout(table(relabelled(rows(), 50, 70, "no")))
    first, again = project.run().models["m"], project.run().models["m"]
    assert again.action == "reuse" and again.yardsticks == first.yardsticks and again.verdict == "fail"


def looks(project: Project) -> int:
    """Count the looks in the holdouts' ledgers."""
    return sum(len(one.looks) for one in Ledgers(Store(Path(project.repository.path) / ".ml_ci")).all())


def test_nothing_is_scored_twice(project: Project) -> None:
    """Rows that both have are counted from the scores that there are; only rows that are gone are scored."""
    project.base(MODEL)
    project.holdout(table(rows()[:190]))
    report = project.run()
    assert told(report.models["m"])[1] == ("base", "pass", 200, 0)
    # one model on both sides: it scores the 190 rows, and then the ten that are gone
    assert project.scorings == 2
    assert looks(project) == 2
    project.holdout(table(relabelled([*rows()[:190], (900, 60, "yes", "no")], 50, 52, "no")))
    before = project.scorings
    assert told(project.run(baseline="HEAD~1").models["m"])[1] == ("base", "pass", 190, 0)
    assert project.scorings == before + 1, "the 191 rows that there are now, and no row more"
    assert looks(project) == 2, "no other rows were looked at"


def test_the_report_shows_both_lines_first_and_says_how_it_is_let_in(project: Project) -> None:
    project.base()
    project.change(cut=("CUT = 50", "CUT = 70"))
    project.holdout(table(relabelled(rows(), 50, 70, "no")))
    report = project.run()
    lines = plain(report).splitlines()
    assert lines[0] == "✗ m fails 1 of 2 gates"
    assert lines[1] == (
        "  ✓ by this change's yardstick, 200 rows: Both gates hold. "
        "False alarms 40 → 0 of 140 (0.0%), misses 0 of 60 (0.0%) as before."
    )
    assert lines[2].startswith("  ✗ by that of the base ")
    assert lines[2].endswith(
        ", 200 rows (changed: 40 rows with another label): "
        "Misses 0 → 40 (+40 of 100), false alarms 0 of 100 as before: FNR 0.0% → 40.0%, limit 10.0%."
    )
    assert lines[3].startswith("  By the base's yardstick: Misses 0 → 40 (+40 of 100)")
    for text in (plain(report), markdown.render(report)):
        assert "by name and reason, as a lowered gate is" in text
        assert "ml-ci promote m --allow-verdict --reason" in text


def test_where_the_base_cannot_judge_its_line_is_unjudged_and_decides_nothing(project: Project) -> None:
    """No row is the same any more, and a command predicts today's rows only."""
    project.base()
    project.holdout(table([(at + 500, at, "yes" if at >= 50 else "no", "no") for at in range(1, 99)]))
    report = project.run()
    assert [(one.verdict, bool(one.reason)) for one in report.models["m"].yardsticks] == [
        ("pass", False),
        ("unjudged", True),
    ]
    assert report.verdict == "pass"
    assert "– by that of the base" in plain(report) and "no row of the base's holdout is left" in plain(report)


def test_a_gate_by_a_column_that_the_base_lacks_is_unjudged_there(project: Project) -> None:
    project.base()
    project.holdout(table(relabelled(rows(), 50, 52, "no"), lambda row: "ab"[row[0] % 2]))
    project.change(gate=("fnr <= 0.1", '"each(fnr, by=more) <= 0.1"'))
    report = project.run()
    base = report.models["m"].yardsticks[1]
    assert [(gate.condition, gate.verdict) for gate in base.gates] == [
        ("fpr <= 0.1", "pass"), ("each(fnr, by=more) <= 0.1", "unjudged"),
    ]  # fmt: skip
    assert (base.verdict, report.verdict) == ("pass", "pass")


def test_rows_that_cannot_be_scored_are_joined_by_id(project: Project) -> None:
    """Their values were corrected and a column is new: what the candidate says of the same number is what it says."""
    project.base(MODEL.replace("    label:", "    id: number\n    label:"))
    text = table(
        [(at, x + 100 if x >= 50 else x, y, late) for at, x, y, late in relabelled(rows(), 50, 70, "no")],
        lambda row: "1",
    )
    project.holdout(text)
    project.change(cut=("CUT = 50", "CUT = 170"))
    report = project.run()
    assert told(report.models["m"])[1] == ("base", "fail", 200, 0)
    assert report.models["m"].yardsticks[1].candidate.fn == 40  # type: ignore[union-attr]


def test_the_code_of_a_metric_is_the_bases(project: Project) -> None:
    spec = COMMAND.replace("    gates: [", '    metrics: {hits: "own:hits"}\n    gates: [hits >= 0.9, ')
    project.base(spec.replace("fnr <= 0.1", "fnr <= 0.9"), **{"own.py": OWN_METRIC})
    project.change(cut=("CUT = 50", "CUT = 70"), metric=("return sum(1 for", "return 1.0 or sum(1 for"))
    report = project.run()
    assert told(report.models["m"]) == [("change", "pass", 200, 0), ("base", "fail", 200, 0)]
    assert report.models["m"].yardsticks[1].changed == ("the code of `metrics`",)
    assert report.models["m"].yardsticks[1].gates[0].value == 0.6


def test_bins_that_hide_a_slice_do_not_pass(project: Project) -> None:
    spec = COMMAND.replace("fnr <= 0.1", '"each(accuracy, by=x) >= 0.7"').replace("[75]", "[50, 70]")
    project.base(spec)
    project.change(cut=("CUT = 50", "CUT = 70"), spec=("[50, 70]", "[10]"))
    report = project.run()
    assert told(report.models["m"]) == [("change", "pass", 200, 0), ("base", "fail", 200, 0)]


def test_a_repair_of_a_broken_base_is_held_to_the_yardstick_of_the_ancestor_that_trained(project: Project) -> None:
    project.base(MODEL)
    project.run(baseline="none")
    project.repository.git("switch", "-q", "main")
    project.repository.commit({"job.py": "raise SystemExit(3)\n"}, "break it")
    project.repository.git("switch", "-q", "-c", "repair")
    project.repository.write({"job.py": JOB.replace("CUT = 50", "CUT = 70")})
    project.holdout(table(damaged()))
    report = project.run()
    assert told(report.models["m"]) == [OWN, ("base", "fail", 200, 0)]
    assert report.verdict == "fail"


def test_held_to_a_branch_it_is_shown_and_judged_too(project: Project) -> None:
    project.base()
    project.change(cut=("CUT = 50", "CUT = 70"))
    project.holdout(table(relabelled(rows(), 50, 70, "no")))
    report = project.run(gates_from="main")
    assert (report.verdict, told(report.models["m"])[1][1]) == ("fail", "fail")
    assert any("rows of the holdout changed" in caution for caution in report.models["m"].cautions)


PART = MODEL.replace(
    "data: {holdout: holdout.csv}", "data: {all: holdout.csv, holdout: {of: all, share: 0.4, by: number}}"
)


def whole() -> list[Row]:
    return [(at, at % 100, "yes" if at % 100 >= 50 else "no", "no") for at in range(400)]


@pytest.mark.parametrize("by", [", by: number", ""], ids=["by a column", "by the whole row"])
def test_damaged_labels_of_the_table_that_the_holdout_is_a_part_of(project: Project, by: str) -> None:
    """60% of the positives are labelled no. By the whole row, most of those are trained on now and are left out."""
    project.base(PART.replace(", by: number", by), **{"holdout.csv": table(whole())})
    project.change(cut=("CUT = 50", "CUT = 80"))
    project.holdout(table(relabelled(whole(), 50, 80, "no")))
    report = project.run()
    own, base = report.models["m"].yardsticks
    assert (own.verdict, base.verdict, report.verdict) == ("pass", "fail", "fail")
    assert base.candidate is not None and base.candidate.fnr is not None and base.candidate.fnr > 0.25
    assert (base.left_out > 0) == (by == "") and base.rows + base.left_out == pytest.approx(160, abs=30)


# A change of the cut or of the table -> whether rows of the base's holdout are left out.
CUTS = {
    "a larger share": (edit(spec=("share: 0.4", "share: 0.6")), False),
    "a smaller share": (edit(spec=("share: 0.4", "share: 0.3")), True),
    "another seed": (edit(spec=("share: 0.4", "share: 0.4, seed: 3")), True),
    "more rows": (
        bring(table([*whole(), *((900 + x, x, "yes" if x >= 50 else "no", "no") for x in range(0, 100, 5))])),
        False,
    ),
    "a new column": (bring(table(whole(), lambda row: str(row[0] % 3))), None),
}


@pytest.mark.parametrize("case", CUTS)
def test_an_honest_change_of_the_table_or_its_cut_passes(project: Project, case: str) -> None:
    make, left = CUTS[case]
    project.base(PART, **{"holdout.csv": table(whole())})
    make(project)
    report = project.run()
    found = told(report.models["m"])
    assert report.verdict == "pass" and all(verdict == "pass" for _, verdict, _, _ in found)
    assert [one[3] > 0 for one in found[1:]] == ([] if left is None else [left])


def test_rows_that_moved_into_a_training_table_are_left_out(project: Project) -> None:
    spec = MODEL.replace("data: {holdout: holdout.csv}", "data: {train: train.csv, holdout: holdout.csv}")
    train = [(1_000 + row[0], *row[1:]) for row in rows()]
    project.base(spec, **{"train.csv": table(train)})
    project.repository.write({"train.csv": table([*train, *rows()[:20]])})
    project.holdout(table(rows()[20:]))
    assert told(project.run().models["m"]) == [("change", "pass", 180, 0), ("base", "pass", 180, 20)]
