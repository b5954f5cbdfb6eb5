"""Pass over a base that does not train: compare with its nearest ancestor that has a record, or with nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ml_ci.repository.git import GitError
from ml_ci.repository.history import ancestors
from ml_ci.steps.planning.failures import find_lasting_failure
from ml_ci.steps.values import Broken, Project, Side, Sides

# Beyond this a model is too old to say much of a change.
_MOST = 50
_CHAMPION = "champion"


def pass_over(project: Project, sides: Sides, recorded: Callable[[str, str], Side | None]) -> Sides:
    """Give the sides as they are, or without a base that is known not to train.

    `recorded` gives a model as a commit has it, where its training is on record.
    """
    base = sides.baseline
    if base is None or base.commit is None or sides.source.partition(" ")[0] == _CHAMPION:
        return sides
    failure = find_lasting_failure(project, base)
    if failure is None:
        return sides
    broken, name = Broken(base, failure), sides.candidate.model.name
    for commit in _before(project, base.commit):
        found = recorded(name, commit)
        if found is not None:
            source = f"ancestor of {broken.named}, which does not train: {commit[:7]}"
            return Sides(sides.candidate, found, commit, source, broken=broken, base=found.model)
    why = f"the base {broken.named} does not train"
    return Sides(sides.candidate, None, sides.base_commit, sides.source, why, broken)


def _before(project: Project, commit: str) -> Iterator[str]:
    try:
        yield from ancestors(project.repository, commit, _MOST)
    except GitError:
        return  # the history ends here: a shallow clone


def say_passed_over(sides: Sides) -> Iterator[str]:
    """Say first of all that the base does not train, and with what the change is compared instead."""
    broken = sides.broken
    if broken is None:
        return
    if sides.baseline is None:
        instead = "No ancestor of it is on record: gates relative to the baseline are not judged."
    else:
        nearest = str(sides.base_commit)[:7]
        instead = f"Gates relative to the baseline are judged against its nearest ancestor on record, {nearest}."
    yield f"The base {broken.named} does not train: {broken.failure.message.rstrip('.')}. {instead}"
