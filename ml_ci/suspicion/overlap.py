"""Rows of the holdout that a model was trained on: how many, how many chance explains, and what to say of it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from ml_ci.frozen import dataclass

if TYPE_CHECKING:
    from ml_ci.tables.shared_rows import Compared, Shared

Odd: TypeAlias = Literal["more", "repeats", ""]


@dataclass(frozen=True)
class Overlap:
    """Say how many of the `rows` of the holdout stand in a table that a side was trained on.

    `same` are the rows that stand there whole (None where it has no label column), `features` those that do but for
    the label. `odd` and `features_odd` say whether that is `more` than chance explains, or as much as the table's own
    rows `repeats` one another, although they are too rich for that; "" is nothing odd. `chance` is how many rows of
    `features` chance explains. `cut` says that the holdout was cut out of that very table; of `folds`, where there are
    any, a row counts that stands in another than its own.
    """

    side: Literal["candidate", "baseline"]
    data: str
    path: str
    rows: int
    same: int | None
    features: int
    odd: Odd = ""
    features_odd: Odd = ""
    chance: float = 0.0
    cut: bool = False
    folds: int = 0


def add_answers(folds: Sequence[Sequence[Compared]]) -> tuple[Compared, ...]:
    """Add what was found of each fold in the others; an answer that only some folds have is left out."""
    return tuple(_add_all(answers) for answers in zip(*folds, strict=False))


def _add_all(answers: Sequence[Compared]) -> Compared:
    labelled = [one.whole for one in answers if one.whole is not None]
    whole = _add(labelled) if len(labelled) == len(answers) else None
    return replace(answers[0], whole=whole, features=_add([one.features for one in answers]))


def _add(found: Sequence[Shared]) -> Shared:
    """Add the rows that were looked for and found; of the tables that they were looked for in, take the mean."""
    rows = sum(one.rows for one in found)

    def mean(values: Iterable[float]) -> float:
        return sum(value * one.rows for value, one in zip(values, found, strict=True)) / rows if rows else 0.0

    return replace(
        found[0],
        rows=rows,
        found=sum(one.found for one in found),
        others=round(mean(one.others for one in found)),
        repeated=round(mean(one.repeated for one in found)),
        distinct=round(mean(one.distinct for one in found)),
        alike=mean(one.alike for one in found),
    )


def judge_overlap(answers: Sequence[Compared]) -> Overlap:
    """Choose the answer that says most against the table, and judge it; whose it is, is for the caller to say."""
    best = max(answers, key=_weight)
    whole, features = best.whole, best.features
    return Overlap(
        side="candidate",
        data="",
        path="",
        rows=features.rows,
        same=None if whole is None else whole.found,
        features=features.found,
        odd="" if whole is None else oddity(whole),
        features_odd=oddity(features),
        chance=_chance(features),
    )


def oddity(of: Shared) -> Odd:
    """Say whether rows that two tables share are odd.

    Chance explains as many as a table's own rows repeat one another, and as many as would agree if its columns had
    nothing to do with each other. Beyond three standard errors of that they are `more`. Repeats themselves are odd
    where the columns could tell rows apart a hundred times better, at least a tenth of the rows are different, and
    they are as many as move a rate by a point.
    """
    if not of.found:
        return ""
    expected = _chance(of)
    if of.found > expected + 3 * math.sqrt(expected):
        return "more"
    rich = _independent(of) < of.found / 100 and 10 * of.distinct >= of.others
    return "repeats" if rich and 100 * of.found >= of.rows else ""


def cautions(overlaps: Iterable[Overlap]) -> tuple[str, ...]:
    """Say of each table that holds rows of the holdout how many; nothing of what chance explains."""
    return tuple(said for one in overlaps if (said := _caution(one)))


def plainly(of: Overlap) -> str:
    """Say for the record how many rows of the holdout stand in a table, odd or not."""
    most = of.features if of.same is None else of.same
    more = of.features - (of.same or 0)
    where = f"{'other folds of ' if of.folds else ''}data.{of.data}"
    said = f"{_number(most)} of the {of.rows:,} rows of the holdout {_stand(most)} in {where}"
    if of.same is None:
        said += ", which has no label column"
    elif more:
        said += f"; {more:,}{' more' if most else ''} {_stand(more)} there but for the label"
    if of.features and not (of.odd or of.features_odd):
        said += f". Its rows repeat one another so often that about {of.chance:,.0f} are to be expected"
    return f"{said}."


def _caution(of: Overlap) -> str:
    if not of.odd and not of.features_odd:
        return ""
    return f"{_count(of)}: {_harm(of)} {_advice(of)}"


def _count(of: Overlap) -> str:
    whose = "" if of.side == "candidate" else "the baseline's "
    where = f"{'other folds of ' if of.folds else 'the rest of ' if of.cut else ''}{whose}data.{of.data} ({of.path})"
    if of.odd and of.same:
        more = of.features - of.same if of.features_odd else 0
        also = f", and {more:,} more but for the label" if more else ""
        return f"{of.same:,} of the {of.rows:,} rows of the holdout {_stand(of.same)} in {where}{also}"
    label = "" if of.same is None else " but for the label"
    return f"{of.features:,} of the {of.rows:,} rows of the holdout {_stand(of.features)} in {where}{label}"


def _harm(of: Overlap) -> str:
    if of.side == "baseline":
        return "the baseline was trained on them, and looks better than it is."
    return "what was trained on them has seen them, and looks better than it is."


def _advice(of: Overlap) -> str:
    if of.side == "baseline":
        return (
            "Keep rows that a baseline was trained on out of the holdout, or compare with one that has not seen them."
        )
    if of.folds:
        return "Remove repeated rows from the table, or keep them in one fold: `folds: 5` with `by: COLUMN`."
    if of.cut:
        return "Remove repeated rows from the table, or keep them on one side: `share: 0.2` with `by: COLUMN`."
    if (of.odd or of.features_odd) == "repeats":
        return "That table repeats its own rows as often: remove repeated rows before it is split in two."
    return "Remove them from one of the two, or cut the holdout out of one table: `holdout: {of: …, share: 0.2}`."


def _weight(answer: Compared) -> tuple[int, int]:
    whole, features = answer.whole, answer.features
    return (
        whole.found if whole is not None and oddity(whole) else 0,
        features.found if oddity(features) else 0,
    )


def _chance(of: Shared) -> float:
    repeats = of.rows * of.repeated / of.others if of.others else 0.0
    return max(repeats, _independent(of))


def _independent(of: Shared) -> float:
    return of.rows * -math.expm1(-of.others * of.alike)


def _number(count: int) -> str:
    return f"{count:,}" if count else "None"


def _stand(count: int) -> str:
    return "stands" if count in (0, 1) else "stand"
