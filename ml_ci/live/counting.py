"""Count the rows of each window in DuckDB, and put the counts together as values."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ml_ci.errors import UserError
from ml_ci.evaluation.confusion import Confusion
from ml_ci.live.bins import place_numbers
from ml_ci.live.values import Bins, Coverage, Weighed
from ml_ci.tables.duck import Database, select

_AT_ONCE = 1 << 18  # rows whose columns are held
_MOST_WEIGHTS = 1000  # different ones in a window: more are no design of a sample


@dataclass
class Tally:
    """The rows of one window as they are added up: see `Window`."""

    rows: int = 0
    positive: int = 0
    due: dict[bool, int] = field(default_factory=lambda: defaultdict(int))
    counted: dict[tuple[bool, bool], int] = field(default_factory=lambda: defaultdict(int))
    known: dict[tuple[bool, bool], int] = field(default_factory=lambda: defaultdict(int))
    weights: dict[tuple[bool, float], list[int]] = field(default_factory=dict)

    @property
    def confusion(self) -> Confusion:
        """The counts of labelled rows as they count."""
        return make_confusion(self.counted)

    @property
    def known_now(self) -> Confusion:
        """The counts with all labels that are known now, however late."""
        return make_confusion(self.known)

    def coverage(self, decided: bool) -> Coverage:
        """Count the rows decided one way that are due, and those of them with a label."""
        labelled = sum(number for (decision, _), number in self.counted.items() if decision is decided)
        return Coverage(self.due[decided], labelled)

    @property
    def weighed(self) -> tuple[Weighed, ...]:
        """The labelled rows by class and weight."""
        found = sorted(self.weights.items())
        return tuple(Weighed(positive, 1 / weight, wrong, right) for (positive, weight), (wrong, right) in found)


def make_confusion(counts: Mapping[tuple[bool, bool], int]) -> Confusion:
    """Make the four counts from numbers of rows by decision and label."""
    cell = {key: counts.get(key, 0) for key in ((True, True), (True, False), (False, False), (False, True))}
    return Confusion(cell[True, True], cell[True, False], cell[False, False], cell[False, True])


def count_moved(now: Confusion, then: Confusion) -> int:
    """Count the labels that came, or changed, between two counts of the same rows."""
    pairs = ((now.tp, then.tp), (now.fp, then.fp), (now.tn, then.tn), (now.fn, then.fn))
    return sum(max(0, after - before) for after, before in pairs)


def tally(database: Database, who: int, weighted: bool) -> dict[int, Tally]:
    """Count the rows of one version in each window, by number; windows without rows are left out.

    UserError for labelled rows without a weight, or with one below 1, where labels are weighted.
    """
    found: dict[int, Tally] = defaultdict(Tally)
    asked = select("w, due, d, y, y1, count(*)", "labelled", f"WHERE who = {who} GROUP BY ALL")
    for window, due, decided, label, known, number in database.execute(asked).fetchall():
        one = found[int(window)]
        one.rows += number
        one.positive += number if decided else 0
        if not due:
            continue
        one.due[decided] += number
        if label is not None:
            one.counted[decided, label] += number
        if known is not None:
            one.known[decided, known] += number
    if weighted:
        _add_weights(database, who, found)
    return dict(found)


def _add_weights(database: Database, who: int, found: Mapping[int, Tally]) -> None:
    labelled = f"WHERE who = {who} AND due AND y IS NOT NULL"
    wrong = database.execute(
        select("count(*), min(id)", "labelled", f"{labelled} AND NOT coalesce(p >= 1 AND isfinite(p), false)")
    ).fetchone() or (0, None)
    if wrong[0]:
        message = f"{wrong[0]:,} labelled rows have no weight of at least 1, such as {wrong[1]}"
        hint = "`weight:` of live: is the number of rows that a labelled row stands for: 1 over its chance of a label."
        raise UserError(message, hint=hint)
    asked = select("w, y, p, count(*) FILTER (WHERE d <> y), count(*) FILTER (WHERE d = y)", "labelled", labelled)
    for window, label, weight, failed, right in database.execute(f"{asked} GROUP BY w, y, p").fetchall():
        weights = found[int(window)].weights
        weights[bool(label), float(weight)] = [int(failed), int(right)]
        if len(weights) > _MOST_WEIGHTS:
            message = f"a window has more than {_MOST_WEIGHTS:,} different weights"
            raise UserError(message, hint="Draw rows for labelling with a few chances, and write those as weights.")


def count_bins(
    database: Database, columns: Sequence[str], bins: Mapping[str, Bins], windows: int
) -> dict[int, dict[str, tuple[int, ...]]]:
    """Count the rows of each of so many windows by bin, for each column that is logged; some rows are held at once."""
    found = {name: np.zeros((windows, len(bins[name].names)), np.int64) for name in columns}
    last = (database.execute(select("max(rowid)", "answers")).fetchone() or (None,))[0]
    held = ", ".join(["w", *(f"b{place}" for place in range(len(columns)))])
    for first in range(0, -1 if last is None or not columns else int(last) + 1, _AT_ONCE):
        asked = select(held, "answers", f"WHERE rowid >= {first} AND rowid < {first + _AT_ONCE}")
        rows = database.execute(asked).fetchnumpy()
        window = np.asarray(rows["w"], np.int64)
        for place, name in enumerate(columns):
            one, width = bins[name], len(bins[name].names)
            values = rows[f"b{place}"]
            if one.kind == "number":
                values = place_numbers(np.ma.filled(np.ma.asanyarray(values), np.nan), one.edges)
            found[name] += np.bincount(window * width + values, minlength=windows * width).reshape(windows, width)
    return {
        number: {name: tuple(map(int, found[name][number])) for name in columns}
        for number in range(windows)
        if any(found[name][number].any() for name in columns)
    }
