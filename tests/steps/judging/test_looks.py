"""The ledger, preflight and seeds in real runs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ml_ci.errors import UserError
from ml_ci.pipeline import plan
from ml_ci.questions import ledgers, power
from ml_ci.records.ledgers import dumps
from ml_ci.tables.content import older_content
from ml_ci.tables.table import Table

PLAN = "    gates:\n"


class Told:
    """Remember what a run tells."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def begin(self, model: str, what: str) -> None:
        self.said.append(what)

    def tick(self, model: str, seconds: float, megabytes: float, last_line: str) -> None: ...

    def end(self, model: str, what: str, seconds: float) -> None: ...
    def stopped(self, model: str, what: str, seconds: float) -> None: ...

    def note(self, model: str, text: str) -> None:
        self.said.append(f"note: {text}")


def _notes(report: Any) -> list[str]:
    return list(report.models["cut"].notes)


def _looks(project: Any) -> list[tuple[str, bool]]:
    return [(look.verdict, look.promoted) for ledger in ledgers(project.options()) for look in ledger.looks]


def test_each_candidate_is_a_look_and_the_same_again_is_none(project: Any) -> None:
    first = project.run()
    assert _notes(first) == []
    assert _looks(project) == [("unjudged", False)], "a first model has nothing to compare with"
    project.run()
    project.edit("ml-ci.yaml", "+ 0.1", "+ 0.2")
    project.run()
    assert len(_looks(project)) == 1, "a model beside itself shows nothing new, whatever its gates"
    project.edit("train.py", "BIAS = 4", "BIAS = 12")
    report = project.run()
    assert _notes(report) == [], "without a plan a few looks are counted and not told"
    assert [verdict for verdict, _ in _looks(project)] == ["unjudged", report.verdict]
    judged = report.models["cut"].judgements
    assert [one.verdict for one in judged] == ["unjudged", report.verdict]
    last, counts = judged[-1], report.models["cut"].candidate.confusion
    assert (last.tp, last.fp, last.tn, last.fn) == (counts.tp, counts.fp, counts.tn, counts.fn)
    project.edit("ml-ci.yaml", "+ 0.2", "+ 0.9")
    assert project.run().verdict == "pass"
    assert len(_looks(project)) == 2, "the same pair judged by another gate is no further look"


def test_a_spent_plan_leaves_gates_inconclusive_and_says_what_to_do(project: Any) -> None:
    project.edit("ml-ci.yaml", PLAN, "    confidence: 0.95\n    reuse: {looks: 2, promotions: 1}\n" + PLAN)
    project.edit("ml-ci.yaml", "- fnr <= baseline.fnr + 0.1", "- fnr <= 0.9")
    verdicts = []
    for bias in (4, 3, 2):
        project.edit("train.py", "BIAS = 4" if bias == 4 else f"BIAS = {bias + 1}", f"BIAS = {bias}")
        report = project.run()
        verdicts.append(report.verdict)
    assert verdicts == ["pass", "pass", "inconclusive"]
    assert any("plan of 2 looks and 1 promotions is spent" in note for note in _notes(report)), _notes(report)
    (gate,) = report.models["cut"].gates
    assert "looked at too often to prove anything more; label new rows" in gate.reason


def test_fresh_labels_begin_a_new_ledger(project: Any, data: Any) -> None:
    project.run()
    project.repository.write({"data/holdout.csv": "x,y\n" + "".join(f"{x},{int(x >= 120)}\n" for x in range(100, 140))})
    project.edit("train.py", "BIAS = 4", "BIAS = 5")
    assert not any("look" in note for note in _notes(project.run()))
    assert len(ledgers(project.options())) == 2


def test_a_damaged_ledger_stops_the_run(project: Any) -> None:
    project.run()
    (file,) = (project.path / ".ml_ci" / "ledgers").glob("*.json")
    file.write_text("{}")
    project.edit("train.py", "BIAS = 4", "BIAS = 5")
    with pytest.raises(UserError, match="is damaged"):
        project.run()


def test_what_can_never_be_proven_is_told_before_anything_is_trained(project: Any) -> None:
    project.edit("ml-ci.yaml", PLAN, "    confidence: 0.95\n" + PLAN)
    project.edit("ml-ci.yaml", "+ 0.1", "+ 0.01")
    told = Told()
    report = project.run(progress=told)
    said = (
        "FNR: 20 positives can never prove it with 95% confidence, it takes 268; the best they can prove is a margin "
        "of +16.8 points."
    )
    assert told.said[0] == f"note: {said}"
    assert told.said[1].startswith("training")
    assert said in _notes(report)


def test_without_a_confidence_nothing_is_said_beforehand(project: Any) -> None:
    told = Told()
    project.run(progress=told)
    assert not any(one.startswith("note") for one in told.said)


def test_a_holdout_of_one_class_is_refused_before_anything_is_trained(project: Any) -> None:
    project.edit("ml-ci.yaml", PLAN, "    confidence: 0.95\n" + PLAN)
    project.repository.write({"data/holdout.csv": "x,y\n" + "".join(f"{x},1\n" for x in range(40))})
    told = Told()
    with pytest.raises(UserError, match=r"every row of data/holdout\.csv is positive"):
        project.run(progress=told)
    assert told.said == []


def test_seeds_train_both_sides_again_and_say_the_spread(project: Any) -> None:
    project.edit("ml-ci.yaml", PLAN, "    confidence: 0.95\n    seeds: 5\n" + PLAN)
    project.edit("train.py", "BIAS = 4", 'BIAS = 4 + int(os.environ["ML_CI_SEED"]) % 3')
    told = Told()
    planned = plan(project.options())["cut"]
    assert (planned.action, planned.trainings) == ("train", 10)
    report = project.run(progress=told)
    assert "training the candidate (seed 4)" in told.said
    assert project.trainings == 10
    (gate,) = report.models["cut"].gates
    assert "over 5 seeds FNR 24.0% ± 4.2 points, +4.0 points ± 4.2 points to the baseline" in gate.reason
    assert project.run().models["cut"].action == "reuse"
    assert project.trainings == 10


def test_power_reads_labels_and_trains_nothing(project: Any) -> None:
    project.edit("ml-ci.yaml", PLAN, "    confidence: 0.95\n" + PLAN)
    (found,) = power(project.options())
    assert (project.trainings, found.rows.classes, found.measured) == (0, (20, 20), False)
    (gate,) = found.gates
    assert (gate.rows, gate.kind, gate.provable, gate.best) == (20, "positives", False, "a margin of +16.8 points")
    assert gate.planned[0] is not None and gate.planned[1] is not None and gate.planned[0] < gate.planned[1]
    (wanted,) = power(project.options(), 0.01)
    assert (wanted.gates[0].least, wanted.gates[0].bound) == (268, 0.01)


def test_a_ledger_of_an_older_version_is_taken_up(project: Any) -> None:
    project.run()
    (now,) = ledgers(project.options())
    (path,) = project.repository.path.glob(".ml_ci/ledgers/*.json")
    holdout = older_content(Table.open(project.repository.path / "data/holdout.csv"))
    path.with_name(f"{holdout.digest}.json").write_text(dumps(replace(now, holdout=holdout)))
    path.unlink()
    project.edit("ml-ci.yaml", PLAN, "    confidence: 0.95\n    reuse: {looks: 2, promotions: 1}\n" + PLAN)
    project.edit("train.py", "BIAS = 4", "BIAS = 3")
    assert "Holdout: look 2 of 2 at this holdout, 0 promotions of 1 before it." in _notes(project.run())
    assert len(ledgers(project.options())) == 2
