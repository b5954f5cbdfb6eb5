"""Have a side's predictions of the holdout: find their record, or score."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ml_ci.evaluation.labels import known_labels, read_labels
from ml_ci.evaluation.predictions import read
from ml_ci.evaluation.scores import FILE, Predictions, decide, load, write
from ml_ci.evaluation.threshold import choose
from ml_ci.frozen import dataclass
from ml_ci.plan.plan import PREDICTIONS, Keys, Plan
from ml_ci.records.codec import pack
from ml_ci.records.manifests import pack_entries
from ml_ci.records.record import Record
from ml_ci.spec.values import ModelSpec, Positive
from ml_ci.steps.planning.blame import blaming_baseline
from ml_ci.steps.planning.decide import find_keys, key_scoring
from ml_ci.steps.planning.reads import enter_metrics, enter_scoring, remember, resolve_reads
from ml_ci.steps.planning.variables import list_variables
from ml_ci.steps.values import Project, Side, Sides
from ml_ci.steps.working.folds import is_fold, is_folded, measure_job, name_rows, pool_folds
from ml_ci.steps.working.room import say_seed, tell_waiting, time_work
from ml_ci.steps.working.side_by_side import hand_out
from ml_ci.steps.working.train import find_artifact, find_predictions, open_bench, train_side
from ml_ci.steps.working.workshop import Workshop, open_workshop
from ml_ci.training.checkouts import checkout
from ml_ci.training.inputs import read_from
from ml_ci.training.job import metric, predict
from ml_ci.training.ran import SCORING, TRAINING
from ml_ci.training.stems import release_rows
from ml_ci.training.values import Input, Measured, MetricRequest, PredictRequest, ScoredRows

if TYPE_CHECKING:
    from ml_ci.tables.table import Table


@dataclass(frozen=True)
class Scored:
    """The records of both sides' predictions of the same holdout, and those of the further repetitions."""

    candidate: Record
    baseline: Record | None
    again: tuple[Scored, ...] = ()


def score_sides(shop: Workshop, plan: Plan) -> Scored:
    """Give the records of both sides' predictions, the candidate's first; whatever no record answers is made.

    Repetitions take turns, so that what changes by the hour at a service changes for both sides. BaselineFailed when it
    is the baseline's that cannot be had, StageFailed for any failure.
    """
    alone = shop.sides.baseline is None or plan.baseline is None
    if not alone and shop.sides.candidate.model.repeats == 1:
        score_ahead(shop)
    try:
        first, *again = (_score_once(shop, place, alone) for place in range(shop.sides.candidate.model.repeats))
    finally:
        release_rows()
    return replace(first, again=tuple(again))


def score_ahead(shop: Workshop) -> None:
    """Score both sides at once, where there are slots and neither is scored yet; see `hand_out` for what is raised."""
    sides = [side for side in (shop.sides.candidate, shop.sides.baseline) if side is not None]
    known = (find_scores(shop, resolve_reads(shop.project, side)) for side in sides)
    if shop.project.slots.number > 1 and all(one is None for one in known):
        hand_out(shop.project, [partial(_score_apart, sides=shop.sides, side=side) for side in sides])
        shop.resolve()


def _score_apart(project: Project, sides: Sides, side: Side) -> Record:
    # A workshop of its own: two threads do not share one.
    with open_workshop(project, sides) as shop, ExitStack() as blaming:
        if side.name == "baseline":
            blaming.enter_context(blaming_baseline(side))
        return score_side(shop, side)


def _score_once(shop: Workshop, repetition: int, alone: bool) -> Scored:
    candidate = score_side(shop, replace(shop.sides.candidate, repetition=repetition))
    if alone or shop.sides.baseline is None:
        return Scored(candidate, None)
    with blaming_baseline(shop.sides.baseline):
        return Scored(candidate, score_side(shop, replace(shop.sides.baseline, repetition=repetition)))


def score_side(shop: Workshop, side: Side) -> Record:
    """Give the record of a side's predictions; train and score where there is none, one process at a time.

    StageFailed when the job fails, or when what it left does not fit the holdout.
    """
    side = resolve_reads(shop.project, side)
    found = find_scores(shop, side)
    if found is not None:
        return found
    training = train_side(shop, side)
    shop.resolve()
    side = resolve_reads(shop.project, side)
    manifest = key_scoring(shop.project, shop.sides, side).manifest
    with shop.project.store.lock(manifest, tell_waiting(shop.project, side, "scores")):
        found = find_scores(shop, side)
        return found if found is not None else _score(shop, side, training)


