from __future__ import annotations

import csv
import gzip
import io
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ml_ci.errors import UserError
from ml_ci.spec.values import PartEntry
from ml_ci.tables.duck import select
from ml_ci.tables.membership import hash_rows, share_bound
from ml_ci.tables.parts import PartCounts, cut, sample
from ml_ci.tables.table import Table

Write = Callable[..., Path]


def _cut(source: Path, part: PartEntry, **options: object) -> tuple[PartCounts, bytes, bytes]:
    rest, out = source.with_name("rest.out"), source.with_name("part.out")
    counts = cut(source, part, rest, out, shown="d.csv", **options)  # type: ignore[arg-type]
    return counts, rest.read_bytes(), out.read_bytes()


def test_where_copies_the_bytes_of_each_record(write: Write) -> None:
    source = write(b'\xef\xbb\xbfid;"text";s\r\n1;"a; ""b""\r\nc";test\r\n 2 ; x ;train\n\n3;y; test ')
    counts, rest, out = _cut(source, PartEntry("train", where=("s", ("test",))))
    assert counts == PartCounts(rest=1, part=2)
    assert rest == b'\xef\xbb\xbfid;"text";s\r\n 2 ; x ;train\n\n'
    assert out == b'\xef\xbb\xbfid;"text";s\r\n1;"a; ""b""\r\nc";test\r\n3;y; test '


def test_where_is_canonical(write: Write) -> None:
    counts, _, out = _cut(write("a,fold\nx,1.0\ny,2\nz,1e0\nw,True\n"), PartEntry("t", where=("fold", (1, True))))
    assert counts == PartCounts(1, 3)
    assert out == b"a,fold\nx,1.0\nz,1e0\nw,True\n"


def test_blank_empties_one_column_of_the_part_only(write: Write) -> None:
    source = write('id,text,label,s\n1,"a, b",yes,test\n2,c,no,train\n')
    _, rest, out = _cut(source, PartEntry("t", where=("s", ("test",))), blank="label")
    assert out == b'id,text,label,s\n1,"a, b",,test\n'
    assert rest == b"id,text,label,s\n2,c,no,train\n"


def test_blank_where_no_value_can_be_empty(write: Write) -> None:
    source = write("1 yes\n2 no\n", "d.txt")
    _, rest, out = _cut(source, PartEntry("t", where=("n", (1,))), blank="y", columns=["n", "y"])
    assert out == b"1 nan\n"
    assert rest == b"2 no\n"


def test_gzip_and_latin_1_stay_what_they_are(write: Write) -> None:
    content = "stadt,s\nMünchen,test\nKöln,train\n".encode("latin-1")
    source = write(gzip.compress(content), "d.csv.gz")
    _, rest, out = _cut(source, PartEntry("t", where=("s", ("test",))), blank="s")
    assert gzip.decompress(rest) == "stadt,s\nKöln,train\n".encode("latin-1")
    assert gzip.decompress(out) == "stadt,s\nMünchen,\n".encode("latin-1")


@pytest.mark.parametrize(
    ("bound", "values", "expected"),
    [
        (10, ["9", "10", "1e1", "10.5", "-11"], ["10", "1e1", "10.5"]),
        ("2026-01-01", ["2025-12-31", "2026-01-01", " 2026-02-01"], ["2026-01-01", "2026-02-01"]),
        ("2026-01-01", ["2025-12-31T23:59:59", "2026-01-01T00:00:00Z"], ["2026-01-01T00:00:00Z"]),
        ("2026-01-01T00:00:00+00:00", ["2026-01-01 00:30:00+01:00", "2026-01-01"], ["2026-01-01"]),
        (20260101, ["20251231", "20260102"], ["20260102"]),
    ],
)
def test_after(write: Write, bound: str | int, values: list[str], expected: list[str]) -> None:
    source = write("x,when\n" + "".join(f"1,{value}\n" for value in values))
    source.with_name("part.out").unlink(missing_ok=True)
    cut(source, PartEntry("t", after=("when", bound)), source.with_name("r"), source.with_name("p"))
    assert Table.open(source.with_name("p")).text("when").tolist() == expected


