"""Tables whose bytes differ and whose values do not: spaces, quotes, delimiters, line ends.

The digest of a table's values is made only when the bytes of two tables differ. What was found equal is kept, so that
the next fingerprint knows without reading the table again.
"""

from __future__ import annotations

import ast
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from ml_ci.changes.caches import Cache
from ml_ci.changes.closure import find_module
from ml_ci.changes.python_source import parse
from ml_ci.digests import digest
from ml_ci.errors import UserError
from ml_ci.repository.values import Tree
from ml_ci.spec.values import FileEntry, Node

if TYPE_CHECKING:
    from ml_ci.tables.table import Table

_ROWS = 50_000


class SameValues:
    """Know which contents hold the values of another content."""

    def __init__(self, state: Path | None) -> None:
        self._cache = Cache(state / "cache" / "values.json" if state else None)

    def representative(self, content: str) -> str:
        """Give the content that stands for this one: itself, unless it was found to hold the values of another."""
        kept = self._cache.get(f"same:{content}")
        return kept if isinstance(kept, str) else content

    def values(self, content: str, entry: FileEntry, place: Path | None) -> str | None:
        """Digest the values of a table at `place`; None when it is not there, or no table."""
        key = f"values:{content}:{digest(entry.columns)}"
        kept = self._cache.get(key)
        if isinstance(kept, str):
            return kept
        found = table_values(place, entry) if place else None
        if found:
            self._cache.put(key, found)
        return found

    def join(self, content: str, to: str) -> None:
        """Remember that a content holds the values of another."""
        self._cache.put(f"same:{content}", self.representative(to))

    def save(self) -> None:
        self._cache.save()


def table_values(place: Path, entry: FileEntry) -> str | None:
    """Digest the names and the values of a table, row by row in their order; None when it is no table.

    Of a text, the values are its fields without quotes and surrounding spaces; in a column of numbers they are those
    numbers, however they are written. Those of Parquet have a type, and a missing one is no empty text.
    """
    from ml_ci.tables.duck import connect, select
    from ml_ci.tables.spelling import spell
    from ml_ci.tables.table import Table

    if not place.is_file():
        return None
    try:
        table = Table.open(place, entry.columns)
    except UserError:
        return None
    source, forms = spell(table, table.names)
    kinds = _kinds(table)
    fields = [_field(f"c{place}", form, kinds[place]) for place, form in enumerate(forms)]
    row = "sha256(" + " || chr(31) || ".join(fields) + ")"
    hasher = hashlib.sha256(digest([kinds, list(table.names)]).encode())
    with connect(shown=table.shown) as connection:
        found = connection.execute(select(row, source))
        while rows := found.fetchmany(_ROWS):
            hasher.update("".join(text for (text,) in rows).encode())
    return hasher.hexdigest()


def _kinds(table: Table) -> list[str]:
    """Say of each column of a text whether all its values are whole numbers, or numbers, or texts; "typed" of Parquet.

    In a column of texts another way to write a number is another value.
    """
    from ml_ci.tables.duck import connect, select
    from ml_ci.tables.spelling import NUMBER, WHOLE, spell

    if table.layout.parquet:
        return ["typed"] * len(table.names)
    source, forms = spell(table, table.names)
    # what is missing has the form ""
    tests = [
        f"coalesce(bool_and({forms[place]} = '' OR regexp_full_match(t{place}, '{pattern}')), false)"
        for place in range(len(forms))
        for pattern in (WHOLE, NUMBER)
    ]
    with connect(shown=table.shown) as connection:  # a row of Python's own values: a plan imports no numpy
        found = connection.execute(select(", ".join(tests), source)).fetchone() or ()
    return [
        "whole" if whole else "number" if number else "text"
        for whole, number in zip(found[::2], found[1::2], strict=True)
    ]


def _field(column: str, form: str, kind: str) -> str:
    from ml_ci.changes.table_pair import write_spared

    if kind == "typed":
        return f"coalesce(typeof({column}) || CAST({column} AS VARCHAR), '')"
    return write_spared(column) if kind == "text" else form


def read_as_tables(model: Node, tree: Tree) -> frozenset[str]:
    """Name the entries of which a function job sees the values only: its parameters that are DataFrames.

    A parameter annotated with anything else (a Path, a str) sees the bytes; so does a command.
    """
    if not model.job.entry:
        return frozenset()
    module, _, name = model.job.entry.partition(":")
    path = find_module(module, tree.files(), (model.cwd if model.cwd != "." else "", "", "src"))
    source = parse(tree.read(path)) if path else None
    for statement in source.body if source else ():
        if isinstance(statement, ast.FunctionDef) and statement.name == name:
            asked = (*statement.args.posonlyargs, *statement.args.args, *statement.args.kwonlyargs)
            return frozenset(one.arg for one in asked if _is_table(one.annotation)) & {*model.data}
    return frozenset()


def _is_table(annotation: ast.expr | None) -> bool:
    return annotation is None or "DataFrame" in ast.unparse(annotation)