def load_scores(shop: Workshop, side: Side, known: Keys) -> Any:
    """Give a side's scores in [0, 1], float64 of shape (rows,); what was pruned or damaged is made again."""
    record = shop.project.store.find(PREDICTIONS, known.predictions) or score_side(shop, side)
    return load(record.file(FILE)).within_one()


def load_answers(shop: Workshop, side: Side, known: Keys) -> Any:
    """Give a side's scores of all repetitions below each other, as `load_scores` gives those of one."""
    if not known.further:
        return load_scores(shop, side, known)
    each = (
        load_scores(shop, replace(side, repetition=place), replace(known, predictions=key))
        for place, key in enumerate(known.scored)
    )
    return np.concatenate(list(each))


def find_scores(shop: Workshop, side: Side) -> Record | None:
    """Find the record of a side's predictions of the holdout; None where there is none."""
    return shop.project.store.find(PREDICTIONS, find_keys(shop.project, shop.sides, side).predictions)


def _score(shop: Workshop, side: Side, training: Record) -> Record:
    project = shop.project
    y_true = None if is_fold(shop) else _read_labels(shop)  # one fold may have a single class
    pooled = pool_folds(shop, side, score_side) if is_folded(shop) else None
    with project.journal.noting("score", side.name, side.model.name):
        found, cost = _predictions(shop, side, training) if pooled is None else (pooled.predictions, None)
        extra = None if y_true is None else _extra(shop, side, y_true, found)
    entries = [] if extra is None else [enter_metrics(project, shop.sides.candidate, extra.reads)]
    for entry in entries:
        remember(project, entry)  # what a scoring is kept by depends on what the metrics read
    asked = key_scoring(project, shop.sides, side)
    entries += [] if cost is None else [enter_scoring(project, asked, cost.reads)]
    key = asked.manifest if cost is None else entries[-1].key
    if pooled is not None:
        key = find_keys(project, shop.sides, side).predictions  # what the folds read is known now
    with project.store.draft() as draft:
        write(found, draft / FILE)
        content = {
            "model": side.model.name,
            "training": side.fingerprint.training,
            "rows": found.rows,
            "kind": found.kind,
            "metrics": {
                **measure_job(training, cost or pooled, found.rows),
                **({} if extra is None else extra.values),
            },
            "reads": pack_entries(entries),
            "ran": {
                **({} if training.content.get("ran") is None else {TRAINING: training.content["ran"]}),
                **({} if cost is None or cost.ran is None else {SCORING: pack(cost.ran)}),
            },
        }
        return project.store.keep(draft, PREDICTIONS, key, content)


def _predictions(shop: Workshop, side: Side, training: Record) -> tuple[Predictions, ScoredRows | None]:
    """Read what the command predicted; otherwise have the model score the holdout.

    Where the side's own job made its features of those rows it is scored on these, in the candidate's order.
    """
    model, own = shop.sides.candidate.model, None if side.name == "candidate" else shop.base_holdout
    table, left = shop.holdout if own is None else own.table, find_predictions(training)
    rows = None
    if left is not None:
        found = read_predictions(model, side, left, table, None, shop.labelled)
    else:
        given = shop.give_rows(side) if own is None else shop.base_rows
        rows = score_rows(shop, side, training, "holdout", given, table.rows)
        found = read_predictions(model, side, rows.predictions, table, rows, shop.labelled)
        found = choose_threshold(shop, side, training, found)
    return found if own is None else found.take(own.places), rows


def read_predictions(
    model: ModelSpec,
    side: Side,
    path: Path,
    holdout: Table,
    scored: ScoredRows | None,
    labelled: Table | None = None,
) -> Predictions:
    """Read what a side predicted for the rows of a table; `scored` is None for what a command left.

    `labelled` is the table whose labels it may predict, where that is another.
    """
    own = side.model
    shown = path.name if scored is None else f"the scores of {own.name}"
    return read(
        path,
        holdout,
        model.label,
        model.positive,
        id=own.id if scored is None else None,
        threshold=0.5 if own.threshold.value is None else own.threshold.value,
        kind=None if scored is None else scored.kind,
        precision="" if scored is None else scored.precision,
        shown=shown,
        labelled=labelled,
    )


def choose_threshold(
    shop: Workshop, side: Side, training: Record, found: Predictions, what: str = "validation"
) -> Predictions:
    """Decide by a threshold that is chosen on the validation rows, where the model asks for it.

    `what` names the job's folder.
    """
    cut = find_cut(shop, side, training, what)
    return found if cut is None else decide(found, cut)


