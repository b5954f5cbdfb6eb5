"""Closed windows stay as they are: kept in batches, found again by all that their counts depend on, never pruned."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ml_ci.errors import UserError
from ml_ci.evaluation.confusion import Confusion, Paired, PairedErrors
from ml_ci.live.values import Bins, Candidate, Champion, Coverage, Reference, ShadowWindow, Weighed, Window
from ml_ci.plan.plan import WINDOWS
from ml_ci.records.prune import prune
from ml_ci.records.store import Store
from ml_ci.spec.live import LiveSource, LiveSpec
from ml_ci.spec.values import FileEntry, FunctionJob, ModelSpec, Positive, Stage
from ml_ci.steps.watching.freeze import find_frozen, freeze, row_of_champion, row_of_stage

SINCE = "2026-01-05T09:30:00+00:00"
LIVE = LiveSpec(LiveSource("logs"), "id", "at")
MODEL = ModelSpec(
    "churn",
    FunctionJob("m:t"),
    {"train": FileEntry("a.csv")},
    holdout=FileEntry("b.csv"),
    label="y",
    positive=Positive((1,)),
    live=LIVE,
)
REFERENCE = Reference(Confusion(9, 1, 9, 1), {"x": Bins("number", (3, 4, 5), (0.5,))})


def window(week: int, *, closed: bool = True) -> Window:
    counts = Confusion(tp=week, fp=1, tn=2, fn=3)
    weighed = (Weighed(True, 0.25, 1, week),)
    times = (f"2026-01-{week + 1:02}T00:00:00+00:00", f"2026-01-{week + 2:02}T00:00:00+00:00")
    return Window(*times, closed, 9, 4, counts, Coverage(5, 4), Coverage(4, 2), weighed, {"x": (1, 2, 3)})


@pytest.fixture
def project(tmp_path: Path) -> Any:
    return SimpleNamespace(store=Store(tmp_path / ".ml_ci"))


def test_a_look_adds_what_closed_since_the_one_before(project: Any) -> None:
    row = row_of_champion(MODEL, "3", SINCE)
    first = [window(0), window(1), window(2, closed=False)]
    freeze(project, row, find_frozen(project, row), first, REFERENCE)
    found = find_frozen(project, row)
    assert (found.windows, found.reference) == ((window(0), window(1)), REFERENCE)
    freeze(project, row, found, [*found.windows, window(2, closed=False)], REFERENCE)
    changed = [replace(window(0), counts=Confusion()), window(1), window(2), window(3)]
    freeze(project, row, found, changed, replace(REFERENCE, columns={}))
    again = find_frozen(project, row)
    assert (again.windows, again.reference) == ((window(0), window(1), window(2), window(3)), REFERENCE)
    kept = [one for one in project.store.records() if one[0] == WINDOWS]
    assert len(kept) == 2 and prune(project.store, (), limit=0, older_than=0.0) == ()


def test_two_looks_at_once_keep_one_of_both(project: Any) -> None:
    row = row_of_champion(MODEL, "3", SINCE)
    before = find_frozen(project, row)
    freeze(project, row, before, [window(0)], REFERENCE)
    freeze(project, row, before, [window(0), window(1)], REFERENCE)  # it had begun before the other one ended
    assert find_frozen(project, row).windows == (window(0),)


@pytest.mark.parametrize(
    "changed",
    [
        row_of_champion(MODEL, "4", SINCE),
        row_of_champion(MODEL, "3", "2026-02-05T09:30:00+00:00"),
        row_of_champion(replace(MODEL, label="z"), "3", SINCE),
        row_of_champion(replace(MODEL, live=replace(LIVE, delay=1.0)), "3", SINCE),
        row_of_champion(replace(MODEL, live=replace(LIVE, labels=LiveSource("l.csv"))), "3", SINCE),
    ],
)
def test_what_counts_are_of_is_their_key(changed: Any, project: Any) -> None:
    row = row_of_champion(MODEL, "3", SINCE)
    freeze(project, row, find_frozen(project, row), [window(0)], REFERENCE)
    assert find_frozen(project, changed).windows == ()


def test_what_judges_is_no_part_of_the_key() -> None:
    live = replace(LIVE, drift=0.2, false_alarms=9e9, dependent=False)
    assert row_of_champion(replace(MODEL, live=live), "3", SINCE).key(0) == row_of_champion(MODEL, "3", SINCE).key(0)


def test_a_shadow_is_kept_beside_and_another_versions_windows_are_refused(project: Any) -> None:
    sides = (Champion("churn", "3", SINCE, "", 0.5, Confusion()), Candidate("4", SINCE, "", 0.5))
    row = row_of_stage(MODEL, Stage("shadow", traffic="shadow"), *sides)
    one = ShadowWindow(SINCE, SINCE, True, Paired(PairedErrors(1, 2, 3, 4)), Coverage(8, 6), Coverage(2, 2))
    freeze(project, row, find_frozen(project, row), [one])
    assert find_frozen(project, row).windows == (one,)
    other = row_of_champion(MODEL, "3", SINCE)
    with project.store.draft() as draft:
        project.store.keep(draft, WINDOWS, other.key(0), {"windows": [{"begin": SINCE}]})
    with pytest.raises(UserError, match="kept by another version of ml-ci"):
        find_frozen(project, other)
