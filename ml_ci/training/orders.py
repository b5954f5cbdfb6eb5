"""Write the order of a job: its folder, its environment, what it is asked; and put its log into whatever fails."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from ml_ci.errors import Failure, StageFailed
from ml_ci.training import again, built, own_code
from ml_ci.training.environment import begin_environment
from ml_ci.training.handed import list_outside
from ml_ci.training.handing import advise, hand_environment
from ml_ci.training.lead import find_lead
from ml_ci.training.log import tail
from ml_ci.training.own_paths import on_own_side
from ml_ci.training.process import Order
from ml_ci.training.told import TOLD, read
from ml_ci.training.transfer import remove
from ml_ci.training.values import UNSEEN, JobFailed, MetricRequest, PredictRequest, Request, TrainRequest
from ml_ci.variables.masks import Mask

RESULT, LOG = "result.json", "job.log"
WRITTEN = ("predictions.csv", "predictions.npy")  # as a model's scores are handed over


class Logged:
    """Put the tail of the job's log into whatever fails inside the block."""

    def __init__(self, request: Request, stage: str) -> None:
        self._request = request
        self._path = request.work / LOG
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


def write_order(
    request: Request,
    argv: tuple[str, ...],
    environment: Mapping[str, str],
    asked: Mapping[str, object] | None,
    descriptors: tuple[int, ...] = (),
    seconds: float | None = None,
) -> Order:
    """Write what a job is asked, and give its order; `seconds` stands instead of its budget's time."""
    cwd = _find_cwd(request)
    result, usage = request.work / RESULT, request.work / "usage.json"
    content = {"format": 1, "argv": argv, "cwd": str(cwd), "result": str(result), "usage": str(usage), **(asked or {})}
    if descriptors:
        content["descriptors"] = descriptors
    order = Order(
        model=request.model,
        cwd=cwd,
        request=request.work / "request.json",
        log=request.work / LOG,
        environment=environment,
        seconds=request.budget.seconds if seconds is None else seconds,
        memory=request.budget.memory,
        mask=Mask.of(request.environment),
        descriptors=descriptors,
        lead=None if asked is None else find_lead(request, argv, environment),
        copy=own_code.checkout(request).copy,
        handed=list_outside(request),
        interpreter=request.interpreter,
        resources=None if isinstance(request, MetricRequest) else request.resources,
        watched=request.ground is not None,
    )
    order.request.write_text(json.dumps(content, default=str), encoding="utf-8")
    return order


def tell_worker(request: Request, asked: Mapping[str, object]) -> Mapping[str, object]:
    """Add what the child program is always told."""
    return {"folder": str(request.folder), "seed": request.seed, "work": str(request.work), **asked}


def open_environment(request: Request) -> Mapping[str, str]:
    """Give the environment of a job, and lay out in its folder what its Pythons begin with."""
    at = own_code.checkout(request)
    made = built.folder(at, request)
    job = own_code.describe(at, request.folder / request.cwd, request.work, made, _list_models(request))
    own = hand_environment(request)
    if isinstance(request, PredictRequest):
        own = {**own, again.VARIABLE: str(request.work / again.FILE)}
    return begin_environment(on_own_side(own, at), request.seed, request.work, request.interpreter, job)


def try_to_build(request: Request, environment: Mapping[str, str], *, failed: bool) -> bool:
    """Build what the job missed of its own side, if anything; say whether to try again with it."""
    modules = built.find_needed(list(read(request.work / TOLD)), failed=failed)
    return bool(modules) and built.build(own_code.checkout(request), request, modules, environment)


def clean(request: Request) -> None:
    """Make the job's own folder, without what an earlier job left in it."""
    for name in ("request.json", RESULT, "usage.json", LOG, *WRITTEN, "model.pkl", TOLD, again.FILE):
        remove(request.work / name)
    for folder in ("out", "outputs", "asked"):
        shutil.rmtree(request.work / folder, ignore_errors=True)
    (request.work / "out").mkdir(parents=True)


def _list_models(request: Request) -> tuple[Path, ...]:
    """Give the stored models that a job is handed."""
    if isinstance(request, PredictRequest):
        return (request.artifact,)
    return tuple(request.needs.values()) if isinstance(request, TrainRequest) else ()


def _find_cwd(request: Request) -> Path:
    cwd = request.folder / request.cwd
    if not cwd.is_dir():
        message = f"`cwd: {request.cwd}` is not a folder of this tree"
        raise StageFailed(Failure("training", "import", message, "`cwd:` is relative to the folder of ml-ci.yaml."))
    return cwd
