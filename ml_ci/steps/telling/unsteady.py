"""What is known of a training that does not give the same model twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ml_ci.digests import digest
from ml_ci.plan.plan import DETERMINISM
from ml_ci.records.codec import unpack_if_fit
from ml_ci.records.store import Store


@dataclass(frozen=True)
class Repeated:
    """Two trainings of the same inputs beside each other, on the holdout.

    `flips` counts the rows that they decide differently; `fpr` and `fnr` are how far the rates lie apart (None where
    undefined), `score` the largest distance of two scores of one row. `training` is the key of the first.
    """

    training: str
    when: str
    identical: bool
    rows: int
    flips: int
    fpr: float | None
    fnr: float | None
    score: float


def find_repeated(store: Store, model: str) -> Repeated | None:
    """Give what was found out about a model's training last, if anything was."""
    record = store.find(DETERMINISM, key_of(model))
    return None if record is None else unpack_if_fit(Repeated, record.content.get("repeated"))


def note_determinism(store: Store, model: str) -> Iterator[str]:
    """Say in a report that a training is known not to be deterministic."""
    found = find_repeated(store, model)
    if found is not None and not found.identical:
        yield f"{describe_repeated(found)[:1].upper()}{describe_repeated(found)[1:]} (found on {found.when[:10]})."


def describe_repeated(found: Repeated) -> str:
    """Say what was found: `training is not deterministic: FPR moves by ±0.4 points by itself ...`."""
    if found.identical:
        return f"trained twice, the same prediction for each of {found.rows:,} rows"
    moved = " and ".join(
        f"{name} moves by ±{100 * rate:.1f} points" for name, rate in (("FPR", found.fpr), ("FNR", found.fnr)) if rate
    )
    flips = f"{found.flips:,} of {found.rows:,} rows are decided differently"
    if not found.flips:
        return f"training is not deterministic: scores move by up to {found.score:.2g} by themselves, no decision does"
    return f"training is not deterministic: {moved or 'neither rate moves'} by itself, {flips}"


def key_of(model: str) -> str:
    """Give the key of what is known of a model's training."""
    return digest([DETERMINISM, model])