@pytest.mark.parametrize(
    ("bound", "value", "message"),
    [
        ("2026-01-01", "", "d.csv, line 3: no value in column 'when', where `after:` needs an ISO date"),
        ("2026-01-01", "01/02/2026", "d.csv, line 3: '01/02/2026' in column 'when', where `after:` needs an ISO date"),
        ("2026-01-01", "2026-13-01", "d.csv, line 3: '2026-13-01' in column 'when', where `after:` needs an ISO date"),
        (5, "nan", "d.csv, line 3: 'nan' in column 'when', where `after:` needs a number"),
        ("soon", "1", "`after: {when: soon}` is neither a number nor an ISO date"),
    ],
)
def test_after_refuses_what_it_cannot_place(write: Write, bound: str | int, value: str, message: str) -> None:
    source = write(f"x,when\n1,{'2026-02-02' if isinstance(bound, str) else 1}\n2,{value}\n")
    with pytest.raises(UserError) as caught:
        _cut(source, PartEntry("t", after=("when", bound)))
    assert caught.value.message == message
    assert sorted(path.name for path in source.parent.iterdir()) == ["data.csv"]


def test_an_empty_part_and_an_empty_rest_leave_nothing(write: Write) -> None:
    source = write("a,s\n1,x\n2,x\n")
    with pytest.raises(UserError, match=r"no row of d.csv belongs to the part \(where: \{s: \[y\]\}\)"):
        _cut(source, PartEntry("t", where=("s", ("y",))))
    with pytest.raises(UserError, match=r"every row of d.csv belongs to the part \(after: \{a: 0\}\)"):
        _cut(source, PartEntry("t", after=("a", 0)))
    assert [path.name for path in source.parent.iterdir()] == ["data.csv"]


def test_unknown_columns_and_missing_groups_are_errors(write: Write) -> None:
    source = write("a,customer\n1,x\n2,\n")
    with pytest.raises(UserError, match="there is no column 'custommer'"):
        _cut(source, PartEntry("t", share=0.5, by="custommer"))
    with pytest.raises(UserError, match=r"d.csv, line 3: no value in column 'customer', by which the rows are split"):
        _cut(source, PartEntry("t", share=0.5, by="customer"))


def test_by_keeps_groups_together(write: Write) -> None:
    source = write("i,customer\n" + "".join(f"{i}, c{i % 50}\n" for i in range(1000)))
    counts, _, _ = _cut(source, PartEntry("t", share=0.3, by="customer"))
    assert counts.part + counts.rest == 1000
    groups = [set(Table.open(source.with_name(name)).text("customer")) for name in ("rest.out", "part.out")]
    assert not groups[0] & groups[1]
    assert len(groups[0] | groups[1]) == 50


def test_the_hash_is_fixed_for_ever(write: Write) -> None:
    table = Table.open(write("a,b\n1, x \n"))
    source, hashed = hash_rows(table, 0)
    assert table.ask(select(f"{hashed} AS h", source))["h"].tolist() == [
        "911c4442504720d6f51936ee3b83d4a86746e94b3f1218721397f83d7ea36c5a"
    ]
    assert share_bound(0.5) == "8" + "0" * 63
    assert share_bound(0.25) == "4" + "0" * 63


def test_a_share_is_about_as_large_as_asked_and_the_seed_moves_it(write: Write) -> None:
    source = write("i,x\n" + "".join(f"{i},1\n" for i in range(10_000)))
    first, _, part = _cut(source, PartEntry("t", share=0.2))
    second, _, other = _cut(source, PartEntry("t", share=0.2, seed=1))
    assert abs(first.part - 2000) < 5 * 40
    assert abs(second.part - 2000) < 5 * 40
    assert part != other


def test_parquet_is_cut_like_text(write: Write, tmp_path: Path) -> None:
    text = write("i,s\n" + "".join(f"{i},v{i % 13}\n" for i in range(30_000)))
    source = tmp_path / "d.parquet"
    duckdb.execute(f"COPY (SELECT * FROM read_csv('{text}')) TO '{source}' (FORMAT parquet, ROW_GROUP_SIZE 4096)")
    part = PartEntry("t", share=0.2)
    counts = cut(text, part, tmp_path / "r.csv", tmp_path / "p.csv")
    assert cut(source, part, tmp_path / "r.parquet", tmp_path / "p.parquet", blank="s") == counts
    rest, out = Table.open(tmp_path / "r.parquet"), Table.open(tmp_path / "p.parquet")
    assert rest.text("i").tolist() == Table.open(tmp_path / "r.csv").text("i").tolist()
    assert out.text("i").tolist() == Table.open(tmp_path / "p.csv").text("i").tolist()
    assert set(out.text("s")) == {""}
    assert "" not in set(rest.text("s"))
    assert sample(source, 50, 3, tmp_path / "s.parquet") == sample(text, 50, 3, tmp_path / "s.csv") == 50
    drawn = [Table.open(tmp_path / name).text("i").tolist() for name in ("s.parquet", "s.csv")]
    assert drawn[0] == drawn[1]


