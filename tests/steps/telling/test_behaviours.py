"""A report has the counts of both sides, by slice and by weight; a record gives them back."""

from __future__ import annotations

from dataclasses import replace

from ml_ci.evaluation.clusters import Clusters, Moments
from ml_ci.evaluation.confusion import Confusion, Paired, PairedErrors
from ml_ci.evaluation.values import Behaved, Comparison, Evaluation, Shown
from ml_ci.records.codec import pack, unpack
from ml_ci.reports.values import BehaviourReport, Broken
from ml_ci.spec.load import load
from ml_ci.steps.telling.behaviours import report_behaviours

SPEC = """\
version: 1
models:
  m:
    train: a:b
    data: {holdout: h.csv}
    label: y
    positive: 1
    behaviours: {blind: {vary: sex}, known: {cases: c.csv}}
"""
MODEL = load(SPEC, "ml-ci.yaml").models["m"]
SLICES = {"a": {"x": Confusion(fp=3, tn=7)}}
COUNTED = Comparison(
    Evaluation(Confusion(fp=3, tn=7), SLICES),
    Evaluation(Confusion(fp=1, tn=9), {"a": {"x": Confusion(fp=1, tn=9)}}),
    Paired(PairedErrors(1, 2, 0, 7)),
)
BLIND = Behaved("vary", 12, COUNTED, no_answer=(2, 1), still=("sex",), shown=Shown("words", ("sex=m,f",)))


def test_reports_both_sides_in_the_files_order() -> None:
    found = report_behaviours(MODEL, {"known": Behaved("cases", why="c.csv has no cases"), "blind": BLIND})
    assert list(found) == ["blind", "known"]
    assert found["blind"] == BehaviourReport(
        "vary",
        "vary: sex",
        12,
        Broken(10, 3, 2, {"a": {"x": (10, 3)}}),
        Broken(10, 1, 1, {"a": {"x": (10, 1)}}),
        shown=BLIND.shown,
    )
    assert found["known"] == BehaviourReport("cases", "cases: c.csv", why="c.csv has no cases")


def test_a_behaviour_that_nobody_asked_is_reported_without_counts() -> None:
    assert report_behaviours(MODEL, {})["blind"] == BehaviourReport("vary", "vary: sex")


def test_rows_that_weigh_have_both_sums() -> None:
    moments = Moments((7, 0, 2, 1, 0, 0, 0, 0), (14.0, 0.0, 5.0, 1.0, 0.0, 0.0, 0.0, 0.0))
    weighed = replace(COUNTED, clusters=Clusters((), moments, weight="w"))
    found = report_behaviours(MODEL, {"blind": replace(BLIND, comparison=weighed)})["blind"]
    assert found.candidate is not None and found.candidate.weights == (20.0, 6.0)
    assert found.baseline is not None and found.baseline.weights == (20.0, 1.0)


def test_a_record_gives_back_what_was_packed() -> None:
    whole = Comparison(Evaluation(Confusion(1, 2, 3, 4)), behaviours={"blind": BLIND, "known": Behaved("cases")})
    assert unpack(Comparison, pack(whole)) == whole
