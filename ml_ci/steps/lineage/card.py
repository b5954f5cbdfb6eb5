"""Collect what a model card says of a registered version."""

from __future__ import annotations

from datetime import datetime

from ml_ci.errors import UserError
from ml_ci.registry.history import history
from ml_ci.registry.values import CHAMPION
from ml_ci.reports.as_json import loads
from ml_ci.reports.card import Facts, card
from ml_ci.reports.card_values import Card, Importance
from ml_ci.spec.values import Card as Said
from ml_ci.steps.lineage.classes import count_classes
from ml_ci.steps.lineage.importance import measure_importance
from ml_ci.steps.lineage.registered import Registered
from ml_ci.steps.values import Options
from ml_ci.steps.watching.impact import say_impact


def make_card(options: Options, name: str, now: datetime, *, relied: bool = True) -> Card:
    """Make the card of `MODEL[@VERSION]`, as it was judged when it was promoted.

    `relied` has the model score shuffled rows of the holdout. Use and owner are today's, from ml-ci.yaml.
    UserError for a version that ml-ci did not promote.
    """
    opened = Registered.open(options)
    version = opened.version(name)
    lineage = opened.lineage(version)
    if not lineage.made:
        raise UserError(f"{version.named} of {version.model} was not judged by ml-ci: there is nothing to say of it")
    with opened.project.store.workplace() as work:
        report = loads(opened.registry.download(version, "report.json", work).read_bytes())
        counted = count_classes(opened.project, version.model, lineage.made, work)
    declared = opened.project.spec.models.get(version.model)
    moves = [event for event in lineage.moves if event.stage == CHAMPION]
    impact = say_impact(opened.project, moves[-1]) if moves else ()
    return card(
        Facts(
            lineage=lineage,
            model=report.models[version.model],
            said=Said() if declared is None else declared.card,
            history=history(opened.registry, version.model, now),
            relied=measure_importance(opened.project, version) if relied else Importance(why="it was not asked for"),
            classes=counted,
            impact=impact,
        )
    )
