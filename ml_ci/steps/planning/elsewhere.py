"""Find the training of a baseline's commit that was made under other versions of its environment."""

from __future__ import annotations

from dataclasses import replace

from ml_ci.changes.values import Fingerprint
from ml_ci.plan.plan import TRAININGS
from ml_ci.records.index import Known, recall
from ml_ci.steps.planning.reads import resolve_reads
from ml_ci.steps.values import Project, Side


def find_elsewhere(project: Project, side: Side) -> Side:
    """Take the training of the baseline's commit under other versions, when there is none under those here.

    Its environment takes the place of this one, so that what changed names the versions, old → new. Everything else
    that it was trained on is the same.
    """
    store = project.store
    if side.commit is None or store.has(TRAININGS, side.fingerprint.training):
        return side
    for known in recall(store, side.commit, side.model.name):
        other = resolve_reads(project, _under(side, known))
        if other.fingerprint.training == known.key and store.has(TRAININGS, known.key):
            return other
    return side


def _under(side: Side, known: Known) -> Side:
    own = None if side.own is None else _in(side.own, known)
    return replace(side, fingerprint=_in(side.fingerprint, known), own=own)


def _in(fingerprint: Fingerprint, known: Known) -> Fingerprint:
    parts = {**fingerprint.parts, "environment": known.parts.get("environment", "")}
    details = {**fingerprint.details, "environment": known.environment}
    return replace(fingerprint, parts=parts, details=details)
