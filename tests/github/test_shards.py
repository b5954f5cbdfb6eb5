from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ml_ci.errors import UserError
from ml_ci.evaluation.confusion import Confusion
from ml_ci.gates.values import GateResult
from ml_ci.gates.yardstick import Yardstick
from ml_ci.github.files import read_event
from ml_ci.reports.as_json import dumps
from ml_ci.reports.values import Report
from ml_ci.review.files import ReportLostError, lost, read_reports
from ml_ci.review.shards import held_to, joined
from ml_ci.spec.load import load

TRUSTED = """
version: 1
models:
  churn: {{train: m:t, data: {{train: a.csv, holdout: b.csv}}, label: y, positive: 1, gates: [{gates}]}}
"""


def test_one_report_stays_as_it_is(reports: Any) -> None:
    report = reports["failed_by_data"]()
    assert joined([report]) is report


def test_shards_become_one_report_with_the_worst_verdict(reports: Any) -> None:
    whole = joined([reports["passed"](), reports["new_model"](), reports["nothing_gated"]()])
    assert list(whole.models) == ["churn", "fraud", "free"]
    assert (whole.verdict, whole.commit, whole.dirty) == ("unjudged", reports["passed"]().commit, True)
    assert whole.failure is not None and whole.failure.code == "nothing-gated"


@pytest.mark.parametrize("names", [("passed", "failed_by_data"), ("failed_by_data", "passed")])
def test_of_two_results_the_worse_counts(reports: Any, names: tuple[str, str]) -> None:
    whole = joined([reports[name]() for name in names])
    assert whole.verdict == "fail" and whole.models["churn"].verdict == "fail"


def test_reports_of_different_commits_are_an_error(reports: Any) -> None:
    other = replace(reports["new_model"](), commit="c" * 40)
    whole = joined([reports["passed"](), other])
    assert whole.verdict == "error" and whole.failure is not None
    assert whole.failure.message == "the reports are of different commits: 9d1e2f3 and ccccccc"


SHARED: list[tuple[str, Any, Any, Any]] = [
    ("base_commit", "b" * 40, "c" * 40, None),
    ("config", "ml-ci.yaml", "services/ml-ci.yaml", None),
]


@pytest.mark.parametrize("names", [("passed", "new_model"), ("passed", "new_model", "nothing_gated")])
@pytest.mark.parametrize(("field", "one", "other", "neither"), SHARED)
def test_what_all_reports_say_alike_is_kept(
    reports: Any, names: tuple[str, ...], field: str, one: str, other: str, neither: None
) -> None:
    """And of what they say differently neither is: it would be one shard's word for all of them."""
    alike = [replace(reports[name](), **{field: one}) for name in names]
    assert getattr(joined(alike), field) == one
    for place in range(len(alike)):
        for strange in (other, None):
            unlike = [*alike[:place], replace(alike[place], **{field: strange}), *alike[place + 1 :]]
            assert getattr(joined(unlike), field) is neither


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        (({"seed": "1"}, {"seed": "1"}), {"seed": "1"}),
        (({"seed": "1"}, {"seed": "2"}), {}),
        (({"seed": "1"}, {}), {}),
        (({}, {"seed": "1"}), {}),
        (({"seed": "1", "stage": "live"}, {"seed": "1", "stage": "staging"}), {"seed": "1"}),
    ],
)
def test_options_that_every_run_was_given_are_kept(reports: Any, asked: Any, kept: dict[str, str]) -> None:
    shards = [replace(reports[name](), asked=said) for name, said in zip(("passed", "new_model"), asked, strict=True)]
    assert joined(shards).asked == kept


@pytest.mark.parametrize("dirty", [(False, False), (True, False), (False, True)])
def test_cautions_of_all_are_kept_once_and_one_dirty_tree_makes_all_dirty(reports: Any, dirty: Any) -> None:
    said = (("one", "both"), ("both", "other"))
    shards = [
        replace(reports[name](), dirty=one, cautions=cautions)
        for name, one, cautions in zip(("passed", "new_model"), dirty, said, strict=True)
    ]
    whole = joined(shards)
    assert (whole.cautions, whole.dirty) == (("one", "both", "other"), any(dirty))


def test_no_report_is_no_pass() -> None:
    assert joined([]).verdict == "error"


def test_a_joined_report_can_be_written_and_read(reports: Any, tmp_path: Path) -> None:
    whole = joined([reports["passed"](), reports["new_model"]()])
    (tmp_path / "r.json").write_text(dumps(whole), encoding="utf-8")
    assert read_reports([tmp_path / "r.json"])[0].verdict == "pass"


def test_a_gate_that_was_left_out_is_an_error(reports: Any) -> None:
    spec = load(TRUSTED.format(gates="fpr <= 0.05, fnr <= 0.1"), "ml-ci.yaml")
    whole = held_to(reports["passed"](), spec)
    assert whole.verdict == "error"
    failure = whole.models["churn"].failure
    assert failure is not None and failure.message == "the report leaves out a gate of the base branch: `fnr <= 0.1`"


def test_a_model_that_was_left_out_is_an_error(reports: Any) -> None:
    spec = load(TRUSTED.format(gates="fpr <= 0.05"), "ml-ci.yaml")
    whole = held_to(reports["new_model"](), spec)
    assert whole.verdict == "error" and whole.models["fraud"].verdict == "pass"
    failure = whole.models["churn"].failure
    assert failure is not None and failure.message == "no result of `churn` arrived"


