"""Which tables there are, and which column is the label."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from ml_ci.errors import UserError
from ml_ci.setup.values import DataFile
from ml_ci.tables.table import Table

SUFFIXES = (".csv", ".tsv", ".parquet", ".csv.gz", ".data")
_MOST_BYTES = 300 * 1024 * 1024
_MOST_TABLES = 24
_MOST_COLUMNS = 80
_FEW = 12
_LABELS = (
    "label",
    "target",
    "class",
    "y",
    "outcome",
    "churn",
    "churned",
    "is_fraud",
    "fraud",
    "default",
    "survived",
    "spam",
)
# Which of two values is the one that a false alarm is about.
_POSITIVES = (
    "1",
    "1.0",
    "true",
    "yes",
    "y",
    "positive",
    "pos",
    "spam",
    "fraud",
    "malignant",
    "churned",
    "bad",
    ">50k",
    "t",
)


def read(top: Path, paths: Iterable[str]) -> tuple[DataFile, ...]:
    """Open the tables among `paths`, smallest paths first; what is no table, or too large, is left out."""
    found = (_table(top, path) for path in sorted(paths, key=lambda path: (path.count("/"), path))[:_MOST_TABLES])
    return tuple(table for table in found if table is not None)


def _table(top: Path, path: str) -> DataFile | None:
    file = top / path
    if not file.is_file() or file.stat().st_size > _MOST_BYTES:
        return None
    try:
        table = Table.open(file, shown=path)
        header = table.layout.parquet or not _numeric(table.names)
        if not header:
            width = len(table.names)
            names = ("label",) if width == 1 else tuple(f"column_{place}" for place in range(1, width + 1))
            table = Table.open(file, names, shown=path)
        candidates = table.names[-4:] if header else table.names[-1:]
        wanted = (
            {name for name in table.names if name.lower() in _LABELS} | set(candidates) if header else set(candidates)
        )
        values = {name: tuple(table.counts(name)) for name in table.names if name in wanted}
    except UserError:
        return None
    few = {name: found for name, found in values.items() if len(found) <= _FEW}
    return DataFile(path, table.names, header, table.rows, few)


def count_values(top: Path, table: DataFile) -> DataFile:
    """Give a table with the values of each of its first columns that has few of them, and not of likely labels only."""
    if not table.header:
        return table
    try:
        opened = Table.open(top / table.path, shown=table.path)
        values = {name: tuple(opened.counts(name)) for name in table.columns[:_MOST_COLUMNS]}
    except UserError:
        return table
    return replace(table, values={name: found for name, found in values.items() if len(found) <= _FEW} | table.values)


def label(table: DataFile, named: Iterable[str]) -> str | None:
    """Guess the label: what the program takes out as its target, a usual name, or the last column of two values."""
    if not table.header:
        return "label" if len(table.columns) == 1 else None
    for name in named:
        if name.strip() in table.columns:
            return name.strip()
    usual = [name for name in table.columns if name.lower() in _LABELS]
    if usual:
        return min(usual, key=lambda name: _LABELS.index(name.lower()))
    last = table.columns[-1]
    return last if len(table.values.get(last, ())) == 2 else None


def rivals(table: DataFile, label: str) -> tuple[str, ...]:
    """Give other columns of two values, where nothing but its place speaks for the label."""
    if label.lower() in _LABELS:
        return ()
    return tuple(name for name in table.columns if name != label and len(table.values.get(name, ())) == 2)


def positive(values: tuple[str, ...]) -> tuple[str, str] | None:
    """Guess the positive among the values of a label, most frequent first, and say why; None when they are not two."""
    known = [value for value in values if value.strip().rstrip(".").lower() in _POSITIVES or _is_one(value)]
    if len(values) != 2:
        return None
    if len(known) == 1:
        return known[0], ""
    return values[1], f"the rarer of {values[0]} and {values[1]}: change it if a false alarm is about the other"


def _is_one(value: str) -> bool:
    try:
        return float(value) == 1
    except ValueError:
        return False


def _numeric(names: Iterable[str]) -> bool:
    """Say whether a first line is data: every name of it a number."""
    try:
        return all(float(name) == float(name) or True for name in names)
    except ValueError:
        return False
