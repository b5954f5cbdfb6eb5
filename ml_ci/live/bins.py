"""Cut a column in bins as the holdout has it, and write the SQL that finds the bin of a live value."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ml_ci.evaluation.confusion import Confusion
from ml_ci.live.sources import Opened
from ml_ci.live.values import SCORE, Bins, Reference
from ml_ci.spec.values import ModelSpec
from ml_ci.tables.duck import literal, quote, select, trim
from ml_ci.tables.table import Table

# As the description of a change has them (`changes/table_pair.py`).
_BINS = 10
_VALUES = 100
MOST_COLUMNS = 400
_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "U", "FLOAT", "DOUBLE", "DECIMAL")


def read_reference(
    model: ModelSpec, rows: Table | None, scores: NDArray[np.float64] | None, holdout: Confusion
) -> Reference:
    """Cut each column of the holdout that a model is given, and what the champion said of it, in bins.

    Numbers are cut in ten bins of equal share of the holdout, texts by their hundred most frequent values; a column
    that names each row once, the label and what names rows are left out. `rows` and `scores` are None where they are
    not at hand: then nothing is held against them.
    """
    columns: dict[str, Bins] = {}
    left_out = {model.label, model.id, model.weight, *(model.clustering.columns if model.clustering else ())}
    left_out |= {model.live.id, model.live.time} if model.live else set()
    for name in rows.names[:MOST_COLUMNS] if rows is not None else ():
        found = None if name in left_out or rows is None else _cut(rows, name)
        if found is not None:
            columns[name] = found
    if scores is not None and len(scores):
        columns[SCORE] = _cut_scores(scores)
    return Reference(holdout, columns)


def _cut(rows: Table, column: str) -> Bins | None:
    value = trim(rows.sql(column))
    number = rows.number_sql(column)
    tests = (
        f"count(*) FILTER (WHERE {value} <> ''), count(DISTINCT {value}), "
        f"bool_and({number} IS NOT NULL) FILTER (WHERE {value} <> ''), "
        f"bool_and(lower({value}) IN ('true', 'false')) FILTER (WHERE {value} <> '')"
    )
    filled, different, is_number, is_boolean = rows.ask_one(select(tests, rows.source))
    if not filled:
        return None
    if is_boolean:
        return _cut_texts(rows, f"lower({value})", "boolean")
    whole = is_number and rows.ask_one(select(f"bool_and({number} = trunc({number}))", rows.source))[0]
    if different == rows.rows and (whole or not is_number) and rows.rows > 1:
        return None  # it names rows
    if not is_number:
        return _cut_texts(rows, value, "text")
    shares = [share / _BINS for share in range(1, _BINS)]
    quantiles = rows.ask_one(select(f"quantile_disc({number}, {shares})", rows.source, f"WHERE isfinite({number})"))[0]
    edges = tuple(sorted({float(edge) for edge in quantiles or () if math.isfinite(edge)}))
    filled = np.ma.filled(np.ma.asanyarray(rows.ask(select(f"{number} AS v", rows.source))["v"]), np.nan)
    return count_numbers(filled.astype(np.float64), edges)


def _cut_texts(rows: Table, value: str, kind: str) -> Bins:
    listed = select(f"{value} AS v, count(*) AS n", rows.source, f"WHERE {value} <> '' GROUP BY v")
    found = rows.ask(select("v", f"({listed})", f"ORDER BY n DESC, v LIMIT {_VALUES}"))["v"]
    values = tuple(str(one) for one in found)
    return _count(rows, value, Bins("boolean" if kind == "boolean" else "text", (), values=values))


def _count(rows: Table, value: str, bins: Bins) -> Bins:
    found = rows.ask(select(f"{_place(value, bins)} AS b, count(*) AS n", rows.source, "GROUP BY b"))
    counts = [0] * len(bins.names)
    for place, number in zip(found["b"].tolist(), found["n"].tolist(), strict=True):
        counts[int(place)] = int(number)
    return Bins(bins.kind, tuple(counts), bins.edges, bins.values)


def _cut_scores(scores: NDArray[np.float64]) -> Bins:
    finite = np.sort(scores[np.isfinite(scores)])
    places = [max(0, math.ceil(len(finite) * share / _BINS) - 1) for share in range(1, _BINS)]
    return count_numbers(scores, tuple(sorted({float(finite[place]) for place in places})) if len(finite) else ())


def count_numbers(values: NDArray[np.float64], edges: tuple[float, ...]) -> Bins:
    """Count numbers up to each edge, above the last, and missing."""
    counts = np.bincount(place_numbers(values, edges), minlength=len(edges) + 2)
    return Bins("number", tuple(map(int, counts)), edges)


def place_numbers(values: NDArray[np.float64], edges: Sequence[float]) -> NDArray[np.uint8]:
    """Give the bin of each number: how many edges are below it, one more than there are for NaN.

    A comparison of all numbers with each edge takes a fifth of the time that searching each among them takes.
    """
    found = np.zeros(len(values), np.uint8)
    for edge in edges:
        found += values > edge
    found[np.isnan(values)] = len(edges) + 1
    return found


def find_bin(opened: Opened, column: str, bins: Bins) -> str:
    """Write the SQL of a live column as it is held: a number as it is, of anything else the place of its bin."""
    value, kind = quote(column), opened.types[column]
    if bins.kind == "number":
        return f"{'CAST' if kind.startswith(_NUMBERS) and kind != 'UUID' else 'TRY_CAST'}({value} AS DOUBLE)"
    text = f"coalesce(trim(CAST({value} AS VARCHAR)), '')"
    return _place(f"lower({text})" if bins.kind == "boolean" else text, bins)


def _place(value: str, bins: Bins) -> str:
    last = len(bins.names) - 1
    cases = " ".join(f"WHEN {literal(one)} THEN {place}" for place, one in enumerate(bins.values))
    return f"CAST(CASE {value} WHEN '' THEN {last} {cases} ELSE {last - 1} END AS UTINYINT)"
