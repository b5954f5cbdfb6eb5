"""Look at all models before the first job of any of them starts: one that is wrong is told then, not after the others.

What a job has yet to make is looked at when it is there, and what only a job can tell is told by the job.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field

from ml_ci.errors import StageFailed, UserError
from ml_ci.frozen import dataclass
from ml_ci.plan.plan import COMPARISONS, Plan
from ml_ci.steps.clock import Clock
from ml_ci.steps.planning.decide import find_verdict, plan_work
from ml_ci.steps.planning.judged import Judged
from ml_ci.steps.planning.sides import Fingerprints
from ml_ci.steps.values import Project, Sides


@dataclass(frozen=True)
class Known:
    """A model that a verdict on record answers, with the clock that it was found by."""

    sides: Sides
    plan: Plan
    verdict: Judged
    clock: Clock


@dataclass
class Ahead:
    """What was seen of several models before any job of theirs.

    `mistakes` are the user's, by model. `doubtful` name what seems not to be there: their jobs, which decide it, come
    first. `known` are the models that a verdict answers.
    """

    mistakes: dict[str, UserError] = field(default_factory=dict)
    doubtful: list[str] = field(default_factory=list)
    known: dict[str, Known] = field(default_factory=dict)

    def sort(self, names: Iterable[str]) -> tuple[str, ...]:
        """Give names with the doubtful ones first."""
        return tuple(sorted(names, key=lambda name: name not in self.doubtful))


def look_ahead(project: Project, fingerprints: Fingerprints, models: Iterable[str]) -> Ahead:
    """Look at the models in turn; what is wrong is said at once."""
    found = Ahead()
    for name in models:
        clock = Clock()
        try:
            with clock("plan"):
                sides = fingerprints.sides(name)
                plan = plan_work(project, sides)
                verdict = find_verdict(project, plan)
            if verdict is not None:
                found.known[name] = Known(sides, plan, verdict, clock)
                continue
            _look(project, found, sides, plan)
            project.slots.foresee()  # what does jobs gets ready while the others are looked at
        except UserError as error:
            found.mistakes[name] = error
            project.options.progress.note(name, f"a mistake, seen before any job: {error.message}")
        except StageFailed:
            continue  # it is told when its turn comes, with all that is known of it
    return found


def _look(project: Project, found: Ahead, sides: Sides, plan: Plan) -> None:
    # Where a verdict answers for every model, nobody waits for what reads tables.
    from ml_ci.steps.judging.early import check_beforehand, find_gone

    name = sides.candidate.model.name
    nodes = [project.spec.nodes[one] for one in (name, *sorted(project.spec.find_upstream(name)))]
    doubts = dict.fromkeys(gone for node in nodes for gone in find_gone(project, node))
    for one in doubts:
        project.options.progress.note(name, f"seen before any job: {one.message}. {one.hint}")
    if doubts:
        found.doubtful.append(name)
    if not project.store.has(COMPARISONS, plan.comparison):
        check_beforehand(project, sides)
