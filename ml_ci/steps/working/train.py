"""Have a side's model: find its record, or train it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ml_ci.changes.params import load_params
from ml_ci.changes.values import READS
from ml_ci.errors import StageFailed
from ml_ci.plan.plan import TRAININGS
from ml_ci.records.files import digest_files
from ml_ci.records.index import Known, remember
from ml_ci.records.manifests import pack_entries
from ml_ci.records.record import Record
from ml_ci.reports.values import DeedKind
from ml_ci.spec.values import FileEntry, JobSpec, PartEntry
from ml_ci.steps.planning.champion import fetch_champion
from ml_ci.steps.planning.failures import blame_needed, find_failure, forget_failure, note_failure, remember_failure
from ml_ci.steps.planning.reads import enter_training, resolve_reads
from ml_ci.steps.planning.variables import list_variables
from ml_ci.steps.values import Made
from ml_ci.steps.working.room import Bench, Room, tell_waiting, time_work
from ml_ci.training import left
from ml_ci.training.checkouts import checkout
from ml_ci.training.job import train
from ml_ci.training.values import JobFailed, TrainedModel, TrainRequest

LOG = "job.log"


def train_side(shop: Room, side: Made) -> Record:
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


def find_outputs(record: Record) -> Path | None:
    """Give the folder of the files that a job left; None where it is a model's training, or a job that leaves none."""
    name = record.content.get("outputs")
    return None if name is None else record.file(name)


def open_bench(shop: Room, side: Made) -> Bench:
    """Give a side's copy with its data in place; jobs whose files are among them are done first.

    StageFailed when one of those fails.
    """
    if side.champion is not None:
        return shop.bench(side)  # it is only scored, and gets no data of its training
    entries = (*side.model.data.values(), side.model.kept_back)
    jobs = dict.fromkeys(one.job for one in entries if isinstance(one, FileEntry) and one.job is not None)
    made = {job: bring_made(shop, side, job) for job in jobs}
    shop.find_rows_to_predict(side)  # a job may have to make them, in the same copy, and so before
    return shop.bench(side, made)


def bring_made(shop: Room, side: Made, job: str) -> Path:
    """Give the folder of what a job leaves for a side; it is done where no record has it. StageFailed names it."""
    found = find_outputs(_make_needed(shop, side.needs[job]))
    assert found is not None, f"the file has no entry of `{job}`, which leaves nothing"  # noqa: S101
    return found


def find_predictions(record: Record) -> Path | None:
    """Give the predictions that a command left; None when it left a model only."""
    name = record.content["predictions"]
    return None if name is None else record.file(name)


def _try_training(shop: Room, side: Made) -> Record:
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


def _train(shop: Room, side: Made) -> Record:
    if side.champion is not None:
        what = f"fetching the champion v{side.champion.version}"
        with shop.project.journal.noting("fetch", side.name, side.model.name):
            return time_work(shop.project, side.model.name, what, lambda: fetch_champion(shop.project, side))
    records = {name: _make_needed(shop, needed) for name, needed in side.needs.items()}
    needs = {name: found for name in side.model.needs if (found := _find_left(records[name])) is not None}
    side = resolve_reads(shop.project, side)  # on top of what was made just now
    bench, work = open_bench(shop, side), shop.job_folder(side, "train")
    request = make_request(shop, side, bench, work, needs)
    try:
        kind, said = _say_work(shop, side)
        with shop.project.journal.noting(kind, side.name, side.model.name):
            model = time_work(
                shop.project,
                side.model.name,
                said,
                lambda: train(request, shop.project.options.progress),
            )
    except JobFailed as error:
        raise StageFailed(remember_failure(shop.project, side, error, work / LOG)) from None
    finally:
        keep_log(shop, side, work)
    return _keep(shop, side, model, records)


def make_request(shop: Room, side: Made, bench: Bench, work: Path, needs: Mapping[str, Path]) -> TrainRequest:
    """Ask for a side's job: in its copy, with what it needs by name; its log and results come into `work`."""
    return TrainRequest(
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


def _with_fold(side: Made) -> str:
    """Name the fold that is left out."""
    holdout = side.model.kept_back
    if not isinstance(holdout, PartEntry) or holdout.fold is None:
        return ""
    return f" (without fold {holdout.fold + 1} of {holdout.folds})"


def _say_work(shop: Room, side: Made) -> tuple[DeedKind, str]:
    """Say what kind of work it is, in words too; the seed is named where several are trained."""
    declared = shop.project.spec.models.get(side.model.name)
    if isinstance(side.model, JobSpec):
        return "make", f"doing the job for the {side.name}"
    seed = f" (seed {side.model.seed})" if declared is not None and declared.seeds > 1 else ""
    return "train", f"training the {side.name}{seed}{_with_fold(side)}"


def _make_needed(shop: Room, side: Made) -> Record:
    """Give the record of what this one builds on; StageFailed names it, once, where it cannot be made."""
    try:
        return train_side(shop, side)
    except StageFailed as error:
        raise StageFailed(blame_needed(side, error.failure)) from None


def _find_left(record: Record) -> Path | None:
    """Give what is handed on: a model, or else predictions; of a job the folder of its files, None without any."""
    return find_outputs(record) or find_artifact(record) or find_predictions(record)


def _keep(shop: Room, side: Made, model: TrainedModel, needs: Mapping[str, Record]) -> Record:
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
            **({} if model.outputs is None else {"outputs": _move(model.outputs, draft)}),
            **({"made_of": dict(_list_models(needs))} if isinstance(side.model, JobSpec) else {}),
            "command": not side.model.job.entry,
            "seconds": model.seconds,
            "megabytes": model.megabytes,
        }
        left.copy(model.log, draft / LOG)
        record = shop.project.store.keep(draft, TRAININGS, found.training, content)
    _remember(shop, side, content)
    return record


def _list_models(needs: Mapping[str, Record]) -> Iterator[tuple[str, str]]:
    """Give the digest of each model that a job was handed: another training of the same inputs may be another model."""
    for name, record in needs.items():
        if find_outputs(record) is None and (artifact := find_artifact(record)) is not None:
            yield name, digest_files(artifact)


def _remember(shop: Room, side: Made, content: Mapping[str, Any]) -> None:
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


def keep_log(shop: Room, side: Made, work: Path) -> None:
    """Keep the last log of each job, of a failed one too, where the user can read it."""
    log = work / LOG
    if log.exists():
        folder = shop.project.store.ready() / "logs"
        folder.mkdir(exist_ok=True)
        left.copy(log, folder / f"{side.model.name}-{side.name}.log")
