"""Run the jobs of a model: train it, score rows with it, measure it with the user's own metrics."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Mapping
from typing import cast

from ml_ci.training import again, function, own_code, scoring, spoilt
from ml_ci.training.devices import list_asked, list_used
from ml_ci.training.ending import Ending, broken, check
from ml_ci.training.executors import Place, executor
from ml_ci.training.inputs import verify
from ml_ci.training.kinds import kind_of
from ml_ci.training.orders import (
    RESULT,
    WRITTEN,
    Logged,
    clean,
    open_environment,
    tell_worker,
    try_to_build,
    write_order,
)
from ml_ci.training.process import Order, Outcome
from ml_ci.training.progress import Progress, Silent
from ml_ci.training.ran import Ran
from ml_ci.training.told import TOLD, read
from ml_ci.training.values import (
    Kind,
    Measured,
    MetricRequest,
    PredictRequest,
    Request,
    ResampleRequest,
    Resamples,
    ScoredRows,
    TrainedModel,
    TrainRequest,
)
from ml_ci.training.warned import find_warnings
from ml_ci.training.watch.job import Watch, naming_submodules, reading, refuse
from ml_ci.training.watch.together import Found

_KINDS = ("probability", "margin", "number", "label", "outcome")
_PRECISIONS = ("", "float16", "float32")


def train(request: TrainRequest, progress: Progress | None = None) -> TrainedModel:
    """Train one model, or do one job, in a child process; what it left lies in `request.work`.

    StageFailed tells what went wrong, by a code of its own for each way to fail, with the end of the log.
    """
    with Logged(request, "training"):
        way = kind_of(request.job)
        clean(request)
        environment = {**open_environment(request), **way.prepare(request)}
        asked, started = way.asked(request), time.time()
        ending = _run(
            request,
            way.argv(request),
            environment,
            progress or Silent(),
            shell=isinstance(request.job.command, str),
            asked=None if asked is None else tell_worker(request, asked),
        )
        with reading(ending.reads):
            verify(request.inputs)
            left = way.outputs(request, ending, started)
        return TrainedModel(
            left.get("model"),
            left.get("predictions"),
            ending.log,
            ending.seconds,
            ending.megabytes,
            ending.reads,
            left.get("outputs"),
            ending.ran,
        )


def predict(request: PredictRequest, progress: Progress | None = None) -> ScoredRows:
    """Score rows with a stored model in a child process; StageFailed as for `train`."""
    if request.command is not None:
        return _predict_by_command(request, request.command, progress or Silent())
    with Logged(request, "evaluation"):
        ending = _run_worker(
            request,
            progress or Silent(),
            kind="predict",
            entry=request.entry,
            load=dataclasses.asdict(request.load),
            artifact=str(request.artifact),
            rows=dataclasses.asdict(request.rows),
            count=request.count,
            positive=dataclasses.asdict(request.positive),
            labels=request.labels,
        )
        kind, rows, precision, written = (ending.result.get(name) for name in ("kind", "rows", "precision", "written"))
        seconds = _number(ending.result.get("seconds"), request)
        if kind not in _KINDS or precision not in _PRECISIONS or written not in WRITTEN:
            raise broken(request.model, "evaluation")
        target = request.work / str(written)
        if not isinstance(rows, int) or seconds is None or not target.is_file() or target.is_symlink():
            raise broken(request.model, "evaluation")
        reads = ending.reads
        return ScoredRows(
            target,
            cast("Kind", kind),
            rows,
            ending.log,
            seconds,
            ending.megabytes,
            reads,
            precision=str(precision),
            ran=ending.ran,
            again=again.count_again(request.work),
        )


def _predict_by_command(request: PredictRequest, command: str | tuple[str, ...], progress: Progress) -> ScoredRows:
    """Have a command score the rows: it leaves `scores.csv`, or `scores.parquet`, in its `out`."""
    rows = request.count or 0

    def ask() -> Ending:
        clean(request)
        environment = {**open_environment(request), **scoring.tell(request)}
        argv = scoring.argv(request, command)
        return _run(request, argv, environment, progress, shell=isinstance(command, str))

    with Logged(request, "evaluation"):
        ending, repeated = again.ask_patiently(ask, request.work, rows)
        with reading(ending.reads):
            found = scoring.scores(request)
        took = (ending.seconds, ending.megabytes, ending.reads)
        return ScoredRows(found, None, rows, ending.log, *took, ran=ending.ran, again=repeated)


def metric(request: MetricRequest, progress: Progress | None = None) -> Measured:
    """Compute the user's own metrics in a child process; None is undefined (also for NaN and infinity)."""
    with Logged(request, "evaluation"):
        ending = _run_worker(
            request, progress or Silent(), kind="metric", metrics=dict(request.metrics), table=str(request.table)
        )
        given = ending.result.get("metrics")
        if not isinstance(given, dict) or set(given) != set(request.metrics):
            raise broken(request.model, "evaluation")
        return Measured({name: _number(given[name], request) for name in request.metrics}, ending.reads)


