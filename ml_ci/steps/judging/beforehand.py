"""Say what makes a person suspicious of the tables themselves, before anything is trained on them."""

from __future__ import annotations

import contextlib

from ml_ci.changes.remote import is_remote
from ml_ci.errors import StageFailed, UserError
from ml_ci.spec.values import PartEntry
from ml_ci.steps.judging.overlaps import find_overlaps
from ml_ci.steps.judging.padded import note_padded
from ml_ci.steps.judging.unlike import note_unlike
from ml_ci.steps.values import Project, Sides
from ml_ci.steps.working.workshop import open_workshop
from ml_ci.suspicion.overlap import cautions


def look_beforehand(project: Project, sides: Sides) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Warn of rows of the holdout that are trained on, and note columns that two files or two readers see otherwise.

    Nothing where the holdout is not on this machine, or a job leaves it; of what cannot be read other checks tell.
    """
    model = sides.candidate.model
    source = model.data[model.holdout.of] if isinstance(model.holdout, PartEntry) else model.holdout
    if source.job is not None or is_remote(source.path) or not (project.folder / source.path).is_file():
        return (), ()
    with open_workshop(project, sides) as shop:
        notes: tuple[str, ...] = ()
        with contextlib.suppress(StageFailed, UserError):
            notes = (*note_unlike(shop), *note_padded(shop))
        return tuple(cautions(find_overlaps(shop))), notes
