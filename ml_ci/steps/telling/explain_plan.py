"""Tell what a run would do for one model."""

from __future__ import annotations

from collections.abc import Iterator

from ml_ci.changes.values import Change
from ml_ci.errors import StageFailed
from ml_ci.plan.plan import TRAININGS, Plan
from ml_ci.plan.values import ModelPlan
from ml_ci.steps.planning.changed_reads import list_reads
from ml_ci.steps.planning.decide import find_verdict, plan_work
from ml_ci.steps.planning.failures import find_lasting_failure
from ml_ci.steps.planning.judged import Judged
from ml_ci.steps.planning.resources import say_resources
from ml_ci.steps.planning.sides import Fingerprints
from ml_ci.steps.planning.variables import note_unset
from ml_ci.steps.telling.cautions import list_cautions
from ml_ci.steps.telling.evidence import note_evidence
from ml_ci.steps.telling.folds import tell_folds
from ml_ci.steps.telling.prices import foresee_asking, say_asking
from ml_ci.steps.telling.ran import caution_ran
from ml_ci.steps.values import Made, Project, Sides
from ml_ci.suspicion.counts import suspicions
from ml_ci.suspicion.overlap import cautions as overlapping

_NO_RESULT = "nothing that is declared changed, and the store has no result of this model yet"


def explain_plan(project: Project, fingerprints: Fingerprints, name: str) -> ModelPlan:
    """Give the plan of one model with its reasons; a baseline that cannot be had is a reason too."""
    try:
        sides = fingerprints.sides(name)
    except StageFailed as error:
        hints = (error.failure.hint,) if error.failure.hint else ()
        told_of = (*project.judging.of_run, *project.judging.of_model.get(name, ()))
        return ModelPlan("train", (Change("baseline", error.failure.message),), "", 0, hints, told_of)
    plan = plan_work(project, sides)
    verdict = find_verdict(project, plan)
    reasons = _reasons(project, sides, plan, verdict)
    failure = find_lasting_failure(project, sides.candidate)
    known = () if failure is None else (f"{failure.message}. {failure.hint}",)
    warned = sides.candidate.fingerprint.warnings
    asking = foresee_asking(project, sides)
    odd, unlike = _beforehand(project, sides) if verdict is None else (_list_known(sides, verdict), ())
    notes = (
        *known,
        *warned,
        *note_evidence(sides.candidate.model),
        *unlike,
        *note_unset(project, name),
        *say_resources(project, sides.candidate.model),
        *say_asking(asking),
        *_upstream(project, sides, plan),
        *project.store.notes,
    )
    source = "" if sides.baseline is None else sides.source
    trainings, read = plan.trainings if failure is None else 0, list_reads(project, sides)
    folds = tell_folds(sides.candidate.model, trainings=trainings)
    said = (*project.judging.of_run, *folds, *list_cautions(project, sides), *odd)
    asked = sides.candidate.model.resources
    return ModelPlan(plan.action, reasons, source, trainings, tuple(dict.fromkeys(notes)), said, read, asked, asking)


def _list_known(sides: Sides, verdict: Judged) -> tuple[str, ...]:
    ran = caution_ran(sides.candidate.model, *(verdict.ran.get(side, {}) for side in ("candidate", "baseline")))
    return (*overlapping(verdict.overlaps), *verdict.cautions, *suspicions(verdict.comparison), *ran)


def _beforehand(project: Project, sides: Sides) -> tuple[tuple[str, ...], tuple[str, ...]]:
    from ml_ci.steps.judging.beforehand import look_beforehand

    return look_beforehand(project, sides)


def _reasons(project: Project, sides: Sides, plan: Plan, verdict: Judged | None) -> tuple[Change, ...]:
    if verdict is not None:
        return verdict.changes  # what changed was described when it was judged
    from ml_ci.steps.telling.describe import describe_changes

    changes = describe_changes(project, sides)
    if plan.action != "reuse" and not changes:
        return (Change("records", _NO_RESULT),)
    return changes


def _upstream(project: Project, sides: Sides, plan: Plan) -> Iterator[str]:
    """Name the models that have to be trained before this one, though nobody asks for their verdict."""
    asked = project.options.models
    actions = ((sides.candidate, plan.candidate_action), (sides.baseline, plan.baseline_action))
    for side, action in actions:
        for name in dict.fromkeys(_find_untrained(project, side)) if side and action == "train" else ():
            if asked and name not in asked:
                yield f"`{name}`, which it needs, is trained first"


def _find_untrained(project: Project, side: Made) -> Iterator[str]:
    for name, needed in side.needs.items():
        yield from _find_untrained(project, needed)
        if not project.store.has(TRAININGS, needed.fingerprint.training):
            yield name
