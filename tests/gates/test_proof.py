"""Gates that ask for proof."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from ml_ci.evaluation.confusion import Confusion, Paired, PairedErrors
from ml_ci.evaluation.values import Comparison, Evaluation
from ml_ci.gates.evidence import Case
from ml_ci.gates.statistics import limits
from ml_ci.gates.values import GateResult

Judged = Callable[..., tuple[GateResult, ...]]
Make = Callable[..., Case]

# The reference's golden verdicts of the paired score test, at 95%: b, c, n, margin, verdict, bounds, needs.
GOLDEN = [
    (4, 4, 500, 0.01, "inconclusive", (-0.010706, 0.010706), 777),
    (20, 20, 2000, 0.01, "pass", (-0.005367, 0.005367), None),
    (12, 9, 2000, 0.01, "pass", (-0.002413, 0.005579), None),
    (35, 5, 2000, 0.01, "fail", (0.010194, 0.020738), None),
    (0, 0, 500, 0.01, "pass", (-0.005382, 0.005382), None),
    (0, 0, 200, 0.01, "inconclusive", (-0.013347, 0.013347), 413),
    (3, 1, 120, 0.05, "inconclusive", (-0.014531, 0.053761), 203),
]


@pytest.mark.parametrize(("b", "c", "n", "margin", "verdict", "bounds", "needs"), GOLDEN)
def test_golden_paired_verdicts(
    judged: Judged,
    paired_case: Make,
    b: int,
    c: int,
    n: int,
    margin: float,
    verdict: str,
    bounds: tuple[float, float],
    needs: int | None,
) -> None:
    case = paired_case({"all": ((50, b, c, n - b - c - 50), (1, 1, 1, 1))})
    (result,) = judged(case, f"fpr <= baseline.fpr + {margin} @ 0.95")
    assert result.verdict == verdict
    assert result.interval == pytest.approx(bounds, abs=2e-6)
    assert result.confidence == 0.95
    assert result.needs == (None if needs is None else pytest.approx(needs, abs=1))


def test_the_complement_is_the_mirror_image(judged: Judged, paired_case: Make) -> None:
    case = paired_case({"all": ((50, 12, 9, 1929), (50, 12, 9, 1929))})
    for worse, better in (("fpr", "tnr"), ("fnr", "tpr"), ("fnr", "recall")):
        error, hit = judged(
            case,
            f"{worse} <= baseline.{worse} + 0.01",
            f"{better} >= baseline.{better} - 0.01",
            confidence=0.95,
        )
        assert (error.verdict, hit.verdict) == ("pass", "pass")
        assert error.interval and hit.interval
        assert hit.interval == pytest.approx((-error.interval[1], -error.interval[0]))


@pytest.mark.parametrize(("rows", "verdict"), [(298, "inconclusive"), (299, "pass")])
def test_rows_without_errors_that_prove_a_limit(judged: Judged, rows: int, verdict: str) -> None:
    case = Case(Comparison(Evaluation(Confusion(tp=5, fp=0, tn=rows, fn=0))))
    assert judged(case, "fpr <= 0.01", confidence=0.95)[0].verdict == verdict
    assert judged(case, "tnr >= 0.99", confidence=0.95)[0].verdict == verdict


def test_the_sentence_for_someone_who_is_no_statistician(judged: Judged, paired_case: Make) -> None:
    case = paired_case({"all": ((1, 0, 0, 99), (15, 5, 2, 192))})
    (result,) = judged(case, "fnr <= baseline.fnr + 0.03", confidence=0.95)
    assert result.reason == (
        "FNR 7.9% → 9.3%, limit +3.0 points: cannot be told from noise with 214 positives; "
        "about 820 more would decide it with a chance of 80%; today's labels can prove a margin of +4.0 points"
    )
    assert result.needs == pytest.approx(815, abs=5)


LEVELS = [
    (None, "fnr <= baseline.fnr + 0.03", 0.95),
    (None, "fnr <= 0.2", 0.95),
    (0.95, "fnr <= baseline.fnr + 0.03", 0.9),
    (0.95, "fnr <= baseline.fnr + 0.03 @ 0.99", 0.98),
    (0.95, "fnr <= 0.2 @ 0", 0.95),
    (0.8, "f1 >= 0.5", 0.6),
    (0.95, "rows >= 100", None),
]


@pytest.mark.parametrize(("confidence", "text", "level"), LEVELS)
def test_every_interval_says_its_level(
    judged: Judged, paired_case: Make, confidence: float | None, text: str, level: float | None
) -> None:
    case = paired_case({"all": ((1, 0, 0, 99), (15, 5, 2, 192))})
    (result,) = judged(case, text, confidence=confidence)
    assert (result.interval is None) == (level is None)
    assert result.level == level


def test_a_level_of_which_the_ledger_took_its_part(judged: Judged, paired_case: Make) -> None:
    case = paired_case({"all": ((1, 0, 0, 99), (15, 5, 2, 192))})
    (result,) = judged(case, "fnr <= baseline.fnr + 0.03", confidence=0.95, alpha_spent=0.0125)
    assert (result.level, result.confidence) == (0.975, 0.9875)


@pytest.mark.parametrize("method", ["score", "exact", "anytime"])
@pytest.mark.parametrize("text", ["fnr <= baseline.fnr + {}", "fnr <= {}"])
def test_what_todays_labels_can_prove_passes(judged: Judged, paired_case: Make, method: str, text: str) -> None:
    """The number of the advice passes as a gate, and one that is a tenth of a point stricter does not."""
    case = paired_case({"all": ((1, 0, 0, 99), (15, 5, 2, 192))})
    least = 0.03 if "baseline" in text else 0.1
    (result,) = judged(case, text.format(least), confidence=0.95, method=method)
    said = re.fullmatch(r".*; today's labels can prove a (?:margin|limit) of \+?([0-9.]+)(?: points|%)", result.reason)
    assert result.verdict == "inconclusive" and said
    best = float(said[1]) / 100
    for number, verdict in ((best, "pass"), (best - 0.001, "inconclusive")):
        assert judged(case, text.format(round(number, 6)), confidence=0.95, method=method)[0].verdict == verdict


@pytest.mark.parametrize(
    ("text", "method", "chance"),
    [
        ("fnr <= baseline.fnr + 0.03", "score", 0.8),
        ("fnr <= baseline.fnr + 0.03", "exact", 0.8),
        ("fnr <= baseline.fnr + 0.03", "anytime", 0.5),
        ("fnr <= 0.1", "score", 0.8),
        ("f1 >= baseline.f1 - 0.01", "score", 0.8),
        ("worst(fnr, by=region) <= 0.1", "score", None),
        ("fnr <= 0.2", "score", None),
    ],
)
def test_with_what_chance_more_rows_decide(
    judged: Judged, paired_case: Make, text: str, method: str, chance: float | None
) -> None:
    case = paired_case({"all": ((1, 0, 0, 99), (15, 5, 2, 192))})
    (result,) = judged(case, text, confidence=0.95, method=method)
    assert (result.chance, "chance" in result.reason) == (chance, chance is not None)
    assert result.verdict == ("pass" if text == "fnr <= 0.2" else "inconclusive")


def test_accuracy_and_selection_rate_are_paired(judged: Judged, paired_case: Make) -> None:
    case = paired_case({"all": ((10, 8, 4, 978), (10, 3, 5, 982))})
    accuracy, selected = judged(
        case,
        "accuracy >= baseline.accuracy - 0.01",
        "selection_rate <= baseline.selection_rate + 0.01",
        confidence=0.95,
    )
    assert accuracy.value is not None and accuracy.baseline is not None
    assert accuracy.value - accuracy.baseline == pytest.approx((9 - 11) / 2000)
    assert selected.value is not None and selected.baseline is not None
    assert selected.value - selected.baseline == pytest.approx((8 + 5 - 4 - 3) / 2000)
    for result in (accuracy, selected):
        assert result.interval is not None
        middle = sum(result.interval) / 2
        assert middle == pytest.approx(result.value - result.baseline, abs=3e-4)  # type: ignore[operator]
    assert (accuracy.verdict, selected.verdict) == ("pass", "pass")


SUMS = [
    ("f1 >= 0.9", "pass"),
    ("f1 >= 0.999", "fail"),
    ("f1 >= baseline.f1 - 0.02", "pass"),
    ("precision >= baseline.precision - 0.02", "pass"),
    ("fnr <= 1.5 * baseline.fnr + 0.02", "pass"),
    ("fnr <= 0.2 * baseline.fnr", "fail"),
    ("mcc >= baseline.mcc + 0.05", "fail"),
    ("balanced_accuracy >= baseline.balanced_accuracy", "inconclusive"),
    ("cost <= baseline.cost + 0.1", "pass"),
    ("cost_per_1000 >= 1000", "fail"),
]


@pytest.mark.parametrize(("text", "verdict"), SUMS)
def test_what_has_no_closed_form_is_resampled(judged: Judged, paired_case: Make, text: str, verdict: str) -> None:
    case = paired_case({"all": ((20, 8, 7, 965), (20, 7, 8, 965))}, cost=(1.0, 5.0))
    (result,) = judged(case, text, confidence=0.95)
    assert result.verdict == verdict
    assert result == judged(case, text, confidence=0.95)[0]
    assert result.interval is not None
    assert result.value is not None and result.limit is not None
    centre = result.value - ((result.baseline or 0) if "baseline" in text else 0)
    assert result.interval[0] - 1e-9 <= centre <= result.interval[1] + 1e-9


def test_no_error_seen_is_not_no_error_possible(judged: Judged) -> None:
    case = Case(Comparison(Evaluation(Confusion(tp=5, tn=5))))
    assert judged(case, "f1 >= 0.95", confidence=0.95)[0].verdict == "inconclusive"


@dataclass(frozen=True)
class Scored:
    y_true: Any
    candidate: Any
    baseline: Any


def scored_case(shift: float) -> Case:
    rng = np.random.default_rng(1)
    y_true = np.arange(1000) % 2 == 0
    baseline = np.clip(0.3 * y_true + rng.uniform(0, 0.7, 1000), 0, 1)
    candidate = np.clip(baseline + shift * y_true, 0, 1)
    from sklearn.metrics import roc_auc_score

    sides = [
        Evaluation(Confusion(250, 250, 250, 250), metrics={"auc": float(roc_auc_score(y_true, score))})
        for score in (candidate, baseline)
    ]
    return Case(Comparison(sides[0], sides[1]), predictions=Scored(y_true, candidate, baseline))


@pytest.mark.parametrize(
    ("shift", "text", "verdict"),
    [
        (0.0, "auc >= baseline.auc - 0.02", "pass"),
        (0.1, "auc >= baseline.auc", "pass"),
        (-0.1, "auc >= baseline.auc", "fail"),
        (-0.1, "auc >= 0.5 * baseline.auc + 0.1", "pass"),
        (0.0, "auc >= 0.5", "pass"),
        (0.0, "auc >= 0.99", "fail"),
    ],
)
def test_metrics_of_the_scores_are_resampled_by_row(judged: Judged, shift: float, text: str, verdict: str) -> None:
    (result,) = judged(scored_case(shift), text, confidence=0.95)
    assert result.verdict == verdict
    assert result.interval is not None


def test_without_the_scored_rows_there_is_no_proof(judged: Judged) -> None:
    (result,) = judged(replace(scored_case(0.0), predictions=None), "auc >= 0.5", confidence=0.95)
    assert result.verdict == "error"
    assert result.reason == "The scored rows are needed for a proof, and not there; run the evaluation again"


SLICED = {"a": (450, 20, 980, 50), "b": (440, 25, 975, 60), "c": (455, 200, 800, 45)}


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("worst(fpr, by=region) <= 0.25", "pass"),
        ("worst(fpr, by=region) <= 0.15", "fail"),
        ("worst(fpr, by=region) <= 0.2", "inconclusive"),
        ("worst(recall, by=region) >= 0.8", "pass"),
        ("worst(recall, by=region) >= 0.95", "fail"),
        ("gap(fpr, by=region) <= 0.25", "pass"),
        ("gap(fpr, by=region) <= 0.1", "fail"),
        ("gap(fnr, by=region) <= 0.04", "inconclusive"),
        ("ratio(fnr, by=region) <= 2.5", "pass"),
        ("ratio(fpr, by=region) <= 3", "fail"),
        ("gap(f1, by=region) <= 0.5", "pass"),
    ],
)
def test_worst_gap_and_ratio(judged: Judged, single_case: Make, text: str, verdict: str) -> None:
    (result,) = judged(single_case(SLICED), text, confidence=0.95)
    assert result.verdict == verdict
    assert result.interval is not None
    assert result.interval[0] <= (result.value or 0) <= result.interval[1]


def test_equal_slices_of_few_rows_are_no_proof_of_a_gap(judged: Judged, single_case: Make) -> None:
    """A bootstrap of the gap would call the noise between ten small slices a gap."""
    rng = np.random.default_rng(3)
    wrong = 0
    for _ in range(40):
        errors = rng.binomial(30, 0.2, 10)
        case = single_case({f"s{at}": (10, int(fp), 30 - int(fp), 10) for at, fp in enumerate(errors)})
        wrong += judged(case, "gap(fpr, by=region) <= 0.05", confidence=0.95)[0].verdict == "fail"
    assert wrong <= 4


def test_needs_of_a_worst_slice(judged: Judged, single_case: Make) -> None:
    (result,) = judged(single_case(SLICED), "worst(fpr, by=region) <= 0.21", confidence=0.95)
    assert result.verdict == "inconclusive"
    assert result.needs is not None
    negatives = sum(counts[1] + counts[2] for counts in SLICED.values())

    def with_more(share: float) -> str:
        """Judge the same rates on so many rows more as a share of what is needed."""
        times = 1 + share * result.needs / negatives
        more = single_case({name: tuple(round(times * count) for count in counts) for name, counts in SLICED.items()})
        return judged(more, "worst(fpr, by=region) <= 0.21", confidence=0.95)[0].verdict

    assert [with_more(share) for share in (0.8, 1.05)] == ["inconclusive", "pass"]


@pytest.mark.parametrize("text", ["f1 >= 0.796", "mcc >= 0.728", "1 - f1 <= 0.204", "f1 >= 0.79"])
def test_needs_of_what_is_resampled_are_enough_and_a_third_is_not(judged: Judged, text: str) -> None:
    def with_more(times: float) -> GateResult:
        side = Evaluation(Confusion(*(round(count * times) for count in (400, 100, 1400, 100))))
        return judged(Case(Comparison(side)), text, confidence=0.95)[0]

    needs = with_more(1).needs
    assert needs is not None and needs > 1000
    grown = [with_more(1 + share * needs / 2000) for share in (1.0, 0.33)]
    assert [one.verdict for one in grown] == ["pass", "inconclusive"]


def test_what_is_resampled_and_breaks_the_limit_is_decided_by_no_more_rows(judged: Judged) -> None:
    (result,) = judged(Case(Comparison(Evaluation(Confusion(400, 100, 1400, 100)))), "f1 >= 0.805", confidence=0.95)
    assert (result.verdict, result.needs) == ("inconclusive", None)


def test_holm_over_the_gates(judged: Judged) -> None:
    """One fail in twenty gates may be chance; a clear one is not; a single gate needs no correction."""
    barely = Case(Comparison(Evaluation(Confusion(tp=500, fn=500, fp=64, tn=936))))
    assert judged(barely, "fpr <= 0.05", confidence=0.95)[0].verdict == "fail"
    others = [f"fnr <= 0.{number}" for number in range(60, 80)]
    first, *rest = judged(barely, "fpr <= 0.05", *others, confidence=0.95)
    assert first.verdict == "inconclusive"
    assert first.reason.endswith("with 21 gates judged at once this may still be chance")
    assert {one.verdict for one in rest} == {"pass"}
    clear = Case(Comparison(Evaluation(Confusion(tp=500, fn=500, fp=90, tn=910))))
    assert judged(clear, "fpr <= 0.05", *others, confidence=0.95)[0].verdict == "fail"


@pytest.mark.parametrize("certain", ["fp <= {}", "rows >= {}", "seconds <= {}"])
def test_gates_that_need_no_proof_do_not_weigh_on_the_others(judged: Judged, certain: str) -> None:
    side = Evaluation(Confusion(tp=500, fn=500, fp=64, tn=936), metrics={"seconds": 3.0})
    first, *rest = judged(
        Case(Comparison(side)), "fpr <= 0.05", *[certain.format(100 + n) for n in range(30)], confidence=0.95
    )
    assert first.verdict == "fail"
    assert {one.verdict for one in rest} == {"pass"}


@pytest.mark.parametrize("errors", [60, 64, 70, 90])
def test_holm_over_the_gates_is_that_of_statsmodels(judged: Judged, errors: int) -> None:
    from scipy.stats import binom
    from statsmodels.stats.multitest import multipletests

    limits = [0.03, 0.045, 0.048, 0.05, 0.052, 0.06, 0.5]
    case = Case(Comparison(Evaluation(Confusion(tp=5, fn=5, fp=errors, tn=1000 - errors))))
    rejected = multipletests([binom.sf(errors - 1, 1000, limit) for limit in limits], 0.05, method="holm")[0]
    found = judged(case, *[f"fpr <= {limit}" for limit in limits], confidence=0.95)
    assert [one.verdict == "fail" for one in found] == rejected.tolist()


def test_the_slices_of_a_gate_weigh_on_the_others_by_their_number(judged: Judged, single_case: Make) -> None:
    """Shares of the level: 0.41 in each of three slices, 0.80 in the other gate."""
    slices = {"a": (30, 17, 83, 6), "b": (30, 17, 83, 5), "c": (24, 17, 83, 5)}
    *each, other = judged(single_case(slices), "each(fpr, by=region) <= 0.1", "fnr <= 0.1", confidence=0.95)
    assert [one.verdict for one in each] == ["fail", "fail", "fail"]
    assert other.verdict == "inconclusive"
    assert other.reason.endswith("with 2 gates judged at once this may still be chance")
    assert judged(single_case(slices), "fnr <= 0.1", confidence=0.95)[0].verdict == "fail"


def test_the_comparisons_of_a_gate_share_its_level(judged: Judged) -> None:
    """Shares of the level: 0.41 and 0.80, so 0.82 together: a fail by itself, chance beside another gate."""
    case = Case(Comparison(Evaluation(Confusion(tp=84, fn=16, fp=17, tn=83))))
    assert judged(case, "fpr <= 0.1 and fnr <= 0.1", confidence=0.95)[0].verdict == "fail"
    both, other = judged(case, "fpr <= 0.1 and fnr <= 0.1", "fpr <= 0.3", confidence=0.95)
    assert (both.verdict, other.verdict) == ("inconclusive", "pass")


def test_counts_and_facts_of_the_job_need_no_proof(judged: Judged) -> None:
    case = Case(Comparison(Evaluation(Confusion(5, 5, 5, 5), metrics={"seconds": 3.0})))
    results = judged(case, "rows >= 20", "fp <= 5", "seconds <= 2", confidence=0.95)
    assert [one.verdict for one in results] == ["pass", "pass", "fail"]
    assert {one.confidence for one in results} == {None}


def test_the_share_of_positives_is_a_sample_of_the_world(judged: Judged) -> None:
    """As measured it is within the limit; that it is so beyond these rows is another matter."""
    case = Case(Comparison(Evaluation(Confusion(tp=9, fn=0, tn=91))))
    few, many = judged(case, "prevalence <= 0.1", "prevalence <= 0.2", confidence=0.95)
    assert (few.verdict, many.verdict) == ("inconclusive", "pass")
    assert few.confidence == 0.95


def test_f1_is_no_share_of_a_fixed_set_of_rows(judged: Judged) -> None:
    """Clopper and Pearson's bounds are not for it: both of its errors are drawn, beside the rows that were found."""
    counts = Confusion(tp=80, fp=20, fn=20, tn=880)
    (result,) = judged(Case(Comparison(Evaluation(counts))), "f1 >= 0.6", confidence=0.95)
    low = float(limits.lower(2 * counts.tp, 2 * counts.tp + counts.fp + counts.fn, 0.05)[0])
    assert result.verdict == "pass"
    assert result.interval is not None and abs(result.interval[0] - low) > 0.002


