"""A column as the places that its rows' texts have among its different texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml_ci.tables.duck import Database, as_text, literal, select

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_FEW, _LONGEST = 16, 64  # different texts, and letters of each: to compare with each is quicker than to look up


def encode(connection: Database, column: str, source: str) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    """Give for each row the place of its trimmed text, int32 of shape (rows,), and the texts, sorted; "" is missing."""
    import numpy as np

    distinct = f"({select(f'DISTINCT {column} AS v', source)})"
    written = select(f"DISTINCT {as_text('v')} AS w", distinct)
    found = connection.execute(select("w", f"({written})", f"LIMIT {_FEW + 1}")).fetchall()
    values = [str(text) for (text,) in found]
    if len(values) <= _FEW and all(len(text) <= _LONGEST and text.isprintable() for text in values):
        chosen = " ".join(f"WHEN {literal(text)} THEN {place}" for place, text in enumerate(values))
        codes = _fetch(connection, f"CASE {as_text(column)} {chosen} END", source)
    else:
        connection.execute(f"CREATE TYPE seen AS ENUM ({written})")
        try:
            listed = connection.execute("SELECT unnest(enum_range(NULL::seen))::VARCHAR").fetchall()
            codes = _fetch(connection, f"enum_code({as_text(column)}::seen)", source)
        finally:
            connection.execute("DROP TYPE seen")
        values = [str(text) for (text,) in listed]
    texts = [value.strip() for value in values]
    names = sorted(set(texts))
    place = {text: position for position, text in enumerate(names)}
    return np.array([place[text] for text in texts], np.int32)[codes], tuple(names)


def _fetch(connection: Database, expression: str, source: str) -> NDArray[np.int64]:
    import numpy as np

    found: NDArray[np.int64] = np.ma.getdata(connection.execute(select(f"{expression} AS v", source)).fetchnumpy()["v"])
    return found
