"""Gates by the measured numbers, and every absence."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ml_ci.evaluation.confusion import Confusion
from ml_ci.evaluation.values import Comparison, Evaluation
from ml_ci.gates.evidence import Case
from ml_ci.gates.values import GateResult

Judged = Callable[..., tuple[GateResult, ...]]
Make = Callable[..., Case]

# Negatives and positives as (both err, only the candidate, only the baseline, neither).
NORTH = ((30, 12, 9, 952), (20, 5, 3, 186))
SOUTH = ((3, 2, 1, 44), (4, 2, 3, 21))

COMPAS = {
    "African-American": (1369, 805, 990, 532),
    "Caucasian": (505, 349, 1139, 461),
    "Hispanic": (103, 87, 318, 129),
    "Other": (43, 36, 208, 90),
    "Asian": (6, 2, 21, 3),
    "Native American": (9, 3, 5, 1),
}


@pytest.fixture(scope="module")
def two(paired_case: Make) -> Case:
    metrics = {"auc": 0.9, "lift": 2.0, "seconds": 3.0, "cost": 0.25, "log_loss": None, "brier": math.nan}
    return paired_case({"north": NORTH, "south": SOUTH}, metrics=metrics, cost=(1.0, 4.0))


MEASURED = [
    (
        "fpr <= 0.05",
        "pass",
        "FPR 4.5% (47 of 1,053), limit 5.0%: within the limit as measured, but with 1,053 negatives",
    ),
    ("fpr <= 0.03", "fail", "FPR 4.5% (47 of 1,053), limit 3.0%: above the limit as measured"),
    ("fnr <= baseline.fnr + 0.01", "pass", "FNR 12.3% → 12.7%, limit +1.0 points: within the limit"),
    ("fnr <= baseline.fnr", "fail", "FNR 12.3% → 12.7%, limit +0.0 points: above the limit"),
    ("fnr <= 1.1 * baseline.fnr", "pass", "FNR 12.7%, baseline's FNR 12.3%, limit 13.5%: within the limit"),
    ("fnr <= baseline.fpr", "fail", "FNR 12.7%, baseline's FPR 4.1%, limit 4.1%: above the limit"),
    ("recall >= 0.9", "fail", "recall 87.3% (213 of 244), limit at least 90.0%: below the limit"),
    ("1 - accuracy <= 0.1", "pass", "accuracy 94.0% (1,219 of 1,297), limit at least 90.0%: within the limit"),
    ("fp + 5 * fn <= 200", "fail", "FP + 5 × FN = 202, limit 200: above the limit"),
    ("rows >= 1000", "pass", "rows 1,297, limit at least 1,000: within the limit"),
    ("seconds <= 2", "fail", "seconds 3.0, limit 2.0: above the limit"),
    ("auc >= baseline.auc - 0.01", "pass", "AUC 0.900 → 0.900, limit −0.010: within the limit as measured"),
    ("lift > 2", "fail", "lift 2.000, limit at least 2.000: below the limit"),
    ("cost_per_1000 <= 100", "fail", "cost per 1,000 rows 131.843, limit 100.000: above the limit"),
    ("worst(fnr, by=region) <= 0.15", "fail", "worst FNR by region 20.0%, limit 15.0%: above"),
    ("gap(fpr, by=region) <= 0.1", "pass", "gap in FPR by region 5.8 points, limit 10.0 points: within"),
    (
        "gap(fpr, by=region) <= baseline.gap(fpr, by=region)",
        "fail",
        "4.1 points → 5.8 points, limit +0.0 points: above",
    ),
    ("ratio(fpr, by=region) <= 2", "fail", "ratio of FPR by region 2.388, limit 2.000: above the limit"),
    ("0.01 <= fpr <= 0.2 and fnr <= 0.1", "fail", "FNR 12.7% (31 of 244), limit 10.0%: above the limit"),
]


@pytest.mark.parametrize(("text", "verdict", "reason"), MEASURED)
def test_measured_numbers(judged: Judged, two: Case, text: str, verdict: str, reason: str) -> None:
    (result,) = judged(two, text)
    assert (result.verdict, result.condition, result.confidence) == (verdict, text, None)
    assert reason in result.reason


@pytest.mark.parametrize("limit", ["0.25", "baseline.fnr + 0.05"])
def test_beside_each_slice_stands_the_baselines_same_slice(judged: Judged, two: Case, limit: str) -> None:
    north, south = judged(two, f"each(fnr, by=region) <= {limit}")
    assert (north.value, north.baseline) == (25 / 214, 23 / 214)
    assert (south.value, south.baseline) == (6 / 30, 7 / 30)


def test_value_limit_baseline_and_interval_of_a_difference(judged: Judged, two: Case) -> None:
    (result,) = judged(two, "fnr <= baseline.fnr + 0.01")
    assert result.value == pytest.approx(31 / 244)
    assert result.baseline == pytest.approx(30 / 244)
    assert result.limit == pytest.approx(30 / 244 + 0.01)
    assert result.interval == pytest.approx((-0.0280, 0.0369), abs=1e-4)


def test_the_baseline_stands_beside_a_fixed_limit_too(judged: Judged, two: Case) -> None:
    (fpr, rate, gap) = judged(two, "fpr <= 0.05", "recall >= 0.5", "fp + fn <= 200")
    assert two.comparison.baseline is not None
    assert fpr.baseline == two.comparison.baseline.confusion.fpr
    assert rate.baseline == pytest.approx(1 - (two.comparison.baseline.confusion.fnr or 0))
    assert gap.baseline is None


@pytest.mark.parametrize("operator", ["<=", ">="])
def test_a_tie_in_decimals_is_a_tie(judged: Judged, paired_case: Make, operator: str) -> None:
    """0.29 + 0.01 is more than 0.3 in binary, and less is as wrong: the fractions are compared."""
    tie = paired_case({"all": ((0, 0, 0, 10), (29, 1, 0, 70))})
    assert [one.verdict for one in judged(tie, f"fnr {operator} baseline.fnr + 0.01")] == ["pass"]
    assert [one.verdict for one in judged(tie, f"fnr {operator[0]} baseline.fnr + 0.01")] == ["fail"]


def test_a_tie_of_measured_floats_forgives_rounding(judged: Judged) -> None:
    side = Evaluation(Confusion(5, 5, 5, 5), metrics={"auc": 0.1 + 0.2})
    assert judged(Case(Comparison(side)), "auc <= 0.3")[0].verdict == "pass"
    assert judged(Case(Comparison(side)), "auc >= 0.3")[0].verdict == "pass"
    assert judged(Case(Comparison(side)), "auc >= 0.300001")[0].verdict == "fail"


def test_each_gives_a_result_per_slice(judged: Judged, two: Case) -> None:
    north, south = judged(two, "each(fnr, by=region) <= 0.15")
    assert (north.slice, north.verdict, south.slice, south.verdict) == (
        "region = north",
        "pass",
        "region = south",
        "fail",
    )
    assert south.reason.startswith("FNR 20.0% (6 of 30), limit 15.0%: above the limit as measured, but")


def test_each_holds_a_slice_against_the_baselines_same_slice(judged: Judged, two: Case) -> None:
    north, south = judged(two, "each(fnr, by=region) <= baseline.fnr")
    assert [north.baseline, south.baseline] == pytest.approx([23 / 214, 7 / 30])
    assert (north.verdict, south.verdict) == ("fail", "pass")


def test_each_joined_by_and_with_all_rows(judged: Judged, two: Case) -> None:
    results = judged(two, "each(fnr, by=region) <= 0.5 and fpr <= 0.01")
    assert [(one.slice, one.verdict) for one in results] == [
        ("region = north", "pass"),
        ("region = south", "pass"),
        (None, "fail"),
    ]


def test_compas_slices(judged: Judged, single_case: Make) -> None:
    case = single_case(COMPAS, column="race")
    (gap,) = judged(case, "gap(fpr, by=race) <= 0.2", min_rows=1000)
    assert gap.value == pytest.approx(0.2139, abs=5e-5)
    assert "(left out, fewer than 1,000 rows: Hispanic, Other, Asian, Native American)" in gap.reason
    (ratio,) = judged(case, "ratio(fpr, by=race) <= 1.25", min_rows=1000)
    assert ratio.value == pytest.approx(1.913, abs=1e-3)
    (drastic,) = judged(case, "gap(fnr, by=race) <= 0.2", min_rows=1)
    assert drastic.value == pytest.approx(0.577, abs=5e-4)
    (usual,) = judged(case, "gap(fnr, by=race) <= 0.2")
    assert usual.value == pytest.approx(90 / 133 - 532 / 1901)
    assert "(left out, fewer than 30 rows: Native American)" in usual.reason


def test_each_names_the_slices_that_min_rows_leaves_out(judged: Judged, single_case: Make) -> None:
    case = single_case(COMPAS, column="race")
    assert len(judged(case, "each(fpr, by=race) <= 0.5")) == 6
    results = judged(case, "each(fpr, by=race) <= 0.5", min_rows=100)
    assert len(results) == 4
    assert results[0].reason.endswith("(left out, fewer than 100 rows: Asian, Native American)")


def test_a_slice_of_exactly_min_rows_is_judged(judged: Judged, single_case: Make) -> None:
    case = single_case({"a": (10, 1, 8, 1), "b": (10, 1, 7, 1)})
    assert [one.slice for one in judged(case, "each(fpr, by=region) <= 0.5", min_rows=20)] == ["region = a"]


def test_an_empty_slice_is_never_among_the_slices(judged: Judged, single_case: Make) -> None:
    case = single_case({"a": (10, 1, 9, 1), "b": (10, 2, 8, 1), "gone": (0, 0, 0, 0)})
    (gap,) = judged(case, "gap(fpr, by=region) <= 0.5", min_rows=0)
    assert (gap.verdict, gap.value) == ("pass", pytest.approx(0.1))


def only(*counts: int, **metrics: float | None) -> Case:
    return Case(Comparison(Evaluation(Confusion(*counts), metrics=metrics)))


ABSENT: list[tuple[Case, str, str]] = [
    (only(0, 3, 4, 0), "fnr <= 1", "FNR of the candidate is undefined: there are no positives; add labelled rows"),
    (only(3, 0, 0, 4), "fpr <= 1", "FPR of the candidate is undefined: there are no negatives; add labelled rows"),
    (only(), "accuracy >= 0", "undefined: there are no rows"),
    (only(0, 0, 5, 5), "precision >= 0", "there are no rows predicted positive; look at the threshold"),
    (only(5, 5, 0, 0), "mcc >= 0", "MCC of the candidate is undefined"),
    (only(5, 5, 5, 5), "auc >= 0", "AUC of the candidate was not measured"),
    (only(5, 5, 5, 5, auc=None), "auc >= 0", "AUC of the candidate is undefined; gate another metric"),
    (only(5, 5, 5, 5, auc=math.nan), "auc >= 0", "is undefined"),
    (only(5, 5, 5, 5, auc=math.inf), "auc >= 0", "is undefined"),
    (only(0, 5, 5, 0, auc=None), "auc >= 0", "the holdout has no positives"),
    (only(5, 5, 5, 5), "cost <= 9", "was not measured; set cost: {fp: ..., fn: ...}"),
    (only(5, 5, 5, 5), "seconds <= 9", "was not measured; it is measured when the job runs: train again"),
    (only(5, 5, 5, 5), "milliseconds_per_row <= 9", "not for a command that leaves predictions: gate seconds"),
    (only(5, 5, 5, 5), "lift >= 0", "Lift of the candidate was not measured"),
    (only(5, 5, 5, 5), "each(fpr, by=sex) <= 1", "There are no slices by sex; check that the holdout has the column"),
    (only(5, 5, 5, 5), "worst(fpr, by=sex) <= 1", "There are no slices by sex"),
    (only(5, 5, 5, 5), "fpr <= baseline.fpr", "No baseline to compare with: it was not evaluated; run again"),
]


@pytest.mark.parametrize("confidence", [None, 0.95])
@pytest.mark.parametrize(("case", "text", "reason"), ABSENT, ids=[f"{text} {why[:20]}" for _, text, why in ABSENT])
def test_every_absence_is_a_named_error(
    judged: Judged, case: Case, text: str, reason: str, confidence: float | None
) -> None:
    (result,) = judged(case, text, confidence=confidence)
    assert result.verdict == "error"
    assert reason in result.reason


def test_the_kind_of_the_scores_is_named(judged: Judged) -> None:
    side = Evaluation(Confusion(5, 5, 5, 5), metrics={"brier": None}, kind="label")
    (result,) = judged(Case(Comparison(side)), "brier <= 1")
    assert "the model gives a label, no probability" in result.reason


SLICED_ABSENT = [
    (
        "each(fnr, by=region) <= 1",
        {},
        "FNR of the candidate in the slice region = b is undefined: there are no positives",
    ),
    ("worst(fnr, by=region) <= 1", {"min_rows": 1}, "in the slice region = b is undefined: there are no positives"),
    ("gap(fpr, by=region) <= 1", {"min_rows": 50}, "Only one slice of region has 50 rows or more (2 in all)"),
    ("gap(fpr, by=region) <= 1", {"min_rows": 500}, "No slice of region has 500 rows or more (2 in all)"),
    ("worst(fpr, by=region) <= 1", {"min_rows": 500}, "No slice of region has 500 rows"),
    ("each(fpr, by=region) <= 1", {"min_rows": 500}, "All 2 slices by region have fewer than 500 rows"),
    ("ratio(fpr, by=region) <= 9", {"min_rows": 1}, "the lowest slice's FPR is zero or less; write gap instead"),
]


@pytest.mark.parametrize(("text", "policy", "reason"), SLICED_ABSENT)
def test_every_absence_in_slices(
    judged: Judged, single_case: Make, text: str, policy: dict[str, Any], reason: str
) -> None:
    case = single_case({"a": (50, 5, 50, 5), "b": (0, 0, 40, 0)})
    bad = [one for one in judged(case, text, **policy) if one.verdict == "error"]
    assert len(bad) == 1
    assert reason in bad[0].reason


def test_a_new_model_has_nothing_to_compare_with(judged: Judged) -> None:
    case = replace(only(5, 5, 5, 5), no_baseline="new model: main does not declare churn")
    relative, failing, open_ = judged(
        case, "fpr <= baseline.fpr", "fpr <= 0.1 and fnr <= baseline.fnr", "fpr <= 0.5 and fnr <= baseline.fnr"
    )
    assert (relative.verdict, relative.value) == ("unjudged", 0.5)
    assert relative.reason == "Nothing to compare with yet: new model, main does not declare churn"
    assert failing.verdict == "fail"
    assert open_.verdict == "unjudged"
    assert (
        open_.reason
        == "Nothing to compare with yet: new model, main does not declare churn; the rest of the gate holds"
    )


def test_a_baseline_that_is_not_there_without_a_reason_is_an_error(judged: Judged) -> None:
    relative, absolute = judged(only(5, 5, 5, 5), "fpr <= baseline.fpr", "fpr <= 0.6")
    assert (relative.verdict, absolute.verdict) == ("error", "pass")
    assert relative.reason.startswith("No baseline to compare with: it was not evaluated")


@pytest.mark.parametrize("confidence", [None, 0.95])
def test_the_same_model_cannot_have_become_worse(judged: Judged, paired_case: Make, confidence: float | None) -> None:
    case = paired_case({"a": ((5, 0, 0, 15), (5, 0, 0, 15))}, same=True)
    equal, better, slices = judged(
        case, "fnr <= baseline.fnr", "fnr <= baseline.fnr - 0.01", "each(fnr, by=region) <= baseline.fnr",
        confidence=confidence,
    )  # fmt: skip
    assert (equal.verdict, better.verdict, slices.verdict) == ("pass", "fail", "pass")
    assert "the same model as the baseline, nothing can have become worse" in equal.reason
    assert "the same model as the baseline, it cannot be better than itself" in better.reason


def test_one_training_with_another_threshold_is_not_the_same_model(judged: Judged, paired_case: Make) -> None:
    case = paired_case({"a": ((5, 3, 3, 9), (5, 3, 3, 9))}, same=True)
    (result,) = judged(case, "fnr <= baseline.fnr", confidence=0.95)
    assert result.verdict == "inconclusive"
    assert "same model" not in result.reason


def test_a_class_per_slice(judged: Judged, single_case: Make) -> None:
    case = single_case({"cat": (8, 1, 20, 2), "dog": (5, 1, 20, 5)}, column="class")
    assert [(one.slice, one.verdict) for one in judged(case, "each(fnr, by=class) <= 0.3")] == [
        ("class = cat", "pass"),
        ("class = dog", "fail"),
    ]


def test_measured_numbers_are_judged_without_scipy() -> None:
    program = (
        "import sys; sys.modules['scipy'] = None; sys.modules['numpy'] = None\n"
        "from ml_ci.conditions import parse\n"
        "from ml_ci.evaluation.confusion import Confusion\n"
        "from ml_ci.evaluation.values import Comparison, Evaluation\n"
        "from ml_ci.gates.evidence import Case, Policy\n"
        "from ml_ci.gates.judge import judge\n"
        "from ml_ci.spec.values import GateSpec\n"
        "case = Case(Comparison(Evaluation(Confusion(5, 1, 9, 0))))\n"
        "print(judge([GateSpec('g', parse('fpr <= 0.1'))], case, Policy())[0])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=300)
    assert "verdict='pass'" in done.stdout
    assert "interval=None" in done.stdout
