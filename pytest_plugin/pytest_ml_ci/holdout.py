"""The labelled rows, as a user's test sees them."""

from __future__ import annotations

from difflib import get_close_matches
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ml_ci.errors import UserError
from ml_ci.tables.canonical import canonical

if TYPE_CHECKING:
    from ml_ci.steps.examination.rows import Scored


class Holdout:
    """The labelled rows of a model in their order: `path`, `rows`, `columns`, `column(name)`, `to_pandas()`."""

    def __init__(self, scored: Scored) -> None:
        self._scored = scored
        self._columns: dict[str, NDArray[Any]] = {}

    @property
    def path(self) -> Path | None:
        """The table on disk; None when the holdout is a part of another entry."""
        return self._scored.holdout.path

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self._scored.y_true)

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of all columns, the label's among them."""
        return tuple(self._scored.holdout.columns)

    def __len__(self) -> int:
        return self.rows

    def __repr__(self) -> str:
        return (
            f"<holdout{f' {self.path.name}' if self.path else ''}: {self.rows:,} rows, {len(self.columns):,} columns>"
        )

    def column(self, name: str) -> NDArray[Any]:
        """Give a column as text, trimmed, of shape (rows,); UserError for a name that no column has."""
        __tracebackhide__ = True
        if name not in self.columns:
            raise UserError(f"the holdout has no column {name!r}", hint=_near(name, self.columns, "Its columns are"))
        if name not in self._columns:
            self._columns[name] = self._scored.column(name)
        return self._columns[name]

    def having(self, column: str, value: object) -> NDArray[np.bool_]:
        """Say of each row whether its `column` is `value`: bool of shape (rows,).

        Equal are equal texts, equal numbers (1 == "1.0") and equal boolean words; None is the empty cell.
        UserError for an unknown column, and for a value that no row has: no slice is empty by a slip of the pen.
        """
        __tracebackhide__ = True
        values, codes = np.unique(self.column(column).astype(np.str_), return_inverse=True)
        wanted = canonical("" if value is None else value)
        same = np.array([canonical(text) == wanted for text in values], np.bool_)
        if not same.any():
            known = [str(text) for text in values]
            raise UserError(f"no row of the holdout has {column} = {value}", hint=_near(str(value), known, "It has"))
        found: NDArray[np.bool_] = same[codes]
        return found

    def to_pandas(self) -> Any:
        """Give the rows as a DataFrame, in their order; pandas has to be installed.

        Parquet keeps its types; of text, pandas infers them.
        """
        import pandas as pd

        if self.path is not None and self.path.suffix in (".parquet", ".pq"):
            return pd.read_parquet(self.path)
        texts = pd.DataFrame({name: self.column(name) for name in self.columns})
        return pd.read_csv(StringIO(texts.to_csv(index=False)))


def _near(word: str, known: list[str] | tuple[str, ...], otherwise: str) -> str:
    near = get_close_matches(word, known, n=1)
    if near:
        return f"Did you mean {near[0]!r}?"
    more = f" and {len(known) - 12:,} more" if len(known) > 12 else ""
    return f"{otherwise}: {', '.join(known[:12])}{more}."
