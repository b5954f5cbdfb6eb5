"""Tables as DataFrames, as the user's own code would read them, and some rows of a whole one."""

from __future__ import annotations

import os

from .files import kind_of, open_plain, packing, suffix_of, unpack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .exchange import Request


def read_by_pandas(pandas: Any, entry: Any) -> Any:
    """Read a table by pandas; a text without white space around its values, unless the entry has it `padded`."""
    path, kind = entry["path"], kind_of(entry["path"])
    if kind == "parquet":
        return pandas.read_parquet(path)
    if kind in ("lines", "json"):
        return pandas.read_json(path, lines=kind == "lines", compression=packing(path), **_as_written(pandas))
    if kind == "arrow":
        return pandas.read_feather(path)
    if kind == "stream":
        import pyarrow

        with pyarrow.memory_map(path) as mapped:
            return pyarrow.ipc.open_stream(mapped).read_pandas()
    if kind == "excel":
        return pandas.read_excel(path)
    options = _text_options(entry)
    frame = pandas.read_csv(path, **options)
    if entry.get("padded"):
        return frame
    if not _is_spaced(entry):
        return _strip_names(frame)
    texts = [place for place, kind in enumerate(frame.dtypes) if str(kind) in ("object", "str", "string")]
    if any(_pad(frame.iloc[:, place]) for place in texts):
        frame = _unpad_by_pandas(pandas, path, options)
    return _strip_names(frame)


def _strip_names(frame: Any) -> Any:
    frame.columns = [name.strip() if isinstance(name, str) else name for name in frame.columns]
    return frame


def _is_spaced(entry: Any) -> bool:
    """Say whether a value of a text may have white space in it: ml-ci has looked where it says no."""
    return bool((entry.get("written") or {}).get("spaced", True))


def _as_written(pandas: Any) -> Request:
    """Give the options by which values of JSON keep their types: a text that looks like a number or a moment is a text.

    From 3.1 on pandas warns of the second.
    """
    version = [int(part) if part.isdecimal() else 0 for part in pandas.__version__.split(".")[:2]]
    return {"dtype": False} if version >= [3, 1] else {"dtype": False, "convert_dates": False}


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
    options: Request = {} if entry.get("padded") or _has_no_blank(entry) else {"skipinitialspace": True}
    if _separator(entry):
        options["sep"] = r"\s+" if _separator(entry) == " " else _separator(entry)
    written = entry.get("written")
    if written:
        options.update(encoding=written["encoding"], compression="gzip" if written["packed"] else None)
    if entry.get("columns"):
        options.update(header=None, names=list(entry["columns"]))
    return options


def _has_no_blank(entry: Any) -> bool:
    """Say whether a plain text has no blank and no tab: pandas takes a third longer where it has to skip them."""
    import mmap

    if not _is_spaced(entry):
        return True
    if not entry.get("written") or entry["written"]["packed"]:
        return False
    with open(entry["path"], "rb") as stream:
        if not os.fstat(stream.fileno()).st_size:
            return False
        with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as text:
            return text.find(b" ") < 0 and text.find(b"\t") < 0


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

    path, kind = entry["path"], kind_of(entry["path"])
    if kind == "parquet":
        opened = open_plain(path)
        return polars.read_parquet(io.BytesIO(opened) if isinstance(opened, bytes) else opened)
    if kind in ("lines", "json"):
        read = polars.read_ndjson if kind == "lines" else polars.read_json
        return read(unpack(path), infer_schema_length=None)
    if kind in ("arrow", "stream"):
        return (polars.read_ipc if kind == "arrow" else polars.read_ipc_stream)(path)
    options: Request = {"separator": _separator(entry)} if _separator(entry) else {}
    if entry.get("written") and entry["written"]["encoding"] != "utf-8":
        options["encoding"] = entry["written"]["encoding"]
    if entry.get("columns"):
        options.update(has_header=False, new_columns=list(entry["columns"]))
    source = open_plain(path)
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


def _separator(entry: Any) -> str | None:
    written = entry.get("written")
    if written:
        return written["separator"]  # type: ignore[no-any-return]
    return "\t" if suffix_of(entry["path"]) in (".tsv", ".tab") else None
