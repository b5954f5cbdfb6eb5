"""Two models side by side: pairs of a shadow, arms of a split, and what neither may be."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ml_ci.errors import UserError
from ml_ci.evaluation.confusion import Confusion, Paired, PairedErrors
from ml_ci.live.shadow import shadow_rows
from ml_ci.live.split import split_rows
from ml_ci.live.values import Candidate, Coverage, Shadowed, Split
from ml_ci.spec.values import Ramp, Stage

from .conftest import CHAMPION, SINCE, Service, at, make_model

CANDIDATE = Candidate("8", "2026-01-05T00:00:00Z", "c" * 40, 0.5)
SHADOW = Stage("shadow", traffic="shadow")
CANARY = Stage("canary", traffic=0.1)


@pytest.fixture
def both(service: Service) -> Service:
    service.model = make_model(version="version")
    return service


def row(name: str, days: float, version: int, score: float, **more: Any) -> dict[str, Any]:
    return {"request": name, "at": at(days), "version": version, "score": score, **more}


def look_shadow(service: Service, days: float, frozen: Any = (), candidate: Candidate = CANDIDATE) -> Shadowed:
    now = SINCE + timedelta(days=days)
    return shadow_rows(service.model, SHADOW, CHAMPION, candidate, service.folder, now, frozen, {})


def look_split(
    service: Service, days: float, frozen: Any = (), stage: Stage = CANARY, candidate: Candidate = CANDIDATE
) -> Split:
    now = SINCE + timedelta(days=days)
    return split_rows(service.model, stage, CHAMPION, candidate, service.folder, now, frozen, {})


def test_a_shadow_pairs_the_errors_of_both_models(both: Service) -> None:
    # (candidate, champion, label): each combination once, by its name
    rows = [(own, other, label) for own in (0, 1) for other in (0, 1) for label in (0, 1)]
    for own, other, label in rows:
        name = f"{own}{other}{label}"
        both.log(row(name, 1, 7, other), row(name, 1.001, 8, own))
        both.label({"request": name, "churned": label})
    both.log(
        row("agree", 2, 7, 1),
        row("agree", 2, 8, 1),
        row("alone", 2, 7, 1),
        row("young", 8, 7, 1),
        row("young", 8, 8, 0),
    )
    found = look_shadow(both, 9)
    first, second = found.windows
    assert first.paired == Paired(PairedErrors(1, 1, 1, 1), PairedErrors(1, 1, 1, 1))
    assert (first.agreed, first.disagreed, first.alone) == (Coverage(5, 4), Coverage(4, 4), (0, 1))
    assert (first.closed, second.closed, second.rows, found.waiting) == (True, False, 0, 2)
    assert (found.champion, found.candidate, found.stage) == ("7", "8", "shadow")
    assert "0 rows were answered by the candidate alone, 1 by the champion alone" in found.notes[-1]
    both.label({"request": "agree", "churned": 0})
    again = look_shadow(both, 9, found.windows)
    assert replace(again.windows[0], late=0) == first
    assert again.windows[0].late == 1


def test_a_paired_error_is_the_candidates_where_only_it_is_wrong(both: Service) -> None:
    both.log(row("a", 1, 7, 0.1), row("a", 1, 8, 0.9))
    both.label({"request": "a", "churned": 0})
    assert look_shadow(both, 9).windows[0].paired == Paired(PairedErrors(candidate_only=1))
    assert look_shadow(both, 9, candidate=replace(CANDIDATE, threshold=0.95)).windows[0].paired == Paired(
        PairedErrors(neither=1)
    )


def test_a_split_counts_each_arm_with_the_share_of_its_window(both: Service) -> None:
    both.log(row("a", 1, 7, 0.9), row("b", 1, 7, 0.1), row("c", 1, 8, 0.9), row("d", 8, 8, 0.9), row("e", 8, 7, 0.9))
    both.label({"request": "a", "churned": 0}, {"request": "b", "churned": 1}, {"request": "c", "churned": 1})
    stage = replace(CANARY, ramp=Ramp(((0.0, 0.05), (7 * 86400.0, 0.5))), traffic=0.05)
    found = look_split(both, 20, stage=stage)
    assert [window.share for window in found.windows] == [0.05, 0.5, 0.5]
    first, second, _ = found.windows
    assert (first.assigned, first.candidate, first.champion) == ((1, 2), Confusion(tp=1), Confusion(fp=1, fn=1))
    assert first.covered == (Coverage(1, 1), Coverage(2, 2))
    assert second.covered == (Coverage(1, 0), Coverage(1, 0))
    (both.folder / "outcomes.jsonl").unlink()
    both.label(*({"request": name, "churned": 1} for name in "abcd"))
    again = look_split(both, 20, found.windows, stage)
    assert [window.late for window in again.windows] == [1, 1, 0]
    assert [replace(window, late=0) for window in again.windows] == list(found.windows)


def test_windows_begin_when_both_are_there_and_keep_the_steps_of_a_ramp(both: Service) -> None:
    both.log(row("a", 1, 7, 0.9), row("b", 1, 8, 0.9), row("c", 5, 8, 0.9), row("d", 6, 7, 0.1))
    early = replace(CANDIDATE, since="2026-01-02T00:00:00Z")  # three days before the champion: the next window is whole
    found = look_split(both, 9, candidate=early)
    assert (found.since, found.windows[0].assigned) == ("2026-01-09T00:00:00Z", (1, 1))
    late = replace(CANDIDATE, since="2026-01-10T12:00:00Z")
    assert look_split(both, 9, candidate=late).windows[0].assigned == (0, 1)


def test_both_models_on_one_id(both: Service) -> None:
    both.log(row("a", 1, 7, 0.9), row("a", 1, 8, 0.9))
    with pytest.raises(UserError) as wrong:
        look_split(both, 9)
    assert wrong.value.message == "logs/*.jsonl: 1 ids were answered by both models, such as 'a'"
    assert wrong.value.hint.endswith("Where both answer every row, write traffic: shadow.")


def test_a_unit_is_assigned_once(both: Service) -> None:
    both.model = make_model(version="version", unit="customer")
    both.log(row("a", 1, 7, 0.9, customer="x"), row("b", 2, 7, 0.9, customer="x"), row("c", 9, 8, 0.9, customer="x"))
    found = look_split(both, 12)
    assert [window.assigned for window in found.windows] == [(0, 1), (0, 0)]
    both.log(row("d", 3, 8, 0.9, customer="x"))
    with pytest.raises(UserError) as wrong:
        look_split(both, 12)
    assert wrong.value.message == "logs/*.jsonl: 1 units (customer) were answered by both models, such as 'x'"


def test_a_candidate_that_changes_midway_begins_anew(both: Service) -> None:
    both.log(row("a", 1, 7, 0.9), row("b", 1, 8, 0.9), row("c", 3, 9, 0.9))
    found = look_split(both, 9, candidate=replace(CANDIDATE, version="9", commit="d" * 40))
    assert found.windows[0].assigned == (1, 1)
    assert found.notes[1] == (
        "the candidate changed midway, or a third model answers: 1 rows of '8' since 2026-01-05T00:00:00Z, the last at "
        "2026-01-06T00:00:00Z: not counted, evidence is of version 9 alone"
    )
