"""Take what DVC kept of a stage, instead of running it. DVC's cache and its lock are read, and never written."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from ml_ci.changes.pointers import Pointer
from ml_ci.changes.reads import Reads
from ml_ci.errors import Failure, StageFailed
from ml_ci.plan.plan import TRAININGS
from ml_ci.records.record import Record
from ml_ci.spec.dvc.lock import Noted
from ml_ci.spec.values import StageJob
from ml_ci.steps.planning.dvc_kept import DvcKept, find_content
from ml_ci.steps.planning.reads import resolve_on, resolve_reads
from ml_ci.steps.values import Made
from ml_ci.steps.working.keep_training import LOG, keep_training
from ml_ci.steps.working.room import Room
from ml_ci.training.dvc_data import is_what
from ml_ci.training.making import FOLDER
from ml_ci.training.transfer import copy
from ml_ci.training.values import TrainedModel

_LOG = "Its outputs were taken from DVC: {lock} says that the stage {stage} left them.\n"


def take_needed(shop: Room, sides: Iterable[Made | None]) -> None:
    """Take what DVC kept of the stages that several sides build on, before any of them is run.

    What is declared alike on one side is the other's, too: where a comment is all that changed, the base's lock knows
    the result. StageFailed where a frozen stage is not here.
    """
    kept = DvcKept(shop.project)
    for side in sides:
        if side is not None:
            _take_all(shop, kept, side)


def _take_all(shop: Room, kept: DvcKept, side: Made) -> Made:
    """Take upstream first: what a stage builds on says what it is."""
    needs = {name: _take_all(shop, kept, needed) for name, needed in side.needs.items()}
    side = resolve_on(shop.project, side, needs)
    if not isinstance(side.model.job, StageJob) or shop.project.store.has(TRAININGS, side.fingerprint.training):
        return side
    with shop.project.store.lock(side.fingerprint.manifest):
        side = resolve_reads(shop.project, side)
        if not shop.project.store.has(TRAININGS, side.fingerprint.training):
            with suppress(StageFailed):  # a frozen one fails where it is asked for
                take_kept(shop, side, kept)
    return resolve_reads(shop.project, side)


def take_kept(shop: Room, side: Made, kept: DvcKept) -> Record | None:
    """Give the record of what DVC kept of a stage; None where it has to be run. StageFailed for a frozen one.

    The caller holds the lock of the stage.
    """
    job, outs = side.model.job, kept.find(side)
    if not isinstance(job, StageJob) or (outs is None and not job.pinned):
        return None
    work = shop.job_folder(side, "kept")
    missing = [path for path, noted in (outs or {}).items() if not _bring(shop, side, work, path, noted)]
    if outs is None or missing:
        shutil.rmtree(work)
        if job.pinned:
            raise StageFailed(_fail_frozen(job, (*missing, *job.left)[0]))
        return None
    log = work / LOG
    log.write_text(_LOG.format(lock=job.lock, stage=job.stage), encoding="utf-8")
    shop.project.journal.note(
        f"{side.model.name} of the {side.name} was taken from DVC, as {job.lock} says, and not run"
    )
    model = None if job.model is None else work / FOLDER / job.model
    left = TrainedModel(model, None, log, 0.0, 0.0, Reads(), work / FOLDER)
    found = {name: shop.project.store.find(TRAININGS, one.fingerprint.training) for name, one in side.needs.items()}
    return keep_training(shop.project, side, left, {name: one for name, one in found.items() if one is not None})


def _bring(shop: Room, side: Made, work: Path, path: str, noted: Noted) -> bool:
    """Copy what the lock names to its place; say whether it is there, whole and sound."""
    found, target = find_content(shop.project, side, path, noted), work / FOLDER / path
    if found is None:
        return False
    if isinstance(found, bytes):
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(found)
    else:
        for inside, place in found.items():
            copy(place.resolve(), target / inside)
    return is_what(Pointer(f"md5:{noted.md5}", path, "", text=noted.text), target)


def _fail_frozen(job: StageJob, path: str) -> Failure:
    message = f"the stage {job.stage} is frozen, and what {job.lock} says of {path} is not on this machine"
    hint = f"Get it (dvc pull {path}), or thaw it: dvc unfreeze {job.stage}."
    return Failure("training", "data-missing", message, hint)
