"""Tables as DataFrames, as the user's own code would read them, and some rows of a whole one."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .exchange import Request


# Values of JSON have types: a text that looks like a number or a moment is a text.
_AS_WRITTEN = {"dtype": False, "convert_dates": False}


def read_by_pandas(pandas: Any, entry: Any) -> Any:
    """Read a table by pandas; a text without white space around its values, unless the entry has it `padded`."""
    path, suffix = entry["path"], _suffix(entry["path"])
    if _is_parquet(path, suffix):
        return pandas.read_parquet(path)
    if suffix in (".jsonl", ".ndjson"):
        return pandas.read_json(path, lines=True, **_AS_WRITTEN)
    if suffix == ".json":
        return pandas.read_json(path, **_AS_WRITTEN)
    if suffix in (".feather", ".arrow", ".ipc"):
        return pandas.read_feather(path)
    if suffix in (".xlsx", ".xls"):
        return pandas.read_excel(path)
    options = _text_options(entry)
    frame = pandas.read_csv(path, **options)
    if entry.get("padded"):
        return frame
    texts = [place for place, kind in enumerate(frame.dtypes) if str(kind) in ("object", "str", "string")]
    if any(_pad(frame.iloc[:, place]) for place in texts):
        frame = _unpad_by_pandas(pandas, path, options)
    frame.columns = [name.strip() if isinstance(name, str) else name for name in frame.columns]
    return frame


def _pad(values: Any) -> bool:
    """Say whether a text of a column has white space around it."""
    try:
        stripped = values.str.strip()
    except AttributeError:  # no text among the objects
        return False
    return bool(((values != stripped) & stripped.notna()).any())


def take_by_pandas(frame: Any, entry: Any) -> Any:
    """Take the rows that an entry has of the whole table, without the column that it leaves out.

    An index that only numbers the rows from 0 numbers these anew, as that of a file with these rows would; any other
    stays.
    """
    whole = entry.get("whole")
    if not whole:
        return frame
    if whole["flags"]:
        flags = _flags(whole["flags"], len(frame), "pandas")
        numbered = _number(frame.index)
        frame = frame[[flag == whole["wanted"] for flag in flags]]
        frame = frame.reset_index(drop=True) if numbered else frame.copy()
    if whole["without"] is None:
        return frame
    left_out = _name(frame.columns, whole["without"])
    if left_out:
        return frame.drop(columns=left_out)
    return frame.reset_index(level=whole["without"], drop=True) if whole["without"] in frame.index.names else frame


def _name(columns: Any, name: str) -> list[Any]:
    """Give the columns of a name, which may stand in the file with white space around it."""
    return [one for one in columns if isinstance(one, str) and one.strip() == name.strip()]


def _number(index: Any) -> bool:
    return type(index).__name__ == "RangeIndex" and (index.start, index.step, index.name) == (0, 1, None)


def _flags(path: str, rows: int, library: str) -> bytes:
    with open(path, "rb") as stream:
        flags = stream.read()
    if len(flags) != rows:
        raise ValueError("%s finds %d rows in a table that has %d" % (library, rows, len(flags)))
    return flags


def _text_options(entry: Any) -> Request:
    """Give pandas what is known of how a text is written: nothing of it depends on the name or the machine."""
    options: Request = {} if entry.get("padded") else {"skipinitialspace": True}
    if _separator(entry):
        options["sep"] = r"\s+" if _separator(entry) == " " else _separator(entry)
    written = entry.get("written")
    if written:
        options.update(encoding=written["encoding"], compression="gzip" if written["packed"] else None)
    if entry.get("columns"):
        options.update(header=None, names=list(entry["columns"]))
    return options


def _unpad_by_pandas(pandas: Any, path: str, options: Request) -> Any:
    """Read a text anew without the white space around its values, which hides numbers and missing values.

    Where nothing but white space changed, the same model has to be trained.
    """
    import io

    texts = pandas.read_csv(path, dtype=str, keep_default_na=False, **options)
    for name in texts.columns:
        texts[name] = texts[name].str.strip()
    return pandas.read_csv(io.StringIO(texts.to_csv(index=False)))


def read_by_polars(polars: Any, entry: Any) -> Any:
    """Read a table by polars; a text without white space around its values, unless the entry has it `padded`."""
    import io

    path, suffix = entry["path"], _suffix(entry["path"])
    if _is_parquet(path, suffix):
        opened = _open(path)
        return polars.read_parquet(io.BytesIO(opened) if isinstance(opened, bytes) else opened)
    if suffix in (".jsonl", ".ndjson"):
        return polars.read_ndjson(path)
    if suffix == ".json":
        return polars.read_json(path)
    if suffix in (".feather", ".arrow", ".ipc"):
        return polars.read_ipc(path)
    options: Request = {"separator": _separator(entry)} if _separator(entry) else {}
    if entry.get("written") and entry["written"]["encoding"] != "utf-8":
        options["encoding"] = entry["written"]["encoding"]
    if entry.get("columns"):
        options.update(has_header=False, new_columns=list(entry["columns"]))
    source = _open(path)
    if options.get("separator") == " ":
        source, options["separator"] = _by_tabs(path), "\t"
    frame = polars.read_csv(source, **options)
    if entry.get("padded"):
        return frame
    text = polars.col(polars.String)
    padded = frame.select((text != text.str.strip_chars()).any())
    if any(value for row in padded.rows() for value in row):
        frame = _unpad_by_polars(polars, source, options)
    return frame.rename({name: name.strip() for name in frame.columns})


def _open(path: str) -> Any:
    """Give a file's content where polars would read its path as a pattern of paths."""
    import glob

    if "://" in path or not glob.has_magic(path):
        return path
    with open(path, "rb") as stream:
        return stream.read()


