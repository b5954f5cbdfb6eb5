"""Write some rows of a Parquet table with some of their values edited, in the types that its columns have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ml_ci.tables.duck import connect, literal, parquet, quote, select

Value = str | int | float | bool | None


def write_edited(source: Path, rows: Sequence[int], edits: Mapping[str, Sequence[Value]], out: Path) -> list[int]:
    """Write rows by their numbers from 0, with the values of `edits` (one a row) instead of their own.

    Give the places of rows of which a value is none that its column holds: it is missing in what is written.
    """
    import numpy as np

    asked = {"place": np.arange(len(rows), dtype=np.int64), "row": np.array(rows, np.int64)}
    texts = {
        f"e{number}": np.array([_write(one) for one in values], object) for number, values in enumerate(edits.values())
    }
    columns = {name.strip().lower(): f"e{number}" for number, name in enumerate(edits)}
    source_sql = parquet(source, numbered=True)
    with connect(shown=source.name) as connection:
        connection.register("asked", {**asked, **texts})
        connection.execute(f"DESCRIBE {select('*', parquet(source))}")
        chosen, wrong = [], []
        for name, kind, *_ in connection.fetchall():
            edit = columns.get(str(name).strip().lower())
            cast = f"TRY_CAST(asked.{edit} AS {kind})"
            chosen.append(f"{cast} AS {quote(str(name))}" if edit else f"t.{quote(str(name))}")
            wrong += [f"(asked.{edit} IS NOT NULL AND {cast} IS NULL)"] if edit else []
        joined = f"asked JOIN {source_sql} t ON t.file_row_number = asked.row"
        written = select(", ".join(chosen), joined, "ORDER BY asked.place")
        connection.execute(f"COPY ({written}) TO {literal(str(out))} (FORMAT parquet)")
        if not wrong:
            return []
        connection.execute(select("asked.place", joined, f"WHERE {' OR '.join(wrong)} ORDER BY 1"))
        return [int(place) for (place,) in connection.fetchall()]


def _write(value: Value) -> str | None:
    if value is None or (isinstance(value, float) and value != value):
        return None
    if isinstance(value, float) and value == value // 1:
        return str(int(value))
    return str(value)