def resample(request: ResampleRequest, progress: Progress | None = None) -> Resamples:
    """Compute the user's own metrics on resampled rows, both sides on the same ones, in one child process."""
    with Logged(request, "evaluation"):
        ending = _run_worker(
            request,
            progress or Silent(),
            kind="resample",
            metrics=dict(request.metrics),
            table=str(request.table),
            replicates=request.replicates,
            seconds=request.seconds,
        )
        given, made = ending.result.get("replicates"), ending.result.get("made")
        if not isinstance(given, dict) or set(given) != set(request.metrics) or not isinstance(made, int) or made < 1:
            raise broken(request.model, "evaluation")
        return Resamples({name: _sides(given[name], made, request) for name in request.metrics}, made, ending.reads)


def _run_worker(request: Request, progress: Progress, **asked: object) -> Ending:
    """Have the child program do something under the job's interpreter; give its result."""
    clean(request)
    return _run(request, function.argv(request), open_environment(request), progress, asked=tell_worker(request, asked))


def _run(
    request: Request,
    argv: tuple[str, ...],
    environment: Mapping[str, str],
    progress: Progress,
    *,
    shell: bool = False,
    asked: Mapping[str, object] | None = None,
) -> Ending:
    """Run `argv`; a worker, whose result has to be there at the end, when something is `asked` of it."""
    order = write_order(request, argv, environment, asked)
    places = spoilt.places(request)
    outcome, found = _watch(request, order, environment, progress)
    spoilt.refuse(request, places)
    if try_to_build(request, environment, failed=outcome.returncode != 0):
        clean(request)
        order = write_order(request, argv, environment, asked)
        outcome, found = _watch(request, order, environment, progress)
        spoilt.refuse(request, places)
    with reading(found.reads), naming_submodules(request.ground, found.reads):
        own_code.verify(request)
        refuse(request.ground, found)
        copy = own_code.checkout(request).copy
        ending = check(outcome, order, request.work / RESULT, worker=asked is not None, shell=shell, top=copy)
        own_code.require(request, environment)
    return dataclasses.replace(ending, reads=found.reads, ran=_see(request, outcome, ending))


def _see(request: Request, outcome: Outcome, ending: Ending) -> Ran:
    """Say what a job ran on, what asked for a GPU, and what it warned of."""
    told = [line for line in read(request.work / TOLD) if line.kind == "device"]
    warnings, fallbacks, more = find_warnings(ending.log)
    params = request.params if isinstance(request, TrainRequest) else {}
    return Ran(
        list_used(told, outcome.opened, outcome.hardware.gpus),
        outcome.hardware,
        list_asked(told, params),
        fallbacks,
        warnings,
        more,
    )


def _watch(request: Request, order: Order, environment: Mapping[str, str], progress: Progress) -> tuple[Outcome, Found]:
    run = executor(request.environment)
    watch, outcome = Watch(request.ground, here=not isinstance(run, Place)), None
    try:
        outcome = run(order, progress)
    finally:
        found = watch.end(request.work / TOLD, environment, None if outcome is None else outcome.seen)
    return outcome, found


def _sides(given: object, made: int, request: ResampleRequest) -> Mapping[str, tuple[float | None, ...]]:
    if not isinstance(given, dict) or any(not isinstance(one, list) or len(one) != made for one in given.values()):
        raise broken(request.model, "evaluation")
    return {str(side): tuple(_number(value, request) for value in values) for side, values in given.items()}


def _number(value: object, request: Request) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise broken(request.model, "evaluation")
    return float(value)
