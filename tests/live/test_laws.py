"""What has to hold of counts of live rows whatever the rows are."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ml_ci.evaluation.confusion import Confusion, Paired, PairedErrors
from ml_ci.live.shadow import shadow_rows
from ml_ci.live.values import Candidate, Champion, Window
from ml_ci.spec.values import Stage

from .conftest import CHAMPION, SINCE, Service, at, make_model

pytestmark = pytest.mark.slow

# (days, score of the champion, score of the candidate, label or None, days until the label is known)
ROWS = st.lists(
    st.tuples(
        st.floats(0, 20.9, allow_subnormal=False).map(lambda days: round(days, 3)),
        st.sampled_from([0.0, 0.49, 0.5, 1.0]),
        st.sampled_from([0.0, 0.49, 0.5, 1.0]),
        st.sampled_from([0, 1, None]),
        st.integers(0, 12),
    ),
    min_size=1,
    max_size=12,
)
FEW = settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])
CANDIDATE = Candidate("8", CHAMPION.since, "c" * 40, 0.5)
AS_CHAMPION = Champion("churn", "8", CHAMPION.since, "c" * 40, 0.5, CHAMPION.holdout)
AS_CANDIDATE = Candidate("7", CHAMPION.since, CHAMPION.commit, 0.5)
NOW = SINCE + timedelta(days=40)


def serve(folder: str, rows: Sequence[Any], files: int = 1) -> Service:
    """Leave rows and labels in so many files."""
    service = Service(Path(folder), make_model(version="version", labels="{path: known, time: known}"))
    for place, (days, own, other, label, wait) in enumerate(rows):
        name, file = f"r{days}-{own}-{other}-{label}-{wait}-{place}", f"logs/{place % files}.jsonl"
        for version, score in ((7, own), (8, other)):
            service.log({"request": name, "at": at(days), "version": version, "score": score}, to=file)
        service.label({"request": name, "churned": label, "known": at(days + wait)}, to=f"known/{place % files}.jsonl")
    return service


@given(ROWS, st.integers(1, 3), st.integers(3, 30))
@FEW
def test_looks_at_any_time_and_rows_in_any_order_and_any_files_come_to_the_same(
    rows: list[Any], files: int, early: int
) -> None:
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        whole, parts = serve(one, rows), serve(other, [*rows], files)
        parts.look(early)
        once, twice = whole.look(40), parts.look(40)
        closed = [window for window in once.windows if window.closed]
        assert [plain(window) for window in closed] == [plain(window) for window in twice.windows if window.closed]
        expected = Confusion()
        for days, own, _, label, wait in rows:
            if label is not None and days + wait <= (days // 7 + 1) * 7 + 2:
                names = {(True, 1): "tp", (True, 0): "fp", (False, 0): "tn", (False, 1): "fn"}
                expected += Confusion(**{names[own >= 0.5, label]: 1})
        assert sum((window.counts for window in closed), Confusion()) == expected


def plain(window: Window) -> Any:
    """Give what is judged: not what came late."""
    return window.begin, window.rows, window.positive, window.counts, window.decided_positive, window.decided_negative


@given(ROWS)
@FEW
def test_two_models_that_change_sides_change_sides_in_the_counts(rows: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        service = serve(folder, rows)
        given_to = (service.folder, NOW, (), {})
        stage = Stage("shadow", traffic="shadow")
        here = shadow_rows(service.model, stage, CHAMPION, CANDIDATE, *given_to)
        there = shadow_rows(service.model, stage, AS_CHAMPION, AS_CANDIDATE, *given_to)
    for one, other in zip(here.windows, there.windows, strict=True):
        assert one.paired == Paired(turn(other.paired.negatives), turn(other.paired.positives))
        assert (one.agreed, one.disagreed) == (other.agreed, other.disagreed)


def turn(errors: PairedErrors) -> PairedErrors:
    return PairedErrors(errors.both, errors.baseline_only, errors.candidate_only, errors.neither)
