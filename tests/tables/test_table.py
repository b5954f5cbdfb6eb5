from __future__ import annotations

import csv
import gzip
import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ml_ci.errors import UserError
from ml_ci.tables import layout
from ml_ci.tables.table import Table

Write = Callable[..., Path]


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ("a,b\n1,x\n2,y\n", "t.csv"),
        ("a;b\n1;x\n2;y\n", "t.csv"),
        ("a\tb\n1\tx\n2\ty\n", "t.tsv"),
        ("a|b\n1|x\n2|y\n", "t.txt"),
        ("a b\n1 x\n2 y\n", "t.txt"),
        ("a   b\n1  x\n 2 y \n", "t.txt"),
        ("a,b\r\n1,x\r\n2,y\r\n", "t.csv"),
        ("a,b\n1,x\r\n2,y\n", "t.csv"),
        ("a,b\n1,x\n2,y", "t.csv"),
        ("\ufeffa,b\n1,x\n2,y\n", "t.csv"),
        (" a , b \n 1 , x \n2,y\n", "t.csv"),
        ('"a","b"\n"1","x"\n"2","y"\n', "t.csv"),
        ('a,b\n1, "x"\n2,y\n', "t.csv"),
        ("\na,b\n\n1,x\n   \n2,y\n\n", "t.csv"),
        ("a,b\n1,x\n  \n2,y\n", "t.csv"),
        ("a,b\n1,x\n2,y\n ", "t.csv"),
        (gzip.compress(b"a,b\n1,x\n2,y\n", mtime=0), "t.csv.gz"),
        (gzip.compress(b"a,b\n1,x\n2,y\n", mtime=0), "gzip-by-content.csv"),
    ],
)
def test_every_way_to_write_a_table_reads_the_same(write: Write, content: str | bytes, name: str) -> None:
    table = Table.open(write(content, name))
    assert table.names == ("a", "b")
    assert table.rows == 2
    assert table.text("a").tolist() == ["1", "2"]
    assert table.text(" b ").tolist() == ["x", "y"]
    assert table.numbers("a").tolist() == [1.0, 2.0]
    assert table.notes == ()


def test_quotes_line_ends_and_unicode_in_values(write: Write) -> None:
    table = Table.open(write('id,text\n1,"a ""b"", c"\n2,"line\nend"\n3,grüße 🎉\n4,5" disk\n'))
    assert table.text("text").tolist() == ['a "b", c', "line\nend", "grüße 🎉", '5" disk']


def test_a_single_column_keeps_its_rows(write: Write) -> None:
    assert Table.open(write('score\n0.1\n\n0.2\n""\n')).text("score").tolist() == ["0.1", "0.2", ""]


@pytest.mark.parametrize(
    "text",
    [
        "score\n0.1\n  \n0.2\n",
        "score\n0.1\n0.2\n\t",
        "\nscore\n0.1\n0.2",
        " \nscore\n0.1\n0.2",
        "score\n0.1\n\n0.2",
        "score\n0.1\n\f\n0.2",
        "score\n0.1\n\v\t\n0.2",
        "score\r\n0.1\r\n\r\n0.2",
    ],
)
def test_blank_lines_are_no_rows(write: Write, text: str) -> None:
    table = Table.open(write(text))
    assert table.text("score").tolist() == ["0.1", "0.2"]


def test_latin_1_is_read_and_said(write: Write) -> None:
    table = Table.open(write("stadt,n\nMünchen,1\n".encode("latin-1")), shown="data/x.csv")
    assert table.text("stadt").tolist() == ["München"]
    assert table.notes == ("data/x.csv is not UTF-8 and was read as Latin-1",)


def test_text_is_never_guessed_to_be_a_number(write: Write) -> None:
    table = Table.open(write("zip,flag\n00501,true\n1.0,1\n"))
    assert table.text("zip").tolist() == ["00501", "1.0"]
    assert table.text("flag").tolist() == ["true", "1"]


