"""The graph of a plan: what builds on what, and what would be done; as lines for a terminal, and as a picture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ml_ci.plan.graph import below, in_order
from ml_ci.plan.values import JobPlan, ModelPlan, Plans
from ml_ci.reports.lineage_boxes import Box, Line, Picture
from ml_ci.reports.text import label

_WIDTH = 190.0
# What is left as it is stands back; what takes work is coloured.
_KINDS = {"reuse": "input", "evaluate": "step", "train": "model", "run": "model", "after promotion": "step"}
_MOST_REASONS = 2


def draw_lines(plans: Plans) -> Iterator[str]:
    """Draw what builds on what as a tree, a line each; what stands in two places is drawn whole in the first.

    Nothing where nothing builds on anything.
    """
    if not any(plans.needs.values()):
        return
    users: Mapping[str, list[str]] = {
        name: [one for one in plans.needs if name in plans.needs[one]] for name in plans.needs
    }
    drawn: set[str] = set()
    for name in in_order(plans.needs, plans.needs):
        if not plans.needs[name]:
            yield from _draw(name, plans, users, drawn, "", "")


def _draw(
    name: str, plans: Plans, users: Mapping[str, list[str]], drawn: set[str], first: str, rest: str
) -> Iterator[str]:
    again = name in drawn and bool(users[name])
    yield f"{first}{label(name, 60)} ({_plan(plans, name).action}){' …' if again else ''}"
    if again:
        return
    drawn.add(name)
    for one in users[name]:
        last = one == users[name][-1]
        yield from _draw(one, plans, users, drawn, f"{rest}{'└' if last else '├'}─ ", f"{rest}{' ' if last else '│'}  ")


def draw_picture(plans: Plans) -> Picture:
    """Put the picture of a plan together: a column for each step away from what builds on nothing."""
    order = in_order(plans.needs, plans.needs)
    columns: dict[str, int] = {}
    for name in order:
        columns[name] = max((columns[one] + 1 for one in below(name, plans.needs) if one in columns), default=0)
    ids = {name: f"n{number}" for number, name in enumerate(order)}
    boxes = tuple(_box(ids[name], columns[name], name, plans) for name in order)
    arrows = tuple((ids[one], ids[name]) for name in order for one in plans.needs[name])
    return Picture("What a run would do", boxes, arrows, (_WIDTH,) * (max(columns.values(), default=0) + 1))


def _box(number: str, column: int, name: str, plans: Plans) -> Box:
    plan = _plan(plans, name)
    kind = "job" if name in plans.jobs else "model"
    changed = tuple(Line(f"{one.part}: {one.summary}") for one in plan.changes[:_MOST_REASONS])
    reasons = changed if plan.action != "reuse" else ()
    return Box(number, column, name, (Line(f"{kind}: {plan.action}"), *reasons), _KINDS[plan.action])


def _plan(plans: Plans, name: str) -> ModelPlan | JobPlan:
    return plans.jobs[name] if name in plans.jobs else plans.models[name]
