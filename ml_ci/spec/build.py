"""From checked drafts to the values that the other stages take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ml_ci.spec.card_shape import CardShape
from ml_ci.spec.draft import Draft, Drafts, JobDraft, StageDraft
from ml_ci.spec.entry_shape import BudgetShape, FileShape, ResourcesShape
from ml_ci.spec.job_shape import JobShape
from ml_ci.spec.live_shape import FeaturesShape, LabelsShape, LiveShape, SourceShape
from ml_ci.spec.shape import CostShape, ModelShape, ReuseShape, StageShape
from ml_ci.spec.values import (
    AuditSpec,
    Budget,
    Card,
    CommandJob,
    Cost,
    DataEntry,
    FileEntry,
    FunctionJob,
    Job,
    JobSpec,
    LiveFeatures,
    LiveSource,
    LiveSpec,
    Load,
    MakingCommand,
    MakingFunction,
    ModelSpec,
    OnAlarm,
    PartEntry,
    Price,
    Ramp,
    Resources,
    Reuse,
    SliceSpec,
    Spec,
    Stage,
)


def build(drafts: Drafts, path: str) -> Spec:
    """Build a spec from drafts without a problem."""
    models = {draft.name: _model(draft) for draft in drafts.models}
    jobs = {draft.name: _make_job(draft) for draft in drafts.jobs}
    return Spec(models, drafts.store, path, drafts.registry, jobs)


def _make_job(draft: JobDraft) -> JobSpec:
    keys = draft.keys
    return JobSpec(
        name=draft.name,
        job=draft.stage if isinstance(draft, StageDraft) else _making(keys),
        data={name: _file(entry) for name, entry in keys.data.items()},
        line=draft.line,
        after_promotion=keys.after is not None,
        **_take_common(keys),
    )


def _take_common(keys: ModelShape | JobShape) -> dict[str, Any]:
    """Take the keys that mean the same of a model and of a job."""
    return {
        "params_file": keys.params if isinstance(keys.params, tuple) else None,
        "params": keys.params if isinstance(keys.params, Mapping) else None,
        "seed": keys.seed,
        "budget": _budget(keys.budget),
        "resources": _resources(keys.resources),
        "code": tuple(keys.code),
        "ignore": tuple(keys.ignore),
        "needs": tuple(keys.needs),
        "cwd": keys.cwd,
        "python": keys.python,
        "fetch": keys.fetch.run if keys.fetch else None,
        "env": keys.env.names if keys.env else (),
        "env_values": keys.env.values if keys.env else {},
        "fetch_env": keys.fetch.env if keys.fetch else None,
    }


def _making(keys: JobShape) -> Job:
    if keys.function is not None:
        return MakingFunction(keys.function, tuple(keys.outputs))
    if keys.run is None:
        raise AssertionError("a draft without a job is a problem, found by the checks")
    return MakingCommand(keys.run, tuple(keys.outputs))


def _model(draft: Draft) -> ModelSpec:
    keys = draft.keys
    return ModelSpec(
        name=draft.name,
        job=_job(keys) if draft.stage is None else draft.stage,
        data={name: _file(entry) for name, entry in {**keys.data.files, **draft.read}.items()},
        holdout=_entry(keys),
        label=keys.label,
        positive=keys.positive,
        predict=keys.predict.entry if keys.predict else None,
        predict_command=keys.predict.command if keys.predict else None,
        load=Load(keys.load.factory, tuple(keys.load.trusted)) if keys.load else Load(),
        id=keys.id,
        slices=_slices(draft),
        min_rows=keys.min_rows,
        baseline=keys.baseline,
        seeds=keys.seeds,
        repeats=keys.repeats,
        threshold=keys.threshold,
        confidence=keys.confidence,
        method=keys.method,
        gates=tuple(draft.gates.values()),
        metrics=dict(keys.metrics),
        cost=_cost(keys.cost),
        price=Price(keys.price.per_row, keys.price.currency) if keys.price else None,
        reuse=_reuse(keys.reuse),
        line=draft.line,
        **_take_common(keys),
        card=_card(keys.card),
        stages=_stages(draft),
        approval=keys.approval is not None or "champion" in _approve(keys),
        cluster=keys.cluster,
        weight=keys.weight,
        behaviours=dict(draft.behaviours),
        counterexamples=keys.counterexamples,
        live=_live(keys.live, draft) if keys.live else None,
    )


def _card(keys: CardShape) -> Card:
    audit = None
    if keys.audit is not None:
        asked = keys.audit
        audit = AuditSpec(asked.sex.strip(), asked.race.strip(), tuple(asked.unknown), asked.selected)
    answers = {str(item): said for item, said in keys.answers.items()}
    return Card(keys.intended_use, keys.owner, keys.limitations, audit, answers)


def _stages(draft: Draft) -> tuple[Stage, ...]:
    """Give the stages; what is approved as champion is approved as the model's own `approval` says."""
    approved = _approve(draft.keys) - {"champion"}
    by_name = {stage.name: stage for stage in draft.keys.stages}
    return tuple(
        Stage(name, gates, name in approved, **_take_traffic(by_name[name])) for name, gates in draft.stages.items()
    )


