"""The rows that one question is about: all of them, or one slice; and what each metric is there."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from ml_ci.conditions.linear import Linear
from ml_ci.conditions.tree import Metric, OverSlices
from ml_ci.evaluation.confusion import Confusion, Paired
from ml_ci.evaluation.values import Evaluation
from ml_ci.gates.evidence import LEAST_ROWS, Case
from ml_ci.gates.metrics import exact
from ml_ci.gates.wording import title
from ml_ci.metrics import HIGHER_IS_WORSE, OF_COST, OF_COUNTS, TABLE

Value: TypeAlias = Fraction | float


class UndefinedError(Exception):
    """A metric has no value: why, and what to do, in one sentence."""


@dataclass(frozen=True)
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

    def side(self, baseline: bool) -> Evaluation:
        """Give the evaluation of one side."""
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

    def kept(self, atom: OverSlices) -> tuple[dict[str, Confusion], tuple[str, ...]]:
        """Give the slices of `worst`, `gap` or `ratio` that have enough rows, and the names of the others."""
        found = _of_slices(self.side(atom.baseline).slices, atom.by)
        kept = {name: counts for name, counts in found.items() if counts.rows >= max(self.least, 1)}
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
        if isinstance(atom, OverSlices):
            return (
                self._value_over_slices(atom)
                if atom.function != "each"
                else self._of_counts(atom.metric, atom.baseline)
            )
        if atom.name in OF_COUNTS:
            return self._of_counts(atom.name, atom.baseline)
        return self._measure(atom)

    def total(self, sum_of: Linear) -> tuple[Fraction, bool]:
        """Give the value of a weighted sum, and whether it is exact: made of counts and decimals alone."""
        values = [(self.value(atom), weight) for atom, weight in sum_of.weights]
        total = sum((weight * _fraction(value) for value, weight in values), sum_of.constant)
        return total, not any(isinstance(value, float) for value, _ in values)

    def _of_counts(self, name: str, baseline: bool) -> Value:
        return defined(self.confusion(baseline), name, self._whose(baseline))

    def _whose(self, baseline: bool) -> str:
        where = f" in the slice {self.label}" if self.label else ""
        return f"of the {'baseline' if baseline else 'candidate'}{where}"

    def _measure(self, atom: Metric) -> float | Fraction:
        if self.by is not None:
            raise UndefinedError(f"{title(atom)} is not known per slice; compare each(...) with a metric of the counts")
        if atom.name in OF_COST and self.case.cost is not None:
            return self._cost(atom)
        metrics = self.side(atom.baseline).metrics
        factor = 1000 if atom.name == "cost_per_1000" and atom.key not in metrics else 1
        key = "cost" if factor == 1000 else atom.key
        if key not in metrics:
            raise UndefinedError(f"{title(atom)} {self._whose(atom.baseline)} was not measured; {_remedy(atom)}")
        value = metrics[key]
        if value is None or not math.isfinite(value):
            why = self._why_undefined(atom)
            raise UndefinedError(f"{title(atom)} {self._whose(atom.baseline)} is undefined{why}; {_remedy(atom)}")
        return float(value) * factor

    def _cost(self, atom: Metric) -> Fraction:
        counts, prices = self.confusion(atom.baseline), self.case.cost or (0.0, 0.0)
        if not counts.rows:
            raise UndefinedError(f"{title(atom)} {self._whose(atom.baseline)} is undefined: there are no rows")
        fp, fn = (Fraction(repr(float(price))) for price in prices)
        return (fp * counts.fp + fn * counts.fn) / counts.rows * (1000 if atom.name == "cost_per_1000" else 1)

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

    def _value_over_slices(self, atom: OverSlices) -> Value:
        kept, _ = self.kept(atom)
        whose = f"of the {'baseline' if atom.baseline else 'candidate'} in the slice {','.join(atom.by)} = "
        values = [defined(counts, atom.metric, whose + name) for name, counts in kept.items()]
        return over(atom, values)


def over(atom: OverSlices, values: list[Value]) -> Value:
    """Give worst, gap or ratio (highest over lowest) of the slices' values."""
    highest, lowest = max(values), min(values)
    if atom.function == "worst":
        return highest if atom.metric in HIGHER_IS_WORSE else lowest
    if atom.function == "gap":
        return highest - lowest
    if lowest <= 0:
        raise UndefinedError(
            f"{atom} is undefined: the lowest slice's {title(Metric(atom.metric))} is zero or less; write gap instead"
        )
    return highest / lowest


def defined(counts: Confusion, name: str, whose: str) -> Value:
    """Give a metric of the counts; raise UndefinedError that names whose it is and what it lacks."""
    value = exact(counts, name)
    if value is not None:
        return value
    row, said = TABLE[name], title(Metric(name))
    hint = "add labelled rows, or set min_rows: to leave out small slices" if "slice" in whose else "add labelled rows"
    if not counts.rows:
        raise UndefinedError(f"{said} {whose} is undefined: there are no rows; {hint}")
    if row.proportion and not row.fixed:
        hint = "look at the threshold: the model never predicts that class"
    raise UndefinedError(f"{said} {whose} is undefined: there are no {row.of or 'rows'}; {hint}")


def _fraction(value: Value) -> Fraction:
    """Give the decimal that a float is printed as, so that 0.29 + 0.01 is 0.3."""
    return Fraction(repr(value)) if isinstance(value, float) else value


def _of_slices(slices: Mapping[str, Mapping[str, Confusion]], by: tuple[str, ...]) -> Mapping[str, Confusion]:
    found = slices.get(",".join(by), {})
    if not found:
        columns = ", ".join(by)
        raise UndefinedError(f"there are no slices by {columns}; check that the holdout has the column and rows in it")
    return found


def _remedy(atom: Metric) -> str:
    if atom.name in OF_COST:
        return "set cost: {fp: ..., fn: ...}"
    if atom.name == "milliseconds_per_row":
        return "it is measured where ml-ci scores a model, not for a command that leaves predictions: gate seconds"
    if atom.name in ("seconds", "megabytes"):
        return "it is measured when the job runs: train again"
    return "gate another metric, or give scores of both classes"
