"""Say what a champion's errors cost on live rows, from the windows that looks have closed, and what it was worth."""

from __future__ import annotations

from ml_ci.errors import UserError
from ml_ci.registry.history import History
from ml_ci.registry.values import CHAMPION, Event
from ml_ci.reports.live.values import ModelWatch
from ml_ci.reports.live.words import cost
from ml_ci.reports.live.worth import say_worth
from ml_ci.steps.values import Project
from ml_ci.steps.watching.freeze import find_frozen, row_of_champion


def say_impact(project: Project, event: Event) -> tuple[str, ...]:
    """Say what a move of the champion was worth, and what its errors cost since on rows that looks have counted."""
    worth = () if event.worth is None else (say_worth(event.version, event.worth),)
    return (*worth, *filter(None, [_say_cost(project, event)]))


def say_impacts(project: Project, history: History) -> dict[str, str]:
    """Say by version what the errors of each champion cost on live rows; none of those that nobody looked at."""
    told = {stay.event.version: _say_cost(project, stay.event) for stay in reversed(history.stays)}
    return {version: said for version, said in told.items() if said}


def _say_cost(project: Project, event: Event) -> str:
    model = project.spec.models.get(event.model)
    if model is None or model.live is None or model.cost is None or event.stage != CHAMPION:
        return ""
    try:
        frozen = find_frozen(project, row_of_champion(model, event.version, event.time))
    except UserError as error:  # the history is told all the same
        return f"v{event.version} on live rows: not known, {error.message}"
    said = cost(ModelWatch("pass", windows=frozen.windows, cost=model.cost))
    return f"v{event.version} on live rows: {said[:1].lower()}{said[1:]}" if said else ""