def test_resamples_are_as_many_as_the_level_needs(judged: Judged) -> None:
    """Of 10,000 resamples none lies beyond a level of one in a million: the bound would be unknown."""
    case = Case(Comparison(Evaluation(Confusion(tp=900, fp=100, fn=100, tn=900))))
    (result,) = judged(case, "f1 >= 0.5", confidence=0.9999)
    assert (result.verdict, result.interval is None) == ("pass", False)


def test_what_cannot_be_proven_does_not_pass(judged: Judged) -> None:
    case = Case(Comparison(Evaluation(Confusion(5, 5, 5, 5), metrics={"lift": 3.0})))
    proof, measured = judged(case, "lift >= 2", "lift >= 2 @ 0", confidence=0.95)
    assert (proof.verdict, measured.verdict) == ("inconclusive", "pass")
    assert "but lift, your own metric, was not resampled here; write @ 0 behind it" in proof.reason


@pytest.mark.parametrize(
    "text",
    [
        "gap(fpr, by=region) <= baseline.fpr + 0.9",  # all rows beside slices
        "gap(fpr, by=region) <= fnr + 0.9",
        "worst(fnr, by=region) <= baseline.fnr + 0.9",
        "worst(fnr, by=region) + fpr <= 1.9",
        "gap(fpr, by=region) <= gap(fnr, by=sex) + 0.9",  # slices by two columns
        "gap(fpr, by=region) <= baseline.gap(fpr, by=sex) + 0.9",
        "each(fpr, by=region) <= worst(fpr, by=region) + 0.9",  # one slice beside all of them
        "each(fpr, by=region) <= gap(fpr, by=region) + 0.9",
        "each(fpr, by=region) <= baseline.gap(fpr, by=region) + 0.9",
    ],
)
def test_a_form_of_gate_without_a_known_proof_does_not_pass(judged: Judged, text: str) -> None:
    """However far within the limit: by the counts of one slice alone they would be proven, and of the wrong rows."""
    half = Confusion(200, 50, 700, 50)
    slices = {"region": {"a": half, "b": half}, "sex": {"f": half, "m": half}}
    errors = Paired(PairedErrors(25, 25, 25, 675), PairedErrors(25, 25, 25, 175))
    whole = Paired(PairedErrors(50, 50, 50, 1350), PairedErrors(50, 50, 50, 350))
    side = Evaluation(Confusion(400, 100, 1400, 100), slices)
    paired = {column: dict.fromkeys(of, errors) for column, of in slices.items()}
    found = judged(Case(Comparison(side, side, whole, paired)), text, confidence=0.95)
    assert {one.verdict for one in found} == {"inconclusive"}
    for one in found:
        assert "within the limit as measured, but no proof is known for this form of gate; write @ 0" in one.reason


