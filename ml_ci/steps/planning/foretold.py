"""Key the training of a command that predicts the holdout by itself by the rows that it is given, too."""

from __future__ import annotations

from dataclasses import replace

from ml_ci.digests import digest
from ml_ci.steps.values import Side

_HOLDOUT, _JOB = "data.holdout", "job"


def foretell(candidate: Side, side: Side) -> Side:
    """Key a side's training by the candidate's holdout, where that is what its command predicts, and by its label.

    Otherwise predictions of an older holdout would be found and taken for those of today's rows. What the side's own
    commit says stays in `own`: what changed is told from it.
    """
    if not side.model.job.predicts:
        return side
    parts = {**side.fingerprint.parts, _HOLDOUT: candidate.fingerprint.parts[_HOLDOUT]}
    if side.model.label != candidate.model.label:  # the column that is blank in what the command gets
        parts[_JOB] = digest([side.fingerprint.parts[_JOB], candidate.model.label])
    if parts == side.fingerprint.parts:
        return side
    return replace(side, fingerprint=replace(side.fingerprint, parts=parts), own=side.fingerprint)
