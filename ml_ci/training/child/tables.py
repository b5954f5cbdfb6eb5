"""Data entries, read as the user's own code would."""

from __future__ import annotations

import os
import sys

from .calls import NOW
from .failures import JobFailed, one_line, print_traceback

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .exchange import Request


def read_input(name: str, entry: Any, wanted: str) -> Any:
    """Read a data entry as what the annotation asks for."""
    path = entry["path"]
    several = _expanded(path)
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
        raise JobFailed(
            "unknown-parameter",
            "`data.%s` is %s, not one table"
            % (name, "a folder" if several is None else "a glob of %d files" % len(several)),
            "Annotate the parameter `%s: pathlib.Path`, and read it there." % name,
        )
    return read_table("data.%s" % name, entry, wanted)


def _expanded(path: str) -> list[str] | None:
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
    """Read a table as the user's own code would, by pandas unless polars is asked for."""
    library = _library(what, "polars" if wanted in ("polars", "lazy") else "pandas")
    try:
        if library.__name__ == "polars":
            frame = _by_polars(library, entry)
            return frame.lazy() if wanted == "lazy" else frame
        return _by_pandas(library, entry)
    except Exception as error:  # whatever the library raises: the traceback is in the log
        print_traceback()
        raise JobFailed(NOW["raised"], "%s could not be read by %s: %s" % (what, library.__name__, one_line(error)))


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


def _suffix(path: str) -> str:
    base = path.split("?", 1)[0].lower()
    for packed in (".gz", ".bz2", ".xz", ".zip", ".zst"):
        if base.endswith(packed):
            base = base[: -len(packed)]
    return os.path.splitext(base)[1]


def _separator(entry: Any) -> str | None:
    return entry.get("separator") or ("\t" if _suffix(entry["path"]) in (".tsv", ".tab") else None)


def _by_pandas(pandas: Any, entry: Any) -> Any:
    path, suffix = entry["path"], _suffix(entry["path"])
    if suffix in (".parquet", ".pq"):
        return pandas.read_parquet(path)
    if suffix in (".jsonl", ".ndjson"):
        return pandas.read_json(path, lines=True)
    if suffix == ".json":
        return pandas.read_json(path)
    if suffix == ".feather":
        return pandas.read_feather(path)
    if suffix in (".xlsx", ".xls"):
        return pandas.read_excel(path)
    options: Request = {"skipinitialspace": True}
    if _separator(entry):
        options["sep"] = _separator(entry)
    if entry.get("columns"):
        options.update(header=None, names=list(entry["columns"]))
    frame = pandas.read_csv(path, **options)
    texts = frame.columns[[str(kind) in ("object", "str", "string") for kind in frame.dtypes]]
    if any(isinstance(value, str) and value != value.strip() for name in texts for value in frame[name]):
        frame = _unpadded_by_pandas(pandas, path, options)
    frame.columns = [name.strip() if isinstance(name, str) else name for name in frame.columns]
    return frame


def _unpadded_by_pandas(pandas: Any, path: str, options: Request) -> Any:
    """Read a text anew without the white space around its values, which hides numbers and missing values.

    Where nothing but white space changed, the same model has to be trained.
    """
    import io

    texts = pandas.read_csv(path, dtype=str, keep_default_na=False, **options)
    for name in texts.columns:
        texts[name] = texts[name].str.strip()
    return pandas.read_csv(io.StringIO(texts.to_csv(index=False)))


def _by_polars(polars: Any, entry: Any) -> Any:
    path, suffix = entry["path"], _suffix(entry["path"])
    if suffix in (".parquet", ".pq"):
        return polars.read_parquet(path)
    if suffix in (".jsonl", ".ndjson"):
        return polars.read_ndjson(path)
    if suffix == ".json":
        return polars.read_json(path)
    if suffix in (".feather", ".arrow", ".ipc"):
        return polars.read_ipc(path)
    options: Request = {"separator": _separator(entry)} if _separator(entry) else {}
    if entry.get("columns"):
        options.update(has_header=False, new_columns=list(entry["columns"]))
    frame = polars.read_csv(path, **options)
    text = polars.col(polars.String)
    padded = frame.select((text != text.str.strip_chars()).any())
    if any(value for row in padded.rows() for value in row):
        frame = _unpadded_by_polars(polars, path, options)
    return frame.rename({name: name.strip() for name in frame.columns})


def _unpadded_by_polars(polars: Any, path: str, options: Request) -> Any:
    """Read a text anew without the white space around its values, as with pandas."""
    import io

    texts = polars.read_csv(path, infer_schema_length=0, **options)
    value = polars.all().str.strip_chars()
    blank = (value == "") & (polars.all() != "")  # a padded missing value; "" in quotes is a text
    stripped = texts.select(polars.when(blank).then(None).otherwise(value).name.keep())
    return polars.read_csv(io.BytesIO(stripped.write_csv().encode("utf-8")))
