"""What a training function is given of parts is what ml-ci itself reads of them: types, columns, order, rows."""

# ruff: noqa: E501 (a row of a table stays on its line)

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest

from ml_ci.child.failures import JobFailed
from ml_ci.child.files import kind_of
from ml_ci.child.frames import read_by_pandas, read_by_polars
from ml_ci.child.parts import list_parts
from ml_ci.child.tables import read_input
from ml_ci.spec.values import FileEntry
from ml_ci.tables.table import Table
from ml_ci.training.inputs import _write_first


def put(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def read(path: Path, library: str, columns: list[str] | None = None) -> Any:
    """Read as a training function's DataFrame is read, with what the run says of how a text is written."""
    written = _write_first(str(path), FileEntry(str(path), None if columns is None else tuple(columns)))
    entry = {"path": str(path), "columns": columns, "written": written and vars(written), "whole": None}
    return read_input("train", entry, library)


def listed(frame: Any) -> dict[str, list[Any]]:
    if isinstance(frame, pl.LazyFrame):
        frame = frame.collect()
    found = frame.to_dict(as_series=False) if isinstance(frame, pl.DataFrame) else frame.to_dict("list")
    return {str(name): [None if value != value else value for value in values] for name, values in found.items()}


TEXTS: dict[str, tuple[dict[str, str | bytes], dict[str, list[Any]]]] = {
    "two parts": ({"a.csv": "x,y\n1,a\n", "b.csv": "x,y\n2,b\n"}, {"x": [1, 2], "y": ["a", "b"]}),
    "a column that only the second part has words in": ({"a.csv": "x\n1\n", "b.csv": "x\nA2\n"}, {"x": ["1", "A2"]}),
    "without a last line end": ({"a.csv": "x,y\n1,a", "b.csv": "x,y\n2,b"}, {"x": [1, 2], "y": ["a", "b"]}),
    "semicolons": ({"a.csv": "x;y\n1;a\n", "b.csv": "x;y\n2;b\n"}, {"x": [1, 2], "y": ["a", "b"]}),
    "packed": ({"a.csv.gz": gzip.compress(b"x,y\n1,a\n"), "b.csv.gz": gzip.compress(b"x,y\n2,b\n")}, {"x": [1, 2], "y": ["a", "b"]}),
    "one of them packed": ({"a.csv": "x\n1\n", "b.csv": gzip.compress(b"x\n2\n")}, {"x": [1, 2]}),
    "marks of the byte order": ({"a.csv": b"\xef\xbb\xbfx\n1\n", "b.csv": b"\xef\xbb\xbfx\n2\n"}, {"x": [1, 2]}),
    "blank lines before the names": ({"a.csv": "x\n1\n", "b.csv": "\nx\n2\n"}, {"x": [1, 2]}),
    "a part with no row": ({"a.csv": "x\n1\n", "b.csv": "x\n"}, {"x": [1]}),
    "what is no part": ({"a.csv": "x\n1\n", "_SUCCESS": "", ".b.csv.crc": "crc", "_tmp/c.csv": "x\n9\n"}, {"x": [1]}),
    "folders": ({"a/1.csv": "x\n1\n", "b/1.csv": "x\n2\n"}, {"x": [1, 2]}),
}  # fmt: skip
LIBRARIES = ["pandas", "polars", "lazy"]


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("case", TEXTS)
def test_parts_of_text_are_one_text(tmp_path: Path, case: str, library: str) -> None:
    files, expected = TEXTS[case]
    put(tmp_path, files)
    assert listed(read(tmp_path, library)) == expected
    assert {name: Table.open(tmp_path).text(name).tolist() for name in expected} == {
        name: list(map(str, values)) for name, values in expected.items()
    }


@pytest.mark.parametrize("library", LIBRARIES)
def test_parts_without_names(tmp_path: Path, library: str) -> None:
    put(tmp_path, {"a.csv": "1,a\n", "b.csv": b"\xef\xbb\xbf2,b\n"})
    assert listed(read(tmp_path, library, ["x", "y"])) == {"x": [1, 2], "y": ["a", "b"]}


FRAME = pd.DataFrame({"x": [1, 2, 3, 4], "y": ["a", "b", None, "c"]})
Write = Callable[[pd.DataFrame, Path], object]
WRITERS: dict[str, Write] = {
    "p.parquet": lambda frame, path: frame.to_parquet(path),
    "p.feather": lambda frame, path: frame.reset_index(drop=True).to_feather(path),
    "p.arrow": lambda frame, path: pl.from_pandas(frame).write_ipc_stream(path),
    "p.jsonl": lambda frame, path: frame.to_json(path, orient="records", lines=True),
    "p.json": lambda frame, path: frame.to_json(path, orient="records", lines=True),  # as Spark names them
    "p.jsonl.gz": lambda frame, path: frame.to_json(path, orient="records", lines=True),
}


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("how", ["folder", "glob"])
@pytest.mark.parametrize("name", WRITERS)
def test_parts_with_types(tmp_path: Path, name: str, how: str, library: str) -> None:
    for place, rows in enumerate((FRAME[:1], FRAME[1:])):
        (tmp_path / f"part={place}").mkdir()
        WRITERS[name](rows, tmp_path / f"part={place}" / name)
    found = read(tmp_path / "part=*" / "*" if how == "glob" else tmp_path, library)
    assert listed(found) == {"x": [1, 2, 3, 4], "y": ["a", "b", None, "c"], "part": [0, 1, 1, 1]}
    assert Table.open(tmp_path).text("part").tolist() == ["0", "1", "1", "1"]


INDEXED = {
    "an index with a name": pd.DataFrame({"x": [1.5, 2.5, 3.5]}, index=pd.Index([7, 8, 9], name="id")),
    "an index without one": pd.DataFrame({"x": [1.5, 2.5, 3.5]}, index=[4, 2, 9]),
    "rows by their numbers": pd.DataFrame({"x": [1.5, 2.5, 3.5]}),
    "nullable types": pd.DataFrame({"x": pd.array([1, None, 3], "Int64"), "y": pd.array([True, None, False], "boolean")}),
    "categories": pd.DataFrame({"x": pd.Categorical(["a", "b", "a"], ["b", "a", "c"])}),
    "moments": pd.DataFrame({"x": pd.to_datetime(["2026-01-01", "2026-01-02", None]).tz_localize("Europe/Berlin")}),
    "lengths of time": pd.DataFrame({"x": pd.to_timedelta([1, 2, 3], "s")}),
}  # fmt: skip


@pytest.mark.parametrize("case", INDEXED)
def test_what_pandas_wrote_beside_the_rows_stays_in_training_and_in_scoring(tmp_path: Path, case: str) -> None:
    whole = INDEXED[case]
    for place, rows in enumerate((whole[:2], whole[2:])):
        rows.to_parquet(tmp_path / f"{place}.parquet")
    given = read(tmp_path, "pandas")
    table = Table.open(tmp_path)
    scored = read_by_pandas(pd, {"path": str(table.path)})
    pd.testing.assert_frame_equal(given, whole)
    pd.testing.assert_frame_equal(scored, whole)


@pytest.mark.parametrize("library", ["pandas", "polars"])
@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "data.train has no part file"),
        ({"_SUCCESS": ""}, "data.train has no part file"),
        ({"a.csv": "x,y\n1,2\n", "b.csv": "x,z\n1,2\n"}, "data.train: b.csv: its columns differ from those of a.csv: z, y"),
        ({"a.csv": "x,y\n1,2\n", "b.csv": "y,x\n1,2\n"}, "they stand in another order"),
        ({"a.jsonl": '{"x": 1}\n', "b.jsonl": '{"y": 1}\n'}, "data.train: b.jsonl: its columns differ from those of a.jsonl: y, x"),
        ({"a.csv": "x\n1\n", "b.csv": ""}, "data.train: b.csv: its columns differ from those of a.csv"),
        ({"a.csv": "x\n1\n", "_delta_log/0.json": "{}"}, "data.train is a table of Delta"),
        ({"a.csv": "x\n1\n", ".hoodie/x": "{}"}, "data.train is a table of Hudi"),
        ({"a.parquet": b"PAR1 and no more"}, "data.train could not be read by"),
    ],
)  # fmt: skip
def test_parts_that_are_no_table(tmp_path: Path, files: dict[str, str | bytes], message: str, library: str) -> None:
    with pytest.raises(JobFailed) as caught:
        read(put(tmp_path, files), library)
    assert message in caught.value.message
    assert caught.value.hint