def test_headerless(write: Write) -> None:
    path = write(" 1.000e+00 2 3\n4 5 6\n", "x.txt")
    table = Table.open(path, ["a", "b", "c"])
    assert table.rows == 2
    assert table.numbers("a").tolist() == [1.0, 4.0]
    assert Table.open(write("1,2\n3,4\n"), ["a", "b"]).numbers("b").tolist() == [2.0, 4.0]


def test_headerless_with_one_column_is_one_value_a_line(write: Write) -> None:
    table = Table.open(write('yes, indeed\n"no"\n\n maybe\n', "y.txt"), ["label"])
    assert table.text("label").tolist() == ["yes, indeed", "no", "maybe"]


def test_headerless_with_the_wrong_number_of_columns(write: Write) -> None:
    with pytest.raises(UserError, match=r"x.txt, line 1: 3 values, and `columns` names 2"):
        Table.open(write("1 2 3\n4 5 6\n", "x.txt"), ["a", "b"])


def test_parquet(tmp_path: Path) -> None:
    path = tmp_path / "odd [name].parquet"
    query = "SELECT * FROM (VALUES (1, 'x ', 0.5, true), (2, NULL, NULL, false)) t(n, s, d, f)"
    duckdb.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
    table = Table.open(path)
    assert table.names == ("n", "s", "d", "f")
    assert table.text("s").tolist() == ["x", ""]
    assert table.text("f").tolist() == ["true", "false"]
    assert np.array_equal(table.numbers("d"), [0.5, np.nan], equal_nan=True)
    assert table.where(1) == f"{path.as_posix()}, row 2"


def test_codes(write: Write) -> None:
    table = Table.open(write("sex,race\nm,b\nf,a\n m ,b\n,a\n"))
    codes, values = table.codes(["sex"])
    assert values == (("",), ("f",), ("m",))
    assert codes.tolist() == [2, 1, 2, 0]
    codes, values = table.codes(["sex", "race"])
    assert [values[code] for code in codes] == [("m", "b"), ("f", "a"), ("m", "b"), ("", "a")]
    assert table.counts("sex") == {"m": 2, "": 1, "f": 1}


def test_missing_numbers_are_nan_and_text_is_an_error(write: Write) -> None:
    table = Table.open(write('a,b\n1,"x\ny"\n,2\nnan,3\n 4 ,5\nsix,7\n'), shown="d.csv")
    with pytest.raises(UserError, match=r"d.csv, line 7: 'six' in column 'a' is no number"):
        table.numbers("a")
    good = Table.open(write("a,b\n1,x\n,2\nnan,3\n 4 ,5\n"))
    assert np.array_equal(good.numbers("a"), [1, np.nan, np.nan, 4], equal_nan=True)


def test_an_unknown_column_is_named_with_a_suggestion(write: Write) -> None:
    table = Table.open(write("churned,age\n1,2\n"), shown="data/train.csv")
    with pytest.raises(UserError) as caught:
        table.text("churnd")
    assert caught.value.message == "data/train.csv: there is no column 'churnd'"
    assert caught.value.hint == "Perhaps you meant 'churned'. The columns are: churned, age."
    with pytest.raises(UserError, match="Perhaps you meant 'age'"):
        table.numbers("AGE")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "d.csv is empty"),
        (b"\n \n", "d.csv is empty"),
        (b"a,b\n", "d.csv has a header and no rows"),
        (b"a,b\n\n\n", "d.csv has a header and no rows"),
        (b"a,b,a\n1,2,3\n", "d.csv has two columns named 'a' (columns 1 and 3)"),
        (b"a, a\n1,2\n", "d.csv has two columns named 'a' (columns 1 and 2)"),
        (b"a,b\n1,2\n3\n", "d.csv, line 3: 1 values, and the table has 2 columns"),
        (b"a,b\n1,2\n3,4,5\n6,7\n", "d.csv, line 3: 3 values, and the table has 2 columns"),
        (b'a,b\n1,"x\ny"\n3\n', "d.csv, line 4: 1 values, and the table has 2 columns"),
        (b'a,b\n1,2\n3,"4\n5,6\n', "d.csv, line 3: a quote is opened and never closed"),
        (b'a,b\n1,"2"x\n', "d.csv, line 2: ',' expected after '\"'"),
        (b"a,b\n1,\x002\n", "d.csv holds NUL bytes (the first at byte 7): it is no text table"),
        ("a,b\n1,2\n".encode("utf-16"), "d.csv holds NUL bytes (the first at byte 4): it is no text table"),
        (b"version https://git-lfs.github.com/spec/v1\noid x\n", "d.csv is a Git LFS pointer, not the data"),
        (b"PAR1 not really", "d.csv cannot be read as Parquet"),
        (b"\x1f\x8b\x08\x00broken", "d.csv is damaged"),
    ],
)
def test_what_is_no_table(write: Write, content: bytes, message: str) -> None:
    with pytest.raises(UserError) as caught:
        Table.open(write(content), shown="d.csv")
    assert caught.value.message.startswith(message)


