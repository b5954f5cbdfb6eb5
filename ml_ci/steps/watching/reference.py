"""Read what live rows are held against: the holdout's columns, and what the champion said of its rows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ml_ci.errors import StageFailed, UserError
from ml_ci.evaluation.scores import FILE, load
from ml_ci.live.bins import read_reference
from ml_ci.live.values import Reference
from ml_ci.registry.registry import Registry
from ml_ci.registry.values import NoAnswerError, Version
from ml_ci.steps.planning.own_rows import find_source
from ml_ci.steps.planning.sides import Fingerprints
from ml_ci.steps.values import Project, Side, Sides
from ml_ci.steps.watching.in_use import InUse
from ml_ci.steps.working.workshop import open_workshop

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_OTHER = "the holdout is another than the one that it was judged on"
_MADE = "a job makes it"


def find_reference(project: Project, registry: Registry, in_use: InUse) -> tuple[Reference, str]:
    """Give the reference, and why the columns of the holdout are not in it; "" where they are.

    Live rows are held against what the champion was judged on, and no other: today's holdout, where that is it.
    """
    version, model = in_use.version, project.spec.models[in_use.version.model]
    with project.store.workplace() as work:
        scores = _read_scores(registry, version, work)
    try:
        candidate = Fingerprints(project).candidate(version.model)
        why = _refuse(candidate, version)
        if why:
            return read_reference(model, None, scores, in_use.champion.holdout), why
        with open_workshop(project, Sides(candidate, None, None, "none")) as shop:
            return read_reference(model, shop.holdout, scores, in_use.champion.holdout), ""
    except (StageFailed, UserError) as error:
        said = error.failure.message if isinstance(error, StageFailed) else error.message
        return read_reference(model, None, scores, in_use.champion.holdout), said


def _refuse(candidate: Side, version: Version) -> str:
    """Say why today's holdout cannot be held against live rows; "" where it can."""
    if find_source(candidate.model).job is not None:
        return _MADE
    here, there = candidate.fingerprint.parts.get("data.holdout"), version.fingerprint()[0].get("data.holdout")
    return "" if here == there else _OTHER


def _read_scores(registry: Registry, version: Version, work: Path) -> NDArray[np.float64] | None:
    """Read what the champion said of its holdout's rows; None of labels, and where the registry has it no more."""
    try:
        folder = registry.download(version, "predictions", work)
        return load(folder / FILE).score
    except (NoAnswerError, UserError, OSError):
        return None
