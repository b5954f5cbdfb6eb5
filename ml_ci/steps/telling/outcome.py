"""Put the report together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from ml_ci.errors import NOTHING_GATED, Failure, UserError
from ml_ci.evaluation.values import Evaluation
from ml_ci.gates.values import GateResult
from ml_ci.gates.verdict import overall
from ml_ci.plan.plan import DETERMINISM, Plan
from ml_ci.records.origin import origin_of
from ml_ci.reports.rates import of_side
from ml_ci.reports.values import JobReport, ModelReport, Report, Side
from ml_ci.spec.values import FileEntry, ModelSpec
from ml_ci.steps.journal import action_of
from ml_ci.steps.planning.judged import Judged
from ml_ci.steps.planning.variables import note_unset
from ml_ci.steps.telling.asked import list_asked
from ml_ci.steps.telling.behaviours import report_behaviours
from ml_ci.steps.telling.cautions import list_cautions
from ml_ci.steps.telling.evidence import note_evidence
from ml_ci.steps.telling.folds import describe_folds, tell_folds
from ml_ci.steps.telling.numbers import report_audit, report_pictures, report_side
from ml_ci.steps.telling.ran import caution_ran, mask_ran
from ml_ci.steps.telling.report_check import report_lost
from ml_ci.steps.telling.scoring import note_scoring, say_scoring
from ml_ci.steps.telling.unsteady import note_determinism
from ml_ci.steps.values import Project, Sides
from ml_ci.suspicion.counts import suspicions
from ml_ci.suspicion.overlap import cautions as overlapping
from ml_ci.variables.masks import Mask

LOST_MODEL = "lost-model"
NO_JOBS: Mapping[str, JobReport] = {}


def report_judged(
    project: Project, sides: Sides, plan: Plan, judged: Judged, seconds: Mapping[str, float]
) -> ModelReport:
    """Report a model that was judged."""
    model, comparison, done = sides.candidate.model, judged.comparison, project.journal.deeds
    worked = action_of(done, "candidate", model.name)
    candidate = report_side(comparison.candidate, plan.candidate.training, None, worked, judged)
    baseline = None
    if comparison.baseline is not None and plan.baseline is not None:
        own = action_of(done, "baseline", model.name)
        baseline = report_side(comparison.baseline, plan.baseline.training, sides.source, own, judged)
    return ModelReport(
        verdict=judged.verdict,
        action=plan.action,
        changes=tuple(replace(change, drift=()) for change in judged.changes),
        candidate=candidate,
        baseline=baseline,
        gates=place_gates(judged.gates, model),
        seconds=seconds,
        failure=_nothing_gated(model, candidate) if judged.verdict == "unjudged" else None,
        notes=tuple(_note(project, model, judged)),
        cost=model.cost,
        paths=_paths(model),
        cautions=_list_cautions(project, sides, judged),
        overlaps=judged.overlaps,
        done=done,
        yardsticks=judged.yardsticks,
        differences=judged.differences,
        folds=describe_folds(model, comparison.candidate.confusion.rows),
        behaviours=report_behaviours(model, comparison.behaviours),
        pictures=report_pictures(judged),
        audit=report_audit(comparison.audit, model),
        scoring=say_scoring(project, model, comparison.asked),
        judgements=judged.judgements,
    )


def _note(project: Project, model: ModelSpec, judged: Judged) -> Iterator[str]:
    comparison = judged.comparison
    yield from note_evidence(model)
    yield from judged.notes
    yield from note_scoring(say_scoring(project, model, comparison.asked), comparison.candidate.confusion.rows)
    yield from _unsteady(project, model)
    yield from note_unset(project, model.name)
    yield from _of_run(project)


def _list_cautions(project: Project, sides: Sides, judged: Judged) -> tuple[str, ...]:
    model = sides.candidate.model
    return (
        *tell_folds(model, judged.comparison.candidate.confusion.rows),
        *list_cautions(project, sides),
        *overlapping(judged.overlaps),
        *judged.cautions,
        *suspicions(judged.comparison),
        *caution_ran(model, judged.ran.get("candidate", {}), judged.ran.get("baseline", {})),
    )


def report_failed(project: Project, name: str, failure: Failure, seconds: Mapping[str, float]) -> ModelReport:
    """Report a model whose result could not be had."""
    model = project.spec.models[name]
    notes = (*note_unset(project, name), *_of_run(project))
    return ModelReport(
        "error",
        "train",
        seconds=seconds,
        failure=failure,
        notes=notes,
        paths=_paths(model),
        cautions=project.judging.of_model.get(name, ()),
        done=project.journal.deeds,
    )


def _of_run(project: Project) -> tuple[str, ...]:
    return (*project.journal.notes, *project.store.notes)


def add_numbers(report: ModelReport, project: Project, name: str, own: Evaluation, record: str) -> ModelReport:
    """Give the report of a model that could not be judged, with the candidate's own numbers."""
    done, model, rows = project.journal.deeds, project.spec.models[name], own.confusion.rows
    return replace(
        report,
        candidate=report_side(own, record, None, action_of(done, "candidate", name)),
        done=done,
        cautions=(*tell_folds(model, rows), *report.cautions),
        folds=describe_folds(model, rows),
    )


