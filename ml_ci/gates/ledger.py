"""The ledger of a holdout: how often it was looked at, what it granted, and what a further look may still spend.

A look is one pair of models judged on one holdout. The same pair judged again is no further look. Looks at a holdout
count for another one too as long as at least half of its rows were in the first: a new row does not make it fresh.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import field, replace
from typing import Any

from ml_ci.digests import digest
from ml_ci.evaluation.clusters import Sketch
from ml_ci.frozen import dataclass
from ml_ci.gates.values import MOST_JUDGEMENTS, Judgement, Verdict
from ml_ci.spec.values import GateSpec, Reuse
from ml_ci.tables.content import Content

# From this share of its rows on a holdout is the one that was looked at before.
# From this look on a holdout without a plan is said to flatter: before, nobody can do anything about it.
MANY_LOOKS = 20
_SAME_ROWS = 0.5
# A sketch knows shares to a few percent.
_ALL_ROWS = 0.98


@dataclass(frozen=True)
class Pair:
    """Two models that are compared: the keys of their trainings, and a digest of how they decide.

    `baseline` is None where there is none. `decides` covers thresholds and scoring code.
    """

    model: str
    candidate: str
    baseline: str | None = None
    decides: str = ""

    @property
    def key(self) -> str:
        """Tell this pair from any other one."""
        return digest(["pair", self.model, self.candidate, self.baseline, self.decides])


@dataclass(frozen=True)
class Look:
    """One pair judged on one holdout: `when` it was first (ISO 8601, UTC), with which verdict, at which commit.

    `counts` are the candidate's tp, fp, tn and fn on it, None in a ledger of a version that did not keep them.
    """

    pair: Pair
    when: str
    verdict: Verdict
    commit: str | None = None
    promoted: bool = False
    counts: tuple[int, int, int, int] | None = None


@dataclass(frozen=True)
class Ledger:
    """Every look at one holdout, the first one first; `clusters` are those that it had, None: they were not known."""

    holdout: Content
    looks: tuple[Look, ...] = ()
    clusters: Sketch | None = None

    @property
    def promotions(self) -> int:
        """How many of the candidates were promoted."""
        return sum(look.promoted for look in self.looks)


@dataclass(frozen=True)
class Standing:
    """Where a holdout stands before a pair is judged on it.

    `looks` and `promotions` are those before this one; `fresh` says that this is a look that was not counted yet.
    `alpha` is the level that it may spend, None without a plan. `anytime` says why only e-values are valid, or "".
    Those bet on clusters as large as the `largest` of the first look (None: of this one); `grown` says why they cannot,
    or "": more rows of a cluster that is known are no new evidence.
    """

    looks: int = 0
    promotions: int = 0
    fresh: bool = True
    alpha: float | None = None
    spent: bool = False
    anytime: str = ""
    largest: tuple[float, float, float] | None = None
    grown: str = ""
    notes: tuple[str, ...] = field(default=())


def merged(one: Ledger, other: Ledger) -> Ledger:
    """Join two ledgers of the same holdout: a union of looks by pair; the first verdict and any promotion stay."""
    by_pair: dict[str, Look] = {}
    for look in sorted((*one.looks, *other.looks), key=lambda look: (look.when, look.pair.key)):
        known = by_pair.setdefault(look.pair.key, look)
        by_pair[look.pair.key] = replace(known, promoted=known.promoted or look.promoted)
    return Ledger(one.holdout, tuple(by_pair.values()), one.clusters or other.clusters)


def judgements(ledger: Ledger, model: str) -> tuple[Judgement, ...]:
    """Give the latest looks of a model at a holdout whose counts are known, the first one first."""
    known = [
        Judgement(look.when, look.commit, look.verdict, look.promoted, *look.counts)
        for look in ledger.looks
        if look.pair.model == model and look.counts is not None
    ]
    return tuple(known[-MOST_JUDGEMENTS:])


def promoted(ledger: Ledger, model: str, candidate: str) -> Ledger:
    """Note that a candidate was promoted, in every look at it."""
    looks = (
        replace(look, promoted=look.promoted or (look.pair.model, look.pair.candidate) == (model, candidate))
        for look in ledger.looks
    )
    return replace(ledger, looks=tuple(looks))


def standing(
    holdout: Content,
    ledgers: Iterable[Ledger],
    pair: Pair,
    reuse: Reuse | None,
    confidence: float | None,
    clusters: Sketch | None = None,
    older: Content | None = None,
) -> Standing:
    """Say where a holdout stands before `pair` is judged on it; without `reuse` looks are counted and nothing is spent.

    `confidence` is the strictest one that a gate asks for, None where none does. `clusters` are those of the holdout,
    None where its rows are independent. `older` is the holdout's content as older ledgers know theirs, where there are.
    """

    def own(ledger: Ledger) -> Content:
        """Give the holdout's content in the form of a ledger's."""
        return older if older is not None and ledger.holdout.is_older else holdout

    related = [one for one in ledgers if own(one).share_in(one.holdout) >= _SAME_ROWS]
    looks = _looks(related)
    before, smaller = _before(looks, pair), [one for one in related if _is_smaller(own(one), one, pair)]
    found = Standing(
        looks=len(before),
        promotions=sum(look.promoted for look in before),
        fresh=_is_fresh(looks, pair),
        anytime=_say_grown(holdout, smaller),
    )
    if smaller and clusters is not None:
        first = min(smaller, key=lambda one: min(look.when for look in one.looks))
        largest = None if first.clusters is None else first.clusters.largest
        found = replace(found, largest=largest, grown=_say_grown_clusters(first.clusters, clusters))
    if reuse is not None and confidence:
        found = _plan(found, reuse, 1 - confidence)
    return replace(found, notes=tuple(_notes(found, reuse)))


def strictest(gates: Sequence[GateSpec], confidence: float | None) -> float | None:
    """Give the highest confidence that the model or one of its gates asks for; None where none is asked for."""
    asked = [gate.condition.confidence for gate in gates]
    known = [one for one in (*asked, confidence if None in asked or not gates else None) if one]
    return max(known, default=None)


def _looks(related: Sequence[Ledger]) -> list[Look]:
    """Put the looks at related holdouts in order; a pair that saw two of them looked once."""
    joined = Ledger(Content("", 0), ())
    for one in related:
        joined = merged(joined, one)
    return list(joined.looks)


def _before(looks: Sequence[Look], pair: Pair) -> list[Look]:
    """Give the looks that came before the first one of this pair."""
    keys = [look.pair.key for look in looks]
    return list(looks[: keys.index(pair.key)] if pair.key in keys else looks)


def _is_fresh(looks: Sequence[Look], pair: Pair) -> bool:
    """Say whether this look shows anything new: a model beside itself shows nothing that a look at it did not."""
    if any(look.pair.key == pair.key for look in looks):
        return False
    seen = {key for look in looks if look.pair.model == pair.model for key in (look.pair.candidate, look.pair.baseline)}
    return pair.candidate != pair.baseline or pair.candidate not in seen


def _is_smaller(holdout: Content, ledger: Ledger, pair: Pair) -> bool:
    """Say whether a ledger is of what this holdout was before rows were added, with a look at the same pair."""
    return (
        ledger.holdout.digest != holdout.digest
        and ledger.holdout.rows < holdout.rows
        and ledger.holdout.share_in(holdout) >= _ALL_ROWS
        and any(look.pair.key == pair.key for look in ledger.looks)
    )


def _say_grown(holdout: Content, smaller: Sequence[Ledger]) -> str:
    if not smaller:
        return ""
    return f"rows were added, {smaller[0].holdout.rows:,} → {holdout.rows:,}, after a look at the same two models"


def _say_grown_clusters(first: Sketch | None, now: Sketch) -> str:
    """Say which clusters that were there at the first look have more rows now, or that it is not known."""
    if first is None or not first.weights or not now.weights:
        return "rows were added after a look, and which clusters they are of is not known: label a fresh holdout"
    # Only what grew beyond rounding of weights did.
    more = sum(now.weights.get(name, 0.0) > weight * (1 + 1e-9) for name, weight in first.weights.items())
    if not more:
        return ""
    some = "" if first.clusters <= len(first.weights) else f" of {len(first.weights):,} looked at"
    said = f"{more:,} known clusters have" if more > 1 else "1 known cluster has"
    return (
        f"{said} more rows than at a look at the same two models{some}: only rows of new clusters are further "
        "evidence; label those, or a fresh holdout"
    )


def _plan(found: Standing, reuse: Reuse, alpha: float) -> Standing:
    from ml_ci.gates.statistics.ledger_budget import budget

    left: Any = budget(alpha, reuse.looks, min(reuse.promotions, reuse.looks), found.looks, found.promotions)
    return replace(found, alpha=left.alpha, spent=left.spent)


def _notes(found: Standing, reuse: Reuse | None) -> Iterable[str]:
    number = found.looks + 1
    granted = f"{found.promotions:,} promotion{'' if found.promotions == 1 else 's'}"
    if found.spent and reuse is not None:
        yield (
            f"the holdout's plan of {reuse.looks:,} looks and {reuse.promotions:,} promotions is spent "
            f"({found.looks:,} looks, {granted}): it can prove nothing more; label fresh rows for at least half of it"
        )
    elif reuse is not None:
        yield f"look {number:,} of {reuse.looks:,} at this holdout, {granted} of {reuse.promotions:,} before it"
    elif number >= MANY_LOOKS:
        yield (
            f"look {number:,} at this holdout, {granted} before it: so many looks flatter the numbers (`ml-ci ledger` "
            "lists them); label fresh rows, or plan looks with `reuse: {looks: 32, promotions: 3}`"
        )
    if found.anytime:
        yield f"judged by e-values: {found.anytime}"
