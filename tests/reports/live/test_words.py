"""What a look at live rows says, on a terminal and in Markdown, and what a change of champion was worth."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ml_ci.changes.values import Change
from ml_ci.errors import Failure
from ml_ci.evaluation.confusion import Confusion
from ml_ci.gates.values import Difference, Differences, GateResult
from ml_ci.registry.values import Worth
from ml_ci.reports.live.markdown import render_canary, render_model, render_watch, title_of
from ml_ci.reports.live.page import render_watch as render_page
from ml_ci.reports.live.plain import Look, show_canary, show_watch
from ml_ci.reports.live.worth import find_worth, say_worth
from ml_ci.reports.values import ModelReport, Side
from ml_ci.spec.values import Cost

from .conftest import FNR, WATCHES, alarming, canary, healthy, report


def test_an_alarm_says_what_went_up_where_and_what_to_do() -> None:
    said = show_watch(WATCHES["alarm"](), Look(200))
    for line in (
        "✗ churn v3 is worse than it was: 1 alarm",
        "Misses went up: FNR 12.4% on the holdout → 50.0% in the window from 2026-02-23 (15 of 30), limit 22.2%.",
        "✓ FPR  3.0% (24 of 800), limit ≤ 5.0%, evidence 0.5 of 521",
        "✗ FNR  27.1% (65 of 240), limit ≤ 22.2% (holdout 12.4%, +5.0 points), evidence 992 of 521",
        "2026-02-23           140     130  3.0%  50.0%    1,815.00 USD  alarm",
        "2026-03-02           140       0     –      –                  open",
        "and 1 window before: ml-ci watch -v",
        "Moved away from the holdout, which is told and never an alarm: tenure.",
        "errors cost 7,920.00 USD in 8 windows, 7.62 USD a row.",
        "ml-ci rollback churn --reason 'why'",
    ):
        assert line in said
    assert "2026-01-05           140" in show_watch(WATCHES["alarm"](), Look(200, every=True))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("healthy", "✓ churn v3 is as good as it was: no alarm in 8 windows"),
        ("too_few", "? churn v3 cannot be judged yet: 8 windows so far"),
        ("nothing", "next: Promote one: ml-ci promote spam"),
        ("several", "✗ 1 of 3 models has an alarm"),
    ],
)
def test_each_verdict_is_told_in_its_own_words(name: str, said: str) -> None:
    assert said in show_watch(WATCHES[name](), Look(100))


def test_a_rate_that_the_labels_do_not_tell_is_not_shown() -> None:
    model = healthy()
    flagged = replace(model.gates[1], verdict="inconclusive", value=None, reason="labels do not come alike")
    found = report(churn=replace(model, verdict="inconclusive", gates=(model.gates[0], flagged)))
    assert "? FNR  not known, limit ≤ 22.2%" in show_watch(found, Look(200))
    page = render_page(found)
    assert "12.4% → not known" in page and "3.1% → 3.0%" in page


@pytest.mark.parametrize("width", [20, 44, 80, 100])
@pytest.mark.parametrize("name", WATCHES)
def test_no_line_is_wider_than_the_terminal(name: str, width: int) -> None:
    found, look = WATCHES[name](), Look(width, ascii_only=True)
    for text in (show_watch(found, look), show_canary(canary(), Look(width))):
        lines = text.splitlines()
        assert max(map(len, lines)) <= max(width, max(len(word) + 4 for word in text.split()))
    assert show_watch(found, look).isascii()


def test_sampled_labels_are_told_by_the_rows_that_they_stand_for() -> None:
    said = show_watch(WATCHES["sampled"](), Look(120, every=True))
    assert "2026-01-05           140      35  2.9%  43.5%" in said


def test_markdown_has_the_same_sentences_and_does_nothing() -> None:
    evil = "@everyone <img src=x onerror=alert(1)> [x](javascript:1) | `"
    gate = GateResult(evil, "fail", value=0.4, limit=0.2, reason=evil)
    model = replace(
        alarming(), gates=(*alarming().gates, gate), notes=(evil,), failure=None, drifted={evil: 1}, version="3"
    )
    found = report(churn=model, spam=replace(healthy(), verdict="error", failure=Failure("live", "rows", evil, evil)))
    text = render_watch(found)
    assert "**Misses went up: FNR 12.4% on the holdout → 50.0%" in text and "> [!CAUTION]" in text
    assert "<img" not in text and "@everyone" not in text and "[x](" not in text
    assert render_model("churn", found).startswith("### ✗ churn v3 is worse than it was: 1 alarm")
    assert title_of("churn", model) == "churn v3 is worse than it was: 1 alarm"
    assert "5 years" in text and "windows of 7 days" in text


def test_a_report_that_is_too_long_is_cut_in_a_fixed_order() -> None:
    text = render_watch(report(churn=alarming()), 900)
    assert len(text) <= 900 and "Misses went up" in text and "Left out to fit" in text


@pytest.mark.parametrize(
    ("decision", "said"),
    [
        ("promote", "✓ churn v4 in canary may be promoted over v3"),
        ("roll back", "✗ churn v4 in canary is worse than v3: roll it back"),
        ("continue", "? churn v4 in canary cannot be decided yet: continue"),
    ],
)
def test_a_canary_says_its_decision(decision: str, said: str) -> None:
    found = canary(decision)
    text = show_canary(found, Look(200))
    assert said in text and said[2:] in render_canary(found)
    numbers = (
        "FNR against the champion  9.0%, champion 10.0%, limit +2.0 points, evidence for it 25 of 20, against it 0.1"
    )
    assert numbers in text


def test_rows_that_are_to_be_mended_are_not_waited_for() -> None:
    whole = canary("continue")
    found = replace(whole, gates=tuple(replace(gate, verdict="error") for gate in whole.gates))
    text = show_canary(found, Look(200))
    assert "? churn v4 in canary cannot be decided by these rows" in text and "wait" not in text


_COST = Cost(5, 120, "USD")


def _judged(source: str, level: float | None = 0.9, cost: Cost | None = _COST) -> ModelReport:
    sides = [Side("a" * 64, Confusion(1, 1, 1, 1), {"cost": value}, {}, source) for value in (1.5, 4.0)]
    told = {} if level is None else {"cost": Difference((-4.0, -1.0), level)}
    return ModelReport(
        "pass", "train", (Change("code", "x"),), sides[0], sides[1], cost=cost, differences=Differences(told)
    )


@pytest.mark.parametrize(
    ("model", "before", "expected"),
    [
        (_judged("champion v2 (3f2c1ab)"), "2", Worth("2", 2.5, "USD", (1.0, 4.0), 0.9)),
        (_judged("champion v2 (3f2c1ab)", None), "2", Worth("2", 2.5, "USD")),
        (_judged("champion v2 (3f2c1ab)"), "3", None),
        (_judged("merge-base 3f2c1ab"), "2", None),
        (_judged("champion v2 (3f2c1ab)", cost=None), "2", None),
        (_judged("champion v2"), None, None),
    ],
)
def test_a_change_is_worth_what_it_saved_on_the_same_rows(
    model: ModelReport, before: str | None, expected: Worth | None
) -> None:
    assert find_worth(model, before) == expected


def test_worth_is_said_with_its_interval_and_never_beyond_noise() -> None:
    told = Worth("2", 2.5, "USD", (1.0, 4.0), 0.9)
    assert say_worth("3", told, 1000) == (
        "On the holdout v3 saves 2.50 USD a row against v2 (90% interval of what it saves +1.00 … +4.00); at that rate "
        "2,500.00 USD on 1,000 rows since."
    )
    noise = replace(told, saved=-0.5, interval=(-2.0, 1.0))
    assert say_worth("3", noise, 1000) == (
        "On the holdout v3 costs 0.5 USD a row against v2 (90% interval of what it saves −2.00 … +1.00), which may be "
        "noise."
    )
    assert "may be noise" in say_worth("3", replace(told, interval=None, level=None))


def test_a_gate_that_cannot_be_read_is_shown_as_written() -> None:
    model = replace(healthy(), gates=(GateResult("nonsense", "pass", value=0.2), GateResult(FNR, "pass", value=0.1)))
    assert "✓ nonsense  20.0%" in show_watch(report(churn=model), Look(120))


def test_a_reason_is_said_once_and_a_short_window_by_its_second() -> None:
    reason = "FPR 3.0% since the promotion, limit 5.0%: too few labels to tell"
    gates = tuple(replace(gate, verdict="inconclusive", reason=reason) for gate in healthy().gates)
    gates = (gates[0], replace(gates[1], reason="FNR 13.3% since, limit 22.2%: no labels of positives"))
    model = replace(healthy(), verdict="inconclusive", gates=gates, reason=reason, window=3600.0)
    said = show_watch(report(churn=model), Look(200))
    assert said.count("too few labels to tell") == 1 and "\n    no labels of positives\n" in said
    assert "2026-01-12 09:30:00" in said
    assert "docs/live.md" in show_watch(report()) and "docs/live.md" in render_watch(report())


def test_a_canary_says_a_reason_once_and_the_stage_that_comes_next() -> None:
    found = replace(canary(), then="canary-half")
    gates = (replace(found.gates[0], reason="FNR 10.0% → 9.0%, limit +2.0 points: within the limit"),)
    said = show_canary(replace(found, gates=gates), Look(200))
    assert "\n    within the limit\n" in said and "ml-ci promote churn --stage canary-half" in said
    once = show_canary(replace(found, gates=gates, reason=f"It holds. {gates[0].reason}"), Look(200))
    assert once.count("within the limit") == 1
    hour = replace(found, windows=(replace(found.windows[0], end="2026-01-05T10:30:00+00:00"),))
    assert "2026-01-05 09:30:00" in show_canary(hour, Look(200))