def report_run(
    project: Project,
    base_commit: str | None,
    models: Mapping[str, ModelReport],
    jobs: Mapping[str, JobReport] = NO_JOBS,
    *,
    dirty: bool,
) -> Report:
    """Report the whole run: its verdict is the worst of the models' and the checks', of those the change lost too.

    `dirty` says that uncommitted changes had a part in it.
    """
    mask = Mask.of(project.options.environment)
    models = {name: _mask(model, mask) for name, model in {**models, **_report_lost(project)}.items()}
    lost = () if project.options.models else project.judging.lost_jobs
    jobs = {**jobs, **{name: report_lost(name, project.judging.ref) for name in lost}}
    gated = any(model.failure is None or model.failure.code != NOTHING_GATED for model in models.values())
    gated = gated or (not models and bool(jobs))
    verdicts = [*(one.verdict for one in models.values()), *(one.verdict for one in jobs.values())]
    return Report(
        verdict=overall(verdicts),
        commit=project.head,
        base_commit=base_commit,
        models=models,
        dirty=dirty,
        failure=None if gated else Failure("gates", NOTHING_GATED, "nothing was gated", _first_hint(models)),
        config=project.repository.prefix + project.spec.path,
        cautions=project.judging.of_run,
        origin=origin_of(project.options.environment, project.options.gates_from),
        asked=list_asked(project),
        jobs=jobs,
    )


def _mask(report: ModelReport, mask: Mask) -> ModelReport:
    """Leave what is secret out of what is said; numbers and paths say none."""
    notes, cautions = (tuple(map(mask.text, said)) for said in (report.notes, report.cautions))
    failure = None if report.failure is None else mask.failure(report.failure)
    candidate, baseline = (mask_ran(side, mask) for side in (report.candidate, report.baseline))
    return replace(report, failure=failure, notes=notes, cautions=cautions, candidate=candidate, baseline=baseline)


def _report_lost(project: Project) -> Mapping[str, ModelReport]:
    """Report the models that the base declares and the change does not, as errors, where every model is asked for."""
    judging = project.judging
    if project.options.models:
        return {}
    hint = (
        f"Declare it again under its name in {project.spec.path}. A model is removed on purpose as a gate is "
        "lowered: by whoever may merge over a red status."
    )
    return {
        name: ModelReport("error", "reuse", failure=Failure("spec", LOST_MODEL, _said_lost(name, judging.ref), hint))
        for name in judging.lost
    }


def _said_lost(name: str, ref: str | None) -> str:
    return f"`{name}` is declared on `{ref}` and no longer in this change: its gates would judge nothing"


class MistakenError(UserError):
    """Tell the user of mistakes in some of several models or checks; `report` has what was judged of the others."""

    def __init__(self, mistakes: Mapping[str, UserError], report: Report) -> None:
        name, first = next(iter(mistakes.items()))
        others = ", ".join(one for one in mistakes if one != name)
        said = f" Mistakes were found in {others}, too." if others else " The others were judged."
        super().__init__(f"{name}: {first.message}", hint=f"{first.hint}{said}".strip())
        self.report = report


def failure_of(error: UserError) -> Failure:
    """Name a mistake of the user's as what made a result impossible."""
    return Failure("spec", "user-error", error.message, error.hint)


def report_mistake(error: UserError, environment: Mapping[str, str]) -> Report:
    """Report a run that the user's mistake ended."""
    if isinstance(error, MistakenError):
        return error.report
    failure = Mask.of(environment).failure(failure_of(error))
    return Report("error", None, None, failure=failure)


def _nothing_gated(model: ModelSpec, measured: Side) -> Failure:
    """Say that no gate was judged, and which gate with a fixed limit the measured numbers propose."""
    from ml_ci.gates.proposal import propose

    found = propose([gate.condition for gate in model.gates], {**measured.metrics, **of_side(measured)})
    said = " or ".join(f"`{one.condition}` (it is {one.value:.3f} now)" for one in found) or "`fpr <= 0.05`"
    why = "No gate was judged" if model.gates else f"`{model.name}` has no gates: nothing was judged"
    hint = f"Add a gate with a fixed limit to `gates:` in ml-ci.yaml, for example {said}."
    return Failure("gates", NOTHING_GATED, why, hint)


def _first_hint(models: Mapping[str, ModelReport]) -> str:
    return next((model.failure.hint for model in models.values() if model.failure), "")


def _unsteady(project: Project, model: ModelSpec) -> Iterator[str]:
    """Say what `ml-ci doctor --determinism` found out."""
    if (project.store.root / "records" / DETERMINISM).is_dir():
        yield from note_determinism(project.store, model)


def place_gates(gates: tuple[GateResult, ...], model: ModelSpec) -> tuple[GateResult, ...]:
    """Give each gate the line that it has in the file now: a verdict that was kept knows an older file."""
    lines = {gate.text: gate.line for gate in model.gates}
    return tuple(replace(gate, line=lines.get(gate.condition)) for gate in gates)


def _paths(model: ModelSpec) -> Mapping[str, str]:
    entries = {**model.data, "holdout": model.holdout}
    paths = {f"data.{name}": entry.path for name, entry in entries.items() if isinstance(entry, FileEntry)}
    return paths | ({"params": model.params_file[0]} if model.params_file else {})
