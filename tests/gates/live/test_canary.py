from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_ci.evaluation.confusion import Confusion, Paired, PairedErrors
from ml_ci.gates.live.canary import judge_canary
from ml_ci.gates.live.values import CanaryJudgement
from ml_ci.gates.statistics import disagreed, evalues, split
from ml_ci.live.values import Coverage, ShadowWindow, SplitWindow
from tests.gates.live.made import DAY, HOLDOUT, model, shadow_window, shadowed, split_rows, split_window, stage

GATE = "fnr <= baseline.fnr + 0.01"


def judge(
    windows: Sequence[ShadowWindow] | Sequence[SplitWindow],
    *gates: str,
    confidence: float | None = None,
    holdout: Confusion = HOLDOUT,
    **keys: Any,
) -> CanaryJudgement:
    split_ones = [one for one in windows if isinstance(one, SplitWindow)]
    shadow_ones = [one for one in windows if isinstance(one, ShadowWindow)]
    rows = split_rows(split_ones) if split_ones else shadowed(shadow_ones)
    return judge_canary(model(confidence=confidence), stage(*(gates or (GATE,)), **keys), rows, holdout)


def test_a_shadow_is_promoted_when_its_gate_is_proven() -> None:
    windows = [shadow_window(at, 1, 1) for at in range(20)]
    found = judge(windows)
    assert found.evidence[GATE][-1] == pytest.approx(3.210356, abs=1e-6)  # 20, 20 of 2,000: the reference's
    assert found.decision == "promote"
    assert found.reason == (
        "The gate holds, proven with 95% confidence. FNR 6.0% → 6.0%, limit +1.0 points: within the limit, proven with "
        "95% confidence on 2,000 positives"
    )
    (gate,) = found.gates
    assert (gate.verdict, gate.value, gate.baseline) == ("pass", pytest.approx(0.06), pytest.approx(0.06))
    assert (gate.limit, gate.confidence) == (pytest.approx(0.07), 0.95)
    assert (found.line, found.against_line) == (pytest.approx(np.log(20)), pytest.approx(np.log(20)))


def test_a_shadow_that_is_worse_is_rolled_back_by_one_of_its_gates() -> None:
    windows = [shadow_window(at, 8, 1) for at in range(10)]
    found = judge(windows, GATE, "fpr <= baseline.fpr + 0.05", after=90 * DAY)
    assert (found.decision, [one.verdict for one in found.gates]) == ("roll back", ["fail", "pass"])
    assert found.against_line == pytest.approx(np.log(40))
    assert found.reason == (
        "FNR 6.0% → 13.0%, limit +1.0 points: above the limit, proven with 95% confidence on 1,000 positives"
    )


def test_it_goes_on_until_it_is_proven_and_says_what_is_missing() -> None:
    found = judge([shadow_window(at, 1, 1) for at in range(4)], confidence=0.99)
    assert (found.decision, found.gates[0].verdict) == ("continue", "inconclusive")
    assert found.reason.startswith(
        "FNR 6.0% → 6.0%, limit +1.0 points: cannot be told from noise with 400 positives; about "
    )
    assert found.gates[0].needs is not None and found.gates[0].needs > 1000
    none = "No window of both models is closed yet: its rows have to be old enough to have a label"
    assert judge([]).reason == none
    assert judge([shadow_window(0, closed=False)]).decision == "continue"


def test_proven_too_early_waits_and_unproven_too_late_ends() -> None:
    good, even = [shadow_window(at, 0, 2) for at in range(20)], [shadow_window(at, 1, 1) for at in range(12)]
    early = judge(good, after=30 * DAY)
    assert (early.decision, early.gates[0].verdict) == ("continue", "pass")
    assert early.reason == "The stage lasts 30 days at least, and its rows are judged up to 2026-01-25"
    assert judge(good, after=20 * DAY).decision == "promote"
    assert judge(even, until=13 * DAY).decision == "continue"
    late = judge(even, until=12 * DAY)
    assert late.decision == "roll back"
    assert late.reason.startswith("The 12 days of the stage are over and not every gate is proven. FNR 6.0% → 6.0%")
    after_the_end = [*even, *(shadow_window(12 + at, 0, 40) for at in range(9))]
    assert judge(after_the_end, until=12 * DAY) == late


def test_it_is_what_is_proven_now_that_counts() -> None:
    windows = [shadow_window(at, 0, 3) for at in range(10)] + [shadow_window(10 + at, 5, 1) for at in range(8)]
    found = judge(windows)
    assert max(one for one in found.evidence[GATE] if one is not None) > found.line  # type: ignore[operator]
    assert found.decision == "continue"


