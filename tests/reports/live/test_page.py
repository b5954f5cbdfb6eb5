"""The page of a watch and of a canary: whole, its words the issue's, and nothing of a report more than text."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ml_ci.gates.live.values import Alarm
from ml_ci.gates.values import GateResult
from ml_ci.reports.live import canary_words, words
from ml_ci.reports.live.drawn import over_time
from ml_ci.reports.live.page import render_canary, render_watch
from ml_ci.reports.page.curves import draw
from ml_ci.reports.pieces import plain
from tests.reports.conftest import HOSTILE
from tests.reports.live.conftest import FNR, WATCHES, alarming, canary, day, healthy, report, window
from tests.reports.page.test_page import Page

needs_vega = pytest.mark.skipif(not draw.is_there(), reason="the extra `report` is not installed")
DECISIONS = ["promote", "roll back", "continue"]


def whole(made: str) -> Page:
    """Give a page as a browser reads it, which runs and loads nothing of a report."""
    page = Page(made)
    assert page.tags["h1"] == 1
    assert len({*page.ids}) == len(page.ids)
    assert not [name for name, _ in page.attributes if name.startswith("on") or name in ("style", "src", "srcset")]
    links = [value or "" for name, value in page.attributes if name == "href"]
    assert all(link.startswith("#") and link[1:] in page.ids for link in links)
    return page


def _words(said: str) -> str:
    return "".join(said.replace("`", "").split())


@pytest.mark.parametrize("name", WATCHES)
def test_it_says_what_the_issue_says(name: str) -> None:
    found = WATCHES[name]()
    made = render_watch(found)
    said = _words(whole(made).text)
    for of, model in found.models.items():
        for line in (words.verdict(of, model), plain(words.why(model)), *words.facts(model)):
            assert _words(line) in said
        for gate in model.gates:
            assert _words(words.gate_numbers(model, gate)) in said and _words(gate.reason) in said
        for one in model.windows:
            assert _words("".join(words.window_cells(model, one)[:5])) in said
    assert render_watch(found) == made


@pytest.mark.parametrize("decision", DECISIONS)
def test_a_canary_says_what_its_comment_says(decision: str) -> None:
    found = canary(decision)
    said = _words(whole(render_canary(found)).text)
    for line in (canary_words.verdict(found), canary_words.why(found), canary_words.labelled(found)):
        assert _words(line) in said
    assert all(_words(canary_words.gate_numbers(found, gate)) in said for gate in found.gates)


@needs_vega
def test_every_gate_has_its_rate_and_evidence_over_time_and_what_else_was_followed() -> None:
    page = whole(render_watch(report(churn=alarming())))
    shown = [value for name, value in page.attributes if name == "aria-label"]
    charts = [
        "FNR by window: 50.0% in the last of 8 windows, limit 22.2%",
        "Evidence that FNR is beyond its limit: evidence 992 of 521; the alarm is of 2026-02-23",
        "FPR by window: 3.0% in the last of 8 windows, limit 5.0%",
        "Evidence that FPR is beyond its limit: evidence 0.5 of 521",
        "Label coverage: of all rows that are due, 92.6% of those decided positive and 92.9% of those decided negative "
        "have a label",
        "Cost of errors by window: 13.96 USD a labelled row in the last one",
        "Evidence that tenure left the distribution of the holdout: the line is since the window from 2026-01-19",
    ]
    assert [one for one in shown if one in charts] == charts
    assert page.tags["clippath"] == len(charts)
    assert "Alarm in the window from 2026-02-23, by fnr <= holdout.fnr + 0.05, id" in page.text
    assert "since the window from 2026-01-19" in page.text  # tenure moved


@needs_vega
def test_a_canary_has_both_models_over_time() -> None:
    page = whole(render_canary(canary()))
    shown = {value for name, value in page.attributes if name == "aria-label"}
    assert {
        "FNR by window: candidate 9.1%, champion 10.0% in 2 windows",
        "Evidence on FNR: the gate is proven to hold",
        "Label coverage of the candidate's rows and of the champion's",
        "Evidence against the assignment: nothing speaks against it",
    } <= shown
    found = canary("continue")
    broken = replace(found, ratio=(2.0, 9.0), gates=(replace(found.gates[0], verdict="error"),))
    made = render_canary(broken)
    assert "Evidence against the assignment: it is broken" in made
    assert 'class="card error"' in made and "Next:" not in made


def test_only_a_shadow_has_rows_worth_a_label() -> None:
    split, shadow = (replace(canary("continue"), traffic=traffic) for traffic in ("10%", "shadow"))
    assert "--to-label" not in render_canary(split)
    assert "ml-ci canary churn --stage canary --to-label FILE" in render_canary(shadow)


def test_counts_of_labels_that_were_asked_for_are_no_rates() -> None:
    """Labels where two models disagree: the chart of the rates is left out, and a sentence says why."""
    one = canary("continue").windows[0]
    shadow = replace(one, share=None, assigned=None, covered=(replace(one.covered[0], due=900, labelled=30),) * 2)  # type: ignore[index]
    alike = replace(canary("continue"), windows=(shadow,) * 2, traffic="shadow", ratio=())
    apart = replace(shadow, covered=(shadow.covered[0], replace(shadow.covered[1], due=40, labelled=40)))  # type: ignore[index]
    sampled = replace(alike, windows=(apart,) * 2)
    for found, there in ((alike, False), (sampled, True)):
        made = whole(render_canary(found)).text
        assert ("counts of labelled rows are no rates" in made) is there
        assert ("candidate 9.1% in blue" in made) is not there or not draw.is_there()
        assert "Traffic: none, it answers in the shadow" in made


def test_without_what_draws_charts_the_windows_are_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draw, "is_there", lambda: False)
    for made in (render_watch(report(churn=alarming())), render_canary(canary())):
        page = whole(made)
        assert (
            "The charts are not drawn here: what draws them is not installed. pip install 'ml-ci[report]'" in page.text
        )
        assert "<details open><summary>" in made and "svg.chart" not in page.tags


def test_hostile_words_are_text() -> None:
    named = GateResult(HOSTILE, "fail", value=0.4, limit=0.2, reason=HOSTILE)
    base = alarming()
    model = replace(
        base,
        version=HOSTILE,
        commit=HOSTILE,
        gates=(named, *base.gates),
        alarms=(Alarm(HOSTILE, 3, HOSTILE, HOSTILE), *base.alarms),
        evidence={**base.evidence, HOSTILE: base.evidence[FNR]},
        drift={HOSTILE: base.drift["tenure"]},
        drifted={HOSTILE: 2},
        notes=(HOSTILE,),
        reason=HOSTILE,
        last_row=HOSTILE,
    )
    looked = replace(report(**{HOSTILE: model}), config=HOSTILE, commit=HOSTILE, when=HOSTILE)
    found = canary()
    beside = replace(
        found,
        model=HOSTILE,
        stage=HOSTILE,
        reason=HOSTILE,
        gates=(replace(found.gates[0], condition=HOSTILE, reason=HOSTILE), *found.gates),
        traffic=HOSTILE,
        notes=(HOSTILE,),
        version=HOSTILE,
    )
    for made in (render_watch(looked), render_canary(beside)):
        page = whole(made)
        assert page.tags["script"] == 1
        assert not {"img", "iframe", "object", "embed"} & {*page.tags}


def test_what_cannot_be_drawn_is_left_out() -> None:
    """No closed window, an alarm of a window that is not there, evidence that is not finite in number."""
    base = healthy()
    none = replace(base, windows=base.windows[-1:], evidence={}, line=None, drift={}, drifted={}, gates=base.gates)
    assert "Over time" in whole(render_watch(report(churn=none))).text
    empty = replace(none, windows=(), gates=())
    assert "Gates" not in whole(render_watch(report(churn=empty))).text
    strange = replace(alarming(), drifted={"tenure": 99}, evidence={FNR: (None,) * 8})
    assert "Evidence against FNR" not in render_watch(report(churn=strange))
    assert "no model has" in whole(render_watch(report())).text


def test_years_of_days_stay_a_small_page() -> None:
    days = tuple(replace(window(at, 3, at % 7), begin=day(at / 7)) for at in range(800))
    long = replace(healthy(), windows=days, evidence={FNR: tuple(0.01 * at for at in range(800))})
    made = render_watch(report(churn=long))
    assert len(made) < 250_000
    assert "and 400 windows before; all of them are in the JSON" in Page(made).text


@pytest.mark.parametrize(
    ("found", "line", "low", "high", "ticks"),
    [
        ([-0.5, 6.9], 6.2555, -0.54, 7.452, ["1", "10", "100", "1,000"]),
        ([0.1, 90.0], 7.0, -0.6048, 15.12, ["1", "100", "10⁴", "10⁶"]),
        ([-40.0, 1.0], 7.0, -15.12, 7.56, ["10⁻⁶", "10⁻⁴", "0.01", "1", "100"]),
        ([], None, -0.04, 1.0, ["1"]),
    ],
)
def test_the_axis_of_evidence(
    found: list[float], line: float | None, low: float, high: float, ticks: list[str]
) -> None:
    axis = over_time.evidence_axis(found, line)
    assert (axis.low, axis.high) == (pytest.approx(low), pytest.approx(high))
    assert [said for _, said in axis.ticks] == ticks


def test_the_axis_of_time_names_some_days() -> None:
    assert [said for _, said in over_time.time_axis([day(at) for at in range(9)]).ticks] == [
        "2026-01-12", "2026-02-02", "2026-02-23",
    ]  # fmt: skip
    assert over_time.time_axis([HOSTILE, "2026-01-05T00:00:00Z"]).ticks == ((1.0, "1"), (2.0, "2026-01-05"))
    assert over_time.time_axis([]).ticks == ()


def test_shares_have_room_around_them() -> None:
    assert over_time.share_axis("FNR", [0.1, 0.4]).high == pytest.approx(0.44)
    close = over_time.share_axis("recall", [0.9, 0.95])
    assert 0.88 < close.low < 0.9 and 0.95 < close.high < 0.97
    assert (over_time.share_axis("x", []).low, over_time.share_axis("x", [], whole=True).high) == (0.0, 1.0)