def find_cut(shop: Workshop, side: Side, training: Record, what: str = "validation") -> float | None:
    """Choose the threshold on the validation rows, on the scores' own scale; None where the model states a number."""
    threshold = side.model.threshold
    if threshold.metric is None:
        return None
    model = shop.sides.candidate.model
    table, rows = shop.open_validation(side)
    on_validation = score_rows(shop, side, training, what, rows, table.rows)
    predicted = read_predictions(model, side, on_validation.predictions, table, on_validation)
    labels = read_labels(table, model.label, model.positive)
    return choose(labels.y_true, predicted, threshold)


def score_rows(
    shop: Workshop, side: Side, training: Record, what: str, rows: Input, count: int, positive: Positive | None = None
) -> ScoredRows:
    """Have a side's model score rows in a process of its own; StageFailed when the job fails.

    `positive` is the candidate's where none is given. A command read its tables itself, and its model knows texts as
    they stand in the file.
    """
    request = ask_to_score(shop, side, training, what, rows, count, positive)
    said = f"scoring {name_rows(shop, what)} with the {side.name}{say_seed(shop.project, side)}"
    found = time_work(shop.project, side.model.name, said, lambda: predict(request, shop.project.options.progress))
    shop.project.journal.note_asked(count, found.again)
    return found


def ask_to_score(
    shop: Workshop, side: Side, training: Record, what: str, rows: Input, count: int, positive: Positive | None = None
) -> PredictRequest:
    """Say what a job is told that scores rows with a side's model; see `score_rows`."""
    rows = replace(rows, padded=not side.model.job.entry)
    stored = find_artifact(training)
    assert stored is not None, "a training without predictions leaves a model"  # noqa: S101
    bench, project = open_bench(shop, side), shop.project
    return PredictRequest(
        model=side.model.name,
        artifact=stored,
        folder=bench.folder,
        ground=replace(bench.ground, declared=(*bench.ground.declared, *read_from(rows))),
        work=shop.job_folder(side, what),
        rows=rows,
        positive=positive or shop.sides.candidate.model.positive,
        interpreter=bench.interpreter,
        environment=project.options.environment,
        entry=side.model.predict,
        command=side.model.predict_command,
        begins=side.model.job.entry or side.model.job.text,
        load=side.model.load,
        labels=_labels(shop),
        count=count,
        seed=(side.model.seed + side.repetition) % 2**32,  # noise that a seed fixes is noise all the same
        cwd=side.model.cwd,
        budget=side.model.budget,
        checkout=checkout(shop.project.repository, bench.folder),
        env=list_variables(project, side.model),
        resources=side.model.resources,
    )


def _labels(shop: Workshop) -> tuple[str, ...]:
    model = shop.sides.candidate.model
    return known_labels(shop.labelled, model.label, model.positive)


def _read_labels(shop: Workshop) -> Any:
    model = shop.sides.candidate.model
    return read_labels(shop.holdout, model.label, model.positive).y_true


def _extra(shop: Workshop, side: Side, y_true: Any, found: Predictions) -> Measured | None:
    """Have the user's own metrics computed, if any; they are the candidate's, so that both sides are measured alike."""
    return measure_own(shop, side, shop.sides.candidate, y_true, found, "metrics")


def measure_own(shop: Workshop, side: Side, by: Side, y_true: Any, found: Predictions, what: str) -> Measured | None:
    """Have the metrics of the side `by`, if any, computed by its code, of what a side predicted.

    `what` names the job's folder.
    """
    metrics = by.model.metrics
    if not metrics:
        return None
    table = shop.work / f"{side.name}-{what}-scores.csv"
    score = found.within_one()
    lines = (f"{int(true)},{value!r}\n" for true, value in zip(y_true.tolist(), score.tolist(), strict=True))
    table.write_text("y_true,score\n" + "".join(lines), encoding="utf-8")
    bench = open_bench(shop, by)
    request = MetricRequest(
        model=side.model.name,
        metrics=metrics,
        table=table,
        folder=bench.folder,
        ground=bench.ground,
        work=shop.job_folder(side, what),
        interpreter=bench.interpreter,
        environment=shop.project.options.environment,
        seed=side.model.seed,
        cwd=by.model.cwd,
        budget=side.model.budget,
        checkout=checkout(shop.project.repository, bench.folder),
        env=list_variables(shop.project, by.model),
    )
    return metric(request, shop.project.options.progress)
