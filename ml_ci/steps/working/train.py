"""Have a side's model: find its record, or train it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ml_ci.changes.params import load_params
from ml_ci.errors import StageFailed
from ml_ci.plan.plan import TRAININGS
from ml_ci.records.record import Record
from ml_ci.spec.values import FileEntry, JobSpec, ModelSpec, PartEntry
from ml_ci.steps.planning.champion import fetch_champion
from ml_ci.steps.planning.dvc_kept import DvcKept
from ml_ci.steps.planning.failures import blame_needed, find_failure, forget_failure, note_failure, remember_failure
from ml_ci.steps.planning.reads import resolve_reads
from ml_ci.steps.planning.resources import refuse_without_resources
from ml_ci.steps.planning.variables import list_variables
from ml_ci.steps.values import Made, Project
from ml_ci.steps.working.keep_training import LOG, keep_training
from ml_ci.steps.working.keep_training import find_artifact as find_artifact
from ml_ci.steps.working.keep_training import find_outputs as find_outputs
from ml_ci.steps.working.room import Bench, Room, say_work, tell_waiting, time_work
from ml_ci.steps.working.take_kept import take_kept
from ml_ci.training import left
from ml_ci.training.checkouts import checkout
from ml_ci.training.job import train
from ml_ci.training.values import JobFailed, TrainRequest


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
        found = take_kept(shop, side, DvcKept(shop.project))
        if found is not None:
            return found
        refuse_without_resources(shop.project, side)
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
    again = _find_again(shop, side)
    if again is not None:
        return again
    bench, work = open_bench(shop, side), shop.job_folder(side, "train")
    request = make_request(shop, side, bench, work, needs)
    try:
        kind, said = say_work(shop.project, side)
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
    return keep_training(shop.project, side, model, records)


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
        resources=side.model.resources,
    )


def _find_again(shop: Room, side: Made) -> Record | None:
    """Find what is known on top of what was made just now: where a job left the same bytes, nothing more is done.

    StageFailed where it is known to fail on top of it.
    """
    if not side.needs:
        return None
    found = shop.project.store.find(TRAININGS, side.fingerprint.training)
    known = find_failure(shop.project, side) if found is None else None
    if known is not None:
        raise StageFailed(known)
    if found is not None:
        again = "done" if isinstance(side.model, JobSpec) else "trained"
        shop.project.journal.note(
            f"`{side.model.name}` was not {again} again for the {side.name}: what it builds on left the same bytes."
        )
    return found


def _make_needed(shop: Room, side: Made) -> Record:
    """Give the record of what this one builds on; StageFailed names it, once, where it cannot be made."""
    try:
        return train_side(shop, side)
    except StageFailed as error:
        raise StageFailed(blame_needed(side, error.failure)) from None


def _find_left(record: Record) -> Path | None:
    """Give what is handed on: a model, or else predictions; of a job the folder of its files, None without any."""
    return find_artifact(record) or find_outputs(record) or find_predictions(record)


def keep_log(shop: Room, side: Made, work: Path) -> None:
    """Keep the last log of each job, of a failed one too, where the user can read it; of each fold and further seed."""
    log = work / LOG
    if log.exists():
        folder = shop.project.store.ready() / "logs"
        folder.mkdir(exist_ok=True)
        left.copy(log, folder / f"{side.model.name}-{side.name}{_say_variant(shop.project, side)}.log")


def _say_variant(project: Project, side: Made) -> str:
    """Tell the trainings of one side apart in the name of a file: `-fold2`, `-seed3`; "" for the model's own."""
    model, declared = side.model, project.spec.models.get(side.model.name)
    if not isinstance(model, ModelSpec) or declared is None:
        return ""
    part = model.kept_back
    fold = f"-fold{part.fold + 1}" if isinstance(part, PartEntry) and part.fold is not None else ""
    return fold or (f"-seed{model.seed}" if declared.seeds > model.seeds else "")
