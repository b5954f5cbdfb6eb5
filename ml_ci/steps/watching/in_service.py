"""The model that answers in production: the champion, or the model of a commit that a person names."""

from __future__ import annotations

from ml_ci.errors import Failure, StageFailed
from ml_ci.steps.planning.sides import Fingerprints
from ml_ci.steps.values import Project, Side, Sides


def find_in_service(project: Project, name: str) -> tuple[Sides, Side]:
    """Give the sides of a model, and which of them is in service: the baseline that the options ask for.

    StageFailed where there is none: the registry does not answer, has no champion, or the commit does not declare it.
    """
    sides = Fingerprints(project).sides(name)
    if sides.baseline is None:
        message = f"no model of `{name}` is in service: {sides.no_baseline or 'there is none'}"
        hint = f"Promote one: ml-ci promote {name}; or name a commit: --baseline REF."
        raise StageFailed(Failure("registry", NO_CHAMPION, message, hint))
    return sides, sides.baseline


NO_CHAMPION = "no-champion"


def name_side(sides: Sides) -> str:
    """Name the model in service: `champion v3`, or its commit."""
    side = sides.baseline
    if side is not None and side.champion is not None:
        return f"champion v{side.champion.version}"
    return f"the model of {sides.base_commit[:7]}" if sides.base_commit else "the model"