def _take_traffic(keys: StageShape) -> dict[str, Any]:
    ramp = keys.traffic if isinstance(keys.traffic, Ramp) else None
    traffic = ramp.steps[0][1] if ramp is not None else keys.traffic
    return {"traffic": traffic, "after": keys.after or 0.0, "until": keys.until, "ramp": ramp}


def _live(keys: LiveShape, draft: Draft) -> LiveSpec:
    found = keys.features
    return LiveSpec(
        predictions=_source(keys.predictions),
        id=keys.id,
        time=keys.time,
        labels=_source(keys.labels) if keys.labels else None,
        version=keys.version,
        delay=keys.delay,
        window=keys.window,
        dependent=keys.rows == "dependent",
        unit=keys.unit,
        weight=keys.weight,
        gates=tuple(draft.live.values()),
        drift=keys.drift,
        false_alarms=keys.false_alarms,
        features=LiveFeatures(_source(found), found.within, found.limit) if found else None,
        on_alarm=OnAlarm(keys.on_alarm.issue, keys.on_alarm.dispatch),
    )


def _source(keys: SourceShape | LabelsShape | FeaturesShape) -> LiveSource:
    return LiveSource(keys.path, keys.sql, keys.dsn, keys.format, keys.time if isinstance(keys, LabelsShape) else None)


def _approve(keys: ModelShape) -> set[str]:
    return {stage.name for stage in keys.stages if stage.approval is not None}


def _job(keys: ModelShape) -> Job:
    if keys.train is not None:
        return FunctionJob(keys.train)
    if keys.run is None or keys.outputs is None:
        raise AssertionError("a draft without a job is a problem, found by the checks")
    return CommandJob(keys.run, keys.outputs.predictions, keys.outputs.model)


def _file(entry: FileShape) -> FileEntry:
    return FileEntry(entry.path, tuple(entry.columns) if entry.columns else None, entry.job)


def _entry(keys: ModelShape) -> DataEntry:
    entry = keys.data.holdout
    if isinstance(entry, FileShape):
        return _file(entry)
    part = PartEntry(entry.of, entry.share, entry.by, entry.seed or 0, entry.after, entry.where)
    if entry.folds is None:
        return part
    together = keys.cluster.columns if keys.cluster else ()  # a model that saw one row of a cluster has seen them all
    return replace(part, folds=entry.folds, label=keys.label, by=entry.by or next(iter(together), None))


def _slices(draft: Draft) -> tuple[SliceSpec, ...]:
    """Add the columns of every `by=` to those under `slices:`; the class of a row is no column."""
    declared = {spec.columns: spec for spec in draft.keys.slices}
    for gate in (*draft.gates.values(), *(gate for gates in draft.stages.values() for gate in gates)):
        for columns in sorted(gate.condition.columns):
            if columns != ("class",):
                declared.setdefault(columns, SliceSpec(columns))
    return tuple(declared.values())


def _resources(keys: ResourcesShape | None) -> Resources | None:
    return None if keys is None else Resources(keys.cpus, keys.gpus, keys.memory)


def _budget(keys: BudgetShape) -> Budget:
    return Budget(keys.time, keys.memory, dict(keys.rows))


def _cost(keys: CostShape | None) -> Cost | None:
    return Cost(keys.fp, keys.fn, keys.currency) if keys else None


def _reuse(keys: ReuseShape | None) -> Reuse | None:
    return Reuse(keys.looks, keys.promotions) if keys else None