def test_parts_below_a_folder_with_a_letter_of_a_pattern(tmp_path: Path) -> None:
    put(tmp_path, {"[x]/a.csv": "x\n1\n", "[x]/b.csv": "x\n2\n"})
    top, parts = list_parts(str(tmp_path / "[x]" / "*.csv"))
    assert (top, [name for name, _, _ in parts]) == (str(tmp_path / "[x]"), ["a.csv", "b.csv"])


ROWS = [{"x": 1, "date": "007"}, {"x": 2, "date": "2024-01-01"}]
LINES = "".join(json.dumps(row) + "\n" for row in ROWS)


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("t.jsonl", LINES, "lines"),
        ("t.json", LINES, "lines"),
        ("t.json", json.dumps(ROWS[0]), "lines"),
        ("t.json", json.dumps(ROWS), "json"),
        ("t.json", json.dumps(ROWS, indent=1), "json"),
        ("t.json", '{"x": {"0": 1}, "y": {"0": "a"}}', "json"),  # by columns, as pandas writes it
        ("t.json.gz", gzip.compress(LINES.encode(), mtime=0), "lines"),
        ("t.jsonl", gzip.compress(LINES.encode(), mtime=0), "lines"),
        ("t.csv", "x\n1\n", "text"),
        ("t.csv", b"PAR1", "parquet"),
        ("t", b"ARROW1\0\0", "arrow"),
        ("t", b"\xff\xff\xff\xff", "stream"),
        ("nowhere.parquet", None, "parquet"),
    ],
)
def test_a_table_is_known_by_its_content(tmp_path: Path, name: str, content: str | bytes | None, kind: str) -> None:
    if content is not None:
        put(tmp_path, {name: content})
    assert kind_of(str(tmp_path / name)) == kind
    if kind in ("lines", "json") and content != json.dumps(ROWS[0]) and "007" in str(content):
        entry = {"path": str(tmp_path / name)}
        for frame in (read_by_pandas(pd, entry), read_by_polars(pl, entry)):
            assert listed(frame) == {"x": [1, 2], "date": ["007", "2024-01-01"]}
