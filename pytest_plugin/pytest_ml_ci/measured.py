"""One side of the comparison, as a user's test sees it: counts, rates and metrics on the holdout or a part of it."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from ml_ci.errors import UserError
from ml_ci.evaluation import metrics
from ml_ci.evaluation.clusters import Weighted
from ml_ci.evaluation.confusion import Confusion
from ml_ci.gates.metrics import share
from ml_ci.metrics import find
from ml_ci.reports.metrics import title
from ml_ci.reports.numbers import defined, percent
from ml_ci.reports.rates import rates

if TYPE_CHECKING:
    from ml_ci.evaluation.scores import Predictions
    from ml_ci.spec.values import Cost
    from pytest_ml_ci.holdout import Holdout

_Kind = TypeVar("_Kind", bound=np.generic)
_COUNTS = ("tp", "fp", "tn", "fn", "rows", "positives", "negatives")


class UndefinedMetricError(UserError):
    """Refuse a metric that the rows do not define: a rate over no rows is neither 0 nor a pass."""


class Measured:
    """Counts, rates and metrics of one model on rows of the holdout.

    Every count and metric is an attribute: `tp`, `fnr`, `auc`, ... A metric that the rows do not define raises
    UndefinedMetricError, so that no comparison passes on nothing; `metrics` has all of them, undefined ones as None.
    Where the model has a `weight:`, counts are of rows, without those of weight 0, and every metric counts each row as
    often as it weighs.
    """

    def __init__(
        self,
        name: str,
        holdout: Holdout,
        y_true: NDArray[np.bool_],
        predictions: Predictions,
        price: Cost | None = None,
        whole: Mapping[str, float | None] | None = None,
        weights: NDArray[np.float64] | None = None,
    ) -> None:
        self._name = name
        self._holdout = holdout
        self._y_true = y_true
        self._predictions = predictions
        self._price = price
        self._whole = dict(whole or {})
        self._weights = weights
        self._selected = None if weights is None or weights.all() else weights > 0

    def where(self, column: str, value: object) -> Measured:
        """Measure on the rows of the holdout whose `column` is `value`; may be chained.

        UserError for an unknown column, a value that no row has, and a selection that no row is left in.
        """
        __tracebackhide__ = True
        rows = self._holdout.having(column, value)
        if self._selected is not None:
            rows = rows & self._selected
        name = f"{self._name}, {column} = {value}"
        if not rows.any():
            raise UserError(f"no row is left: {name}", hint="Leave out one of the conditions.")
        part = Measured(name, self._holdout, self._y_true, self._predictions, self._price, weights=self._weights)
        part._selected = rows
        return part

    @cached_property
    def confusion(self) -> Confusion:
        """The four counts."""
        y, decision = self._rows(self._y_true), self._rows(self._predictions.decision)
        tp, positives, decided = (int(np.count_nonzero(a)) for a in (y & decision, y, decision))
        return Confusion(tp=tp, fp=decided - tp, fn=positives - tp, tn=len(y) - positives - decided + tp)

    @cached_property
    def _by_weight(self) -> Weighted | None:
        """The four counts, each row as often as it weighs; None where rows have no weights."""
        if self._weights is None:
            return None
        weights = self._rows(self._weights)
        y, decision = self._rows(self._y_true), self._rows(self._predictions.decision)
        tp, fp, fn, tn = (
            float(weights[cell].sum()) for cell in (y & decision, ~y & decision, y & ~decision, ~y & ~decision)
        )
        return Weighted(tp=tp, fp=fp, tn=tn, fn=fn)

    @cached_property
    def metrics(self) -> Mapping[str, float | None]:
        """Every rate and metric by name, None where undefined.

        Metrics of the user's own, and those of the job, are measured on the whole holdout only.
        """
        score, weights = (None if a is None else self._rows(a) for a in (self._predictions.score, self._weights))
        of_rows = metrics.of_scores(self._rows(self._y_true), score, self._predictions.kind, weights=weights)
        priced = metrics.costs(self._by_weight or self.confusion, self._price)
        found = {**self._whole, **of_rows, **priced, **rates(self.confusion, self._by_weight)}
        return {name: defined(value) for name, value in found.items()}

    @property
    def tp(self) -> int:
        """Positives that were found."""
        return self.confusion.tp

    @property
    def fp(self) -> int:
        """False alarms."""
        return self.confusion.fp

    @property
    def tn(self) -> int:
        """Negatives that were left alone."""
        return self.confusion.tn

    @property
    def fn(self) -> int:
        """Misses."""
        return self.confusion.fn

    @property
    def rows(self) -> int:
        """Rows that are measured on."""
        return self.confusion.rows

    @property
    def positives(self) -> int:
        """Rows whose label is positive."""
        return self.confusion.positives

    @property
    def negatives(self) -> int:
        """Rows whose label is negative."""
        return self.confusion.negatives

    def __getattr__(self, name: str) -> float:
        __tracebackhide__ = True
        if name.startswith("_") or name in vars(type(self)):  # the latter would ask itself for ever
            raise AttributeError(name)
        if name not in self.metrics:
            near = get_close_matches(name, [*self.metrics, *_COUNTS, "where"], n=1)
            raise AttributeError(f"{self!r} has no metric {name!r}" + (f", did you mean {near[0]!r}?" if near else ""))
        value = self.metrics[name]
        if value is None:
            raise UndefinedMetricError(f"{name} of {self!r} is undefined", hint=self._why_undefined(name))
        return value

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self.metrics})

    def __repr__(self) -> str:
        c = self.confusion
        return f"<{self._name}: {c.rows:,} rows, {self._rate('fpr')}, {self._rate('fnr')}>"

    def _rate(self, name: str) -> str:
        part, whole = share(self.confusion, name)
        by = "" if self._weights is None else " by weight"
        return f"{title(name)} {percent(self.metrics[name])}{by} ({part:,} of {whole:,})"

    def _why_undefined(self, name: str) -> str:
        if self._predictions.kind != "probability" and name in metrics.OF_SCORES:
            return f"The model gives a {self._predictions.kind}, no probability."
        for count, word in ((self.rows, "rows"), (self.positives, "positives"), (self.negatives, "negatives")):
            if not count:
                return f"There are no {word} among these rows."
        row = find(name)
        return f"There are no {(row and row.of) or 'rows that define it'}."

    def _rows(self, values: NDArray[_Kind]) -> NDArray[_Kind]:
        return values if self._selected is None else values[self._selected]
