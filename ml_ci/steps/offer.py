"""Put together what the registry keeps of a promotion: the run's folder, its numbers, and the version's tags."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ml_ci.changes.digests import digest
from ml_ci.gates.metrics import metrics_of
from ml_ci.records.codec import pack
from ml_ci.records.record import digest as file_digest
from ml_ci.registry import values
from ml_ci.registry.values import NONE, Dataset, Event, Offer, Version
from ml_ci.reports import sentences
from ml_ci.reports.as_json import dumps
from ml_ci.reports.markdown import render
from ml_ci.reports.values import ModelReport, Report
from ml_ci.reports.values import Side as Counted
from ml_ci.steps.evidence import Evidence
from ml_ci.steps.outcome import finished, report
from ml_ci.steps.signature import signature
from ml_ci.steps.train import artifact
from ml_ci.steps.values import Project

FORMAT = 1
LINEAGE = "lineage.json"
_METRIC = re.compile(r"[^\w\-. /]")
_DESCRIPTION = 5_000  # MLflow keeps no longer one


@dataclass(frozen=True)
class Asked:
    """What the caller of a promotion says: who, when (UTC, ISO 8601), what is allowed by hand, and why."""

    by: str
    time: str
    reason: str = ""
    allow: frozenset[str] = frozenset()
    approved_by: str | None = None
    needs_approval: bool = False
    stage: str = values.CHAMPION


def offered(
    project: Project, found: Evidence, current: Version | None, asked: Asked, again: int, folder: Path
) -> Offer:
    """Make the offer of a model that was judged; the files of its run are written into `folder`.

    `current` is what it takes the place of in the stage that is asked for.
    `again` counts how often this model was rolled back before: each time is a promotion of its own.
    """
    model, candidate = found.sides.candidate.model, found.sides.candidate
    replaces = NONE if current is None else current.version
    stage = () if asked.stage == values.CHAMPION else (asked.stage,)
    known = digest([model.name, candidate.fingerprint.training, project.head, replaces, again, *stage])[:32]
    event = Event(
        id=known,
        kind="promotion",
        model=model.name,
        time=asked.time,
        by=asked.by,
        version="",
        replaced=None if current is None else current.version,
        commit=project.head,
        verdict=found.verdict,
        reason=asked.reason,
        approved_by=asked.approved_by,
        overrides=found.used,
        stage=asked.stage,
    )
    made = _report(project, found)
    _fill(project, found, made, folder)
    return Offer(
        id=known,
        model=model.name,
        event=event,
        replaces=replaces,
        tags=_tags(project, found, event, replaces),
        folder=folder,
        params=dict(_params(found)),
        metrics=dict(_metrics(made.models[model.name].candidate, ""))
        | dict(_metrics(made.models[model.name].baseline, "baseline.")),
        datasets=tuple(_datasets(found)),
        take_over="pending" in asked.allow,
        summary=_summary(made.models[model.name]),
        description=render(made, _DESCRIPTION),
    )


def artifact_digest(found: Evidence) -> str:
    """Digest the model's file or files: two trainings may end in the same model."""
    return file_digests(artifact(found.training))


def file_digests(path: Path | None) -> str:
    """Digest a file, or a folder by names and contents; "" for None."""
    if path is None:
        return ""
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    return digest([[file.name, file_digest(file)] for file in files if file.is_file()])


def _summary(model: ModelReport) -> str:
    said = " ".join(sentences.plain(one) for one in (sentences.why(model), sentences.cause(model)))
    return said[:_DESCRIPTION] if model.verdict == "pass" else f"{model.verdict}: {said}"[:_DESCRIPTION]


def _report(project: Project, found: Evidence) -> Report:
    name = found.sides.candidate.model.name
    return report(
        project, found.sides.base_commit, {name: finished(project, found.sides, found.plan, found.judged, {})}
    )


def _tags(project: Project, found: Evidence, event: Event, replaces: str) -> Mapping[str, str]:
    fingerprint = found.sides.candidate.fingerprint
    parts = {"parts": dict(fingerprint.parts), "trains": sorted(fingerprint.training_parts)}
    return {
        values.PROMOTION: event.id,
        values.COMMIT: project.head or "",
        values.TRAINING: fingerprint.training,
        values.ARTIFACT: artifact_digest(found),
        values.FINGERPRINT: json.dumps(parts, sort_keys=True),
        values.ENVIRONMENT: json.dumps(fingerprint.details.get("environment", {}), sort_keys=True),
        values.REPLACES: replaces,
        **({} if event.stage == values.CHAMPION else {values.STAGE: event.stage}),
        values.EVENT: json.dumps(pack(event), ensure_ascii=False),
    }


def _fill(project: Project, found: Evidence, made: Report, folder: Path) -> None:
    from ml_ci.registry.mlflow_model import write_model

    shutil.copytree(found.training.folder, folder / "record")
    if found.predictions is not None:
        shutil.copytree(found.predictions.folder, folder / "predictions")
    details = found.sides.candidate.fingerprint.details
    write_model(
        folder / "model",
        artifact(found.training),
        signature(project, found),
        details.get("environment", {}),
        dict(_code(found)),
    )
    (folder / "report.json").write_text(dumps(made), encoding="utf-8")
    (folder / "report.md").write_text(render(made), encoding="utf-8")
    text = json.dumps(lineage(project, found), indent=2, sort_keys=True, default=str)
    (folder / LINEAGE).write_text(text + "\n", encoding="utf-8")


def lineage(project: Project, found: Evidence) -> dict[str, Any]:
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
        "artifact": artifact_digest(found),
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


def _params(found: Evidence) -> Iterator[tuple[str, str]]:
    side = found.sides.candidate
    yield "seed", str(side.model.seed)
    for key, value in _flat(side.fingerprint.details.get("params", {}), ""):
        yield f"params.{_METRIC.sub('_', key)}"[:250], str(value)
    for number, gate in enumerate(found.judged.gates, 1):
        where = f" ({gate.slice})" if gate.slice else ""
        yield f"gate.{number}", f"{gate.condition}{where}: {gate.verdict}"


def _flat(value: Mapping[str, Any], before: str) -> Iterator[tuple[str, object]]:
    for key, item in value.items():
        if isinstance(item, Mapping):
            yield from _flat(item, f"{before}{key}.")
        else:
            yield f"{before}{key}", item


def _metrics(side: Counted | None, before: str) -> Iterator[tuple[str, float]]:
    if side is None:
        return
    counts = side.confusion
    numbers = {**side.metrics, **metrics_of(counts), "tp": counts.tp, "fp": counts.fp, "tn": counts.tn, "fn": counts.fn}
    for column, groups in side.slices.items():
        for value, group in groups.items():
            numbers |= {f"fpr/{column}/{value}": group.fpr, f"fnr/{column}/{value}": group.fnr}
    for name, number in numbers.items():
        if number is not None:
            yield _METRIC.sub("_", before + name)[:240], float(number)


def _datasets(found: Evidence) -> Iterator[Dataset]:
    details = found.sides.candidate.fingerprint.details
    for part, known in found.sides.candidate.fingerprint.parts.items():
        if part.startswith("data."):
            said = details.get(part, {})
            name = part.removeprefix("data.")
            context = "evaluation" if name == "holdout" else "training"
            yield Dataset(
                name, str(said.get("content") or known), str(said.get("path") or said.get("of") or name), context
            )
