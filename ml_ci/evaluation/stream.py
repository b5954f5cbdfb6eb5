"""Count predictions and holdouts that are larger than memory, streamed from Parquet, with the result of `count`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ml_ci.errors import Failure, StageFailed
from ml_ci.evaluation.comparison import holds
from ml_ci.evaluation.count import CELLS, Cells, Counts
from ml_ci.evaluation.labels import classes_of, positive_counts, refuse_missing_numbers, refuse_single_class
from ml_ci.evaluation.slices import bin_names, in_order, refuse_too_many, slice_name
from ml_ci.spec.values import Positive, SliceSpec
from ml_ci.tables.duck import connect, parquet, select
from ml_ci.tables.table import Table

MEMORY = 1 << 30
# Larger holdouts are counted in chunks: labels, slices and decisions of so many rows would take a gigabyte at once.
LARGE_ROWS = 5_000_000
ROUGHLY = 4  # an approximate number of distinct values is surely within this factor

# Rows of a grouping set: its number, the label, the candidate's and the baseline's decision, the slice, the rows.
Group = tuple[int, bool, bool, bool, tuple[str, ...], int]


def is_large(table: Table) -> bool:
    """Say whether a holdout is counted in chunks."""
    return table.rows > LARGE_ROWS


def class_counts(holdout: Table, label: str, positive: Positive) -> tuple[int, int]:
    """Count negatives and positives; UserError for labels that the in-memory count refuses too."""
    if positive.comparison is None:
        counts = positive_counts(holdout, label, positive)
        classes = classes_of(counts, positive)
        positives = sum(rows for value, rows in counts.items() if classes.names[value] in classes.positive)
    else:
        refuse_missing_numbers(holdout, label)
        positives = holdout.count_where(holds(holdout, label, positive.comparison))
        refuse_single_class(positives, holdout, label, positive.comparison)
    return holdout.rows - positives, positives


def stream(
    holdout: Table,
    label: str,
    positive: Positive,
    specs: Sequence[SliceSpec],
    candidate: Path,
    baseline: Path | None = None,
    *,
    weight: str | None = None,
    memory: int = MEMORY,
) -> Counts:
    """Count stored predictions (as `scores.write` writes them) against the holdout's labels, rows in the same order.

    Takes about `memory` bytes, however many rows there are; the slices are those of `slices.read_slices`, without
    `class`. Rows whose `weight` is 0 are not counted. UserError for labels and slices that the in-memory count refuses
    too; StageFailed, code `row-count`, when the files do not have the holdout's number of rows.
    """
    for path in (candidate, baseline):
        if path is not None:
            _refuse_other_rows(path, holdout)
    refuse_ids(holdout, specs)
    found = list(_groups(holdout, label, positive, specs, candidate, baseline, weight, memory))
    _refuse_labels(found, holdout, label, positive)
    slices: dict[str, Mapping[str, Cells]] = {}
    for number, spec in enumerate(specs):
        slices[spec.name] = _slice([group for group in found if group[0] == number], spec, holdout)
    return Counts(_total(group for group in found if group[0] == -1), slices)


def _groups(
    holdout: Table,
    label: str,
    positive: Positive,
    specs: Sequence[SliceSpec],
    candidate: Path,
    baseline: Path | None,
    weight: str | None,
    memory: int,
) -> Iterator[Group]:
    keys = [_keys(holdout, spec) for spec in specs]
    columns = [f"{label_sql(holdout, label, positive)} AS y"]
    columns += [] if weight is None else [f"{holdout.number_sql(weight)} AS w"]
    counted = "count(*)" if weight is None else "count_if(w > 0)"
    columns += [f"{key} AS {name}" for number, several in enumerate(keys) for key, name in _name(number, several)]
    sets = [f"(y, c, b, {', '.join(name for _, name in _name(n, several))})" for n, several in enumerate(keys)]
    names = [name for number, several in enumerate(keys) for _, name in _name(number, several)]
    shown = ["CAST(y AS VARCHAR)", "c", "b", "n", "place", *(f"CAST({name} AS VARCHAR)" for name in names)]
    marks = ["0"] + [f"WHEN GROUPING({_name(n, several)[0][1]}) = 0 THEN {n}" for n, several in enumerate(keys)]
    place = f"CASE {' '.join(marks[1:])} ELSE -1 END" if specs else "-1"
    grouped = select(
        ", ".join(["y", "c", "b", *names, f"{counted} AS n", f"{place} AS place"]),
        join_sides(select(", ".join(columns), holdout.source), candidate, baseline),
        f"GROUP BY GROUPING SETS ({', '.join(['(y, c, b)', *sets])})",
    )
    starts = [sum(map(len, keys[:number])) for number in range(len(keys))]
    classes = classes_of({} if positive.comparison else holdout.counts(label), positive)
    with connect(memory, shown=holdout.shown) as connection:
        for y, c, b, rows, where, *texts in connection.execute(select(", ".join(shown), f"({grouped})")).fetchall():
            own = texts[starts[where] : starts[where] + len(keys[where])] if where >= 0 else []
            is_positive = y == "true" if positive.comparison else classes.of(y or "") in classes.positive
            yield where, is_positive, c, b, tuple((text or "").strip() for text in own), rows


def _name(number: int, several: Sequence[str]) -> list[tuple[str, str]]:
    return [(key, f"s{number}_{place}") for place, key in enumerate(several)]


def join_sides(rows: str, candidate: Path, baseline: Path | None) -> str:
    """Write the SQL of a query's rows, in the order of the holdout, with the decisions of both sides: `c` and `b`."""
    parts = [f"({rows}) AS h"]
    parts.append(f"({select('decision AS c', parquet(candidate))}) AS one")
    if baseline is None:
        return f"({select('*, false AS b', ' POSITIONAL JOIN '.join(parts))})"
    parts.append(f"({select('decision AS b', parquet(baseline))}) AS two")
    return " POSITIONAL JOIN ".join(parts)