def test_the_gates_own_confidence_comes_first(judged: Judged) -> None:
    case = Case(Comparison(Evaluation(Confusion(tp=5, tn=70))))
    loose, strict, measured = judged(case, "fpr <= 0.05", "fpr <= 0.05 @ 0.99", "fpr <= 0.05 @ 0", confidence=0.95)
    assert (loose.verdict, loose.confidence) == ("pass", 0.95)
    assert (strict.verdict, strict.confidence) == ("inconclusive", 0.99)
    assert (measured.verdict, measured.confidence) == ("pass", None)


def test_the_ledger_tightens_the_level(judged: Judged) -> None:
    case = Case(Comparison(Evaluation(Confusion(tp=5, tn=70))))
    (tight,) = judged(case, "fpr <= 0.05", confidence=0.95, alpha_spent=0.001)
    assert (tight.verdict, tight.confidence) == ("inconclusive", 0.999)
    (spent,) = judged(case, "fpr <= 0.05", confidence=0.95, alpha_spent=0.0)
    assert spent.verdict == "inconclusive"
    assert "looked at too often to prove anything more; label new rows" in spent.reason


def test_more_rows_after_a_look_are_judged_by_e_values(judged: Judged, paired_case: Make) -> None:
    case = paired_case({"all": ((0, 20, 20, 1960), (0, 0, 0, 5))})
    (score,) = judged(case, "fpr <= baseline.fpr + 0.01", confidence=0.99)
    (anytime,) = judged(case, "fpr <= baseline.fpr + 0.01", confidence=0.99, method="anytime")
    assert (score.verdict, anytime.verdict) == ("pass", "inconclusive")


@pytest.mark.parametrize("cells", [(0, 0, 0, 40), (40, 0, 0, 0), (0, 40, 0, 0), (0, 0, 40, 0)])
def test_forty_rows_are_undecided_or_clear(judged: Judged, paired_case: Make, cells: tuple[int, int, int, int]) -> None:
    case = paired_case({"all": (cells, cells)})
    (result,) = judged(case, "fnr <= baseline.fnr + 0.01", confidence=0.95)
    assert result.verdict == {(0, 40, 0, 0): "fail", (0, 0, 40, 0): "pass"}.get(cells, "inconclusive")


def test_ten_million_rows(judged: Judged, paired_case: Make) -> None:
    half = (10_000, 3_000, 2_900, 4_984_100)
    results = judged(
        paired_case({"all": (half, half)}),
        "fpr <= 0.01",
        "fnr <= baseline.fnr + 0.001",
        "f1 >= baseline.f1 - 0.001",
        confidence=0.99,
    )
    assert [one.verdict for one in results] == ["pass", "pass", "pass"]
