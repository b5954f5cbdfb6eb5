"""Look at the live rows of one model's champion, and say how good it still is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from ml_ci.errors import Failure, StageFailed, UserError
from ml_ci.gates.live.values import LiveJudgement
from ml_ci.gates.values import Verdict
from ml_ci.gates.verdict import overall
from ml_ci.live.values import Watched
from ml_ci.records.origin import origin_of
from ml_ci.registry.registry import Registry
from ml_ci.reports.live.values import ModelWatch, WatchReport
from ml_ci.spec.values import ModelSpec
from ml_ci.steps.values import Project
from ml_ci.steps.watching.freeze import find_frozen, freeze, row_of_champion
from ml_ci.steps.watching.in_use import NO_CHAMPION, InUse, find_in_use
from ml_ci.variables.masks import Mask


def select_watched(project: Project) -> tuple[str, ...]:
    """Give the models that are looked at: those asked for, or all with `live:`; UserError names one without."""
    asked = project.options.models
    for name in asked:
        if name not in project.spec.models or project.spec.models[name].live is None:
            hint = "Say where its live rows are: `live: {predictions: …, labels: …, id: …, time: …}`; see docs/live.md."
            raise UserError(f"`{name}` has no `live:` in {project.spec.path}", hint=hint)
    declared = [name for name, model in project.spec.models.items() if model.live is not None]
    return tuple(name for name in declared if not asked or name in asked)


def look(project: Project, registry: Registry, name: str, now: datetime) -> ModelWatch:
    """Look at one model; what keeps it from being looked at is told in the report, and no pass.

    NoAnswerError when the registry does not answer: then nothing is known of any model.
    """
    model = project.spec.models[name]
    found = ModelWatch("error", cost=model.cost)
    try:
        in_use = find_in_use(project, registry, name, now)
        found = _begin(model, in_use)
        watched = read_windows(project, registry, model, in_use, now)
    except StageFailed as error:
        verdict: Verdict = "unjudged" if error.failure.code == NO_CHAMPION else "error"
        return replace(found, verdict=verdict, failure=_mask(project).failure(error.failure))
    except UserError as error:
        failure = Failure("live", "rows", error.message, error.hint)
        return replace(found, failure=_mask(project).failure(failure))
    # As for `pipeline.work`: numpy is waited for where there are rows to judge.
    from ml_ci.gates.live.windows import judge_windows

    return _report(found, watched, judge_windows(model, watched))


def read_windows(project: Project, registry: Registry, model: ModelSpec, in_use: InUse, now: datetime) -> Watched:
    """Count the windows of a champion, and freeze those that closed; UserError where its rows cannot be read."""
    # As above: DuckDB is waited for where there are rows to count.
    from ml_ci.live.watching import watch_rows
    from ml_ci.steps.watching.reference import find_reference

    champion = in_use.champion
    row = row_of_champion(model, champion.version, champion.since)
    frozen = find_frozen(project, row)
    reference, why = (frozen.reference, "") if frozen.reference else find_reference(project, registry, in_use)
    environment = project.options.environment
    watched = watch_rows(model, champion, reference, project.folder, now, frozen.windows, environment)
    freeze(project, row, frozen, watched.windows, watched.reference)
    if why:
        note = f"No column of the live rows is held against the holdout's: {why}."
        watched = replace(watched, notes=(*watched.notes, note))
    return watched


def _begin(model: ModelSpec, in_use: InUse) -> ModelWatch:
    """Say what is known before a row is read."""
    champion, live = in_use.champion, model.live
    assert live is not None, "select_watched refuses a model without"  # noqa: S101
    return ModelWatch(
        verdict="error",
        version=champion.version,
        since=champion.since,
        commit=champion.commit or None,
        threshold=champion.threshold,
        holdout=champion.holdout,
        window=live.window,
        delay=live.delay,
        false_alarms=live.false_alarms,
        cost=model.cost,
        worth=in_use.worth,
    )


def _report(found: ModelWatch, watched: Watched, judgement: LiveJudgement) -> ModelWatch:
    named = {column: values for column, values in judgement.drift.items() if column in judgement.drifted}
    return replace(
        found,
        verdict=judgement.verdict,
        windows=tuple(replace(window, columns={}) for window in watched.windows),
        gates=judgement.gates,
        alarms=judgement.alarms,
        evidence=judgement.evidence,
        line=judgement.line,
        drift=judgement.drift if len(judgement.drift) <= _MOST_COLUMNS else named,
        drift_line=judgement.drift_line,
        drifted=judgement.drifted,
        reason=judgement.reason,
        waiting=watched.waiting,
        last_row=watched.last_row,
        notes=watched.notes,
    )


# Of more columns only those that moved are told.
_MOST_COLUMNS = 200


def report_watch(project: Project, models: Mapping[str, ModelWatch], now: datetime) -> WatchReport:
    """Put the report together; without a model nothing was looked at."""
    verdict = overall(model.verdict for model in models.values()) if models else "unjudged"
    when = now.isoformat(timespec="seconds")
    config = project.repository.prefix + project.spec.path
    return WatchReport(verdict, when, models, project.head, config, origin_of(project.options.environment))


def _mask(project: Project) -> Mask:
    return Mask.of(project.options.environment)
