"""Count what a bias audit asks, of rows in memory, and of a holdout that is larger than memory with the same result."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml_ci.evaluation.audit import Audit, AuditCell
from ml_ci.evaluation.confusion import Confusion
from ml_ci.evaluation.labels import classes_of
from ml_ci.evaluation.metrics import Bools, Floats
from ml_ci.evaluation.scores import Predictions, load
from ml_ci.evaluation.slices import refuse_too_many
from ml_ci.evaluation.stream import MEMORY, label_sql, refuse_ids
from ml_ci.spec.values import AuditSpec, ModelSpec, SliceSpec
from ml_ci.tables.duck import connect, parquet, select
from ml_ci.tables.table import Table

_BITS = 8
# Of one kind of rows: positive, called positive, above the median.
_Counts = list[int]


def find_median(score: Floats | None) -> float | None:
    """Give the median of scores, of an even number the mean of the middle two; None of labels and without rows."""
    return float(np.median(score)) if score is not None and len(score) else None


def count_audit(
    table: Table,
    model: ModelSpec,
    y_true: Bools,
    repetitions: Sequence[Predictions],
    kept: NDArray[np.bool_] | None = None,
) -> Audit | None:
    """Count rows that are in memory, each as often as the model was asked; None where ml-ci.yaml asks for no audit.

    Labels and predictions are of the rows that are counted, `kept` says which of the table's those are. UserError for
    an unknown column, and for columns of more than 1,000 pairs of values.
    """
    asked = model.card.audit
    if asked is None:
        return None
    codes, values = table.codes((asked.sex, asked.race))
    refuse_too_many(len(values), SliceSpec((asked.sex, asked.race)), table)
    scores = [one.score for one in repetitions if one.score is not None]
    median = find_median(np.concatenate(scores)) if scores and len(scores) == len(repetitions) else None
    places = (codes if kept is None else codes[kept]).astype(np.int64) * _BITS
    found = np.zeros(_BITS * len(values), np.int64)
    for one in repetitions:
        kinds = y_true * 4 + one.decision * 2
        if one.score is not None and median is not None:
            kinds = kinds + (one.score > median)
        found += np.bincount(places + kinds, minlength=len(found))
    counted = {pair: [int(n) for n in row] for pair, row in zip(values, found.reshape(-1, _BITS), strict=True)}
    return _audit(asked.sex, asked.race, {(pair[0], pair[1]): row for pair, row in counted.items()}, median)


def stream_audit(holdout: Table, model: ModelSpec, candidate: Path, *, memory: int = MEMORY) -> Audit | None:
    """Count stored predictions as `count_audit` does: their scores are read for the median, then rows streamed.

    Takes about `memory` bytes beside the scores. UserError for what `count_audit` refuses too.
    """
    asked = model.card.audit
    if asked is None:
        return None
    pair = SliceSpec((asked.sex, asked.race))
    refuse_ids(holdout, [pair])
    median = _find_stored_median(holdout, model, candidate)
    comparison = model.positive.comparison
    classes = classes_of({} if comparison else holdout.counts(model.label), model.positive)
    counted: dict[tuple[str, str], _Counts] = defaultdict(lambda: [0] * _BITS)
    with connect(memory, shown=holdout.shown) as connection:
        found = connection.execute(_query(holdout, model, asked, candidate, median)).fetchall()
    for sex, race, y, called, high, number in found:
        positive = y == "true" if comparison else classes.of(y or "") in classes.positive
        counted[(sex or "").strip(), (race or "").strip()][4 * positive + 2 * called + high] += number
    refuse_too_many(len(counted), pair, holdout)
    return _audit(asked.sex, asked.race, counted, median)


def _find_stored_median(holdout: Table, model: ModelSpec, candidate: Path) -> float | None:
    score = load(candidate).score
    if score is not None and model.weight is not None:
        score = score[holdout.numbers(model.weight) > 0]
    return find_median(score)


def _query(holdout: Table, model: ModelSpec, asked: AuditSpec, candidate: Path, median: float | None) -> str:
    above = "false" if median is None else f"score > {median!r}::DOUBLE"
    columns = {
        "s": holdout.sql(asked.sex),
        "r": holdout.sql(asked.race),
        "y": label_sql(holdout, model.label, model.positive),
        "w": "1" if model.weight is None else holdout.number_sql(model.weight),
    }
    rows = select(", ".join(f"{sql} AS {name}" for name, sql in columns.items()), holdout.source)
    side = select(f"decision AS c, {above} AS a", parquet(candidate))
    return select(
        "CAST(s AS VARCHAR), CAST(r AS VARCHAR), CAST(y AS VARCHAR), c, a, count(*)",
        f"({rows}) AS h POSITIONAL JOIN ({side}) AS one",
        "WHERE w > 0 GROUP BY ALL",
    )


def _audit(sex: str, race: str, counted: dict[tuple[str, str], _Counts], median: float | None) -> Audit:
    cells = [_cell(pair, row, scored=median is not None) for pair, row in sorted(counted.items()) if any(row)]
    return Audit(sex, race, tuple(cells), median)


def _cell(pair: tuple[str, str], row: _Counts, *, scored: bool) -> AuditCell:
    tn, fp, fn, tp = (row[place] + row[place + 1] for place in (0, 2, 4, 6))
    return AuditCell(*pair, Confusion(tp, fp, tn, fn), sum(row[1::2]) if scored else None)