def test_a_complete_report_is_left_alone(reports: Any) -> None:
    report: Report = reports["failed_by_data"]()
    assert held_to(report, load(TRUSTED.format(gates="fpr <= 0.05"), "ml-ci.yaml")) == report


@pytest.mark.parametrize("path", ["none.json", "empty"])
def test_what_is_lost_is_named(tmp_path: Path, path: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ReportLostError, match=r"there is no report|no report arrived") as caught:
        read_reports([tmp_path / path])
    report = lost(caught.value)
    assert report.verdict == "error" and report.failure is not None and report.failure.code == "lost-report"


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path, reports: Any) -> None:
    outside = tmp_path / "outside.json"
    outside.write_text(dumps(reports["passed"]()), encoding="utf-8")
    (tmp_path / "artifact").mkdir()
    (tmp_path / "artifact" / "report.json").symlink_to(outside)
    with pytest.raises(ReportLostError):
        read_reports([tmp_path / "artifact"])


@pytest.mark.parametrize("text", ["[]", "{", "[" * 100_000, "NaN"])
def test_an_event_that_is_no_object_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "event.json").write_text(text)
    with pytest.raises(UserError, match="no JSON object"):
        read_event(tmp_path / "event.json")


def test_no_event_is_an_empty_one(tmp_path: Path) -> None:
    assert read_event(None) == {} and read_event(tmp_path / "none.json") == {}


def _forged(report: Report, **more: Any) -> Report:
    """Say of every gate, model and report that it passes, whatever the counts say."""
    model = report.models["churn"]
    gates = tuple(replace(gate, verdict="pass") for gate in model.gates)
    return replace(report, verdict="pass", models={"churn": replace(model, verdict="pass", gates=gates, **more)})


@pytest.mark.parametrize(
    ("gates", "said"),
    [
        ("fpr <= 0.05", None),
        ("fnr <= baseline.fnr + 0.01", "`fnr <= baseline.fnr + 0.01`: the report says pass, and its counts say: FNR"),
        ("'each(fnr, by=region) <= 0.20'", "`each(fnr, by=region) <= 0.20`: the report leaves out region = south"),
    ],
)  # fmt: skip
def test_a_report_is_judged_again_from_its_counts(reports: Any, gates: str, said: str | None) -> None:
    """Somebody wrote `pass` over the verdicts, and left the counts as they were."""
    whole = held_to(_forged(reports["failed_by_data"]()), load(TRUSTED.format(gates=gates), "ml-ci.yaml"))
    failure = whole.models["churn"].failure
    if said is None:
        assert (whole.verdict, failure) == ("pass", None)
        return
    assert (whole.verdict, whole.models["churn"].verdict) == ("error", "error")
    assert failure is not None
    assert failure.code == "contradicted-report" and said in failure.message


def test_an_honest_failure_stays_what_it_is(reports: Any) -> None:
    spec = load(TRUSTED.format(gates="fpr <= 0.05, fnr <= baseline.fnr + 0.01"), "ml-ci.yaml")
    report = reports["failed_by_data"]()
    assert held_to(report, spec) == report


def test_gates_without_counts_are_no_pass(reports: Any) -> None:
    spec = load(TRUSTED.format(gates="fpr <= 0.05"), "ml-ci.yaml")
    whole = held_to(_forged(reports["passed"](), candidate=None), spec)
    assert whole.models["churn"].failure is not None
    assert whole.models["churn"].failure.message == "the report judges gates, and has no counts"


def test_sides_of_other_rows_are_no_pass(reports: Any) -> None:
    report = reports["passed"]()
    other = replace(report.models["churn"].candidate, slices={}, confusion=Confusion(tp=400, fp=5, tn=10, fn=0))
    spec = load(TRUSTED.format(gates="fpr <= 0.5"), "ml-ci.yaml")
    gate = GateResult("fpr <= 0.5", "pass")
    whole = held_to(
        replace(report, models={"churn": replace(report.models["churn"], candidate=other, gates=(gate,))}), spec
    )
    assert whole.models["churn"].failure is not None
    assert "candidate and baseline are not of the same rows" in whole.models["churn"].failure.message


def test_what_is_said_of_the_bases_yardstick_is_judged_again_too(reports: Any) -> None:
    report, spec = reports["passed"](), load(TRUSTED.format(gates="fpr <= 0.05"), "ml-ci.yaml")
    gate, bad = GateResult("fpr <= 0.05", "pass"), Confusion(tp=50, fp=30, tn=20, fn=0)
    for counts, verdict in ((Confusion(tp=50, fp=1, tn=49, fn=0), "pass"), (bad, "error")):
        found = Yardstick("the base 3f2c1ab", "pass", (gate,), 100, candidate=counts, baseline=counts)
        model = replace(report.models["churn"], yardsticks=(found,))
        whole = held_to(replace(report, models={"churn": model}), spec)
        assert whole.verdict == verdict
    failure = whole.models["churn"].failure
    assert failure is not None
    assert failure.message.startswith("by the yardstick of the base 3f2c1ab, `fpr <= 0.05`: the report says pass")
