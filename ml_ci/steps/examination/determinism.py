"""Find out whether a training gives the same model, and a model the same answers, twice; if not, what that moves."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from ml_ci.evaluation.count import count
from ml_ci.evaluation.labels import read_labels
from ml_ci.evaluation.scores import FILE, load
from ml_ci.plan.plan import DETERMINISM, TRAININGS
from ml_ci.records.codec import pack
from ml_ci.records.manifests import note, unpack_entries
from ml_ci.records.store import Store
from ml_ci.steps.telling.unsteady import Repeated, key_of
from ml_ci.steps.values import Made, Project, Sides
from ml_ci.steps.working.score import score_side
from ml_ci.steps.working.train import train_side
from ml_ci.steps.working.workshop import Workshop, open_workshop


def train_twice(project: Project, sides: Sides) -> Repeated:
    """Train the candidate a second time, past every record of it, and compare; the result is kept.

    StageFailed when either training fails.
    """
    with open_workshop(project, sides) as shop:
        first = score_side(shop, sides.candidate)
        again = replace(project, store=Store(shop.work / "again"), failed={})
        _bring_needed(shop, sides.candidate, again.store)
        with open_workshop(again, sides) as second:
            found = _beside(shop, first.file(FILE), score_side(second, sides.candidate).file(FILE))
    _keep(project.store, sides.candidate.model.name, repeated=found)
    return found


def score_twice(project: Project, sides: Sides) -> Repeated | None:
    """Have the candidate's model score the holdout a second time, past every record of it, and compare; see above.

    It has another seed then, as each repetition has: in use nobody seeds it.
    None where a command predicts while it trains: then nothing scores. StageFailed when training or scoring fails.
    """
    if sides.candidate.model.job.predicts:
        return None
    with open_workshop(project, sides) as shop:
        first = score_side(shop, sides.candidate)
        again = replace(project, store=Store(shop.work / "again"), failed={})
        _bring_needed(shop, sides.candidate, again.store)
        _bring(shop, sides.candidate, again.store)
        other = replace(sides.candidate, repetition=1)
        with open_workshop(again, sides) as second:
            found = _beside(shop, first.file(FILE), score_side(second, other).file(FILE))
    _keep(project.store, sides.candidate.model.name, rescored=found)
    return found


def _beside(shop: Workshop, first: Path, second: Path) -> Repeated:
    model = shop.sides.candidate.model
    one, two = load(first), load(second)
    cells = count(read_labels(shop.holdout, model.label, model.positive).y_true, one.decision, two.decision).all
    apart = float(np.abs(one.within_one() - two.within_one()).max())
    flips = int((one.decision != two.decision).sum())
    return Repeated(
        training=shop.sides.candidate.fingerprint.training,
        when=datetime.now(UTC).isoformat(timespec="seconds"),
        identical=flips == 0 and apart == 0.0,
        rows=one.rows,
        flips=flips,
        fpr=_apart(cells.candidate.fpr, cells.baseline.fpr),
        fnr=_apart(cells.candidate.fnr, cells.baseline.fnr),
        score=apart,
    )


def _apart(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else abs(one - other)


def _bring_needed(shop: Workshop, side: Made, store: Store) -> None:
    """Give the second training the models that it builds on: only this one is trained again."""
    for needed in side.needs.values():
        _bring_needed(shop, needed, store)
        _bring(shop, needed, store)


def _bring(shop: Workshop, made: Made, store: Store) -> None:
    """Give a store the record of a training."""
    record = train_side(shop, made)
    folder = store.folder(TRAININGS, record.key)
    if not folder.exists():
        shutil.copytree(record.folder, folder)
    for entry in unpack_entries(record.content):
        note(store.ready(), entry)


def _keep(store: Store, model: str, **found: Repeated) -> None:
    """Keep what was found out, beside what is known of the model already."""
    record = store.find(DETERMINISM, key_of(model))
    known = {} if record is None else dict(record.content)
    store.drop(DETERMINISM, key_of(model))
    with store.draft() as draft:
        packed = {name: pack(one) for name, one in found.items()}
        store.keep(draft, DETERMINISM, key_of(model), {**known, "model": model, **packed})
