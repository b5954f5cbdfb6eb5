"""How large a table may be that somebody else wrote: known before it is read, so that no file fills the memory."""

from __future__ import annotations

from collections.abc import Sequence

from ml_ci.errors import UserError
from ml_ci.frozen import dataclass

_MEGABYTE = 1 << 20
_PER_ROW = 4096
_AS_LARGE = 4  # predictions may repeat every column of the holdout, written at greater length
_LEAST, _LARGE = 128 * _MEGABYTE, 4096 * _MEGABYTE
HINT = (
    "Write one short row for each row of the holdout: a column `score` or `prediction`, and `id:` where there is one."
)


@dataclass(frozen=True)
class Bounds:
    """The most bytes of the whole table and of one line, both unpacked, and the most columns; `least` are bytes of
    memory that reading it may take at any rate."""

    size: int
    line: int
    columns: int
    least: int = _LEAST

    @property
    def memory(self) -> int | None:
        """The most bytes that DuckDB may hold of it; None, its own choice, where the table may be very large."""
        wanted = max(self.least, 2 * self.size)
        return wanted if wanted <= _LARGE else None

    def refuse_size(self, size: int, shown: str) -> None:
        """Refuse a table of more bytes."""
        if size > self.size:
            raise too_large(shown, f"more than {self.size / 1e6:,.0f} MB when it is unpacked")

    def refuse_line(self, longest: int, shown: str) -> None:
        """Refuse a line of more bytes."""
        if longest > self.line:
            raise too_large(shown, f"a line of more than {self.line / 1e6:,.1f} MB")

    def refuse_columns(self, names: Sequence[str], shown: str) -> None:
        """Refuse a header of more columns."""
        if len(names) > self.columns:
            raise too_large(shown, f"{len(names):,} columns")


def for_rows(rows: int, size: int, longest: int, columns: int) -> Bounds:
    """Give what predictions may take of a holdout with so many rows, bytes, bytes in its longest line, and columns."""
    whole = 16 * _MEGABYTE + _PER_ROW * rows + _AS_LARGE * size
    return Bounds(whole, min(whole, 4 * _MEGABYTE + _AS_LARGE * longest), 1000 + 2 * columns)


def too_large(shown: str, said: str) -> UserError:
    """Name what no predictions of a holdout need."""
    return UserError(f"{shown} has {said}: no predictions of this holdout need that", hint=HINT)
