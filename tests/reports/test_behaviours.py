"""Behaviours in a report: the gate in words, its rows, the smallest pair of rows; nobody's row in a comment."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ml_ci.evaluation.confusion import Confusion
from ml_ci.evaluation.values import Shown
from ml_ci.gates.values import GateResult
from ml_ci.reports import junit, markdown, plain
from ml_ci.reports.gate_rows import gate_row
from ml_ci.reports.values import BehaviourReport, Broken, ModelReport, Report, Side

REASON = "blind broken 13.8% (110 of 800), limit 1.0%: above the limit as measured; for example sex m → f flips it"
FAILS = GateResult("blind <= 0.01", "fail", None, 0.1375, 0.01, 0.0, reason=REASON)
SLICE = replace(FAILS, condition="each(blind, by=job) <= 0.01", slice="job = nurse", value=0.25)
SHOWN = Shown("sex m → f flips it, where name is <b>O'Neill</b>", ("sex=m,f",))


def report(gate: GateResult = FAILS, shown: Shown | None = SHOWN) -> Report:
    slices = {"job": {"nurse": (80, 20), "smith": (720, 90)}}
    side = Side("r", Confusion(40, 10, 90, 5), {}, {})
    blind = BehaviourReport("vary", "vary: sex", 800, Broken(800, 110, 0, slices), Broken(800, 0), shown=shown)
    model = ModelReport(
        "fail",
        "train",
        candidate=side,
        baseline=replace(side, source="main"),
        gates=(gate,),
        behaviours={"blind": blind},
    )
    return Report("fail", None, None, {"m": model})


@pytest.mark.parametrize(
    ("gate", "label", "counts", "limit"),
    [
        (FAILS, "blind broken", "110 of 800", "≤ 1.0%"),
        (SLICE, "blind broken, job = nurse", "20 of 80", "≤ 1.0%"),
        (
            replace(FAILS, condition="blind <= baseline.blind + 0.01"),
            "blind broken against the baseline",
            "110 of 800",
            "≤ +1.0 points",
        ),
        (replace(FAILS, condition="gap(blind, by=job) <= 0.01"), "gap in blind broken by job", "", "≤ 1.0 points"),
    ],
)
def test_a_gate_is_said_as_that_of_an_fpr(gate: GateResult, label: str, counts: str, limit: str) -> None:
    row = gate_row(report(gate).models["m"], gate)
    assert (row.label, row.counts, row.limit) == (label, counts, limit)


def test_the_sentence_shows_the_smallest_pair_of_rows_escaped() -> None:
    said = markdown.render(report())
    assert "blind broken 0.0% → 13.8% (110 of 800), limit 1.0%. For example: sex m → f flips it" in said
    assert "<b>" not in said and "O'Neill" in said
    assert "For example: sex m → f flips it" in plain.plain(report())
    assert "for example sex m → f flips it" in junit.render(report())


def test_a_behaviour_is_called_by_its_name_only() -> None:
    against = replace(FAILS, condition="blind <= baseline.blind + 0.01")
    said = markdown.render(report(against))
    assert "**blind broken 0.0% → 13.8% (110 of 800), limit +1.0 points. For example:" in said


def test_a_slice_shows_none_of_all_rows() -> None:
    assert "For example: " not in markdown.render(report(SLICE))


def test_a_row_as_the_holdout_has_it_stands_in_no_comment() -> None:
    full = replace(SHOWN, full=True)
    hidden = replace(FAILS, reason=REASON.partition(";")[0])
    for said in (markdown.render(report(hidden, full)), junit.render(report(hidden, full))):
        assert "O'Neill" not in said


def test_what_is_broken_beyond_the_holdout_is_called_so() -> None:
    beyond = replace(FAILS, value=0.0)
    said = markdown.render(report(beyond, replace(SHOWN, beyond=True)))
    assert "Beyond the holdout: sex m → f flips it" in said
