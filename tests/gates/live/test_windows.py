from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_ci.evaluation.confusion import Confusion
from ml_ci.gates.live.values import LiveJudgement
from ml_ci.gates.live.windows import judge_windows
from ml_ci.live.values import Weighed, Window
from tests.gates.live.made import DAY, day, model, watched, window

ROWS = [-1.943198, -1.756812, -0.820025, 1.934608, 5.814746, 7.854431, 11.315506]
MISSES = [10, 8, 12, 18, 20, 17, 19]


def judge(gates: str | tuple[str, ...], windows: Iterable[Window], **keys: object) -> LiveJudgement:
    texts = (gates,) if isinstance(gates, str) else gates
    return judge_windows(model(*texts, **keys), watched(windows))  # type: ignore[arg-type]


def stream(misses: Iterable[int]) -> list[Window]:
    return [window(number, fn) for number, fn in enumerate(misses)]


def test_golden_windows_alarm() -> None:
    found = judge("fnr <= 0.1", stream(MISSES), dependent=False)
    assert found.evidence["fnr <= 0.1"] == pytest.approx(ROWS, abs=1e-6)
    assert found.line == pytest.approx(6.907755, abs=1e-6)
    assert found.verdict == "fail"
    (alarm,) = found.alarms
    assert (alarm.gate, alarm.window, alarm.begin) == ("fnr <= 0.1", 5, day(5))
    assert found.reason == found.gates[0].reason
    assert found.gates[0].reason == (
        "FNR 14.9% (104 of 700) since the promotion, limit 10.0%: alarm in the window from 2026-01-10 (17.0% there); "
        "a model within its limits alarms at most once in 1,000 days on average"
    )


def test_a_stream_that_changes_at_window_20_of_30_alarms_and_an_unchanged_one_does_not() -> None:
    """Of each window's own rate, which rows of one window share; by the default, a window is one observation."""
    rng = np.random.default_rng(9)
    same, worse = (rng.beta(19 * at, 19 * (1 - at), 30) for at in (0.1, 0.6))
    quiet = rng.binomial(100, same)
    changed = np.where(np.arange(30) < 20, quiet, rng.binomial(100, worse))
    gates = ("fnr <= 0.12", "fpr <= 0.05", "recall >= 0.85")
    good = judge(gates, stream(quiet.tolist()))
    bad = judge(gates, stream(changed.tolist()))
    assert (good.verdict, good.alarms) == ("pass", ())
    assert bad.verdict == "fail"
    assert [(one.gate, 20 <= one.window < 30) for one in bad.alarms] == [(gates[0], True), (gates[2], True)]
    assert [one.verdict for one in bad.gates] == ["fail", "pass", "fail"]


def test_an_alarm_stays_and_keeps_its_id_however_often_one_looks() -> None:
    first = judge("fnr <= 0.1", stream(MISSES), dependent=False)
    later = judge("fnr <= 0.1", [*stream(MISSES), *(window(7 + at) for at in range(60))], dependent=False)
    assert later.alarms == first.alarms
    assert later.evidence["fnr <= 0.1"][-1] < later.line  # type: ignore[operator]
    assert later.verdict == "fail"
    others = (
        judge("fnr <= 0.11", stream(MISSES), dependent=False),
        judge_windows(model("fnr <= 0.1", dependent=False), watched(stream(MISSES), version="4")),
    )
    assert {one.alarms[0].id for one in others}.isdisjoint({first.alarms[0].id})
    assert re.fullmatch("[0-9a-f]{16}", first.alarms[0].id)


def test_open_windows_are_not_judged() -> None:
    open_one = window(7, 90, closed=False)
    assert judge("fnr <= 0.1", [*stream(MISSES), open_one]) == judge("fnr <= 0.1", stream(MISSES))


def test_a_rate_that_has_to_be_high_is_its_complement() -> None:
    low, high = (judge(text, stream(MISSES), dependent=False) for text in ("fnr <= 0.1", "recall >= 0.9"))
    assert high.evidence["recall >= 0.9"] == pytest.approx(low.evidence["fnr <= 0.1"])
    assert high.gates[0].reason.startswith("recall 85.1% (596 of 700) since the promotion, limit at least 90.0%: alarm")
    assert high.gates[0].value == pytest.approx(1 - 104 / 700)


def test_the_holdouts_rate_has_room_for_its_own_chance() -> None:
    found = judge("fnr <= holdout.fnr + 0.05", stream([22, 20, 19]))
    (result,) = found.gates
    assert (result.limit, result.baseline) == (pytest.approx(0.222526, abs=1e-6), pytest.approx(50 / 402))
    assert result.reason.startswith(
        "FNR 20.3% (61 of 300) since the promotion, limit 22.3% (12.4% on the holdout, at most 17.3% by its 402 "
        "positives, +5.0 points): "
    )


