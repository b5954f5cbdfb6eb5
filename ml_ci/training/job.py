"""Run the jobs of a model: train it, score rows with it, measure it with the user's own metrics."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from ml_ci.errors import Failure, StageFailed
from ml_ci.training import built, function, own_code, spoilt
from ml_ci.training.ending import Ending, broken, check
from ml_ci.training.environment import begin_environment
from ml_ci.training.executors import executor
from ml_ci.training.handing import advise, hand_environment
from ml_ci.training.inputs import verify
from ml_ci.training.kinds import kind_of
from ml_ci.training.log import tail
from ml_ci.training.own_paths import on_own_side
from ml_ci.training.process import Order, Outcome
from ml_ci.training.progress import Progress, Silent
from ml_ci.training.told import TOLD, read
from ml_ci.training.transfer import remove
from ml_ci.training.values import (
    UNSEEN,
    JobFailed,
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
from ml_ci.training.watch.job import Watch, naming_submodules, reading, refuse
from ml_ci.training.watch.together import Found
from ml_ci.variables.masks import Mask

_KINDS = ("probability", "margin", "number", "label", "outcome")
_PRECISIONS = ("", "float16", "float32")


def train(request: TrainRequest, progress: Progress | None = None) -> TrainedModel:
    """Train one model, or do one job, in a child process; what it left lies in `request.work`.

    StageFailed tells what went wrong, by a code of its own for each way to fail, with the end of the log.
    """
    with _Log(request, "training"):
        way = kind_of(request.job)
        _clean(request)
        environment = {**_environment(request), **way.prepare(request)}
        asked, started = way.asked(request), time.time()
        ending = _run(
            request,
            way.argv(request),
            environment,
            progress or Silent(),
            shell=isinstance(request.job.command, str),
            asked=None if asked is None else _worker(request, asked),
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
        )


def predict(request: PredictRequest, progress: Progress | None = None) -> ScoredRows:
    """Score rows with a stored model in a child process; StageFailed as for `train`."""
    with _Log(request, "evaluation"):
        target = request.work / "predictions.csv"
        ending = _run_worker(
            request,
            progress or Silent(),
            kind="predict",
            entry=request.entry,
            artifact=str(request.artifact),
            rows=dataclasses.asdict(request.rows),
            count=request.count,
            positive=dataclasses.asdict(request.positive),
            labels=request.labels,
            predictions=str(target),
        )
        kind, rows, precision = (ending.result.get(name) for name in ("kind", "rows", "precision"))
        seconds = _number(ending.result.get("seconds"), request)
        if kind not in _KINDS or precision not in _PRECISIONS:
            raise broken(request.model, "evaluation")
        if not isinstance(rows, int) or seconds is None or not target.is_file() or target.is_symlink():
            raise broken(request.model, "evaluation")
        reads = ending.reads
        return ScoredRows(
            target, cast("Kind", kind), rows, ending.log, seconds, ending.megabytes, reads, precision=str(precision)
        )


def metric(request: MetricRequest, progress: Progress | None = None) -> Measured:
    """Compute the user's own metrics in a child process; None is undefined (also for NaN and infinity)."""
    with _Log(request, "evaluation"):
        ending = _run_worker(
            request, progress or Silent(), kind="metric", metrics=dict(request.metrics), table=str(request.table)
        )
        given = ending.result.get("metrics")
        if not isinstance(given, dict) or set(given) != set(request.metrics):
            raise broken(request.model, "evaluation")
        return Measured({name: _number(given[name], request) for name in request.metrics}, ending.reads)


def resample(request: ResampleRequest, progress: Progress | None = None) -> Resamples:
    """Compute the user's own metrics on resampled rows, both sides on the same ones, in one child process."""
    with _Log(request, "evaluation"):
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


