"""What is known of a training that does not give the same model twice, and of a model that does not answer alike."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

from ml_ci.digests import digest
from ml_ci.frozen import dataclass
from ml_ci.plan.plan import DETERMINISM
from ml_ci.records.codec import unpack_if_fit
from ml_ci.records.store import Store
from ml_ci.spec.values import ModelSpec, PartEntry

What: TypeAlias = Literal["repeated", "rescored"]


@dataclass(frozen=True)
class Repeated:
    """Two trainings of the same inputs beside each other, or two scorings by the same model, on the holdout.

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


def find_repeated(store: Store, model: str, what: What = "repeated") -> Repeated | None:
    """Give what was found out about a model's training (`repeated`), or scoring (`rescored`), last, if anything was."""
    record = store.find(DETERMINISM, key_of(model))
    return None if record is None else unpack_if_fit(Repeated, record.content.get(what))


def note_determinism(store: Store, model: ModelSpec) -> Iterator[str]:
    """Say in a report that a training, or scoring, is known not to be deterministic, and how to judge it all the same.

    What is judged by its own spread needs no word.
    """
    scored = find_repeated(store, model.name, "rescored")
    if scored is not None and not scored.identical:
        if not is_spread_judged(model):
            yield f"{_sentence(describe_rescored(scored))} (found on {scored.when[:10]}). {advise_scoring(model)}"
        return  # then nothing is known of the training
    found = find_repeated(store, model.name)
    if found is not None and not found.identical and model.seeds == 1:
        yield f"{_sentence(describe_repeated(found))} (found on {found.when[:10]})."


def is_spread_judged(model: ModelSpec) -> bool:
    """Say whether a model is judged by what scoring moves by itself: by repetitions, or by seeds, each scored apart."""
    return model.repeats > 1 or model.seeds > 1


def advise_scoring(model: ModelSpec) -> str:
    """Say what to write for a model that does not answer alike twice: what stands beside it in ml-ci.yaml decides."""
    folded = isinstance(model.holdout, PartEntry) and model.holdout.folds is not None
    if folded or model.weight is not None or model.method == "anytime":
        return "Judge it by the spread: `seeds: 5`, which scores five models, and each by itself."
    return "Judge it by the spread: `repeats: 5`, which trains nothing again."


def describe_repeated(found: Repeated) -> str:
    """Say what was found: `training is not deterministic: FPR moves by ±0.4 points by itself ...`."""
    if found.identical:
        return f"trained twice, the same prediction for each of {found.rows:,} rows"
    return f"training is not deterministic: {_moved(found)}"


def describe_rescored(found: Repeated) -> str:
    """Say what was found: `scoring is not deterministic: FPR moves by ±0.4 points by itself ...`."""
    if found.identical:
        return f"scored twice, the same answer for each of {found.rows:,} rows"
    return f"scoring is not deterministic: {_moved(found)}"


def _moved(found: Repeated) -> str:
    moved = " and ".join(
        f"{name} moves by ±{100 * rate:.1f} points" for name, rate in (("FPR", found.fpr), ("FNR", found.fnr)) if rate
    )
    if not found.flips:
        return f"scores move by up to {found.score:.2g} by themselves, no decision does"
    flips = f"{found.flips:,} of {found.rows:,} rows are decided differently"
    return f"{moved or 'neither rate moves'} by itself, {flips}"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def key_of(model: str) -> str:
    """Give the key of what is known of a model's training."""
    return digest([DETERMINISM, model])
