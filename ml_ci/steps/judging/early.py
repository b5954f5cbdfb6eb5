"""What can be known to be wrong with one model before any job: its holdout, its columns, what its jobs begin with."""

from __future__ import annotations

from collections.abc import Iterator

from ml_ci.changes.globs import is_glob
from ml_ci.changes.remote import is_remote
from ml_ci.spec.values import ModelSpec, Node
from ml_ci.steps.judging.behaviours import check_behaviours
from ml_ci.steps.judging.entries import Gone, find_gone_entries
from ml_ci.steps.judging.holdout import check_holdout
from ml_ci.steps.judging.programs import find_gone_programs
from ml_ci.steps.judging.scorable import check_scorable
from ml_ci.steps.planning.own_rows import find_source
from ml_ci.steps.values import Project, Sides
from ml_ci.steps.working.workshop import open_workshop


def find_gone(project: Project, node: Node) -> Iterator[Gone]:
    """Find the functions, programs and scripts that an entry names and that are not there."""
    yield from find_gone_entries(project, node)
    yield from find_gone_programs(project, node)


def check_beforehand(project: Project, sides: Sides) -> None:
    """Hold that a model's file can be scored here, and that its holdout is what ml-ci.yaml says, where that is here.

    UserError for what the user has to correct, StageFailed for what is not to be had.
    """
    model = sides.candidate.model
    check_scorable(project, model)
    if not _is_here(project, model):
        return
    with open_workshop(project, sides) as shop:
        check_holdout(shop)
        check_behaviours(shop)


def _is_here(project: Project, model: ModelSpec) -> bool:
    """Say whether the rows that judge are on this machine; what a job leaves, or `fetch:` may bring, is read later."""
    source = find_source(model)
    if source.job is not None or is_remote(source.path):
        return False
    at = project.folder / source.path
    if at.is_file():
        return True
    return model.fetch is None and (any(project.folder.glob(source.path)) if is_glob(source.path) else at.is_dir())