def test_a_folder_and_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="data is a folder without a part file"):
        Table.open(tmp_path, shown="data")
    with pytest.raises(UserError, match="zero is no regular file"):
        Table.open(Path("/dev/zero"), shown="zero")
    with pytest.raises(UserError, match=r"x.csv does not exist"):
        Table.open(tmp_path / "x.csv", shown="x.csv")
    (tmp_path / "y.parquet").write_text("a,b\n1,2\n")
    with pytest.raises(UserError, match=r"y.parquet is not a Parquet file"):
        Table.open(tmp_path / "y.parquet", shown="y.parquet")


def test_a_long_value_and_a_long_table(write: Write) -> None:
    long = "x" * 3_000_000
    assert Table.open(write(f'a,b\n1,"{long},"\n2,y\n')).text("b").tolist() == [long + ",", "y"]
    assert Table.open(write(f"a,b\n1,{long}\n2,y\n")).text("b").tolist() == [long, "y"]
    many = Table.open(write("n,m\n" + "".join(f"{i},{i % 7}\n" for i in range(300_000))))
    assert np.array_equal(many.numbers("n"), np.arange(300_000))


VALUE = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=6)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rows=st.lists(st.tuples(VALUE, VALUE, VALUE), min_size=1, max_size=8))
def test_what_python_writes_is_read_again(rows: list[tuple[str, str, str]], tmp_path: Path) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([("a", "b", "c"), *rows])
    path = tmp_path / "x.csv"
    path.write_bytes(text.getvalue().encode())
    table = Table.open(path)
    for place, name in enumerate("abc"):
        assert table.text(name).tolist() == [row[place].strip() for row in rows]


def test_adult_and_sms(shared_data: Path) -> None:
    adult = Table.open(shared_data / "adult.csv")
    assert (adult.rows, len(adult.names)) == (48_842, 16)
    assert adult.counts("split") == {"train": 32_561, "test": 16_281}
    assert round(adult.counts("income")[">50K"] / adult.rows, 3) == 0.239
    sms = Table.open(shared_data / "sms_spam.csv")
    with (shared_data / "sms_spam.csv").open(newline="", encoding="utf-8") as file:
        assert sms.text("message").tolist() == [row["message"].strip() for row in csv.DictReader(file)]
    assert sms.counts("label") == {"ham": 4827, "spam": 747}


def test_importing_needs_no_heavy_library() -> None:
    code = "import sys, ml_ci.tables.table, ml_ci.tables.parts; print({'duckdb', 'numpy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@settings(max_examples=200, deadline=None)
@given(text=st.lists(st.sampled_from(["a", ",", "\n", " ", "\t", "\f", "\v"]), min_size=1, max_size=12).map("".join))
def test_blank_lines_are_found_alike_in_small_and_in_large_tables(text: str) -> None:
    piece = text.encode()
    is_blank = layout.BLANK_LINE.search(piece) is not None
    for quickly in (False, True):
        ends, may_be_blank, spaces = layout._find_white_space(piece, quickly)
        assert ends == piece.count(b"\n")
        assert may_be_blank or not is_blank
        assert (spaces > ends) == any(one.isspace() and one != "\n" for one in text)
