"""Keep each window once it is closed: what is judged stays as it is, whatever labels come or change later.

Windows of one champion are kept in batches, one a look, each of which says where the next one begins. The first has
what they are held against, too: bins that moved would make their counts those of other bins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Generic, TypeVar

from ml_ci.digests import digest
from ml_ci.errors import UserError
from ml_ci.frozen import dataclass
from ml_ci.live.values import Candidate, Champion, Reference, ShadowWindow, SplitWindow, Window
from ml_ci.plan.plan import WINDOWS
from ml_ci.records.codec import pack, unpack_if_fit
from ml_ci.spec.values import LiveSpec, ModelSpec, Stage
from ml_ci.steps.values import Project

AnyWindow = TypeVar("AnyWindow", Window, ShadowWindow, SplitWindow)


@dataclass(frozen=True)
class Frozen(Generic[AnyWindow]):
    """The closed windows of earlier looks, the oldest first, and what they are held against: None before the first."""

    windows: tuple[AnyWindow, ...] = ()
    reference: Reference | None = None


@dataclass(frozen=True)
class Row:
    """What windows are of: a key of all that their counts depend on."""

    kind: type[Window] | type[ShadowWindow] | type[SplitWindow]
    model: str
    version: str
    parts: tuple[Any, ...]

    def key(self, begin: int) -> str:
        """Key a batch by the number of the windows before it."""
        return digest([WINDOWS, self.kind.__name__, self.model, self.version, list(self.parts), begin])


def row_of_champion(model: ModelSpec, version: str, since: str) -> Row:
    """Name the windows of a champion since its promotion; by what it decides follows from its version."""
    return Row(Window, model.name, version, (*_list_rows(model), since))


def row_of_stage(model: ModelSpec, stage: Stage, champion: Champion, candidate: Candidate) -> Row:
    """Name the windows of a candidate beside a champion."""
    kind = ShadowWindow if stage.traffic == "shadow" else SplitWindow
    sides = (champion.since, champion.version, candidate.since)
    shares = None if stage.ramp is None else [list(step) for step in stage.ramp.steps]
    return Row(kind, model.name, candidate.version, (*_list_rows(model), *sides, stage.name, stage.traffic, shares))


def find_frozen(project: Project, row: Row) -> Frozen[Any]:
    """Give the windows that earlier looks closed; UserError where another version of ml-ci did."""
    found: list[Any] = []
    reference: Reference | None = None
    while (record := project.store.find(WINDOWS, row.key(len(found)))) is not None:
        packed = record.content.get("windows")
        batch = [unpack_if_fit(row.kind, one) for one in packed] if isinstance(packed, list) else []
        known = record.content.get("reference")
        reference = reference if known is None else unpack_if_fit(Reference, known)
        if not batch or None in batch or (known is not None and reference is None):
            hint = f"Look with that version, or remove {record.folder}: its windows are counted anew then."
            raise UserError(f"the windows of {row.model} were kept by another version of ml-ci", hint=hint)
        found += batch
    return Frozen(tuple(found), reference)


def freeze(
    project: Project,
    row: Row,
    frozen: Frozen[AnyWindow],
    windows: Sequence[AnyWindow],
    reference: Reference | None = None,
) -> None:
    """Keep the windows that closed since the look that `frozen` is of; the first time with their reference."""
    begin = len(frozen.windows)
    new = [window for window in windows[begin:] if window.closed]
    if not new:
        return
    content = {"model": row.model, "version": row.version, "windows": [pack(window) for window in new]}
    if begin == 0 and reference is not None:
        content["reference"] = pack(reference)
    with project.store.draft() as draft:
        project.store.keep(draft, WINDOWS, row.key(begin), content)


def _list_rows(model: ModelSpec) -> tuple[Any, ...]:
    """Say which rows are counted, and how."""
    assert model.live is not None, "only a model with `live:` is looked at"  # noqa: S101
    return (model.label, asdict(model.positive), list_counted(model.live))


def list_counted(live: LiveSpec) -> dict[str, Any]:
    """Give what of `live:` says how rows are counted; gates, drift and alarms judge what was counted."""
    return {name: value for name, value in asdict(live).items() if name in _COUNTED}


_COUNTED = ("predictions", "labels", "id", "time", "version", "delay", "window", "unit", "weight")