def _by_tabs(path: str) -> bytes:
    """Give a text whose values stand between white space of any length with tabs between them."""
    with open(path, "rb") as stream:
        return b"\n".join(b"\t".join(line.split()) for line in stream)


def take_by_polars(polars: Any, frame: Any, entry: Any) -> Any:
    """Take the rows that an entry has of the whole table, without the column that it leaves out."""
    whole = entry.get("whole")
    if not whole:
        return frame
    if whole["flags"]:
        flags = _flags(whole["flags"], frame.height, "polars")
        frame = frame.filter(polars.Series([flag == whole["wanted"] for flag in flags]))
    return frame if whole["without"] is None else frame.drop(_name(frame.columns, whole["without"]))


def _unpad_by_polars(polars: Any, source: Any, options: Request) -> Any:
    """Read a text anew without the white space around its values, as with pandas."""
    import io

    texts = polars.read_csv(source, infer_schema_length=0, **options)
    value = polars.all().str.strip_chars()
    blank = (value == "") & (polars.all() != "")  # a padded missing value; "" in quotes is a text
    stripped = texts.select(polars.when(blank).then(None).otherwise(value).name.keep())
    return polars.read_csv(io.BytesIO(stripped.write_csv().encode("utf-8")))


def _is_parquet(path: str, suffix: str) -> bool:
    """Know Parquet by its content, as ml-ci does everywhere; by its name where there is no file to look into."""
    if "://" not in path and os.path.isfile(path):
        with open(path, "rb") as stream:
            if stream.read(4) == b"PAR1":
                return True
    return suffix in (".parquet", ".pq")


def _suffix(path: str) -> str:
    base = path.split("?", 1)[0].lower()
    for packed in (".gz", ".bz2", ".xz", ".zip", ".zst"):
        if base.endswith(packed):
            base = base[: -len(packed)]
    return os.path.splitext(base)[1]


def _separator(entry: Any) -> str | None:
    written = entry.get("written")
    if written:
        return written["separator"]  # type: ignore[no-any-return]
    return "\t" if _suffix(entry["path"]) in (".tsv", ".tab") else None
