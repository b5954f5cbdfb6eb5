"""How rows that belong together are said to someone who never heard of a design effect."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ml_ci.gates.wording import MOST_NEEDS, more_rows, two_digits, with_chance

NEUTRAL = "clusters"

# What a column's name has beside what it names: customer_id, customerId, patient_uuid, device_key.
_TAILS = frozenset(
    {"id", "ids", "uid", "uuid", "guid", "key", "hash", "no", "nr", "num", "number", "code", "name", "ref"}
)
_NO_NOUNS = frozenset({"who", "whom", "whose", "by", "of"})


@dataclass(frozen=True, slots=True)
class Together:
    """What the rows of one question are evidence of.

    `rows` rows of `kind` belong to `clusters` (0: each is its own) that are called `unit`, and stand for `weight` rows
    of the population (None: each for itself). `effective_rows` independent ones say as much, `design_effect` rows as
    one of them; None where they are resampled by cluster instead. `known` rows count by themselves.
    """

    rows: int
    kind: str
    clusters: int = 0
    unit: str = NEUTRAL
    weight: float | None = None
    design_effect: float | None = None
    effective_rows: float | None = None
    known: int = 0

    @property
    def brief(self) -> str:
        """What they count as, to be read within a sentence: `1,204 rows of 310 customers (they count as 388)`."""
        said, counted = str(self).split(", design effect")[0], self.effective_rows
        return said if counted is None else f"{said} (they count as {_whole(counted)})"

    def __str__(self) -> str:
        said = f"{self.rows:,} {self.kind}"
        if self.clusters:
            said += f" of {self.clusters:,} {self.unit if self.clusters != 1 else one_of(self.unit)}"
        if self.known:
            said += f" ({self.known:,} of them of known {self.unit}, each for itself)"
        if self.weight is not None:
            said += f" that stand for {_whole(self.weight)}"
        if self.design_effect is None or self.effective_rows is None:
            return said + (f", resampled by {one_of(self.unit)}" if self.clusters else "")
        return f"{said}, design effect {self.design_effect:.3g}: they count as {_whole(self.effective_rows)}"


def unit_of(columns: Sequence[str]) -> str:
    """Say whose rows belong together, in the plural: `customer_id` → `customers`; `clusters` for what has no noun."""
    if len(columns) != 1:
        return NEUTRAL
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", columns[0])
    words = [word for word in re.split(r"[\W_]+", apart.lower()) if word]
    while words and (words[-1] in _TAILS or words[-1].isdigit()):
        words.pop()
    noun = " ".join(words)
    if noun in _NO_NOUNS or not re.fullmatch(r"[a-z][a-z ]{1,30}", noun):
        return NEUTRAL
    return _plural(noun)


def one_of(unit: str) -> str:
    """Say one of a unit: `customers` → `customer`."""
    for plural, single in (("ies", "y"), ("sses", "ss"), ("shes", "sh"), ("ches", "ch"), ("xes", "x"), ("s", "")):
        if unit.endswith(plural):
            return unit.removesuffix(plural) + single
    return unit


def more_clusters(rows: int | None, clusters: int | None, kind: str, unit: str, chance: float | None = None) -> str:
    """Say what would decide it: `about 130 more customers (1,036 rows) would decide it with a chance of 80%`."""
    if clusters is None or rows is None:
        return more_rows(rows, kind, chance)
    if clusters >= MOST_NEEDS or rows >= MOST_NEEDS:
        return f"it would take more than {MOST_NEEDS:,} further {kind}"
    about = two_digits(clusters)
    brought = -(-rows * about // clusters)
    said = f"about {about:,} more {unit if about != 1 else one_of(unit)} ({brought:,} {kind}) would decide it"
    return f"{said}{with_chance(chance)}"


def _plural(noun: str) -> str:
    if noun.endswith("y") and noun[-2:-1] not in tuple("aeiou"):
        return f"{noun[:-1]}ies"
    if noun.endswith(("ss", "sh", "ch", "x")):
        return f"{noun}es"
    return noun if noun.endswith("s") else f"{noun}s"


def _whole(rows: float) -> str:
    return f"{rows:,.0f}" if rows >= 10 else f"{rows:.2g}"
