"""Hold the model of a stage with traffic beside the champion on live rows, and decide whether it may take over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from ml_ci.errors import StageFailed, UserError
from ml_ci.evaluation.confusion import Confusion, Paired
from ml_ci.frozen import dataclass
from ml_ci.gates.live.values import CanaryJudgement
from ml_ci.live.values import Canary, Candidate, Champion, Shadowed, ShadowWindow, Split, SplitWindow
from ml_ci.records.origin import origin_of
from ml_ci.registry.registry import Registry
from ml_ci.registry.values import Version
from ml_ci.reports.live.values import Beside, CanaryReport
from ml_ci.reports.numbers import percent
from ml_ci.reports.text import plural
from ml_ci.spec.values import ModelSpec, Stage
from ml_ci.steps.values import Project
from ml_ci.steps.watching.freeze import find_frozen, freeze, row_of_stage
from ml_ci.steps.watching.in_use import InUse, find_candidate, find_in_use


@dataclass(frozen=True)
class Traffic:
    """A stage of a model that answers live rows."""

    model: ModelSpec
    stage: Stage

    @property
    def then(self) -> str:
        """The stage that comes after it."""
        names = [one.name for one in self.model.stages]
        return names[names.index(self.stage.name) + 1]


def find_traffic(project: Project, name: str, stage: str) -> Traffic:
    """Find the stage that is asked for; UserError where the model has none of this name, or it has no traffic."""
    model = project.spec.models.get(name)
    if model is None:
        raise UserError(f"`{name}` is a job, and no model")
    there = {one.name: one for one in model.stages if one.traffic is not None}
    if stage not in there:
        known = f"Its stages with traffic are: {', '.join(there)}." if there else "None of its stages has any."
        hint = f"{known} One is declared by `stages: [{{name: shadow, traffic: shadow, gates: [...]}}, champion]`."
        raise UserError(f"`{name}` has no stage `{stage}` with `traffic:`", hint=hint)
    return Traffic(model, there[stage])


def decide(
    project: Project, registry: Registry, found: Traffic, now: datetime, to_label: Path | None = None
) -> CanaryReport:
    """Count the windows of both models and decide; UserError where rows or registry say nothing."""
    # As for `look`: what counts rows is waited for where there are some.
    from ml_ci.gates.live.canary import judge_canary
    from ml_ci.live.selecting import write_to_label

    try:
        in_use = find_in_use(project, registry, found.model.name, now)
        candidate, version = find_candidate(project, registry, found.model.name, found.stage)
    except StageFailed as error:
        raise UserError(error.failure.message, hint=error.failure.hint) from None
    rows = _read(project, found, in_use.champion, candidate, now)
    if to_label is not None:
        _refuse_split(found)
        beside = (in_use.champion, candidate)
        written = write_to_label(found.model, *beside, project.folder, now, project.options.environment, to_label)
        rows = replace(rows, notes=(*rows.notes, f"{plural(written, 'row')} worth a label: {to_label.name}"))
    judgement = judge_canary(found.model, found.stage, rows, in_use.champion.holdout)
    return _report(project, found, in_use, version, rows, judgement, now)


def _refuse_split(found: Traffic) -> None:
    """Refuse to choose rows where each has one answer: every one is worth as much."""
    if found.stage.traffic != "shadow":
        message = (
            f"--to-label chooses by what two models say of a row, and in {found.stage.name} each row has one answer"
        )
        raise UserError(message, hint="Label a random share of the rows, and name it by `weight:`.")


def _read(project: Project, found: Traffic, champion: Champion, candidate: Candidate, now: datetime) -> Canary:
    """Count the windows of both models, and freeze those that closed."""
    from ml_ci.live.shadow import shadow_rows
    from ml_ci.live.split import split_rows

    row = row_of_stage(found.model, found.stage, champion, candidate)
    frozen = find_frozen(project, row)
    sides = (found.model, found.stage, champion, candidate)
    read = shadow_rows if found.stage.traffic == "shadow" else split_rows
    rows: Canary = read(*sides, project.folder, now, frozen.windows, project.options.environment)
    freeze(project, row, frozen, rows.windows)
    return rows


def _report(
    project: Project,
    found: Traffic,
    in_use: InUse,
    version: Version,
    rows: Canary,
    judgement: CanaryJudgement,
    now: datetime,
) -> CanaryReport:
    return CanaryReport(
        model=found.model.name,
        stage=found.stage.name,
        decision=judgement.decision,
        when=now.isoformat(timespec="seconds"),
        reason=judgement.reason,
        version=version.version,
        training=version.training,
        since=rows.since,
        champion=in_use.champion.version,
        traffic=say_traffic(found.stage),
        then=found.then,
        windows=tuple(_windows(rows)),
        gates=judgement.gates,
        evidence=judgement.evidence,
        line=judgement.line,
        against=judgement.against,
        against_line=judgement.against_line,
        ratio=judgement.ratio,
        waiting=rows.waiting,
        last_row=rows.last_row,
        notes=rows.notes,
        commit=project.head,
        config=project.repository.prefix + project.spec.path,
        origin=origin_of(project.options.environment),
    )


def say_traffic(stage: Stage) -> str:
    """Say what the model of a stage answers: `shadow`, `10%`, `5% to 50%`."""
    if stage.traffic is None or isinstance(stage.traffic, str):
        return stage.traffic or ""
    if stage.ramp is None:
        return percent(stage.traffic, 0)
    shares = [share for _, share in stage.ramp.steps]
    return " to ".join(dict.fromkeys(percent(share, 0) for share in (shares[0], shares[-1])))


def _windows(rows: Canary) -> Iterator[Beside]:
    if isinstance(rows, Split):
        yield from map(_split, rows.windows)
    if isinstance(rows, Shadowed):
        yield from map(_shadow, rows.windows)


def _split(one: SplitWindow) -> Beside:
    both = (one.candidate, one.champion)
    return Beside(one.begin, one.end, one.closed, *both, one.share, one.assigned, one.covered)


def _shadow(one: ShadowWindow) -> Beside:
    return Beside(one.begin, one.end, one.closed, *_sides(one.paired), None, None, (one.agreed, one.disagreed))


def _sides(paired: Paired) -> tuple[Confusion, Confusion]:
    """Count the errors of candidate and champion on the rows that both answered."""
    negatives, positives = paired.negatives, paired.positives
    wrong = (
        (negatives.both + negatives.candidate_only, positives.both + positives.candidate_only),
        (negatives.both + negatives.baseline_only, positives.both + positives.baseline_only),
    )
    candidate, champion = (Confusion(tp=positives.rows - fn, fp=fp, tn=negatives.rows - fp, fn=fn) for fp, fn in wrong)
    return candidate, champion
