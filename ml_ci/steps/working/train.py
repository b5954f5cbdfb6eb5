"""Have a side's model: find its record, or train it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ml_ci.changes.params import load_params
from ml_ci.changes.values import READS
from ml_ci.errors import StageFailed
from ml_ci.plan.plan import TRAININGS, Plan
from ml_ci.records.index import Known, remember
from ml_ci.records.manifests import pack_entries
from ml_ci.records.record import Record
from ml_ci.steps.planning.blame import blaming_baseline
from ml_ci.steps.planning.champion import fetch_champion
from ml_ci.steps.planning.failures import blame_needed, find_failure, forget_failure, note_failure, remember_failure
from ml_ci.steps.planning.reads import enter_training, resolve_reads
from ml_ci.steps.planning.variables import list_variables
from ml_ci.steps.values import Made
from ml_ci.steps.working.workshop import Workshop, tell_waiting, time_work
from ml_ci.training import left
from ml_ci.training.checkouts import checkout
from ml_ci.training.job import train
from ml_ci.training.values import JobFailed, TrainedModel, TrainRequest

LOG = "job.log"


def train_sides(shop: Workshop, plan: Plan) -> None:
    """Train what is missing, the candidate first: a mistake in the change is told before the baseline takes time."""
    if plan.action != "train":
        return
    train_side(shop, shop.sides.candidate)
    if shop.sides.baseline is not None and plan.baseline is not None:
        with blaming_baseline(shop.sides.baseline):
            train_side(shop, shop.sides.baseline)


def train_side(shop: Workshop, side: Made) -> Record:
    """Give the record of a side's training; train when there is none, one process at a time.

    StageFailed when the job fails: what it left is gone, its log stays in `.ml_ci/logs/`.
    """
    store, side = shop.project.store, resolve_reads(shop.project, side)
    found = store.find(TRAININGS, side.fingerprint.training)
    if found is not None:
        return found
    # What it will read is not known, and so not its key: one process at a time trains what is declared alike.
    with store.lock(side.fingerprint.manifest, tell_waiting(shop.project, side, "trains")):
        side = resolve_reads(shop.project, side)
        found = store.find(TRAININGS, side.fingerprint.training)
        return found if found is not None else _try_training(shop, side)


def find_artifact(record: Record) -> Path | None:
    """Give the model file or folder of a training; None when it left predictions only."""
    name = record.content["artifact"]
    return None if name is None else record.file(name)


def find_predictions(record: Record) -> Path | None:
    """Give the predictions that a command left; None when it left a model only."""
    name = record.content["predictions"]
    return None if name is None else record.file(name)


def _try_training(shop: Workshop, side: Made) -> Record:
    """Train, but not once more what failed from the same inputs, in this run or in one that remembered it."""
    known = find_failure(shop.project, side)
    if known is not None:
        raise StageFailed(known)
    forget_failure(shop.project, side)
    try:
        return _train(shop, side)
    except StageFailed as error:
        note_failure(shop.project, side, error.failure)
        raise


def _train(shop: Workshop, side: Made) -> Record:
    if side.champion is not None:
        what = f"fetching the champion v{side.champion.version}"
        with shop.project.journal.noting("fetch", side.name, side.model.name):
            return time_work(shop.project, side.model.name, what, lambda: fetch_champion(shop.project, side))
    needs = {name: _train_needed(shop, needed) for name, needed in side.needs.items()}
    side = resolve_reads(shop.project, side)  # on top of what was trained just now
    bench, work = shop.bench(side), shop.job_folder(side, "train")
    request = TrainRequest(
        model=side.model.name,
        job=side.model.job,
        folder=bench.folder,
        ground=bench.ground,
        work=work,
        inputs=bench.inputs,
        interpreter=bench.interpreter,
        environment=shop.project.options.environment,
        params=load_params(side.model, side.tree, shop.project.folder) or {},
        seed=side.model.seed,
        cwd=side.model.cwd,
        budget=side.model.budget,
        needs=needs,
        checkout=checkout(shop.project.repository, bench.folder),
        env=list_variables(shop.project, side.model),
    )
    try:
        with shop.project.journal.noting("train", side.name, side.model.name):
            model = time_work(
                shop.project,
                side.model.name,
                f"training the {side.name}{_with_seed(shop, side)}",
                lambda: train(request, shop.project.options.progress),
            )
    except JobFailed as error:
        raise StageFailed(remember_failure(shop.project, side, error, work / LOG)) from None
    finally:
        _keep_log(shop, side, work)
    return _keep(shop, side, model)


def _with_seed(shop: Workshop, side: Made) -> str:
    """Name the seed where several are trained."""
    return f" (seed {side.model.seed})" if _trains_several(shop, side) else ""


def _trains_several(shop: Workshop, side: Made) -> bool:
    declared = shop.project.spec.models.get(side.model.name)
    return declared is not None and declared.seeds > 1


def _train_needed(shop: Workshop, side: Made) -> Path:
    """Give what a model that this one builds on left: its model, or else its predictions."""
    try:
        record = train_side(shop, side)
    except StageFailed as error:
        raise StageFailed(blame_needed(side, error.failure)) from None
    found = find_artifact(record) or find_predictions(record)
    assert found is not None, "a training leaves at least one of the two"  # noqa: S101
    return found


def _keep(shop: Workshop, side: Made, model: TrainedModel) -> Record:
    found, entry = enter_training(shop.project, side, model.reads)
    side = replace(side, fingerprint=found)
    with shop.project.store.draft() as draft:
        content: dict[str, Any] = {
            "model": side.model.name,
            "commit": side.commit or shop.project.head,
            "dirty": side.commit is None and shop.project.dirty,
            "parts": dict(side.fingerprint.parts),
            "details": {part: said for part, said in found.details.items() if part != READS},
            "reads": pack_entries([entry]),
            "artifact": _move(model.artifact, draft),
            "predictions": _move(model.predictions, draft),
            "command": not side.model.job.entry,
            "seconds": model.seconds,
            "megabytes": model.megabytes,
        }
        left.copy(model.log, draft / LOG)
        record = shop.project.store.keep(draft, TRAININGS, found.training, content)
    _remember(shop, side, content)
    return record


def _remember(shop: Workshop, side: Made, content: Mapping[str, Any]) -> None:
    """Let the training be found by its commit, if it is the commit's and not that of a tree with changes."""
    if content["commit"] is None or content["dirty"]:
        return
    known = Known(side.fingerprint.training, content["parts"], content["details"].get("environment", {}))
    remember(shop.project.store, content["commit"], side.model.name, known)


def _move(path: Path | None, draft: Path) -> str | None:
    if path is None:
        return None
    shutil.move(path, draft / path.name)
    return path.name


def _keep_log(shop: Workshop, side: Made, work: Path) -> None:
    """Keep the last log of each job, of a failed one too, where the user can read it."""
    log = work / LOG
    if log.exists():
        folder = shop.project.store.ready() / "logs"
        folder.mkdir(exist_ok=True)
        left.copy(log, folder / f"{side.model.name}-{side.name}.log")
