"""Keep what a training, or a job, left as a record."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ml_ci.changes.values import READS
from ml_ci.plan.plan import TRAININGS
from ml_ci.records.codec import pack
from ml_ci.records.files import digest_files
from ml_ci.records.index import Known, remember
from ml_ci.records.manifests import pack_entries
from ml_ci.records.record import Record
from ml_ci.spec.values import JobSpec
from ml_ci.steps.planning.reads import enter_training
from ml_ci.steps.values import Made, Project
from ml_ci.training import left
from ml_ci.training.outputs import digest_outputs
from ml_ci.training.values import TrainedModel

LOG = "job.log"
NOTHING: Mapping[str, Record] = {}


def find_artifact(record: Record) -> Path | None:
    """Give the model file or folder of a training; None when it left predictions only."""
    name = record.content["artifact"]
    return None if name is None else record.file(name)


def find_outputs(record: Record) -> Path | None:
    """Give the folder of the files that a job left; None where it leaves none.

    A model's training leaves a model alone, but where it is a stage, which leaves that among its files.
    """
    name = record.content.get("outputs")
    return None if name is None else record.file(name)


def keep_training(project: Project, side: Made, model: TrainedModel, needs: Mapping[str, Record] = NOTHING) -> Record:
    """Keep what a training, or a job, left: it is moved into its record, which is found by what was read.

    `needs` are the records of what it was made of.
    """
    made = isinstance(side.model, JobSpec) and model.outputs is not None
    known = digest_outputs(model.outputs, side.model.job.outputs) if made and model.outputs is not None else None
    found, entry = enter_training(project, side, model.reads, known)
    side = replace(side, fingerprint=found)
    with project.store.draft() as draft:
        content: dict[str, Any] = {
            "model": side.model.name,
            "commit": side.commit or project.head,
            "dirty": side.commit is None and project.dirty,
            "parts": dict(side.fingerprint.parts),
            "details": {part: said for part, said in found.details.items() if part != READS},
            "reads": pack_entries([entry]),
            "artifact": _move(model.artifact, draft, model.outputs),
            "predictions": _move(model.predictions, draft),
            **({} if model.outputs is None else {"outputs": _move(model.outputs, draft)}),
            **({"made_of": dict(_list_models(needs))} if isinstance(side.model, JobSpec) else {}),
            "command": not side.model.job.entry,
            "seconds": model.seconds,
            "megabytes": model.megabytes,
            **({} if model.ran is None else {"ran": pack(model.ran)}),
        }
        left.copy(model.log, draft / LOG)
        record = project.store.keep(draft, TRAININGS, found.training, content)
    _remember(project, side, content)
    return record


def _list_models(needs: Mapping[str, Record]) -> Iterator[tuple[str, str]]:
    """Give the digest of each model that a job was handed: another training of the same inputs may be another model."""
    for name, record in needs.items():
        if (artifact := find_artifact(record)) is not None:
            yield name, digest_files(artifact)


def _remember(project: Project, side: Made, content: Mapping[str, Any]) -> None:
    """Let the training be found by its commit, if it is the commit's and not that of a tree with changes."""
    if content["commit"] is None or content["dirty"]:
        return
    known = Known(side.fingerprint.training, content["parts"], content["details"].get("environment", {}))
    remember(project.store, content["commit"], side.model.name, known)


def _move(path: Path | None, draft: Path, among: Path | None = None) -> str | None:
    """Move what was left into a record; a model `among` the files of a stage stays there, and moves with them."""
    if path is None:
        return None
    if among is not None and path.is_relative_to(among):
        return path.relative_to(among.parent).as_posix()
    shutil.move(path, draft / path.name)
    return path.name
