"""The rows that one question is about: all of them, or one slice; and what each metric is there."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

from ml_ci.conditions.linear import Linear
from ml_ci.conditions.tree import Metric, OverSlices
from ml_ci.evaluation.clusters import Clusters, Moments
from ml_ci.evaluation.confusion import Confusion, Paired
from ml_ci.evaluation.values import Evaluation
from ml_ci.frozen import dataclass
from ml_ci.gates import cells
from ml_ci.gates.cells import Weighed
from ml_ci.gates.defined import UndefinedError, UnprovableError, Value, defined, over, remedy
from ml_ci.gates.evidence import LEAST_ROWS, Case
from ml_ci.gates.metrics import exact
from ml_ci.gates.wording import title
from ml_ci.metrics import COUNTS, OF_CELLS, OF_COST, OF_JOB


@dataclass(frozen=True, slots=True)
class View:
    """The counts of both sides on all rows, or on the slice in which the columns `by` have the value `slice`."""

    case: Case
    min_rows: int | None = None
    by: tuple[str, ...] | None = None
    slice: str | None = None

    @property
    def label(self) -> str | None:
        """The slice in words, `region = north`; None for all rows."""
        return None if self.by is None else f"{','.join(self.by)} = {self.slice}"

    @property
    def least(self) -> int:
        """The fewest rows of a slice with which `worst`, `gap` and `ratio` compare it."""
        return LEAST_ROWS if self.min_rows is None else self.min_rows

    @property
    def asked(self) -> int:
        """How many answers were counted of each row."""
        return self.case.comparison.asked

    def side(self, baseline: bool) -> Evaluation:
        """Give the evaluation of one side."""
        if self.case.lacks:
            raise UndefinedError(self.case.lacks)
        side = self.case.comparison.baseline if baseline else self.case.comparison.candidate
        if side is None:
            raise UndefinedError(f"there is no baseline: {self.case.no_baseline or 'it was not evaluated'}")
        return side

    def confusion(self, baseline: bool) -> Confusion:
        """Give the counts of one side."""
        side = self.side(baseline)
        if self.by is None:
            return side.confusion
        return _of_slices(side.slices, self.by).get(self.slice or "", Confusion())

    def paired(self) -> Paired | None:
        """Give the paired errors, or None when they were not counted."""
        comparison = self.case.comparison
        if self.by is None:
            return comparison.paired
        return comparison.paired_slices.get(",".join(self.by), {}).get(self.slice or "")

    @property
    def clusters(self) -> Clusters | None:
        """What makes rows no independent evidence, or unlike in weight; None where nothing does."""
        found = self.case.comparison.clusters
        if found is None or not (found.columns or found.weight is not None or found.repeats > 1):
            return None
        return found

    def of_slice(self, by: tuple[str, ...], name: str) -> View:
        """Give the view of one slice."""
        return View(self.case, self.min_rows, by, name)

    def moments(self) -> Moments | None:
        """Give the moments of these rows' clusters, None where each row is evidence by itself.

        So it is in a slice of one cluster, which the question is about. UnprovableError where they were not counted.
        """
        clusters = self.clusters
        if clusters is None:
            return None
        if self.by is None:
            return self._hold(clusters, clusters.all)
        if clusters.weight is None and clusters.repeats == 1 and {*clusters.columns} <= {*self.by}:
            return None
        key = ",".join(self.by)
        found = clusters.slices.get(key, {}).get(self.slice or "")
        if found is None:
            raise UnprovableError(f"which rows belong together was not counted in the slices by {key}; evaluate again")
        return self._hold(clusters, found)

    def counts(self, baseline: bool) -> Confusion | Weighed:
        """Give the counts of one side, by the weights of the rows where they have some."""
        moments = self.moments() if self.clusters is not None and self.clusters.weight is not None else None
        return self.confusion(baseline) if moments is None else cells.weigh(moments, baseline)

    def _hold(self, clusters: Clusters, moments: Moments) -> Moments:
        """Hold the moments against the counts: rows of weight 0 alone may be missing from them."""
        sides = (False,) if self.case.comparison.baseline is None else (False, True)
        for baseline in sides:
            counted, whole = cells.count_rows(moments, baseline), self.confusion(baseline)
            missing = [getattr(whole, name) - rows for name, rows in counted.items()]
            if min(missing) < 0 or (clusters.weight is None and any(missing)):
                raise UnprovableError("which rows belong together was not counted on the rows judged; evaluate again")
        return moments

    def kept(self, atom: OverSlices) -> tuple[dict[str, Confusion], tuple[str, ...]]:
        """Give the slices of `worst`, `gap` or `ratio` that have enough rows, and the names of the others."""
        found = _of_slices(self.side(atom.baseline).slices, atom.by)
        kept = {name: counts for name, counts in found.items() if counts.rows >= max(self.least, 1) * self.asked}
        small = tuple(name for name in found if name not in kept)
        wanted = 1 if atom.function == "worst" else 2
        if len(kept) < wanted:
            columns = ", ".join(atom.by)
            many = "no slice" if not kept else "only one slice"
            raise UndefinedError(
                f"{many} of {columns} has {self.least} rows or more ({len(found)} in all), so {atom.function} is "
                f"undefined; choose a lower min_rows: or another column"
            )
        return kept, small

    def value(self, atom: Metric | OverSlices) -> Value:
        """Give what a metric is; raise UndefinedError where it is not defined."""
        if atom.of != self.case.behaviour:
            return replace(self, case=self.case.about(atom.of)).value(atom)
        if isinstance(atom, OverSlices):
            one = Metric(atom.metric, atom.baseline, of=atom.of)
            return self._of_counts(one) if atom.function == "each" else self._value_over_slices(atom, one)
        return self._of_counts(atom) if atom.name in OF_CELLS else self._measure(atom)

    def total(self, sum_of: Linear) -> tuple[Fraction, bool]:
        """Give the value of a weighted sum, and whether it is exact: made of counts and decimals alone."""
        if len(sum_of.weights) == 1 and not sum_of.constant and sum_of.weights[0][1] == 1:
            value = self.value(sum_of.weights[0][0])  # the most frequent case: nothing is to be added up
            return _fraction(value), not isinstance(value, float)
        values = [(self.value(atom), weight) for atom, weight in sum_of.weights]
        total = sum((weight * _fraction(value) for value, weight in values), sum_of.constant)
        return total, not any(isinstance(value, float) for value, _ in values)

    def _of_counts(self, atom: Metric) -> Value:
        # Counts are of the holdout's rows, whatever each of them stands for.
        whole, whose = self.confusion(atom.baseline), self._whose(atom.baseline)
        counts = whole if atom.name in COUNTS or self.clusters is None else self.counts(atom.baseline)
        if isinstance(counts, Confusion):
            value = defined(counts, atom, whose)
            # A number of rows is the mean over the repetitions, as a rate is.
            return value / self.asked if atom.name in COUNTS and isinstance(value, Fraction) else value
        weighed = exact(counts, atom.name)
        if weighed is None:
            defined(whole, atom, whose)
            raise UnprovableError(f"{title(atom)} {whose}: all its rows have the weight 0")
        return float(weighed)

    def _whose(self, baseline: bool) -> str:
        where = f" in the slice {self.label}" if self.label else ""
        return f"of the {'baseline' if baseline else 'candidate'}{where}"

    def _measure(self, atom: Metric) -> Value:
        if self.by is not None:
            raise UndefinedError(f"{title(atom)} is not known per slice; compare each(...) with a metric of the counts")
        if atom.name in OF_COST and self.case.cost is not None:
            return self._cost(atom)
        metrics = self.side(atom.baseline).metrics
        factor = 1000 if atom.name == "cost_per_1000" and atom.key not in metrics else 1
        key = "cost" if factor == 1000 else atom.key
        if self.clusters is not None and self.clusters.weight is not None and not self._is_weighed(atom, key):
            raise UnprovableError(
                f"{title(atom)} was measured without `weight: {self.clusters.weight}`, which it does not know yet: "
                "gate a rate, or leave weight: out"
            )
        if key not in metrics:
            raise UndefinedError(f"{title(atom)} {self._whose(atom.baseline)} was not measured; {remedy(atom)}")
        value = metrics[key]
        if value is None or not math.isfinite(value):
            why = self._why_undefined(atom)
            raise UndefinedError(f"{title(atom)} {self._whose(atom.baseline)} is undefined{why}; {remedy(atom)}")
        return float(value) * factor

    def _is_weighed(self, atom: Metric, key: str) -> bool:
        return atom.name in OF_JOB or (self.clusters is not None and key in self.clusters.weighed)

    def _cost(self, atom: Metric) -> Value:
        prices = self.case.cost or (0.0, 0.0)
        counts = self.counts(atom.baseline)
        if not counts.rows:
            raise UndefinedError(f"{title(atom)} {self._whose(atom.baseline)} is undefined: there are no rows")
        fp, fn = (Fraction(repr(float(price))) for price in prices)
        cost = (fp * counts.fp + fn * counts.fn) / counts.rows * (1000 if atom.name == "cost_per_1000" else 1)
        return cost if isinstance(counts, Confusion) else float(cost)

    def _why_undefined(self, atom: Metric) -> str:
        counts, kind = self.side(atom.baseline).confusion, self.side(atom.baseline).kind
        for missing, number in (
            ("rows", counts.rows),
            ("positives", counts.positives),
            ("negatives", counts.negatives),
        ):
            if not number:
                return f": the holdout has no {missing}"
        return f": the model gives a {kind}, no probability" if kind != "probability" else ""

    def _value_over_slices(self, atom: OverSlices, one: Metric) -> Value:
        kept, _ = self.kept(atom)
        return over(atom, [self.of_slice(atom.by, name)._of_counts(one) for name in kept])


def _fraction(value: Value) -> Fraction:
    """Give the decimal that a float is printed as, so that 0.29 + 0.01 is 0.3."""
    return Fraction(repr(value)) if isinstance(value, float) else value


def _of_slices(slices: Mapping[str, Mapping[str, Confusion]], by: tuple[str, ...]) -> Mapping[str, Confusion]:
    found = slices.get(",".join(by), {})
    if not found:
        columns = ", ".join(by)
        raise UndefinedError(f"there are no slices by {columns}; check that the holdout has the column and rows in it")
    return found
