"""Put together what the registry keeps of a promotion: the run's folder, its numbers, and the version's tags."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from ml_ci.digests import digest
from ml_ci.frozen import dataclass
from ml_ci.records.codec import pack
from ml_ci.registry import values
from ml_ci.registry.values import NONE, Event, Offer, Version
from ml_ci.reports import causes, pieces, sentences
from ml_ci.reports.live.worth import find_worth
from ml_ci.reports.markdown import render
from ml_ci.reports.values import ModelReport, Report
from ml_ci.steps.promotion.evidence import Evidence
from ml_ci.steps.promotion.kept_jobs import digest_outputs
from ml_ci.steps.promotion.offer_files import digest_artifact, fill
from ml_ci.steps.promotion.offer_values import list_datasets, list_metrics, list_params
from ml_ci.steps.telling.outcome import report_judged, report_run
from ml_ci.steps.values import Project

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


def make_offer(
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
    made = _report(project, found)
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
        worth=None if stage else find_worth(made.models[model.name], None if current is None else current.version),
    )
    fill(project, found, made, folder)
    return Offer(
        id=known,
        model=model.name,
        event=event,
        replaces=replaces,
        tags=_tags(project, found, event, replaces),
        folder=folder,
        params=dict(list_params(found)),
        metrics=dict(list_metrics(made.models[model.name])),
        datasets=tuple(list_datasets(found)),
        take_over="pending" in asked.allow,
        summary=_summary(made.models[model.name]),
        description=render(made, _DESCRIPTION),
    )


def _summary(model: ModelReport) -> str:
    said = " ".join(pieces.plain(one) for one in (sentences.why(model), causes.cause(model)))
    return said[:_DESCRIPTION] if model.verdict == "pass" else f"{model.verdict}: {said}"[:_DESCRIPTION]


def _report(project: Project, found: Evidence) -> Report:
    name = found.sides.candidate.model.name
    told = report_judged(project, found.sides, found.plan, found.judged, {})
    return report_run(project, found.sides.base_commit, {name: told}, dirty="dirty" in found.used)


def _tags(project: Project, found: Evidence, event: Event, replaces: str) -> Mapping[str, str]:
    fingerprint = found.sides.candidate.fingerprint
    parts = {"parts": dict(fingerprint.parts), "trains": sorted(fingerprint.training_parts)}
    return {
        values.PROMOTION: event.id,
        values.COMMIT: project.head or "",
        values.TRAINING: fingerprint.training,
        values.ARTIFACT: digest_artifact(found),
        values.FINGERPRINT: json.dumps(parts, sort_keys=True),
        values.ENVIRONMENT: json.dumps(fingerprint.details.get("environment", {}), sort_keys=True),
        values.REPLACES: replaces,
        **({} if event.stage == values.CHAMPION else {values.STAGE: event.stage}),
        **({values.JOBS: digest_outputs(found.kept)} if found.kept else {}),
        values.EVENT: json.dumps(pack(event), ensure_ascii=False),
    }