CELL = st.text("ab,\"' \n;", max_size=4)
ROWS = st.lists(st.tuples(st.integers(0, 30).map(str), CELL), min_size=2, max_size=25)
SETTINGS = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _written(path: Path, rows: list[tuple[str, str]]) -> Path:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([("n", "t"), *rows])
    path.write_text(text.getvalue(), newline="")
    return path


def _halves(path: Path) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    cut(path, PartEntry("t", share=0.5), path.with_suffix(".r"), path.with_suffix(".p"))
    read = []
    for suffix in (".r", ".p"):
        with path.with_suffix(suffix).open(newline="") as file:
            read.append([(row[0], row[1]) for row in csv.reader(file)][1:])
    return read[0], read[1]


def _cuttable(path: Path) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    try:
        return _halves(path)
    except UserError as error:
        assume("belongs to the part" not in error.message)
        raise


@SETTINGS
@given(rows=ROWS)
def test_rest_and_part_are_the_source_and_duplicates_stay_together(rows: list[tuple[str, str]], tmp_path: Path) -> None:
    rest, part = _cuttable(_written(tmp_path / "x.csv", rows))
    assert Counter(rest) + Counter(part) == Counter(rows)
    assert not {(n.strip(), t.strip()) for n, t in rest} & {(n.strip(), t.strip()) for n, t in part}
    assert rest == [row for row in rows if row in set(rest)]
    assert part == [row for row in rows if row in set(part)]


@SETTINGS
@given(rows=ROWS, more=ROWS, data=st.data())
def test_other_rows_order_and_white_space_move_no_row(
    rows: list[tuple[str, str]], more: list[tuple[str, str]], data: st.DataObject, tmp_path: Path
) -> None:
    rest, part = _cuttable(_written(tmp_path / "x.csv", rows))
    moved = data.draw(st.permutations([*rows, *more]))
    spaced = [(f" {n} ", f"{t} ") for n, t in moved]
    later_rest, later_part = _cuttable(_written(tmp_path / "y.csv", spaced))
    stripped = [{(n.strip(), t.strip()) for n, t in half} for half in (rest, part, later_rest, later_part)]
    assert stripped[0] <= stripped[2]
    assert stripped[1] <= stripped[3]


@SETTINGS
@given(rows=ROWS, extra=st.tuples(st.integers(31, 60).map(str), CELL), size=st.integers(1, 10))
def test_a_sample_keeps_its_rows_when_one_is_added(
    rows: list[tuple[str, str]], extra: tuple[str, str], size: int, tmp_path: Path
) -> None:
    before, after = tmp_path / "b", tmp_path / "a"
    assert sample(_written(tmp_path / "x.csv", rows), size, 0, before) == min(size, len(rows))
    sample(_written(tmp_path / "y.csv", [*rows, extra]), size, 0, after)
    drawn = [Counter(map(tuple, list(csv.reader(path.open(newline="")))[1:])) for path in (before, after)]
    assert sum((drawn[0] - drawn[1]).values()) <= 1


def test_adult_by_its_own_split(shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / "adult.csv"
    rest, out = tmp_path / "rest.csv", tmp_path / "part.csv"
    assert cut(source, PartEntry("train", where=("split", ("test",))), rest, out) == PartCounts(32_561, 16_281)
    header, *lines = source.read_bytes().splitlines(keepends=True)
    assert rest.read_bytes() == header + b"".join(line for line in lines if line.endswith(b",train\n"))
    assert out.read_bytes() == header + b"".join(line for line in lines if line.endswith(b",test\n"))


def test_sms_duplicates_do_not_leak(shared_data: Path, tmp_path: Path) -> None:
    rest, out = tmp_path / "rest.csv", tmp_path / "part.csv"
    counts = cut(shared_data / "sms_spam.csv", PartEntry("train", share=0.2), rest, out)
    assert counts.rest + counts.part == 5_574
    messages = [set(Table.open(path).text("message")) for path in (rest, out)]
    assert not messages[0] & messages[1]
    assert sum(Table.open(path).rows for path in (rest, out)) == 5_574
