"""Compare the models of two commits, or of two registered versions, on today's holdout by today's gates."""

from __future__ import annotations

from dataclasses import replace

from ml_ci.errors import StageFailed, UserError
from ml_ci.gates.differences import find_differences
from ml_ci.gates.verdict import of_gates
from ml_ci.plan.plan import largest
from ml_ci.reports.values import ModelReport, Report
from ml_ci.spec.values import ModelSpec
from ml_ci.steps.causes.beside import Beside, put_beside
from ml_ci.steps.journal import Journal
from ml_ci.steps.judging.judge import make_policy
from ml_ci.steps.lineage.registered import Registered
from ml_ci.steps.opening.project import select_models
from ml_ci.steps.planning.judged import Judged
from ml_ci.steps.planning.sides import Fingerprints
from ml_ci.steps.telling.describe import describe_between
from ml_ci.steps.telling.numbers import report_audit, report_pictures, report_side
from ml_ci.steps.telling.outcome import place_gates, report_failed, report_run
from ml_ci.steps.telling.scoring import say_scoring
from ml_ci.steps.values import Project

_HOW = (
    "Compared as they were, on today's holdout and by today's gates: nothing is noted as a look at the holdout, and "
    "behaviours were not asked."
)


def compare_refs(project: Project, old: str, new: str) -> Report:
    """Report the models of `new` beside those of `old`: commits, or registered versions such as `churn@3`.

    What a record answers is neither trained nor scored again. UserError for what names neither, and for a version whose
    commit does not say what it was made of.
    """
    named = {ref: _find_model(project, ref) for ref in (old, new)}
    models = {name for name in named.values() if name is not None}
    if len(models) > 1:
        raise UserError(f"{old} and {new} are two models", hint="Compare two versions of one model.")
    before, after = (_find_commit(project, ref, named[ref]) for ref in (old, new))
    fingerprints = Fingerprints(project)
    found = {
        name: _compare(replace(project, journal=Journal()), fingerprints, name, (before, after), old)
        for name in select_models(project)
        if not models or name in models
    }
    report = report_run(project, before, found, dirty=False)
    return replace(report, commit=after)


def _find_model(project: Project, ref: str) -> str | None:
    """Name the model of a registered version; None of what git knows, and of what names no model."""
    name, at, _ = ref.partition("@")
    return name if at and name in project.spec.models and project.repository.commit(ref) is None else None


def _find_commit(project: Project, ref: str, model: str | None) -> str:
    if model is not None:
        return _find_version(project, ref)
    found = project.repository.commit(ref)
    if found is None:
        hint = "Fetch it, or name another; a registered version is named as MODEL@3."
        raise UserError(f"--compare {ref} names no commit here", hint=hint)
    return found


def _find_version(project: Project, ref: str) -> str:
    opened = Registered.open(project.options)
    version = opened.version(ref)
    made = opened.lineage(version).made
    if version.commit is None or not made:
        raise UserError(f"{ref} was not promoted by ml-ci: nobody knows which commit it is of", hint="Name a commit.")
    if made.get("dirty"):
        hint = "Name a commit that has its changes."
        raise UserError(f"{ref} was made with changes that are in no commit: it cannot be compared", hint=hint)
    found = project.repository.commit(version.commit)
    if found is None:
        raise UserError(f"the commit {version.commit[:7]} of {ref} is not here", hint="Fetch it: git fetch --unshallow")
    return found


def _compare(
    project: Project, fingerprints: Fingerprints, name: str, commits: tuple[str, str], source: str
) -> ModelReport:
    try:
        found = put_beside(project, fingerprints, name, commits[1], commits[0], alike=True)
    except StageFailed as error:
        return report_failed(project, name, error.failure, {})
    return _report(project, project.spec.models[name], found, f"{source} ({commits[0][:7]})")


def _report(project: Project, model: ModelSpec, found: Beside, source: str) -> ModelReport:
    comparison, plan = found.comparison, found.plan
    changes = describe_between(project, found.old, found.new)
    judged = Judged(comparison, found.gates, changes)
    baseline = None
    if comparison.baseline is not None and plan.baseline is not None:
        baseline = report_side(comparison.baseline, plan.baseline.training, source, None, judged)
    actions = [deed.kind for deed in project.journal.deeds]
    return ModelReport(
        verdict=of_gates(found.gates),
        action=largest(["train" if "train" in actions else "evaluate" if "score" in actions else "reuse"]),
        changes=tuple(replace(change, drift=()) for change in changes),
        candidate=report_side(comparison.candidate, plan.candidate.training, None, None, judged),
        baseline=baseline,
        gates=place_gates(found.gates, model),
        notes=(_HOW,),
        cost=model.cost,
        done=project.journal.deeds,
        differences=find_differences(found.case, make_policy(model)),
        pictures=report_pictures(judged),
        audit=report_audit(comparison.audit, model),
        scoring=say_scoring(project, model, comparison.asked),
    )
