"""Whether each side has features of its own of the rows that judge: where a job makes them, and that job changed."""

from __future__ import annotations

from collections.abc import Mapping

from ml_ci.changes.values import HOLDOUT, READS, UNSEEN
from ml_ci.spec.values import FileEntry, JobSpec, ModelSpec, PartEntry
from ml_ci.steps.values import Made, Side


def find_source(model: ModelSpec) -> FileEntry:
    """Give the file of the rows that judge a model; of a part the one that it is cut out of."""
    return model.data[model.holdout.of] if isinstance(model.holdout, PartEntry) else model.holdout


def have_own_rows(candidate: Side, side: Side) -> bool:
    """Say whether a side's model is to be scored on what its own jobs make of the rows that judge.

    Where the same jobs worked on other data, both sides are scored on the candidate's rows, as with a file that
    changed; so is what ml-ci did not train, of which no job is known. What undeclared files a job reads counts once
    both were done.
    """
    if side.champion is not None and not side.champion.ours:
        return False
    if candidate.fingerprint.parts.get(HOLDOUT) == side.fingerprint.parts.get(HOLDOUT):
        return False
    ours, theirs = find_source(candidate.model), find_source(side.model)
    return _differ(candidate, ours, side, theirs)


def have_own_validation(candidate: Side, side: Side) -> bool:
    """Say the same of the rows on which thresholds are chosen."""
    ours, theirs = candidate.model.data.get("validation"), side.model.data.get("validation")
    if ours is None or theirs is None or (side.champion is not None and not side.champion.ours):
        return False
    return _differ(candidate, ours, side, theirs)


def _differ(candidate: Side, ours: FileEntry, side: Side, theirs: FileEntry) -> bool:
    if ours.job is None or theirs.job is None:
        return ours.job != theirs.job
    return ours.path != theirs.path or not _are_same_work(candidate.needs[ours.job], side.needs[theirs.job])


def _are_same_work(one: Made, other: Made) -> bool:
    """Say whether two entries differ, all that they build on included, in nothing but the files of data they read."""
    if one.fingerprint.training == other.fingerprint.training:
        return True
    if not isinstance(one.model, JobSpec) or not isinstance(other.model, JobSpec) or set(one.needs) != set(other.needs):
        return False
    mine, theirs = _list_work(one), _list_work(other)
    if UNSEEN in (mine.get(READS), theirs.get(READS)):
        mine, theirs = ({**parts, READS: UNSEEN} for parts in (mine, theirs))
    return mine == theirs and all(_are_same_work(needed, other.needs[name]) for name, needed in one.needs.items())


def _list_work(made: Made) -> Mapping[str, str]:
    """Give the parts that say how it is made, without its data and without what it builds on."""
    parts = made.fingerprint.parts
    return {part: known for part, known in parts.items() if not part.startswith(("data.", "needs."))}