HINT = "points), which does not lie between 0% and 100%; choose a margin nearer to 0"


@pytest.mark.parametrize(
    ("gate", "holdout", "said"),
    [
        ("fnr <= holdout.fnr + 0.9", None, HINT),
        ("fnr <= holdout.fnr - 0.5", None, HINT),
        ("recall >= holdout.recall - 0.9", None, HINT),
        (
            "fpr <= holdout.fpr + 0.05",
            Confusion(tp=9, fn=1),
            "FPR is undefined on the champion's holdout: there are no negatives; write a number as its limit",
        ),
    ],
)
def test_a_limit_that_is_none_is_an_error(gate: str, holdout: Confusion | None, said: str) -> None:
    some = watched(stream([5] * 9)) if holdout is None else watched(stream([5] * 9), holdout=holdout)
    found = judge_windows(model(gate, "fnr <= 0.2"), some)
    assert found.verdict == "error"
    assert found.gates[0].reason.endswith(said)
    assert found.gates[1].verdict == "pass"


def test_silence_is_health_only_where_an_alarm_could_have_come() -> None:
    def verdicts(windows: list[Window], **keys: object) -> tuple[str, str]:
        found = judge("fnr <= 0.1", windows, **keys)
        return found.gates[0].verdict, found.gates[0].reason.partition("10.0%: ")[2]

    assert verdicts([window(0, closed=False)]) == (
        "inconclusive",
        "no window is closed yet, which it is once it is 1 day long and its rows 1 day old",
    )
    assert verdicts([window(0, positives=12)]) == ("inconclusive", "too few labels to tell: 12 positives in 1 window")
    told = "too few labels to tell: 200 positives in 2 windows would raise no alarm if all were wrong"
    assert verdicts(stream([5, 5])) == ("inconclusive", f"{told}; at 20.0% one would come after about 12 windows")
    verdict, said = verdicts(stream([5] * 9))
    assert (verdict, said) == ("pass", "no alarm in 9 windows; at 20.0% one would come after about 12 windows")
    proven = judge("fnr <= 0.1", stream([5] * 9), dependent=False).gates[0]
    assert (proven.verdict, proven.confidence) == ("pass", 0.95)
    assert proven.reason.endswith(
        ": no alarm in 9 windows, and within it since the promotion, proven with 95% confidence; at 20.0% one would "
        "come after about 3 windows"
    )


def test_more_gates_and_a_rarer_false_alarm_ask_for_more() -> None:
    one = judge("fnr <= 0.1", stream(MISSES), dependent=False)
    three = judge(("fnr <= 0.1", "fpr <= 0.1", "accuracy >= 0.5"), stream(MISSES), dependent=False)
    assert three.line == pytest.approx(6.907755 + np.log(3), abs=1e-6)
    assert three.gates[0].reason.endswith("alarms by any of its 3 gates at most once in 1,000 days on average")
    rare = judge("fnr <= 0.1", stream(MISSES), dependent=False, false_alarms=1e6 * DAY)
    assert (len(one.alarms), len(rare.alarms)) == (1, 0)


@pytest.mark.parametrize(
    ("windows", "said"),
    [
        (
            [window(at, 30, positives=130, negatives=100, due=(100, 1300)) for at in range(9)],
            "labels do not come alike: 100% of the rows decided positive have one and 10% of those decided negative, "
            "so that FNR of the labelled rows is not that of all; label a random share of the others, and say by "
            "weight: how many rows each of them stands for",
        ),
        (
            [window(at, 0, positives=100, negatives=0, due=(100, 400)) for at in range(9)],
            "0% of the 3,600 rows decided negative have a label. Where the decision prevents it (a declined loan is "
            "never repaid), FNR cannot be known: decide a small random share otherwise, and say by weight: how many "
            "rows each of them stands for",
        ),
        (
            [window(at, positives=0, negatives=0, due=(100, 400)) for at in range(9)],
            "none of the 4,500 rows that are old enough has a label; look at what labels: and id: name",
        ),
        (
            [*stream([5] * 9), *(window(9 + at, positives=0, negatives=0, due=(100, 100)) for at in range(3))],
            "no row of the last 3 windows has a label, so that a change since then is not seen; look at what "
            "labels: names",
        ),
        (
            [*stream([5] * 200), window(200, 5, positives=105, negatives=5, due=(100, 400))],
            "labels do not come alike in the last window: 100% of the rows decided positive have one and 2% of those "
            "decided negative, so that FNR of the labelled rows is not that of all; label a random share of the "
            "others, and say by weight: how many rows each of them stands for",
        ),
    ],
)
def test_labels_that_say_nothing_of_the_rate_have_their_sentence(windows: list[Window], said: str) -> None:
    found = judge("fnr <= 0.1", windows)
    assert (found.verdict, found.alarms) == ("inconclusive", ())
    assert found.reason.endswith(f": {said}")
    shown = found.evidence["fnr <= 0.1"]
    assert (shown[-1] is None) is ("the last 3 windows" not in said and "the last window" not in said)
    # A rate of the rows that were flagged is shown to nobody: it would read 0%, and be taken for one.
    assert (found.gates[0].value is None) is (shown[-1] is None)


