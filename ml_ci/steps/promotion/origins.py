"""Where the records were made that a promotion rests on: on the default branch, only what its own runs made counts."""

from __future__ import annotations

from dataclasses import replace

from ml_ci.records.origin import Beliefs
from ml_ci.records.record import Record
from ml_ci.registry.values import RefusedError
from ml_ci.steps.opening.believed import find_beliefs
from ml_ci.steps.values import Project

RUN = "Judge it here first: ml-ci run --baseline champion"


def seeing_all(project: Project) -> Project:
    """Give the project with a store that finds foreign records too: they are refused by name, and not just missing."""
    return replace(project, store=replace(project.store, beliefs=Beliefs(project.store.beliefs.here)))


def check_origins(project: Project, name: str, record: Record | None) -> None:
    """Refuse what a promotion of a model would rest on where the default branch's runs did not make it.

    Nobody may allow it: judged again it costs a run, and believed it would be whatever somebody wrote.
    """
    if record is None:
        return
    if why := find_beliefs(project.repository, project.options.environment).foreign(record.origin):
        what = record.kind.removesuffix("s") if record.kind != "predictions" else "record of the predictions"
        raise RefusedError(f"the {what} of `{name}` was {why}", hint=RUN)
