"""Data entries, read as the user's own code would."""

from __future__ import annotations

import os
import sys

from .calls import NOW
from .failures import JobFailed, one_line, print_traceback
from .frames import read_by_pandas, read_by_polars, take_by_pandas, take_by_polars

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def read_input(name: str, entry: Any, wanted: str) -> Any:
    """Read a data entry as what the annotation asks for."""
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
        return _read_parts(name, entry, wanted)
    return read_table("data.%s" % name, entry, wanted)


def _read_parts(name: str, entry: Any, wanted: str) -> Any:
    """Read the parts of a folder or a glob as one table, in the order of their names, as ml-ci does.

    What begins with a dot or an underscore is no part, and a folder `region=north` is a column and its value.
    """
    what = "data.%s" % name
    library = _library(what, "polars" if wanted in ("polars", "lazy") else "pandas")
    frames = []
    for file, values in list_parts(entry["path"]):
        frame = read_table(
            what, dict(entry, path=file, written=None, whole=None), "polars" if wanted == "lazy" else wanted
        )
        for key, value in values:
            if key not in frame.columns:
                polars = library.__name__ == "polars"
                frame = frame.with_columns(library.lit(value).alias(key)) if polars else frame.assign(**{key: value})
        frames.append(frame)
    if not frames:
        raise JobFailed(NOW["raised"], "%s has no part file" % what, "A table needs a file with at least one row.")
    if library.__name__ == "polars":
        joined = library.concat(frames, how="diagonal_relaxed")
        return joined.lazy() if wanted == "lazy" else joined
    return library.concat(frames, ignore_index=True)


def list_parts(path: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Give the part files of a folder or a glob, by name, each with the values that its folders are named after."""
    import glob

    if os.path.isdir(path):
        top, found = path, [os.path.join(folder, one) for folder, _, files in os.walk(path) for one in files]
    else:
        parts = path.split(os.sep)
        fixed = next(place for place, part in enumerate(parts) if glob.has_magic(part))
        top, found = os.sep.join(parts[:fixed]) or os.sep, glob.glob(path, recursive=True)
    named = sorted((os.path.relpath(one, top).replace(os.sep, "/"), one) for one in found if os.path.isfile(one))
    visible = [(name, one) for name, one in named if not any(part[:1] in (".", "_") for part in name.split("/"))]
    return [
        (one, [(key, value) for key, sign, value in (part.partition("=") for part in name.split("/")[:-1]) if sign])
        for name, one in visible
    ]


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
    library = _library(what, "polars" if wanted in ("polars", "lazy") else "pandas")
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
