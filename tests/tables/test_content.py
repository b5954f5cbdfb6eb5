"""What rows a table holds."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_ci.tables import row_hashes
from ml_ci.tables.content import Content, content, older_content
from ml_ci.tables.row_hashes import hold_hashed
from ml_ci.tables.table import Table


def _content(folder: Path, rows: list[str], header: str = "a,b") -> Content:
    path = folder / f"{abs(hash((tuple(rows), header)))}.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    return content(Table.open(path))


ROWS = [f"{number},{number % 3}" for number in range(2000)]


def test_order_of_rows_and_columns_says_nothing(tmp_path: Path) -> None:
    one = _content(tmp_path, ROWS)
    assert one.rows == 2000
    assert one == _content(tmp_path, ROWS[::-1])
    turned = [",".join(reversed(row.split(","))) for row in ROWS]
    assert one == _content(tmp_path, turned, "b,a")


@pytest.mark.parametrize("other", [ROWS[1:], [*ROWS, "7,1"], [*ROWS[1:], "0,1"], [*ROWS[1:], ROWS[1]]])
def test_another_row_is_another_content(tmp_path: Path, other: list[str]) -> None:
    assert _content(tmp_path, ROWS).digest != _content(tmp_path, other).digest


@pytest.mark.parametrize(("kept", "share"), [(2000, 1.0), (1000, 0.5), (200, 0.1), (0, 0.0)])
def test_the_share_of_rows_in_common_is_estimated(tmp_path: Path, kept: int, share: float) -> None:
    other = [*ROWS[:kept], *(f"{number},9" for number in range(2000 - kept))]
    one, two = _content(tmp_path, ROWS), _content(tmp_path, other)
    assert one.share_in(two) == pytest.approx(share, abs=0.1)


def test_a_part_is_all_in_the_whole(tmp_path: Path) -> None:
    part, whole = _content(tmp_path, ROWS[:700]), _content(tmp_path, ROWS)
    assert part.share_in(whole) == 1.0
    assert whole.share_in(part) == pytest.approx(0.35, abs=0.08)
    few = _content(tmp_path, ROWS[:40])
    assert few.share_in(_content(tmp_path, ROWS[:60])) == 1.0
    assert _content(tmp_path, ROWS[:60]).share_in(few) == pytest.approx(40 / 60)


def test_a_content_is_the_same_in_every_version(tmp_path: Path) -> None:
    """Ledgers hold it: whoever changes it has them forget every look."""
    rows = ["7,EU,0.50,2024-01-31", "8,,1e300,n/a", "9,a longer text,-0,True"]
    found = _content(tmp_path, rows, "a,b,c,d")
    assert found.digest == "2-b31e440b2ac1bbb4a8813b8c6ca8577c217731edcd7adb1eb9a5a6c8104d784f"


def test_what_older_ledgers_hold_is_known(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("a,b\n1,x\n2,y\n")
    older, now = older_content(Table.open(path)), content(Table.open(path))
    assert older.is_older and not now.is_older
    assert older.digest == "dd0b695cc3a2f942b45e9aa11aff068ecb3ebbd6ea2de71d6dc6a008082f6750"
    assert now.share_in(older) == 0.0


def test_large_tables_have_the_content_of_small_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [f"{number},{('NA', 'EU', ' 7')[number % 3] if number > 1900 else 'EU'}" for number in range(2000)]
    closely = _content(tmp_path, rows)
    monkeypatch.setattr(row_hashes, "LARGE", 1)
    monkeypatch.setattr(row_hashes, "_SEEN", 500)
    assert _content(tmp_path, rows) == closely


def test_rows_that_are_held_have_the_content_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "rows.csv"
    for odd in ("EU", "NA"):  # the second takes a closer look, and the file is read again
        path.write_text("a,b\n" + "".join(f"{one},{odd if one == 400 else 'US'}\n" for one in range(500)))
        closely = content(Table.open(path))
        monkeypatch.setattr(row_hashes, "LARGE", 1)
        monkeypatch.setattr(row_hashes, "_SEEN", 100)
        table = Table.open(path)
        hold_hashed(table, ["b"])
        assert table.hashed == (odd == "EU")
        assert content(table) == closely
        assert content(table, ["a"]) == content(Table.open(path), ["a"])
        monkeypatch.undo()


NUMBERS = ["0.5", "-0.0", "7", "+1e3", " 2.5", "2.5 ", "1.", ".5", "0", "00.50", "", "1e-320", "123456789012345.6"]
ODD = ["NA", "nan", "NaN", "inf", "-Infinity", "1e400", "9007199254740993", "1_000", "0x10", "1,5", "x", " ", "1e", "-"]


@settings(max_examples=60, deadline=None)  # 160 ms each: DuckDB plans long queries
@given(
    numbers=st.lists(st.sampled_from(NUMBERS) | st.floats(allow_nan=False).map(repr), min_size=3, max_size=20),
    odd=st.lists(st.sampled_from(ODD), max_size=2),
)
def test_numbers_are_read_as_the_values_that_their_texts_have(numbers: list[str], odd: list[str]) -> None:
    """Columns that begin with numbers are read as such, and as texts where another value follows."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        values = ["0.5", "0.25", *numbers, *(f'"{one}"' if "," in one else one for one in odd)]
        path = Path(folder, "rows.csv")
        path.write_text("y,x,z\n" + "".join(f"{place % 2},{one},EU\n" for place, one in enumerate(values)))
        closely = content(Table.open(path))
        patch.setattr(row_hashes, "LARGE", 1)
        patch.setattr(row_hashes, "_SEEN", 2)
        asked: list[object] = []
        read = Table.source_as_it_stands

        def note(table: Table, numbers: Sequence[str] = (), *, few: bool = False) -> str | None:
            asked.append(list(numbers))
            return read(table, numbers, few=few)

        patch.setattr(Table, "source_as_it_stands", note)
        table = Table.open(path, holding=lambda table: hold_hashed(table, ["y"]))
        assert content(table) == closely
        assert table.counts("y") == Table.open(path).counts("y")
        assert ["x"] in asked
