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
    return _count(rows, number, Bins("number", (), edges))


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
    places = [min(len(finite) - 1, math.ceil(len(finite) * share / _BINS) - 1) for share in range(1, _BINS)]
    edges = sorted({float(finite[max(place, 0)]) for place in places}) if len(finite) else []
    counts = np.bincount(np.searchsorted(edges, finite), minlength=len(edges) + 1)
    return Bins("number", (*map(int, counts), int(len(scores) - len(finite))), tuple(edges))


def find_bin(opened: Opened, column: str, bins: Bins) -> str:
    """Write the SQL of a live column's bin: its place among the reference's counts."""
    value = quote(column)
    kind = opened.types[column]
    if bins.kind == "number":
        return _place(value if kind.startswith(_NUMBERS) and kind != "UUID" else f"TRY_CAST({value} AS DOUBLE)", bins)
    text = f"coalesce(trim(CAST({value} AS VARCHAR)), '')"
    return _place(f"lower({text})" if bins.kind == "boolean" else text, bins)


def _place(value: str, bins: Bins) -> str:
    """Write the bin of a value: numbers by halves, since each comparison is made of a million rows."""
    last = len(bins.names) - 1
    if bins.kind == "number":
        missing = f"{value} IS NULL OR isnan(CAST({value} AS DOUBLE))"
        return f"CAST(CASE WHEN {missing} THEN {last} ELSE {_halve(value, bins.edges, 0)} END AS UTINYINT)"
    cases = " ".join(f"WHEN {literal(one)} THEN {place}" for place, one in enumerate(bins.values))
    return f"CAST(CASE {value} WHEN '' THEN {last} {cases} ELSE {last - 1} END AS UTINYINT)"


def _halve(value: str, edges: Sequence[float], first: int) -> str:
    if not edges:
        return str(first)
    middle = len(edges) // 2
    below, above = _halve(value, edges[:middle], first), _halve(value, edges[middle + 1 :], first + middle + 1)
    return f"CASE WHEN {value} <= {edges[middle]!r}::DOUBLE THEN {below} ELSE {above} END"
