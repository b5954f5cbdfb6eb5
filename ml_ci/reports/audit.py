"""The tables of a bias audit as New York City's Local Law 144 defines them (6 RCNY 5-300 to 5-304).

A rate is the share of a category that is selected, or that scores above the median of all; an impact ratio is that rate
by the highest one of the categories of the same table. Ratios are of exact rates, never of rounded ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Literal, TypeAlias

from ml_ci.evaluation.audit import Audit, AuditCell
from ml_ci.frozen import dataclass

Category: TypeAlias = tuple[str, ...]
Measure: TypeAlias = Literal["selection", "scoring"]
# Fewer than one row in so many is little: an independent auditor may leave such a category out.
_SMALL = 50


@dataclass(frozen=True)
class AuditRow:
    """One category: its rows, how many are selected or score above the median, and its ratios.

    `small` says that it has fewer than 2% of the rows in the tables. `ratio` is by the highest rate of the categories
    that are not, and None of a small one; `ratio_of_all` by the highest rate of every category. None is undefined:
    nobody was selected.
    """

    category: Category
    rows: int
    chosen: int
    small: bool
    ratio: float | None
    ratio_of_all: float | None

    @property
    def rate(self) -> float:
        return self.chosen / self.rows


@dataclass(frozen=True)
class AuditTables:
    """The three tables of one measure: by sex, by race or ethnicity, and by both."""

    sex: tuple[AuditRow, ...]
    race: tuple[AuditRow, ...]
    both: tuple[AuditRow, ...]


@dataclass(frozen=True)
class Unknown:
    """Rows that are in no table, since they do not say the sex, the race, or one of the two; of `rows` in all."""

    sex: int
    race: int
    either: int
    rows: int


def count_unknown(audit: Audit) -> Unknown:
    """Count the rows that are in no table."""
    sex = sum(cell.counts.rows for cell in audit.cells if _says_nothing(audit, cell.sex))
    race = sum(cell.counts.rows for cell in audit.cells if _says_nothing(audit, cell.race))
    rows = sum(cell.counts.rows for cell in audit.cells)
    return Unknown(sex, race, rows - sum(cell.counts.rows for cell in _known(audit)), rows)


def make_tables(audit: Audit, measure: Measure) -> AuditTables | None:
    """Make the three tables; None of scoring where the model gives labels, and where nobody's sex and race are known.

    A category without a row has no place in a table.
    """
    known = _known(audit)
    if not known or (measure == "scoring" and audit.median is None):
        return None
    choose = _chooser(audit, measure)
    total = sum(cell.counts.rows for cell in known)

    def table(name: Callable[[AuditCell], Category]) -> tuple[AuditRow, ...]:
        counted: dict[Category, tuple[int, int]] = {}
        for cell in known:
            rows, chosen = counted.get(name(cell), (0, 0))
            counted[name(cell)] = (rows + cell.counts.rows, chosen + choose(cell))
        return _rows(counted, total)

    return AuditTables(
        table(lambda cell: (cell.sex,)), table(lambda cell: (cell.race,)), table(lambda cell: (cell.sex, cell.race))
    )


def _known(audit: Audit) -> list[AuditCell]:
    return [
        cell
        for cell in audit.cells
        if cell.counts.rows and not _says_nothing(audit, cell.sex) and not _says_nothing(audit, cell.race)
    ]


def _says_nothing(audit: Audit, value: str) -> bool:
    return not value.strip() or value.strip() in {one.strip() for one in audit.unknown}


def _chooser(audit: Audit, measure: Measure) -> Callable[[AuditCell], int]:
    if measure == "scoring":
        return lambda cell: cell.above or 0
    if audit.selected == "negative":
        return lambda cell: cell.counts.tn + cell.counts.fn
    return lambda cell: cell.counts.tp + cell.counts.fp


def _rows(counted: Mapping[Category, tuple[int, int]], total: int) -> tuple[AuditRow, ...]:
    small = {category for category, (rows, _) in counted.items() if _SMALL * rows < total}
    large = _highest([one for category, one in counted.items() if category not in small])
    highest = _highest(counted.values())
    return tuple(
        AuditRow(
            category,
            rows,
            chosen,
            category in small,
            None if category in small else _ratio((rows, chosen), large),
            _ratio((rows, chosen), highest),
        )
        for category, (rows, chosen) in sorted(counted.items())
    )


def _highest(counted: Iterable[tuple[int, int]]) -> tuple[int, int] | None:
    """Give the (rows, chosen) of the highest rate, compared exactly; None where nobody is chosen."""
    found: tuple[int, int] | None = None
    for rows, chosen in counted:
        if chosen and (found is None or chosen * found[0] > found[1] * rows):
            found = rows, chosen
    return found


def _ratio(one: tuple[int, int], highest: tuple[int, int] | None) -> float | None:
    """Divide two rates by one division of whole numbers."""
    return None if highest is None else (one[1] * highest[0]) / (one[0] * highest[1])
