"""Key the training of a command that predicts the holdout by itself by the rows that it is given, too."""

from __future__ import annotations

from dataclasses import replace

from ml_ci.changes.values import FORETOLD, HOLDOUT
from ml_ci.digests import digest
from ml_ci.steps.planning.own_rows import find_source, have_own_rows
from ml_ci.steps.values import Side

_JOB = "job"


def foretell(candidate: Side, side: Side) -> Side:
    """Key a side's training by the candidate's holdout, where that is what its command predicts, and by its label.

    Otherwise predictions of an older holdout would be found and taken for those of today's rows. What the side's own
    commit says stays in `own`: what changed is told from it. Where its own jobs make its rows, it predicts those.
    """
    if not side.model.job.predicts or have_own_rows(candidate, side):
        return side
    parts = {**side.fingerprint.parts, HOLDOUT: candidate.fingerprint.parts[HOLDOUT]}
    if side.model.label != candidate.model.label:  # the column that is blank in what the command gets
        parts[_JOB] = digest([side.fingerprint.parts[_JOB], candidate.model.label])
    if parts == side.fingerprint.parts:
        return side
    details = side.fingerprint.details
    if find_source(candidate.model).job is not None:
        details = {**details, HOLDOUT: {**candidate.fingerprint.details[HOLDOUT], FORETOLD: True}}
    return replace(side, fingerprint=replace(side.fingerprint, parts=parts, details=details), own=side.fingerprint)


def foretell_again(candidate: Side, side: Side) -> Side:
    """Key it by what is known of the candidate's holdout by now: what a job leaves is, once that was done."""
    if side.name == "candidate" or side.champion is not None or find_source(candidate.model).job is None:
        return side
    return foretell(candidate, side if side.own is None else replace(side, fingerprint=side.own, own=None))
