"""Cut a comparison into its folds: each is a side of its own, trained without the rows that it is scored on.

What is judged of a side are its folds' predictions together; the model itself is trained on all rows. A fold is one
more training of the same job, on other rows: it is keyed, found again, kept and sent like any other.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ml_ci.changes.fingerprint import recut
from ml_ci.digests import digest
from ml_ci.errors import Failure, StageFailed
from ml_ci.frozen import dataclass
from ml_ci.spec.values import ModelSpec, PartEntry
from ml_ci.steps.planning.foretold import foretell
from ml_ci.steps.planning.reads import resolve_reads
from ml_ci.steps.values import Project, Side, Sides


@dataclass(frozen=True)
class Fold:
    """One fold of a side: `side` was trained without the rows that it is scored on, which `sides` compare on."""

    number: int
    sides: Sides
    side: Side


def find_folds(model: ModelSpec) -> PartEntry | None:
    """Give the holdout of a model that is judged by folds; None of any other."""
    return model.holdout if isinstance(model.holdout, PartEntry) and model.holdout.whole else None


def count_folds(model: ModelSpec) -> int:
    """Give the number of folds that a model is judged by; 0 where one model scores every row."""
    part = find_folds(model)
    return 0 if part is None or part.folds is None else part.folds


def cut_folds(project: Project, sides: Sides, side: Side) -> tuple[Fold, ...]:
    """Give the folds of a side, by the candidate's cut; () where the candidate is not judged by folds.

    StageFailed `no-folds` when a side has no table to cut them out of.
    """
    part = find_folds(sides.candidate.model)
    if part is None or part.folds is None:
        return ()
    _refuse_none(side, part)
    return tuple(_cut(project, sides, side, replace(part, fold=number)) for number in range(part.folds))


def _cut(project: Project, sides: Sides, side: Side, entry: PartEntry) -> Fold:
    candidate = _train_without(sides.candidate, entry)
    one = foretell(candidate, _train_without(side, entry))
    assert entry.fold is not None  # noqa: S101 - cut_folds says which
    candidate, one = resolve_reads(project, candidate), resolve_reads(project, one)
    if side.name == "candidate":
        return Fold(entry.fold, replace(sides, candidate=one, baseline=None), one)
    return Fold(entry.fold, replace(sides, candidate=candidate, baseline=one), one)


def _train_without(side: Side, entry: PartEntry) -> Side:
    model = replace(side.model, holdout=entry, seeds=1, metrics={})  # what is measured, is measured of all together
    return replace(side, model=model, fingerprint=recut(side.fingerprint, entry), own=None, cut=None)


def _refuse_none(side: Side, part: PartEntry) -> None:
    if part.of not in side.model.data:
        raise fail_without_folds(f"the {side.name} has no data entry `{part.of}`, which the folds are cut out of")


def fail_without_folds(message: str) -> StageFailed:
    """Make the failure of a side of which no fold can be trained."""
    hint = "Compare with a commit that trains them: --baseline REF. Or judge once without one: --baseline none."
    return StageFailed(Failure("changes", "no-folds", message, hint))


def pool_keys(own: str, keys: Iterable[str]) -> str:
    """Give the key of the predictions of all folds together, from that of the side and those of its folds."""
    return digest(["folds", own, *keys])