def test_labels_by_decision_do_not_matter_to_a_rate_of_one_decision() -> None:
    windows = [window(at, 30, 2, positives=130, due=(102, 1280)) for at in range(12)]
    found = judge(("precision >= 0.9", "fnr <= 0.1", "selection_rate <= 0.1"), windows)
    assert [one.verdict for one in found.gates] == ["pass", "inconclusive", "pass"]
    assert found.gates[2].reason.startswith("selection rate 7.4% (1,224 of 16,584) since the promotion, limit 10.0%")


def test_an_alarm_stands_when_labels_stop_coming_alike_later() -> None:
    later = [window(7 + at, 30, positives=130, due=(100, 5000)) for at in range(9)]
    found = judge("fnr <= 0.1", [*stream(MISSES), *later], dependent=False)
    assert (found.verdict, found.alarms[0].window) == ("fail", 5)


def weekly(missed: int, chance: float = 0.05) -> Window:
    """Of the positives 300 were caught, all labelled, and of the missed one in twenty is."""
    weighed = (Weighed(True, 1.0, 0, 300), Weighed(True, chance, missed, 0))
    one = window(0, missed, positives=300 + missed, negatives=0, due=(300, 8000))
    return replace(one, weighed=weighed)


def test_weighted_labels_are_judged_as_what_they_stand_for() -> None:
    windows = [replace(weekly(12), begin=day(at), end=day(at + 1)) for at in range(12)]
    for text, verdict in (("fnr <= 0.3", "fail"), ("fnr <= 0.6", "pass")):
        found = judge(text, windows, dependent=False, weight="weight")
        assert (found.verdict, found.gates[0].value) == (verdict, pytest.approx(240 / 540))
        assert ("(44.4% there)" in found.reason) is (verdict == "fail")
    assert found.reason.startswith("FNR 44.4% (weighted) since the promotion, limit 60.0%: no alarm in 12 windows")
    first = judge("fnr <= 0.4", windows[:1], dependent=False, weight="weight")
    assert first.evidence["fnr <= 0.4"] == pytest.approx([-0.087355], abs=1e-6)


def test_nothing_to_watch_is_no_pass() -> None:
    for windows in ([], [replace(window(0, positives=0, negatives=0), rows=0)]):
        found = judge("fnr <= 0.1", windows)
        assert (found.verdict, found.reason) == ("unjudged", "No live row of version 3 since 2026-01-05")
    none = judge((), stream([5] * 9))
    assert (none.verdict, none.reason) == ("unjudged", "No gates under live:, so that nothing but drift is told")
    with pytest.raises(ValueError, match="churn has no live: in"):
        judge_windows(replace(model(), live=None), watched([]))


@pytest.mark.parametrize(
    "damaged",
    [
        replace(window(3), counts=Confusion(tp=-1, tn=100)),
        replace(window(3), counts=Confusion(tp=900)),
        replace(window(3), positive=999),
        replace(window(3), decided_negative=replace(window(3).decided_negative, due=1)),
    ],
)
def test_counts_that_cannot_be_are_an_error(damaged: Window) -> None:
    found = judge("fnr <= 0.1", [window(0), damaged])
    assert found.verdict == "error"
    assert found.reason == (
        "The counts of the window from 2026-01-08 cannot be: its record is damaged; delete it, and look again"
    )


@settings(max_examples=40)
@given(st.lists(st.integers(0, 100), min_size=1, max_size=12), st.integers(0, 12), st.booleans())
def test_an_empty_window_changes_nothing(misses: list[int], at: int, dependent: bool) -> None:
    whole = stream(misses)
    place = min(at, len(whole))
    more = [*whole[:place], window(500, positives=0, negatives=0), *whole[place:]]
    before, after = (judge("fnr <= 0.1", windows, dependent=dependent) for windows in (whole, more))
    assert after.gates[0].verdict == before.gates[0].verdict
    assert [one.begin for one in after.alarms] == [one.begin for one in before.alarms]
    assert after.evidence["fnr <= 0.1"][-1] == (
        before.evidence["fnr <= 0.1"][-1] if place else pytest.approx(before.evidence["fnr <= 0.1"][-1])
    )
