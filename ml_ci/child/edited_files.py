"""Rows as a file, with some of their values edited: for a program that reads the rows itself."""

from __future__ import annotations

import os

from . import cells
from .canonical import write
from .edited import find_column
from .frames import read_by_pandas, read_by_polars

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Sequence

    from .edited import Read


class TextRows:
    """Rows of a text table, written as its own file is: only the edited values are others."""

    def __init__(self, entry: Any, folder: str, make: Any = str) -> None:
        self.folder = folder
        self.make = make
        self.ending = _ending(entry["path"])
        written = entry.get("written") or {}
        separator = written.get("separator") or ("\t" if self.ending.startswith((".tsv", ".tab")) else ",")
        self.spaced = separator == " "
        self.separator = separator
        self.encoding = written.get("encoding") or "utf-8"
        self.packed = bool(written.get("packed"))
        lines = self._read(entry["path"])
        self.header = None if entry.get("columns") else lines.pop(0)
        self.lines = lines
        self.names = {name.strip(): place for place, name in enumerate(entry.get("columns") or self.header or ())}
        self.files = 0

    def __len__(self) -> int:
        return len(self.lines)

    def _read(self, path: str) -> list[list[str]]:
        import csv

        with self._open(path, "r") as stream:
            if self.spaced:
                return [line.split() for line in stream if line.strip()]
            return [line for line in csv.reader(stream, delimiter=self.separator) if line]

    def _open(self, path: str, mode: str) -> Any:
        import gzip

        opened = gzip.open if self.packed else open
        return opened(path, mode + "t", encoding=self.encoding, newline="")

    def read(self, edits: Any) -> Read:
        """Read the values that are to be set as texts: booleans as the file spells them."""
        found = {}
        for name, values in edits.items():
            place = find_column(name, self.names)
            found[name] = ([self._text(value, place) for value in values], [""] * len(values))
        return found

    def _text(self, value: Any, place: int) -> str:
        if cells.is_absent(value):
            return ""
        if isinstance(value, bool):
            word = write(value).lower()
            return next((line[place] for line in self.lines[:1000] if line[place].strip().lower() == word), str(value))
        return str(cells.text(value)[0])

    def release(self, table: Any) -> None:
        """Remove a file that was given, where its reader did not."""
        _remove(str(table))

    def take(self, rows: Sequence[int], read: Read, places: Sequence[int]) -> Any:
        """Write rows by their numbers, with the values at these places of what was read; give the file's path."""
        import csv

        self.files += 1
        path = os.path.join(self.folder, "rows-%d%s" % (self.files, self.ending))
        edited = [(self.names[name], values) for name, (values, _) in read.items()]
        with self._open(path, "w") as stream:
            writer = csv.writer(stream, delimiter=self.separator, lineterminator="\n")
            if self.header is not None:
                writer.writerow(self.header)
            for row, place in zip(rows, places):
                line = list(self.lines[row])
                for column, values in edited:
                    line[column] = values[place]
                writer.writerow(line)
        return self.make(path)


class ParquetRows:
    """Rows of a Parquet file, edited by the library that reads it and written again."""

    def __init__(self, rows: Any, folder: str, make: Any = str) -> None:
        self.rows = rows
        self.folder = folder
        self.make = make
        self.files = 0

    def __len__(self) -> int:
        return len(self.rows)

    def read(self, edits: Any) -> Read:
        """Read the values that are to be set, each as its column holds it."""
        return self.rows.read(edits)  # type: ignore[no-any-return]

    def release(self, table: Any) -> None:
        """Remove a file that was given, where its reader did not."""
        _remove(str(table))

    def take(self, rows: Sequence[int], read: Read, places: Sequence[int]) -> Any:
        """Write rows by their numbers, with the values at these places of what was read; give the file's path."""
        self.files += 1
        path = os.path.join(self.folder, "rows-%d.parquet" % self.files)
        frame = self.rows.take(rows, read, places)
        if hasattr(frame, "to_parquet"):
            frame.to_parquet(path, index=not self.rows.numbered)
        else:
            frame.write_parquet(path)
        return self.make(path)


def _remove(path: str) -> None:
    try:
        os.remove(path)
    except OSError:
        pass


def is_parquet(path: str) -> bool:
    """Know Parquet by its content, as ml-ci does everywhere."""
    with open(path, "rb") as stream:
        return stream.read(4) == b"PAR1"


def editable_file(entry: Any, folder: str, make: Any = str) -> Any:
    """Give a file of rows as one that can be edited, in a folder for what is written; `make` makes of a path what is
    given on."""
    from .edited import editable

    if not is_parquet(entry["path"]):
        return TextRows(entry, folder, make)
    import importlib

    try:
        pandas = importlib.import_module("pandas")
    except ImportError:
        polars = importlib.import_module("polars")
        return ParquetRows(editable(read_by_polars(polars, entry)), folder, make)
    return ParquetRows(editable(read_by_pandas(pandas, entry)), folder, make)


def _ending(path: str) -> str:
    base = os.path.basename(path)
    return base[base.find(".") :] if "." in base else ".csv"
