"""Say before anything is trained where the holdout's file and a training table differ in type or order of columns."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from ml_ci.changes.remote import is_remote
from ml_ci.changes.words import join_lines
from ml_ci.errors import UserError
from ml_ci.spec.values import FileEntry
from ml_ci.steps.working.workshop import Workshop
from ml_ci.tables.kinds import Kind, kinds

_MOST = 6


def note_unlike(shop: Workshop) -> Iterator[str]:
    """Name the columns that pandas reads as one type in the holdout's file and as another in a table of `data:`.

    Rows of a part are typed as the whole table, and differ in nothing.
    """
    model = shop.sides.candidate.model
    if not isinstance(model.holdout, FileEntry) or not model.data:
        return
    tables = {entry.path: (at, entry) for name, entry in model.data.items() if (at := _find(shop, name, entry))}
    with contextlib.suppress(UserError):
        own = kinds(shop.holdout.path, model.holdout.columns, shop.holdout.shown, shop.holdout.layout)
        for path, (at, entry) in tables.items():
            with contextlib.suppress(UserError):
                other = kinds(at, entry.columns, path)
                # a table without the label is none that the model is trained on as it stands
                if path != model.holdout.path and model.label.strip() in other:
                    yield from _said(own, other, model.holdout.path, path, model.label.strip())


def _find(shop: Workshop, name: str, entry: FileEntry) -> Path | None:
    """Find an entry's file; what a job leaves, where the rows that judge are its own too and so are there already."""
    if entry.job is not None:
        holdout = shop.sides.candidate.model.holdout
        made = isinstance(holdout, FileEntry) and holdout.job == entry.job
        at = shop.bring(name, entry) if made else None
    else:
        at = None if is_remote(entry.path) else shop.project.folder / entry.path
    return at if at is not None and at.is_file() else None


def _said(own: Mapping[str, Kind], other: Mapping[str, Kind], shown: str, path: str, label: str) -> Iterator[str]:
    common = [name for name in own if name in other and name != label]
    differ = [name for name in common if own[name].name != other[name].name]
    if differ:
        named = [f"`{name}` is {own[name].shown} in the one and {other[name].shown} in the other" for name in differ]
        yield (
            f"{shown} and {path} differ in the types that pandas reads: {join_lines(named, _MOST)}. What a model "
            "learned of one type it may not know in the other: write the column alike in both, or give its type when "
            "reading."
        )
    there = [name for name in other if name in common]
    if common != there:
        place = next(place for place, name in enumerate(common) if name != there[place])
        yield (
            f"The columns of {shown} stand in another order than those of {path}: `{common[place]}` stands where "
            f"`{there[place]}` does there. A model that knows its columns by their place (fitted on `.to_numpy()`) "
            "takes one for the other: write both files in one order."
        )