def test_labels_only_where_the_models_disagree() -> None:
    """Of 200 rows a day on which both agree four get a label; as few prove what all labels would."""
    windows = [shadow_window(at, 1, 3, rows=100, labelled_alike=2) for at in range(30)]
    found = judge(windows)
    rows = disagreed.bound_rows(120, 30 * 196, 120, 60, 0.01, 0.05)
    expected = disagreed.log_e_pass(30, 90, rows, 0.01) + np.log(0.8)
    assert rows < 3_000
    assert found.evidence[GATE][-1] == pytest.approx(expected)
    assert found.decision == "promote"
    # 2 of 2 labelled positives on which both agree are misses of both: they stand for 98 of 102 a day.
    assert found.gates[0].value == pytest.approx((2 * 49 + 1) / (2 * 49 + 4))
    assert found.gates[0].reason.startswith("FNR 99.0% → 97.1% (estimated), limit +1.0 points: within the limit")
    turned = judge(windows, "recall >= baseline.recall - 0.01")
    assert turned.evidence["recall >= baseline.recall - 0.01"] == found.evidence[GATE]
    assert turned.gates[0].value == pytest.approx(1 - 99 / 102)
    unlabelled = [replace(one, disagreed=Coverage(5, 4)) for one in windows]
    later = judge(unlabelled)
    rows = disagreed.bound_rows(150, 30 * 196, 120, 60, 0.01, 0.05)
    assert later.evidence[GATE][-1] == pytest.approx(disagreed.log_e_pass(60, 90, rows, 0.01) + np.log(0.8))
    assert later.evidence[GATE][-1] < found.evidence[GATE][-1]  # type: ignore[operator]


@pytest.mark.parametrize(
    ("window", "said"),
    [
        (
            shadow_window(0, 5, 5, agreed=Coverage(190, 0), labelled_alike=0),
            "of the rows on which the models disagree 100% have a label, and none on which they agree: label some of "
            "these too, drawn over the whole time (--to-label)",
        ),
        (
            replace(shadow_window(0), paired=Paired(), agreed=Coverage(190, 0), disagreed=Coverage(10, 0)),
            "none of the 200 rows that are old enough has a label; look at what labels: and id: name",
        ),
        (
            shadow_window(0, 5, 5, alone=(1, 12)),
            "12 rows were answered by the champion alone and 1 by the candidate alone, beside 200 by both: let both "
            "answer every row",
        ),
        (
            replace(
                shadow_window(0),
                paired=Paired(PairedErrors(40), PairedErrors(0, 2, 2, 60)),
                agreed=Coverage(190, 100),
                disagreed=Coverage(4, 4),
            ),
            "no row that both models decide negative has a label, and 100 that both decide positive have one: how many "
            "rows of a class there are cannot be known; label a random share of both",
        ),
    ],
)
def test_labels_that_say_nothing_of_a_shadow_have_their_sentence(window: ShadowWindow, said: str) -> None:
    found = judge([window])
    assert (found.decision, found.gates[0].verdict) == ("continue", "inconclusive")
    assert found.reason.endswith(f": {said}")


SPLIT = "fnr <= baseline.fnr + 0.02"
TENTH = Confusion(tp=90, fn=10)


def test_golden_split() -> None:
    windows = [split_window(at, 50, 50, sizes=(500, 500)) for at in range(4)]
    found = judge(windows, SPLIT, holdout=TENTH)
    assert found.evidence[SPLIT] == (
        pytest.approx(-0.038110, abs=1e-6),
        *(pytest.approx(one) for one in found.evidence[SPLIT][1:3]),
        pytest.approx(0.941131, abs=1e-6),
    )
    assert found.against[SPLIT][-1] == pytest.approx(-1.407220, abs=1e-6)
    assert (found.decision, found.gates[0].verdict) == ("continue", "inconclusive")
    assert found.ratio[-1] is not None and found.ratio[-1] < 0
    ramp = [split_window(0, 5, 100, sizes=(50, 950), share=0.05), split_window(1, 60, 50, sizes=(500, 500))]
    assert judge(ramp, SPLIT, holdout=TENTH).evidence[SPLIT][-1] == pytest.approx(-0.510900, abs=1e-6)


def test_a_split_is_promoted_rolled_back_or_told_what_it_needs() -> None:
    even = [split_window(at, 10, 10) for at in range(100)]
    found = judge(even[:20], SPLIT, holdout=TENTH)
    needs = found.gates[0].needs
    assert found.decision == "continue" and needs is not None
    wanted = 20 + needs / 200
    assert judge(even[: int(0.95 * wanted)], SPLIT, holdout=TENTH).decision == "continue"
    assert judge(even[: int(wanted) + 1], SPLIT, holdout=TENTH).decision == "promote"
    assert judge([split_window(at, 25, 10) for at in range(60)], SPLIT, holdout=TENTH).decision == "roll back"
    turned = judge([split_window(at, 25, 10) for at in range(60)], "recall >= baseline.recall - 0.02", holdout=TENTH)
    assert turned.reason.startswith(
        "recall 90.0% → 75.0%, limit −2.0 points: below the limit, proven with 95% confidence"
    )