def label_sql(holdout: Table, label: str, positive: Positive) -> str:
    """Write the SQL of a row's class: the label as it is, or whether the comparison holds."""
    if positive.comparison is None:
        return holdout.sql(label)
    return f"coalesce({holds(holdout, label, positive.comparison)}, false)"


def _keys(holdout: Table, spec: SliceSpec) -> list[str]:
    """Write the SQL of what tells the slices apart: the values as they are, or the number of the bin."""
    if spec.edges is None:
        return [holdout.sql(column) for column in spec.columns]
    holdout.refuse_text(spec.columns[0])
    return [bin_sql(holdout, spec.columns[0], spec.edges)]


def bin_sql(holdout: Table, column: str, edges: Sequence[float]) -> str:
    """Write the SQL of the number of a value's bin, in the order of `bin_names`."""
    value = holdout.number_sql(column)
    above = " + ".join(f"CAST({value} >= {float(edge)!r} AS INTEGER)" for edge in edges)
    return f"CASE WHEN {value} IS NULL OR isnan({value}) THEN {len(edges) + 1} ELSE {above} END"


def _slice(groups: Sequence[Group], spec: SliceSpec, holdout: Table) -> Mapping[str, Cells]:
    by_name: dict[str, list[Group]] = {}
    for group in groups:
        values = group[4]
        name = slice_name(values) if spec.edges is None else bin_names(spec.edges)[int(values[0])]
        by_name.setdefault(name, []).append(group)
    refuse_too_many(len(by_name), spec, holdout)
    order = in_order(list(by_name)) if spec.edges is None else [n for n in bin_names(spec.edges) if n in by_name]
    return {name: _total(by_name[name]) for name in order}


def _total(groups: Iterator[Group] | Sequence[Group]) -> Cells:
    n = [0] * CELLS
    for _, y, c, b, _, rows in groups:
        n[4 * y + 2 * c + b] += rows
    return Cells(tuple(n))


def _refuse_other_rows(path: Path, holdout: Table) -> None:
    with connect(shown=path.name) as connection:
        found: Any = connection.execute(select("count(*)", parquet(path))).fetchone()
    if found[0] != holdout.rows:
        said = f"{path.name} has {found[0]:,} rows, and the holdout {holdout.shown} has {holdout.rows:,}"
        raise StageFailed(Failure("evaluation", "row-count", said, "Score the model on this holdout again."))


def refuse_ids(holdout: Table, specs: Sequence[SliceSpec]) -> None:
    """Refuse columns of far too many values before they are grouped, which would take memory for each value."""
    plain = [spec for spec in specs if spec.edges is None]
    if not plain:
        return
    values = [f"approx_count_distinct(row({', '.join(_keys(holdout, spec))}))" for spec in plain]
    with connect(shown=holdout.shown) as connection:
        found: Any = connection.execute(select(", ".join(values), holdout.source)).fetchone()
    for spec, rough in zip(plain, found, strict=True):
        refuse_too_many(int(rough) // ROUGHLY, spec, holdout)


def _refuse_labels(groups: Sequence[Group], holdout: Table, label: str, positive: Positive) -> None:
    if positive.comparison is None:
        positive_counts(holdout, label, positive)
        return
    refuse_missing_numbers(holdout, label)
    positives = sum(group[5] for group in groups if group[0] == -1 and group[1])
    refuse_single_class(positives, holdout, label, positive.comparison)
