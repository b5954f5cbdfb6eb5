"""Data entries, read as the user's own code would."""

from __future__ import annotations

import os
import sys

from .calls import NOW
from .distant import bring, is_distant_folder
from .failures import JobFailed, one_line, print_traceback
from .frames import read_by_pandas, read_by_polars, take_by_pandas, take_by_polars
from .parts import read_parts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def read_input(name: str, entry: Any, wanted: str) -> Any:
    """Read a data entry as what the annotation asks for."""
    if wanted not in ("path", "text") and is_distant_folder(entry["path"]):
        entry = dict(entry, path=bring(name, entry["path"]), written=None)
    path = entry["path"]
    several = _expand(path)
    if wanted in ("path", "text"):
        return read_path(path, wanted, several)
    if wanted not in ("", "pandas", "polars", "lazy"):
        raise JobFailed(
            "unknown-parameter",
            "`%s` is annotated `%s`, which a table cannot be given as" % (name, wanted),
            "Use pandas.DataFrame, polars.DataFrame, pathlib.Path or str.",
        )
    if several is not None or os.path.isdir(path):
        if wanted == "":
            return read_path(path, "path", several)
        return read_parts("data.%s" % name, entry, wanted, _library("data.%s" % name, _named(wanted)), read_table)
    return read_table("data.%s" % name, entry, wanted)


def _expand(path: str) -> list[str] | None:
    """Give the files of a glob, sorted; None for anything else."""
    import glob

    if "://" in path or os.path.exists(path) or not glob.has_magic(path):
        return None
    return sorted(glob.glob(path, recursive=True))


def read_path(path: str, wanted: str, several: list[str] | None = None) -> Any:
    """Give a pathlib.Path, or a str where `text` is wanted: a list for `several`; JobFailed for the path of a URL."""
    import pathlib

    if "://" in path and wanted == "path":
        raise JobFailed(
            "unknown-parameter",
            "`%s` is a URL, not a path" % path,
            "Annotate the parameter `str` or `pandas.DataFrame`.",
        )
    kind = str if wanted == "text" else pathlib.Path
    return kind(path) if several is None else [kind(one) for one in several]


def read_table(what: str, entry: Any, wanted: str) -> Any:
    """Read a table as the user's own code would, by pandas unless polars is asked for.

    Rows of a table are taken from the whole of it, so that they are typed as it is.
    """
    library = _library(what, _named(wanted))
    try:
        if library.__name__ == "polars":
            frame = take_by_polars(library, read_by_polars(library, _source(entry)), entry)
            return frame.lazy() if wanted == "lazy" else frame
        return take_by_pandas(read_by_pandas(library, _source(entry)), entry)
    except Exception as error:  # whatever the library raises: the traceback is in the log
        print_traceback()
        raise JobFailed(
            NOW["raised"],
            "%s could not be read by %s: %s" % (what, library.__name__, one_line(error)),
            "Annotate the parameter with pathlib.Path, and read the file there as it has to be read.",
        )


def _named(wanted: str) -> str:
    return "polars" if wanted in ("polars", "lazy") else "pandas"


def _source(entry: Any) -> Any:
    whole = entry.get("whole")
    return dict(entry, path=whole["path"], columns=whole["columns"]) if whole else entry


def _library(what: str, name: str) -> Any:
    import importlib

    try:
        return importlib.import_module(name)
    except ImportError as error:
        print_traceback()
        raise JobFailed(
            "import",
            "%s is to be a %s DataFrame, and %s cannot import %s (%s)"
            % (what, name, sys.executable, name, one_line(error)),
            "Install %s there, or annotate the parameter with pathlib.Path and read the file yourself." % name,
        )
