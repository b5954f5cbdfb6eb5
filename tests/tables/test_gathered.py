"""Folders and globs of part files, JSON Lines and Arrow files are one table, in the order of their names."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ml_ci.errors import UserError
from ml_ci.spec.values import PartEntry
from ml_ci.tables.blanked import blank_as_it_lies
from ml_ci.tables.bounds import for_rows
from ml_ci.tables.layout import examine
from ml_ci.tables.parts import cut
from ml_ci.tables.table import Table

Write = Callable[[Path, list[dict[str, Any]]], None]


def as_csv(path: Path, rows: list[dict[str, Any]]) -> None:
    lines = [",".join(rows[0]), *(",".join(str(value) for value in row.values()) for row in rows)]
    path.write_text("\n".join(lines) + "\n")


def as_json(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def as_parquet(path: Path, rows: list[dict[str, Any]]) -> None:
    pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    from pyarrow import parquet

    parquet.write_table(pyarrow.Table.from_pylist(rows), path)


def as_feather(path: Path, rows: list[dict[str, Any]]) -> None:
    pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    from pyarrow import feather

    feather.write_feather(pyarrow.Table.from_pylist(rows), path)


def as_stream(path: Path, rows: list[dict[str, Any]]) -> None:
    pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    table = pyarrow.Table.from_pylist(rows)
    with pyarrow.ipc.new_stream(path, table.schema) as writer:
        writer.write_table(table)


ROWS = [{"x": number, "y": "ab"[number % 2], "z": number + 0.5} for number in range(7)]
WAYS = [("csv", as_csv), ("jsonl", as_json), ("parquet", as_parquet), ("feather", as_feather), ("arrow", as_stream)]


@pytest.mark.parametrize(("suffix", "write"), WAYS)
@pytest.mark.parametrize("how", ["file", "folder", "glob"])
def test_a_table_however_it_lies(tmp_path: Path, suffix: str, write: Write, how: str) -> None:
    folder = tmp_path / "parts"
    folder.mkdir()
    if how == "file":
        write(folder / f"all.{suffix}", ROWS)
        path = folder / f"all.{suffix}"
    else:
        write(folder / f"part-1.{suffix}", ROWS[4:])  # written first, and second by its name
        write(folder / f"part-0.{suffix}", ROWS[:4])
        (folder / "_SUCCESS").write_text("")
        (folder / f".part-0.{suffix}.crc").write_bytes(b"crc")
        path = folder if how == "folder" else folder / f"part-*.{suffix}"
    table = Table.open(path, shown="parts")
    assert table.names == ("x", "y", "z")
    assert table.rows == 7
    assert table.numbers("x").tolist() == list(range(7))
    assert table.text("y").tolist() == [row["y"] for row in ROWS]
    assert table.numbers("z").tolist() == [row["z"] for row in ROWS]


@pytest.mark.parametrize(("suffix", "write"), WAYS)
def test_a_row_is_named_by_its_part(tmp_path: Path, suffix: str, write: Write) -> None:
    write(tmp_path / f"a.{suffix}", ROWS[:4])
    write(tmp_path / f"b.{suffix}", ROWS[4:])
    table = Table.open(tmp_path, shown="parts")
    assert table.gathered is not None
    assert table.gathered.counts == (("a", 4), ("b", 3))
    assert [table.where(row) for row in (0, 3, 4)] == [
        f"parts: a.{suffix}, row 1",
        f"parts: a.{suffix}, row 4",
        f"parts: b.{suffix}, row 1",
    ]


def test_text_parts_keep_their_bytes(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b'x,y\n1,"a,\nb"\n2,c')  # without a last line break
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(b"x,y\n007, d \n"))
    table = Table.open(tmp_path, shown="parts")
    assert table.path.read_bytes() == b'x,y\n1,"a,\nb"\n2,c\n007, d \n'
    assert table.text("x").tolist() == ["1", "2", "007"]


def test_parts_without_a_header(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("1,2\n")
    (tmp_path / "b.csv").write_text("3,4\n")
    assert Table.open(tmp_path, ["x", "y"], shown="parts").text("x").tolist() == ["1", "3"]


def test_folders_named_after_values_are_columns(tmp_path: Path) -> None:
    for region in ("north", "south"):
        (tmp_path / f"region={region}").mkdir()
        as_parquet(tmp_path / f"region={region}" / "part.parquet", ROWS[:2])
    table = Table.open(tmp_path, shown="parts")
    assert table.text("region").tolist() == ["north", "north", "south", "south"]


def test_a_magic_letter_in_the_name_of_a_file_is_no_glob(tmp_path: Path) -> None:
    as_json(tmp_path / "a[1].jsonl", ROWS[:2])
    as_json(tmp_path / "a1.jsonl", ROWS)
    assert Table.open(tmp_path / "a[1].jsonl").rows == 2


def test_a_magic_letter_in_the_name_of_a_folder_is_no_pattern(tmp_path: Path) -> None:
    (tmp_path / "[x]").mkdir()
    as_csv(tmp_path / "[x]" / "a.csv", ROWS[:2])
    as_csv(tmp_path / "[x]" / "b.csv", ROWS[2:3])
    assert Table.open(tmp_path / "[x]" / "*.csv").rows == 3


@pytest.mark.parametrize("name", ["t.jsonl", "t.jsonl.gz", "t.csv"])
@pytest.mark.parametrize("packed", [False, True])
def test_what_is_packed_is_known_by_its_content(tmp_path: Path, name: str, packed: bool) -> None:
    content = b'{"x": 1, "y": 0}\n{"x": 2, "y": 1}\n'
    (tmp_path / name).write_bytes(gzip.compress(content) if packed else content)
    assert Table.open(tmp_path / name).text("x").tolist() == ["1", "2"]
    blank_as_it_lies(tmp_path / name, "y", tmp_path / "blank")
    assert Table.open(tmp_path / "blank").text("y").tolist() == ["", ""]


def test_a_byte_order_mark_of_a_later_part_is_no_value(tmp_path: Path) -> None:
    for name, row in (("a.csv", b"1,2\n"), ("b.csv", b"3,4\n")):
        (tmp_path / name).write_bytes(b"\xef\xbb\xbf" + row)
    assert Table.open(tmp_path, ["x", "y"]).text("x").tolist() == ["1", "3"]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("part-0.c000.csv", "part-1.c000.csv"), ["part-0", "part-1"]),
        (("v1.0/a.csv", "v1.0/b.csv"), ["v1.0/a", "v1.0/b"]),
        (("a.c000.csv", "a.c001.csv"), ["a.c000.csv", "a.c001.csv"]),  # two of one task of Spark's
    ],
)
def test_parts_are_told_apart_by_their_names(tmp_path: Path, names: tuple[str, ...], expected: list[str]) -> None:
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        as_csv(tmp_path / name, ROWS[:1])
    table = Table.open(tmp_path)
    assert table.gathered is not None
    assert [name for name, _ in table.gathered.counts] == expected


@pytest.mark.parametrize("stream", [False, True])
def test_what_polars_writes_as_arrow(tmp_path: Path, stream: bool) -> None:
    polars = pytest.importorskip("polars", reason="polars is not installed")
    kinds = {"s": polars.String, "c": polars.Categorical, "e": polars.Enum(["u", "v"])}
    texts = {name: polars.Series(["u", "v", None], dtype=kind) for name, kind in kinds.items()}
    frame = polars.DataFrame({**texts, "b": [b"x", None, b"y"], "d": [0.5, 1.5, None]})
    (frame.write_ipc_stream if stream else frame.write_ipc)(tmp_path / "t.arrow")
    table = Table.open(tmp_path / "t.arrow")
    assert [table.text(name).tolist() for name in kinds] == [["u", "v", ""]] * 3
    assert (table.text("b").tolist(), table.text("d").tolist()) == (["x", "", "y"], ["0.5", "1.5", ""])


def test_json_values_stay_what_they_are(tmp_path: Path) -> None:
    lines = ['{"day": "2024-01-01", "n": 7, "ok": true, "deep": {"a": [1]}}', "", '{"n": null, "day": "x", "new": "z"}']
    (tmp_path / "t.jsonl").write_text("\n".join(lines))
    table = Table.open(tmp_path / "t.jsonl")
    assert table.text("day").tolist() == ["2024-01-01", "x"]
    assert table.text("n").tolist() == ["7", ""]
    assert table.text("ok").tolist() == ["true", ""]
    assert table.text("deep").tolist() == ['{"a":[1]}', ""]
    assert table.text("new").tolist() == ["", "z"]
    assert table.types == ("VARCHAR", "BIGINT", "BOOLEAN", "VARCHAR", "VARCHAR")


def test_an_array_of_objects_and_packed_lines(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text(json.dumps(ROWS))
    (tmp_path / "t.jsonl.gz").write_bytes(gzip.compress("".join(json.dumps(row) + "\n" for row in ROWS).encode()))
    for name in ("t.json", "t.jsonl.gz"):
        assert Table.open(tmp_path / name).numbers("x").tolist() == list(range(7))


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "parts is a folder without a part file"),
        ({"_SUCCESS": ""}, "parts is a folder without a part file"),
        ({"a.csv": "x,y\n1,2\n", "b.csv": "x,z\n1,2\n"}, "parts: b.csv: its columns differ from those of a.csv: z, y"),
        (
            {"a.csv": "x,y\n1,2\n", "b.csv": "y,x\n1,2\n"},
            "b.csv: its columns differ from those of a.csv: they stand in",
        ),
        ({"a.csv": "x,y\n1,2\n", "b.csv": "x;y\n1;2\n"}, "b.csv is written in another way than a.csv"),
        ({"a.csv": "x,y\n1,2\n", "b.json": '{"x": 1}\n'}, "parts: a.csv is a text table, and b.json is JSON"),
        ({"a.csv": "x,y\n1,2\n", "b.csv": ""}, "parts: b.csv is empty"),
        (
            {"a.jsonl": '{"x": 1}\n', "b.jsonl": '{"y": 1}\n'},
            "parts: b.jsonl: its columns differ from those of a.jsonl",
        ),
        (
            {"a.jsonl": '{"x": 1}\n', "b.jsonl": '{"x": "a"}\n'},
            "b.jsonl: the column x is VARCHAR, and in a.jsonl BIGINT",
        ),
        ({"a.jsonl": '{"x": 1}\nno object\n'}, "parts cannot be read: "),
        ({"a.jsonl": '{"x": 1}\n', "b.jsonl": ""}, "parts: b.jsonl is empty"),
        ({"a.jsonl": '{"x": 1}\n', "b.jsonl": '{"x": 1}\n{"x"'}, "parts: b.jsonl cannot be read: "),
        ({"a.jsonl": '{"x": 1}\n', "b.jsonl": "x\n1\n"}, "b.jsonl begins as a text table does, and a.jsonl as JSON"),
        ({"a.csv": "x\n1\n", "_delta_log/0.json": "{}"}, "parts is a table of Delta, whose log says which of its"),
        ({"a.csv": "x\n1\n", ".hoodie/h": "{}"}, "parts is a table of Hudi"),
        ({"data/a.csv": "x\n1\n", "metadata/version-hint.text": "1"}, "parts is a table of Iceberg"),
        ({"a.arrow": "ARROW1 and no more"}, "parts cannot be read as Arrow"),
    ],
)
def test_parts_that_are_no_table(tmp_path: Path, files: dict[str, str], message: str) -> None:
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    with pytest.raises(UserError) as caught:
        Table.open(tmp_path, shown="parts")
    assert message in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(("suffix", "write"), WAYS)
def test_what_a_job_left_is_bounded(tmp_path: Path, suffix: str, write: Write) -> None:
    wide = [{f"column{place}": "x" * 50 for place in range(40)} for _ in range(3)]
    write(tmp_path / f"a.{suffix}", wide)
    write(tmp_path / f"b.{suffix}", wide)
    bounds = for_rows(1, 1, 1, 1)
    assert Table.open(tmp_path, bounds=bounds).rows == 6
    tight = type(bounds)(size=1000, line=10**6, columns=1000)
    with pytest.raises(UserError, match=r"more than 0 MB|cannot be read"):
        Table.open(tmp_path, bounds=tight)
    few = type(bounds)(size=10**8, line=10**6, columns=30)
    with pytest.raises(UserError, match="columns"):
        Table.open(tmp_path, bounds=few)


@pytest.mark.parametrize(("suffix", "write"), WAYS)
def test_rows_are_taken_out_of_one_file_only(tmp_path: Path, suffix: str, write: Write) -> None:
    write(tmp_path / f"a.{suffix}", ROWS[:4])
    write(tmp_path / f"b.{suffix}", ROWS[4:])
    source = tmp_path if suffix in ("csv", "parquet") else tmp_path / f"a.{suffix}"
    with pytest.raises(UserError, match="rows can be taken out of one CSV or Parquet file only"):
        cut(source, PartEntry("train", share=0.5), None, tmp_path / "out")


@pytest.mark.parametrize(("name", "said"), [("a.jsonl", "is JSON"), ("a.feather", "is an Arrow file")])
def test_what_is_written_in_its_own_format_is_text_or_parquet(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / name).write_bytes(b'{"x": 1}\n' if "json" in name else b"ARROW1\0\0 and more")
    with pytest.raises(UserError, match=said):
        examine(tmp_path / name, None, name)


@pytest.mark.parametrize("name", ["t", "t.csv", "t.json"])
@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("packed", [False, True])
def test_an_array_of_objects_is_known_by_how_it_begins(
    tmp_path: Path, name: str, indent: int | None, packed: bool
) -> None:
    content = json.dumps(ROWS, indent=indent).encode()
    (tmp_path / name).write_bytes(gzip.compress(content) if packed else content)
    assert Table.open(tmp_path / name).numbers("x").tolist() == list(range(7))


@pytest.mark.parametrize("content", ["{id}\n7\n", "{a},b\n1,2\n", "[x],y\n1,2\n"])
def test_a_text_that_begins_like_json_is_a_text(tmp_path: Path, content: str) -> None:
    (tmp_path / "t.csv").write_text(content)
    assert Table.open(tmp_path / "t.csv").rows == 1
