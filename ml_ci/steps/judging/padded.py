"""Say where texts of the rows that a model scores have white space around them, which its program may have stripped."""

from __future__ import annotations

from collections.abc import Iterator

from ml_ci.changes.words import join_lines
from ml_ci.spec.values import CommandJob
from ml_ci.steps.working.workshop import Workshop
from ml_ci.tables.padding import find_padded

_MOST = 4


def note_padded(shop: Workshop) -> Iterator[str]:
    """Name the columns whose texts `predict:` gets with white space: a program that stripped it knows none of them.

    The model of a command is meant, which is scored beside its program. What a function is given has been stripped.
    """
    model = shop.sides.candidate.model
    if not isinstance(model.job, CommandJob) or model.job.predicts:
        return
    names = [name for name in find_padded(shop.holdout) if name != model.label.strip()]
    if names:
        yield (
            f"Texts of {shop.holdout.shown} have white space around them ({join_lines(names, _MOST)}), and the model "
            "is asked about them as they stand: a program that strips it when it reads (`skipinitialspace=True`, "
            "`.str.strip()`) has to strip it in `predict:` too, or the model knows none of these values."
        )
