"""What rows a table holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from ml_ci.tables.content import Content, content
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
