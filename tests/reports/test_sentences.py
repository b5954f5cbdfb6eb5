"""What is said of each report, word for word."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ml_ci.changes.values import Change
from ml_ci.errors import Failure
from ml_ci.gates.values import Difference, Differences, GateResult
from ml_ci.gates.yardstick import OWN, Yardstick
from ml_ci.reports import advice, causes, deeds, sentences
from ml_ci.reports.differences import metric_rows
from ml_ci.reports.pieces import Code, plain
from ml_ci.reports.prices import price
from ml_ci.reports.values import ModelReport, Report
from ml_ci.reports.yardsticks import seen_by

Reports = dict[str, Callable[[], Report]]

_VERDICTS = {
    "passed": "✓ churn passes",
    "failed_by_data": "✗ churn fails 1 of 4 gates",
    "inconclusive": "? churn cannot be judged yet",
    "crashed": "! churn could not be judged",
}
_WHYS = {
    "passed": "All 3 gates hold. False alarms 30 → 28 of 1,003 (2.8%), misses 50 → 49 of 402 (12.2%). "
    "No difference to the baseline can be told on 1,405 rows.",
    "failed_by_data": "Misses 50 → 80 (+30 of 402), false alarms 30 → 31 (+1 of 1,003): "
    "FNR 12.4% → 19.9%, limit +1.0 points.",
    "failed_by_code": "False alarms 30 → 83 (+53 of 1,003), misses 50 of 402 as before: FPR 8.3%, limit 5.0%.",
    "inconclusive": "FNR against the baseline 8.4% → 9.3% (20 of 214), limit +1.0 points: "
    "cannot be told from noise with 214 positives; about 1,900 more would decide it with a chance of 80%; "
    "today's labels can prove a margin of +4.1 points. No difference to the baseline can be told on 1,217 rows.",
    "crashed": "The training job raised ValueError: Input X contains NaN.",
    "new_model": "1 gate holds, 1 was not judged. False alarms 31 of 1,003 (3.1%), misses 80 of 402 (19.9%).",
    "unjudged": "No gate was judged.",
    "reused": "Both gates hold. False alarms 30 of 1,003 (3.0%) as before, misses 50 of 402 (12.4%) as before.",
    "forty_slices": "Misses 2 → 6 (+4 of 30): FNR, store = store 06 20.0%, limit 18.0%. 4 more slices fail.",
    "forty_rows": "FNR 8.3% (1 of 12), limit 10.0%: "
    "cannot be told from noise with 12 positives; about 310 more would decide it with a chance of 80%; "
    "today's labels can prove a limit of 38.5%.",
    "one_class": "FNR is undefined: the holdout has no positives.",
    "all_undefined": "FPR is undefined: no rows. 1 more gate has no result.",
    "nothing_gated": "`free` has no gates: nothing was judged.",
}
_CAUSES = {
    "passed": "Only code changed.",
    "failed_by_data": "No line of code changed; data/train.csv did.",
    "failed_by_code": "Code, the params and the gates changed.",
    "inconclusive": "No line of code changed; data.holdout and the metrics did.",
    "new_model": "Nothing to compare with yet: new model, commit 3f2c1ab does not declare it.",
    "reused": "Nothing that this model depends on has changed.",
}


def _only(report: Report) -> tuple[str, ModelReport]:
    return next(iter(report.models.items()))


@pytest.mark.parametrize(("report", "said"), _VERDICTS.items())
def test_verdict(reports: Reports, report: str, said: str) -> None:
    assert sentences.marked(*_only(reports[report]())) == said


@pytest.mark.parametrize(("report", "said"), _WHYS.items())
def test_why(reports: Reports, report: str, said: str) -> None:
    assert plain(sentences.why(_only(reports[report]())[1])) == said


@pytest.mark.parametrize(("report", "said"), _CAUSES.items())
def test_cause(reports: Reports, report: str, said: str) -> None:
    assert plain(causes.cause(_only(reports[report]())[1])) == said


def test_paths_and_commands_are_set_as_code(reports: Reports) -> None:
    model = reports["failed_by_data"]().models["churn"]
    assert Code("data/train.csv") in [piece for piece in causes.cause(model) if isinstance(piece, Code)]


def test_overall(reports: Reports) -> None:
    assert sentences.overall(reports["two_models"]()) == "1 of 2 models fails"
    assert sentences.overall(reports["no_model"]()) == "the run could not be judged"
    five = {str(at): reports[name]().models for at, name in enumerate(("passed", "failed_by_data", "failed_by_code"))}
    models = {at: next(iter(found.values())) for at, found in five.items()}
    models |= {name: next(iter(reports[name]().models.values())) for name in ("inconclusive", "unjudged")}
    said = "2 of 5 models fail, 1 cannot be judged yet, 1 was not judged"
    assert sentences.overall(replace(reports["two_models"](), models=models)) == said
    passed = reports["passed"]()
    both = replace(passed, models={"a": passed.models["churn"], "b": passed.models["churn"]})
    assert sentences.overall(both) == "both models pass"


def test_price(reports: Reports) -> None:
    model = reports["failed_by_data"]().models["churn"]
    costs = "At 5 USD a false alarm and 120 USD a miss this change costs 2.56 USD a row (4.38 → 6.94)."
    assert price(model) == costs
    saves = price(replace(model, candidate=model.baseline, baseline=model.candidate))
    assert saves == "At 5 USD a false alarm and 120 USD a miss this change saves 2.56 USD a row (6.94 → 4.38)."
    same = price(replace(model, candidate=model.baseline))
    assert same == "At 5 USD a false alarm and 120 USD a miss this change costs nothing: 4.38 USD a row as before."
    alone = price(replace(model, baseline=None))
    assert alone == "At 5 USD a false alarm and 120 USD a miss this model costs 6.94 USD a row."
    assert price(replace(model, cost=None)) == ""


def test_commits(reports: Reports) -> None:
    said = plain(sentences.commits(reports["passed"]()))
    assert said == "Commit 9d1e2f3, with uncommitted changes, against 3f2c1ab."
    assert plain(sentences.commits(reports["all_undefined"]())) == "No commit yet."
    report = reports["passed"]()
    onto_head = replace(report, base_commit=report.commit)
    assert plain(sentences.commits(onto_head)) == "Uncommitted changes, against commit 9d1e2f3."
    assert plain(sentences.commits(replace(onto_head, dirty=False))) == "Commit 9d1e2f3, against 9d1e2f3."
    assert plain(sentences.commits(replace(report, dirty=False, base_commit=None))) == "Commit 9d1e2f3."
    assert sentences.commits(reports["no_model"]()) == ()
    mistake = ModelReport("error", "reuse", failure=Failure("spec", "user-error", "no such column"))
    assert sentences.commits(Report("error", None, None, {"churn": mistake})) == (), "nobody looked for a commit"


@pytest.mark.parametrize(
    ("gate", "said"),
    [
        (
            GateResult("auc >= baseline.auc - 0.005", "fail", None, 0.9312, 0.9481, 0.9531),
            "AUC went down: 0.953 → 0.931, limit −0.005.",
        ),
        (
            GateResult("fnr <= baseline.fnr - 0.01", "fail", None, 0.1, 0.1, 0.11),
            "Misses 50 → 80 (+30 of 402): FNR 11.0% → 10.0%, limit −1.0 points.",
        ),
        (
            GateResult("fnr <= baseline.fnr", "fail", None, 0.12, 0.11, 0.11),
            "Misses 50 → 80 (+30 of 402): FNR 11.0% → 12.0%, limit the baseline's.",
        ),
        (
            GateResult("gap(fpr, by=region) <= 0.05", "fail", None, 0.08, 0.05),
            "gap in FPR by region 8.0 points, limit 5.0 points.",
        ),
        (
            GateResult("ratio(fpr, by=region) <= 1.25", "fail", None, 1.5, 1.25),
            "ratio of FPR by region 1.500, limit 1.250.",
        ),
        (
            GateResult("fpr + fnr <= 0.2", "fail", None, 0.23, 0.2),
            "fpr + fnr <= 0.2 0.230, limit 0.200.",
        ),
        (
            GateResult(
                "f1 >= 0.7 and auc >= 0.9",
                "fail",
                None,
                0.543,
                0.7,
                reason="F1 0.543, limit at least 0.700: below the limit as measured",
            ),
            "f1 >= 0.7 and auc >= 0.9 does not hold: F1 0.543, limit at least 0.700: below the limit.",
        ),
        (
            GateResult("fpr <= 0.0309", "fail", None, 0.03091, 0.0309),
            "False alarms 30 → 31 (+1 of 1,003): FPR 3.091%, limit 3.090%.",
        ),
        (
            GateResult("each(fnr, by=region) <= 0.2", "error", "region = west", None, 0.2, reason="no rows"),
            "FNR, region = west: no rows.",
        ),
        (GateResult("fnr <= 0.2", "error", None, None, 0.2), "FNR: it has no value, so it cannot hold."),
        (
            GateResult("fnr <= 0.2", "inconclusive", None, 0.19, 0.2, reason="Too few positives"),
            "FNR 19.0% (80 of 402), limit 20.0%: Too few positives.",
        ),
    ],
)
def test_gate_sentence(reports: Reports, gate: GateResult, said: str) -> None:
    model = reports["failed_by_data"]().models["churn"]
    assert plain(sentences.gate_sentence(model, gate)) == said


def test_nothing_gated_without_a_failure_is_no_pass(reports: Reports) -> None:
    name, model = _only(reports["nothing_gated"]())
    bare = replace(model, failure=None)
    assert plain(sentences.why(bare)) == "Nothing was gated: no gate gave a result, so nothing is known to hold."
    steps = plain(advice.next_steps(name, bare))
    assert steps == "Add a line under gates: in ml-ci.yaml, for example fpr <= 0.05."


def test_a_failure_is_said_once(reports: Reports) -> None:
    assert sentences.failure(reports["nothing_gated"]()) is None
    assert sentences.failure(reports["no_model"]()) is not None


def test_many_changed_parts_are_counted(reports: Reports) -> None:
    model = reports["passed"]().models["churn"]
    many = replace(model, changes=tuple(Change(f"data.d{at}", "x") for at in range(7)))
    said = "No line of code changed; data.d0, data.d1, data.d2, data.d3 and 3 more did."
    assert plain(causes.cause(many)) == said


def test_every_report_has_its_sentences(any_report: Report) -> None:
    assert sentences.overall(any_report)
    for name, model in any_report.models.items():
        said = [sentences.why(model), deeds.done(name, model), advice.next_steps(name, model)]
        assert all(len(plain(sentence)) < 2_500 and "\n" not in plain(sentence) for sentence in said)


def test_a_new_models_gate_shows_what_was_measured(reports: Reports) -> None:
    _, model = _only(reports["new_model"]())
    said = plain(sentences.gate_sentence(model, model.gates[1]))
    assert said == (
        "FNR against the baseline 19.9% (80 of 402): "
        "Nothing to compare with yet: new model, commit 3f2c1ab does not declare it."
    )


def test_an_undefined_gate_that_fails_borrows_no_value(reports: Reports) -> None:
    _, model = _only(reports["new_model"]())
    gate = GateResult("fnr <= 0.2", "error", None, None, 0.2, reason="The baseline could not be had")
    assert plain(sentences.gate_sentence(model, gate)) == "The baseline could not be had."


_NONE = "No difference to the baseline can be told on 1,405 rows."


def _passed(reports: Reports, **changed: Any) -> ModelReport:
    return replace(reports["passed"]().models["churn"], **changed)


def test_where_all_may_be_noise_the_first_sentence_says_so(reports: Reports) -> None:
    model = _passed(reports)
    assert sentences.none_differs(model) == _NONE
    assert plain(sentences.why(model)).endswith(f" {_NONE}")
    assert sentences.none_differs(reports["reused"]().models["churn"]) == ""  # nothing differs: another sentence
    assert sentences.none_differs(replace(model, baseline=None)) == ""


@pytest.mark.parametrize("name", ["fnr", "auc"])
def test_one_difference_that_is_told_is_enough(reports: Reports, name: str) -> None:
    found = reports["passed"]().models["churn"].differences
    told = replace(found, metrics={**found.metrics, name: Difference((-0.02, -0.001), 0.9)})
    assert sentences.none_differs(_passed(reports, differences=told)) == ""


def test_a_difference_that_no_test_told_is_not_called_noise(reports: Reports) -> None:
    found = reports["passed"]().models["churn"].differences
    untested = replace(found, metrics={name: one for name, one in found.metrics.items() if name != "auc"})
    assert sentences.none_differs(_passed(reports, differences=untested)) == ""
    assert sentences.none_differs(_passed(reports, differences=Differences())) == ""


@pytest.mark.parametrize("source", [OWN, "3f2c1ab"])
def test_a_yardstick_shows_no_noise_beside_a_difference_in_scores(reports: Reports, source: str) -> None:
    model = _passed(reports)
    assert model.candidate
    assert model.baseline
    found = model.differences
    told = replace(found, metrics={**found.metrics, "brier": Difference((0.1, 0.2), 0.9)})
    counts = model.candidate.confusion, model.baseline.confusion
    seen = Yardstick(
        source, "pass", model.gates, counts[0].rows, candidate=counts[0], baseline=counts[1], differences=told
    )
    assert sentences.none_differs(seen_by(replace(model, differences=told), seen)) == ""
    assert sentences.none_differs(seen_by(model, replace(seen, differences=found))) == _NONE


@pytest.mark.parametrize(
    ("condition", "interval", "said"),
    [
        ("fnr <= baseline.fnr + 0.01", (0.002, 0.02), ""),
        ("each(fnr, by=region) <= baseline.fnr + 0.01", (-0.02, -0.002), ""),
        ("fnr <= baseline.fnr + 0.01", (-0.02, 0.02), _NONE),
        ("fnr <= 0.1", (0.002, 0.02), _NONE),  # an interval of the rate itself
    ],
)
def test_the_sentence_contradicts_no_gate(
    reports: Reports, condition: str, interval: tuple[float, float], said: str
) -> None:
    gate = GateResult(condition, "pass", None, 0.12, 0.13, 0.12, interval, 0.95, level=0.9)
    assert sentences.none_differs(_passed(reports, gates=(gate,))) == said


def test_what_the_jobs_took_is_not_asked(reports: Reports) -> None:
    model = _passed(reports)
    pair = ((9.0, model.candidate), (1.0, model.baseline))
    sides = [replace(side, metrics={**side.metrics, "seconds": took}) for took, side in pair if side]
    gates = (*model.gates, GateResult("seconds <= 10", "pass", None, 9.0, 10.0))
    slow = replace(model, candidate=sides[0], baseline=sides[1], gates=gates)
    assert sentences.none_differs(slow) == _NONE
    assert next(row for row in metric_rows(slow) if row.title == "training time").arrow == "▲ worse"
