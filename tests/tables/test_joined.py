"""Parts of Parquet and JSON are one table by their columns' names, in the parts' order, whatever types each has."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from ml_ci.errors import UserError
from ml_ci.tables import arrow_notes
from ml_ci.tables.joined import Part, is_whole, join
from ml_ci.tables.table import Table

pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")


def spread(folder: Path, parts: Sequence[Any]) -> Path:
    for place, part in enumerate(parts):
        parquet.write_table(pyarrow.table(part), folder / f"part-{place}.parquet")
    return folder


BIG = 2**63 + 9
# What each part has in the column `x`, the type of the whole, and its values as texts.
TYPES: dict[str, tuple[Sequence[Any], str, Sequence[str]]] = {
    "a part of nothing but missing texts": ((["a"], [None]), "VARCHAR", ["a", ""]),
    "the first part is one": (([None], ["a"]), "VARCHAR", ["", "a"]),
    "missing numbers among texts": ((["a"], pyarrow.array([None], pyarrow.float64())), "VARCHAR", ["a", ""]),
    "NaN among texts": ((["a"], [float("nan")]), "VARCHAR", ["a", ""]),
    "nothing anywhere": (([None], pyarrow.array([None], pyarrow.float64())), "VARCHAR", ["", ""]),
    "a part without a row": ((["a"], pyarrow.array([], pyarrow.int64())), "VARCHAR", ["a"]),
    "whole numbers and fractions": (([1], [0.5]), "DOUBLE", ["1.0", "0.5"]),
    "narrow and wide": ((pyarrow.array([1], pyarrow.int8()), [2**40]), "BIGINT", ["1", str(2**40)]),
    "beyond what has a sign": (
        ([-1], pyarrow.array([BIG], pyarrow.uint64())),
        "DECIMAL(38,0)",
        ["-1", str(BIG)],
    ),
    "without a sign, all of them": ((pyarrow.array([BIG], pyarrow.uint64()),) * 2, "UBIGINT", [str(BIG)] * 2),
    "texts of another width": ((["a"], pyarrow.array(["b"], pyarrow.large_string())), "VARCHAR", ["a", "b"]),
    "categories beside texts": ((["a"], pyarrow.array(["b"]).dictionary_encode()), "VARCHAR", ["a", "b"]),
}


@pytest.mark.parametrize("case", TYPES)
def test_a_column_has_the_type_of_the_parts_in_which_it_has_a_value(tmp_path: Path, case: str) -> None:
    values, kind, texts = TYPES[case]
    table = Table.open(spread(tmp_path, [{"x": value} for value in values]))
    assert (table.types, table.text("x").tolist()) == ((kind,), texts)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (({"x": [1]}, {"x": ["a"]}), "part-1.parquet: the column x is VARCHAR, and in part-0.parquet BIGINT"),
        (({"x": [None]}, {"x": [1]}, {"x": [True]}), "part-2.parquet: the column x is BOOLEAN, and in part-1.parquet"),
        (({"x": [1]}, {"y": [1]}), "part-1.parquet: its columns differ from those of part-0.parquet: x, y"),
        (({"x": [1]}, {"x": [1], "y": [1]}), "part-1.parquet: its columns differ from those of part-0.parquet: y"),
        (({"x": [1], "X": [1]},) * 2, "part-0.parquet: the columns X and x differ in the case of their letters only"),
    ],
)
def test_parts_that_do_not_go_together_are_named(tmp_path: Path, parts: Sequence[Any], message: str) -> None:
    with pytest.raises(UserError) as caught:
        Table.open(spread(tmp_path, parts), shown="parts")
    assert message in caught.value.message
    assert caught.value.message.startswith("parts: ")
    assert caught.value.hint


def test_columns_are_found_by_name_and_rows_by_the_order_of_the_parts(tmp_path: Path) -> None:
    spread(tmp_path, [{"x": [1], "y": ["a"]}, {"y": ["b"], "x": [2]}, {"x": [3], "y": ["c"]}])
    pieces = [Part(tmp_path / f"part-{place}.parquet", str(place)) for place in (2, 0, 1)]
    join(pieces, tmp_path / "all", "parts")
    table = Table.open(tmp_path / "all")
    assert (table.text("x").tolist(), table.text("y").tolist()) == (["3", "1", "2"], ["c", "a", "b"])


def test_many_parts_stay_in_order_and_take_a_moment(tmp_path: Path) -> None:
    spread(tmp_path, [{"x": [place]} for place in range(1200)])
    names = sorted(str(place) for place in range(1200))  # part-10 stands before part-2
    assert Table.open(tmp_path).text("x").tolist() == names


def test_a_letter_of_a_pattern_in_a_name_is_a_letter(tmp_path: Path) -> None:
    for name in ("a[1].parquet", "a*.parquet", "b'.parquet"):
        parquet.write_table(pyarrow.table({"x": [name]}), tmp_path / name)
    assert Table.open(tmp_path).text("x").tolist() == ["a*.parquet", "a[1].parquet", "b'.parquet"]


# The folders that parts lie in, the type of the column that they are named after, and its values.
FOLDERS = [
    (("r=north", "r=south"), "VARCHAR", ["north", "south"]),
    (("r=2024", "r=2025"), "BIGINT", ["2024", "2025"]),
    (("r=-1", "r=0"), "BIGINT", ["-1", "0"]),
    (("r=007", "r=12"), "VARCHAR", ["007", "12"]),
    (("r=12", "r=a"), "VARCHAR", ["12", "a"]),
    (("r=2024", "r=__HIVE_DEFAULT_PARTITION__"), "BIGINT", ["2024", ""]),
    (("r=a%2Fb", "r=c%20d"), "VARCHAR", ["a/b", "c d"]),
    (("r=O'Neill", "r=x"), "VARCHAR", ["O'Neill", "x"]),
    (("r=99999999999999999999", "r=1"), "VARCHAR", ["1", "99999999999999999999"]),
]


@pytest.mark.parametrize(("folders", "kind", "values"), FOLDERS)
def test_folders_named_after_values(tmp_path: Path, folders: Sequence[str], kind: str, values: Sequence[str]) -> None:
    for folder in folders:
        (tmp_path / folder).mkdir()
        parquet.write_table(pyarrow.table({"x": [1]}), tmp_path / folder / "part.parquet")
    table = Table.open(tmp_path)
    assert (table.names, table.types[1]) == (("x", "r"), kind)
    assert sorted(table.text("r").tolist()) == sorted(values)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0", True), ("-7", True), ("007", False), ("-0", False), ("", False), ("-", False), ("1.0", False), ("١", False),
     ("9" * 18, True), ("9" * 19, False)],
)  # fmt: skip
def test_whole_numbers_of_folders(text: str, expected: bool) -> None:
    assert is_whole(text) is expected


# Rows of JSON, a part each, and what is read of `x`.
JSON: dict[str, tuple[Sequence[Sequence[Any]], Sequence[str]]] = {
    "a part without a value": (([{"x": 1}], [{"x": None}]), ["1", ""]),
    "more keys than a row has": (([{"x": at, f"k{at % 50}": at} for at in range(300)],), [*map(str, range(300))]),
    "hundreds of columns": (([{"x": 1, **{f"c{at}": at / 2 for at in range(400)}}],), ["1"]),
    "a name that looks like a second one": (([{"x": 1, "x_1": 2}],), ["1"]),
}


@pytest.mark.parametrize("case", JSON)
def test_rows_of_json(tmp_path: Path, case: str) -> None:
    parts, texts = JSON[case]
    for place, rows in enumerate(parts):
        (tmp_path / f"{place}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    table = Table.open(tmp_path)
    assert table.text("x").tolist() == texts
    assert set(table.names) == {key for rows in parts for row in rows for key in row}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"x": 1}\n[1]\n', "holds JSON that is no object"),
        ('{"x": 1}\n7\n', "holds JSON that is no object"),
        ('{"x": 1, "X": 2}\n', "the columns X and x differ in the case of their letters only"),
        ('{"x": 1, "x": 2}\n', 'has duplicate key "x"'),
        ('{"x": 1}\n{"x":', "unexpected end of data"),
    ],
)
def test_json_that_is_no_table(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "t.jsonl").write_text(content)
    with pytest.raises(UserError) as caught:
        Table.open(tmp_path / "t.jsonl", shown="t.jsonl")
    assert message in caught.value.message
    assert caught.value.hint


JOIN = """
import sys
from pathlib import Path
from ml_ci.tables.table import Table
assert Table.open(Path(sys.argv[1])).rows == 4
print("pyarrow" in sys.modules)
"""


@pytest.mark.parametrize(
    ("more", "loads"),
    [("", False), (", TIMESTAMP '2020-01-01' AS t", True), (", [1] AS l", True)],
)
def test_arrow_is_loaded_where_it_may_know_more_of_the_columns(tmp_path: Path, more: str, loads: bool) -> None:
    duckdb = pytest.importorskip("duckdb")
    columns = "i, i / 2 AS f, 'a' AS s, i > 0 AS b, DATE '2020-01-01' AS d, CAST(1.5 AS DECIMAL(9, 2)) AS n"
    for part in range(2):
        at = tmp_path / f"{part}.parquet"
        duckdb.sql(f"COPY (SELECT {columns}{more} FROM range(2) t(i)) TO '{at}' (FORMAT parquet)")
    done = subprocess.run((sys.executable, "-c", JOIN, str(tmp_path)), capture_output=True, text=True)
    assert done.stdout.strip() == str(loads), done.stderr


NOTED: dict[str, tuple[Any, bool]] = {
    "whole numbers": (pyarrow.int64(), False),
    "without a sign": (pyarrow.uint8(), False),
    "floats": (pyarrow.float32(), False),
    "doubles": (pyarrow.float64(), False),
    "halves": (pyarrow.float16(), True),
    "truths": (pyarrow.bool_(), False),
    "texts": (pyarrow.string(), False),
    "long texts": (pyarrow.large_string(), False),
    "decimals": (pyarrow.decimal128(9, 2), False),
    "days": (pyarrow.date32(), False),
    "days in milliseconds": (pyarrow.date64(), True),
    "moments": (pyarrow.timestamp("us"), True),
    "moments in a zone": (pyarrow.timestamp("us", "Europe/Berlin"), True),
    "categories": (pyarrow.dictionary(pyarrow.int8(), pyarrow.string()), True),
    "lists": (pyarrow.list_(pyarrow.int8()), True),
    "bytes": (pyarrow.binary(), True),
}


@pytest.mark.parametrize("case", NOTED)
def test_what_arrow_notes_is_read_as_arrow_reads_it(tmp_path: Path, case: str) -> None:
    kind, more = NOTED[case]
    fields = [("a", pyarrow.int32()), ("b", kind), ("c", pyarrow.string())]
    for name, own in (("of one", fields[1:2]), ("of several", fields)):
        parquet.write_table(pyarrow.schema(own).empty_table(), tmp_path / name)
        noted = parquet.read_metadata(tmp_path / name).metadata[arrow_notes.KEY]
        assert arrow_notes.notes_more(noted) is more
        for damaged in (b"", noted[:40], b"AAAA" * 9, b"/////w==", base64.b64encode(b"\xff" * 64)):
            assert arrow_notes.notes_more(damaged)


def test_a_damaged_note_ends_in_an_answer() -> None:
    noted = pyarrow.schema([("a", pyarrow.int32()), ("b", pyarrow.float64())]).serialize().to_pybytes()
    assert not arrow_notes.notes_more(base64.b64encode(noted))
    for place in range(len(noted)):
        for byte in (0, 0x7F, 0xFF):
            changed = noted[:place] + bytes([byte]) + noted[place + 1 :]
            assert arrow_notes.notes_more(base64.b64encode(changed)) in (True, False)


def test_plain_parts_that_arrow_wrote_are_joined_without_it(tmp_path: Path) -> None:
    for part in range(2):
        table = pyarrow.table({"i": [1, 2], "f": [0.5, 1.5], "s": ["a", "b"]})
        parquet.write_table(table, tmp_path / f"{part}.parquet")
    done = subprocess.run((sys.executable, "-c", JOIN, str(tmp_path)), capture_output=True, text=True)
    assert done.stdout.strip() == "False", done.stderr
