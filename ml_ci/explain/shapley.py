"""How much of a change each of several parts accounts for, when they were made together.

The parts are the players of a cooperative game: the value of a set of parts is a metric of the model in which these
parts are new and the others old. Everything is exact, in fractions: the shares add up to the whole change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from itertools import chain, combinations

Parts = frozenset[str]


def subsets(parts: Iterable[str]) -> Iterator[Parts]:
    """Give every set of parts, the empty one first, then by size and in the order of the parts."""
    parts = tuple(parts)
    return (frozenset(one) for one in chain.from_iterable(combinations(parts, size) for size in range(len(parts) + 1)))


def dividends(values: Mapping[Parts, Fraction]) -> dict[Parts, Fraction]:
    """Give what each set of parts adds beyond all of its own subsets: its Harsanyi dividend.

    `values` has every subset. Of a single part it is the change that the part makes alone; of several, their
    interaction; of the empty set, the baseline's value. Harsanyi 1963, "A simplified bargaining model for the
    n-person cooperative game".
    """
    found: dict[Parts, Fraction] = {}
    for one in sorted(values, key=len):
        found[one] = values[one] - sum((found[other] for other in found if other < one), Fraction(0))
    return found


def shares(values: Mapping[Parts, Fraction]) -> dict[str, Fraction]:
    """Give each part's Shapley value (1953): every dividend, shared equally by the parts that make it.

    The shares add up to the value of all parts less the value of none, exactly.
    """
    found = dict.fromkeys(sorted(frozenset[str]().union(*values)), Fraction(0))
    for together, dividend in dividends(values).items():
        for part in together:
            found[part] += dividend / len(together)
    return found
