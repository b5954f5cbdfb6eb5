"""What a model predicted for each row of the holdout."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml_ci.evaluation.comparison import narrow
from ml_ci.frozen import dataclass
from ml_ci.tables.duck import connect, literal, parquet, select

# What a record calls the file of its predictions.
FILE = "predictions.parquet"


@dataclass(frozen=True, eq=False)
class Predictions:
    """Hold one model's predictions, in the holdout's order.

    `decision` is bool of shape (rows,): predicted positive. `kind` says what the job gave: "probability", "margin" or
    "label". `score` is float64 of shape (rows,), None for labels: probabilities, or margins as they are (squashed, the
    large ones would tie). `codes` gives each row's predicted class in `classes` (canonical texts); None for scores.
    """

    decision: NDArray[np.bool_]
    kind: str
    score: NDArray[np.float64] | None = None
    codes: NDArray[np.int32] | None = None
    classes: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        return len(self.decision)

    def take(self, rows: NDArray[Any]) -> Predictions:
        """Give the predictions of some rows, by their places or by a mask."""
        score = None if self.score is None else self.score[rows]
        codes = None if self.codes is None else self.codes[rows]
        return replace(self, decision=self.decision[rows], score=score, codes=codes)

    def span(self) -> tuple[float, float] | None:
        """Give the lowest and the highest score; None of labels, without rows, and where one is not finite."""
        if self.score is None or not len(self.score):
            return None
        low, high = float(self.score.min()), float(self.score.max())
        return (low, high) if math.isfinite(low) and math.isfinite(high) else None

    def is_one_number(self) -> bool:
        """Say whether labels are nothing but 0, or nothing but 1, and say by it what a probability would."""
        if self.kind != "label" or not self.rows or (self.decision != self.decision[0]).any():
            return False
        return self.codes is None or self.classes == (str(int(self.decision[0])),)

    def within_one(self) -> NDArray[np.float64]:
        """Give scores in [0, 1]: probabilities, margins squashed by the logistic function, labels as 0 and 1."""
        if self.score is None:
            return self.decision.astype(np.float64)
        return logistic(self.score) if self.kind == "margin" else self.score


def logistic(margin: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give 1 / (1 + exp(-margin)), without overflow."""
    shrunk = np.exp(-np.abs(margin))
    return np.where(margin >= 0, 1 / (1 + shrunk), shrunk / (1 + shrunk))


def own_scale(kind: str, threshold: float, precision: str = "") -> float:
    """Give a threshold in [0, 1] on the scale of the scores, and in their own type; for margins its logit, 0 for 0.5.

    `precision` names a float type that is narrower than Python's: there 0.7 is 0.699999988.
    """
    if kind != "margin":
        return narrow(threshold, precision)
    if threshold <= 0:
        return -math.inf
    return math.inf if threshold >= 1 else narrow(math.log(threshold / (1 - threshold)), precision)


def decide(predictions: Predictions, cut: float) -> Predictions:
    """Give the predictions with the decisions score >= `cut`, which is on the scores' own scale; labels stay."""
    if predictions.score is None:
        return predictions
    return replace(predictions, decision=predictions.score >= cut)


def write(predictions: Predictions, path: Path) -> None:
    """Write predictions as Parquet: `decision`, `kind`, and `score` or `class` where there are."""
    columns: dict[str, NDArray[Any]] = {"decision": predictions.decision}
    kind = literal(predictions.kind)  # one of a list of one: of texts DuckDB would look up every row's
    what = ["decision", f"{kind}::ENUM({kind}) AS kind"]
    if predictions.score is not None:
        columns["score"] = predictions.score
        what.append("score")
    if predictions.codes is not None:
        columns["code"] = predictions.codes
        names = ", ".join(literal(name) for name in predictions.classes)
        what.append(f'([{names}])[code + 1] AS "class"')
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    with connect(shown=path.name) as connection:
        connection.register("given", columns)
        connection.execute(f"COPY ({select(', '.join(what), 'given')}) TO {literal(str(partial))} (FORMAT parquet)")
    partial.replace(path)


def load(path: Path) -> Predictions:
    """Load what `write` wrote."""
    with connect(shown=path.name) as connection:
        source = parquet(path)
        names = {column[0] for column in connection.execute(select("*", source, "LIMIT 0")).description or ()}
        kind = connection.execute(select("any_value(kind)", source)).fetchone()
        wanted = ["decision", *(name for name in ("score", "class") if name in names)]
        found = connection.execute(select(", ".join(f'"{name}"' for name in wanted), source)).fetchnumpy()
    decision = np.asarray(found["decision"], np.bool_)
    score = np.asarray(found["score"], np.float64) if "score" in found else None
    if "class" not in found:
        return Predictions(decision, str(kind[0]) if kind else "", score)
    classes, codes = np.unique(np.asarray(found["class"], np.str_), return_inverse=True)
    return Predictions(
        decision, str(kind[0]) if kind else "", score, codes.astype(np.int32), tuple(str(name) for name in classes)
    )