def test_a_broken_assignment_is_an_error_and_compares_nothing() -> None:
    windows = [split_window(at, 0, 30, sizes=(300, 200)) for at in range(30)]
    found = judge(windows, SPLIT)
    assert (found.decision, found.gates[0].verdict) == ("continue", "error")
    assert (
        found.reason
        == found.gates[0].reason
        == (
            "The assignment is broken: 18,000 of 30,000 rows went to the candidate, about 15,000 had to. Nothing that "
            "is measured on them compares the models; look at what assigns them, and begin the stage anew"
        )
    )
    still_open = [replace(one, closed=False) for one in windows]
    assert judge(still_open, SPLIT).gates[0].verdict == "error"
    mended = [*windows, *(split_window(30 + at, 0, 30) for at in range(300))]
    assert judge(mended, SPLIT).gates[0].verdict == "error"


@pytest.mark.parametrize(
    ("window", "said"),
    [
        (
            split_window(
                0, 5, 10, covered=(Coverage(200, 200), Coverage(200, 100)), sizes=(100, 50), assigned=(200, 200)
            ),
            "labels do not come alike: 100% of the candidate's rows have one and 50% of the champion's, so that they "
            "compare no models; wait for all, or label a random share of each",
        ),
        (
            replace(split_window(0), candidate=Confusion(tp=90, fp=110), champion=Confusion(tp=80, fp=120)),
            "only rows decided positive have a label, so that a rate of both models says nothing; label others too",
        ),
        (
            replace(
                split_window(0),
                candidate=Confusion(),
                champion=Confusion(),
                covered=(Coverage(200, 0), Coverage(200, 0)),
            ),
            "none of the 400 rows that are old enough has a label; look at what labels: and id: name",
        ),
    ],
)
def test_labels_that_say_nothing_of_a_split_have_their_sentence(window: SplitWindow, said: str) -> None:
    found = judge([window], SPLIT)
    assert (found.decision, found.gates[0].verdict) == ("continue", "inconclusive")
    assert found.reason.endswith(f": {said}")


def test_windows_with_a_share_of_all_or_nothing_compare_nothing() -> None:
    found = judge([split_window(0, share=1.0), split_window(1, share=0.0)], SPLIT)
    assert (found.decision, found.evidence[SPLIT]) == ("continue", ())
    assert found.reason.endswith("no labelled positives of both models yet, limit +2.0 points: wait for labels")


@pytest.mark.parametrize(
    "window",
    [
        split_window(0, -1),
        split_window(0, assigned=(3, 200)),
        split_window(0, share=float("nan")),
        split_window(0, covered=(Coverage(3, 3), Coverage(200, 200))),
        shadow_window(0, -3),
        shadow_window(0, 5, disagreed=Coverage(5, 4)),
        shadow_window(0, agreed=Coverage(3, 200)),
    ],
)
def test_counts_that_cannot_be_are_an_error(window: ShadowWindow | SplitWindow) -> None:
    found = judge([window])  # type: ignore[arg-type]
    assert (found.decision, found.gates[0].verdict) == ("continue", "error")
    assert found.reason == (
        "The counts of the window from 2026-01-05 cannot be: its record is damaged; delete it, and look again"
    )


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=1, max_size=8))
def test_swapped_models_swap_the_evidence(days: list[tuple[int, int]]) -> None:
    """At a margin of 0 what speaks for a candidate speaks against it once it is the champion."""
    gate = "fnr <= baseline.fnr"
    for make in (shadow_window, split_window):
        there, back = ([make(at, *pair) for at, pair in enumerate(of)] for of in (days, [(c, b) for b, c in days]))
        assert judge(there, gate).evidence[gate] == pytest.approx(judge(back, gate).against[gate], abs=1e-9)  # type: ignore[arg-type]


def test_all_rows_are_the_class_of_accuracy() -> None:
    gate = "accuracy >= baseline.accuracy - 0.01"
    found = judge([shadow_window(at, 1, 1) for at in range(10)], gate)
    assert found.evidence[gate][-1] == pytest.approx(float(evalues.log_e_pass(10, 10, 2000, 0.01)[0]))
    known = judge([split_window(0, 10, 10)], gate).evidence[gate][-1]
    wrong = 81 / HOLDOUT.rows
    assert known == pytest.approx(split.log_e_pass((20, 200), (20, 200), 0.5, 0.01, wrong))
