"""Write the files that the registry keeps of a promotion: record, model, predictions, reports and lineage."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ml_ci.errors import UserError
from ml_ci.records.codec import pack
from ml_ci.records.files import digest_files
from ml_ci.records.record import Record
from ml_ci.registry.mlflow_model import write_model
from ml_ci.reports.as_json import dumps
from ml_ci.reports.markdown import render
from ml_ci.reports.values import Report
from ml_ci.steps.promotion.evidence import Evidence
from ml_ci.steps.promotion.signature import read_signature
from ml_ci.steps.values import Project
from ml_ci.steps.working.train import find_artifact, find_outputs

FORMAT = 1
LINEAGE = "lineage.json"
JOBS = "jobs"  # the folder of what the jobs left that a deployment takes


def fill(project: Project, found: Evidence, made: Report, folder: Path) -> None:
    """Fill the folder of a run."""
    _copy(found.training.folder, folder / "record")
    if found.predictions is not None:
        _copy(found.predictions.folder, folder / "predictions")
    for job, outputs in list_outputs(found.kept):
        _copy(outputs, folder / JOBS / job)
    details = found.sides.candidate.fingerprint.details
    write_model(
        folder / "model",
        find_artifact(found.training),
        read_signature(project, found),
        details.get("environment", {}),
        dict(_code(found)),
    )
    (folder / "report.json").write_text(dumps(made), encoding="utf-8")
    (folder / "report.md").write_text(render(made), encoding="utf-8")
    text = json.dumps(describe_lineage(project, found), indent=2, sort_keys=True, default=str)
    (folder / LINEAGE).write_text(text + "\n", encoding="utf-8")


def list_outputs(kept: Mapping[str, Record]) -> Iterator[tuple[str, Path]]:
    """Give what each of these jobs left; those that leave nothing are left out."""
    for job, record in kept.items():
        outputs = find_outputs(record)
        if outputs is not None:
            yield job, outputs


def _copy(folder: Path, to: Path) -> None:
    """Copy a folder; UserError where that cannot be done."""
    try:
        shutil.copytree(folder, to)
    except shutil.Error as error:
        path, _, why = error.args[0][0]
        raise UserError(
            f"{path} cannot be copied: {why}", hint="Is the disk full? Make room, and run it again."
        ) from None


def digest_artifact(found: Evidence) -> str:
    """Digest the model's file or files: two trainings may end in the same model."""
    return digest_files(find_artifact(found.training))


def describe_lineage(project: Project, found: Evidence) -> dict[str, Any]:
    """Say all that a version was made of and judged by."""
    sides, plan = found.sides, found.plan
    fingerprint = sides.candidate.fingerprint
    model = sides.candidate.model
    return {
        "format": FORMAT,
        "model": model.name,
        "commit": project.head,
        "dirty": "dirty" in found.used,
        "training": plan.candidate.training,
        "predictions": plan.candidate.predictions,
        "artifact": digest_artifact(found),
        "parts": dict(fingerprint.parts),
        "details": fingerprint.details,
        "seed": model.seed,
        "environment": fingerprint.details.get("environment", {}),
        "baseline": {
            "source": sides.source if sides.baseline is not None else sides.no_baseline,
            "commit": sides.base_commit,
            "training": None if plan.baseline is None else plan.baseline.training,
        },
        "verdict": found.verdict,
        "gates": [pack(gate) for gate in found.judged.gates],
        "seconds": found.training.content["seconds"],
        "megabytes": found.training.content["megabytes"],
    }


def _code(found: Evidence) -> Iterator[tuple[str, bytes]]:
    """Give the files that the training imports: a pickle needs its classes."""
    side = found.sides.candidate
    for path in side.fingerprint.details.get("code", {}):
        if path.endswith(".py"):
            try:
                yield path, side.tree.read(path)
            except FileNotFoundError:
                continue