class _Log:
    """Put the tail of the job's log into whatever fails inside the block."""

    def __init__(self, request: Request, stage: str) -> None:
        self._request = request
        self._path = request.work / "job.log"
        self._stage = stage
        self._copy = own_code.checkout(request).copy

    def _own_paths(self, text: str) -> str:
        """Name files as the repository does: the copy that the job ran in is gone when this is read."""
        for copy in dict.fromkeys((os.path.realpath(self._copy), str(self._copy))):
            text = text.replace(f"{copy}{os.sep}", "")
        return text

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, StageFailed):
            failure = dataclasses.replace(
                error.failure,
                stage=self._stage,
                message=self._own_paths(error.failure.message),
                log_tail=self._own_paths(tail(self._path)),
            )
            failure, lacks = advise(self._request, Mask.of(self._request.environment).failure(failure))
            raise JobFailed(failure, error.reads if isinstance(error, JobFailed) else UNSEEN, lacks=lacks) from None


def _run_worker(request: Request, progress: Progress, **asked: object) -> Ending:
    """Have the child program do something under the job's interpreter; give its result."""
    _clean(request)
    return _run(request, function.argv(request), _environment(request), progress, asked=_worker(request, asked))


def _worker(request: Request, asked: Mapping[str, object]) -> Mapping[str, object]:
    """Add what the child program is always told."""
    return {"folder": str(request.folder), "seed": request.seed, "work": str(request.work), **asked}


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
    cwd = _cwd(request)
    result, usage = request.work / "result.json", request.work / "usage.json"
    content = {"format": 1, "argv": argv, "cwd": str(cwd), "result": str(result), "usage": str(usage), **(asked or {})}
    order = Order(
        model=request.model,
        cwd=cwd,
        request=request.work / "request.json",
        log=request.work / "job.log",
        environment=environment,
        seconds=request.budget.seconds,
        memory=request.budget.memory,
        mask=Mask.of(request.environment),
    )
    order.request.write_text(json.dumps(content, default=str), encoding="utf-8")
    places = spoilt.places(request)
    outcome, found = _watch(request, order, environment, progress)
    spoilt.refuse(request, places)
    if _was_built(request, environment, failed=outcome.returncode != 0):
        _clean(request)
        order.request.write_text(json.dumps(content, default=str), encoding="utf-8")
        outcome, found = _watch(request, order, environment, progress)
        spoilt.refuse(request, places)
    with reading(found.reads), naming_submodules(request.ground, found.reads):
        own_code.verify(request)
        refuse(request.ground, found)
        copy = own_code.checkout(request).copy
        ending = check(outcome, order, result, worker=asked is not None, shell=shell, top=copy)
        own_code.require(request, environment)
    return dataclasses.replace(ending, reads=found.reads)


def _watch(request: Request, order: Order, environment: Mapping[str, str], progress: Progress) -> tuple[Outcome, Found]:
    watch = Watch(request.ground)
    try:
        outcome = executor(request.environment)(order, progress)
    finally:
        found = watch.end(request.work / TOLD, environment)
    return outcome, found


def _was_built(request: Request, environment: Mapping[str, str], *, failed: bool) -> bool:
    """Build what the job missed of its own side, if anything; say whether to try again with it."""
    modules = built.find_needed(list(read(request.work / TOLD)), failed=failed)
    return bool(modules) and built.build(own_code.checkout(request), request, modules, environment)


def _environment(request: Request) -> Mapping[str, str]:
    at = own_code.checkout(request)
    made = built.folder(at, request)
    job = own_code.describe(at, request.folder / request.cwd, request.work, made, _models(request))
    return begin_environment(
        on_own_side(hand_environment(request), at), request.seed, request.work, request.interpreter, job
    )


def _models(request: Request) -> tuple[Path, ...]:
    """Give the stored models that a job is handed."""
    if isinstance(request, PredictRequest):
        return (request.artifact,)
    return tuple(request.needs.values()) if isinstance(request, TrainRequest) else ()


def _clean(request: Request) -> None:
    """Make the job's own folder, without what an earlier job left in it."""
    for name in ("request.json", "result.json", "usage.json", "job.log", "predictions.csv", "model.pkl", TOLD):
        remove(request.work / name)
    for folder in ("out", "outputs"):
        shutil.rmtree(request.work / folder, ignore_errors=True)
    (request.work / "out").mkdir(parents=True)


def _cwd(request: Request) -> Path:
    cwd = request.folder / request.cwd
    if not cwd.is_dir():
        message = f"`cwd: {request.cwd}` is not a folder of this tree"
        raise StageFailed(Failure("training", "import", message, "`cwd:` is relative to the folder of ml-ci.yaml."))
    return cwd


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
