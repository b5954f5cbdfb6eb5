"""A column's numbers beside a bound: exact where they are exact, in their own type where they are floats."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ml_ci.evaluation.comparison import holds, narrow, stand
from ml_ci.tables.duck import select
from ml_ci.tables.table import Table


@pytest.mark.parametrize(
    ("number", "precision", "expected"),
    [
        (0.1, "", 0.1),
        (0.1, "float32", 0.10000000149011612),
        (0.1, "float16", 0.0999755859375),
        (70_000.0, "float16", math.inf),  # beyond what the type holds, and no warning
        (-1e300, "float32", -math.inf),
        (30, "", 30.0),
    ],
)
def test_a_number_as_a_column_of_a_narrower_type_would_hold_it(number: float, precision: str, expected: float) -> None:
    assert narrow(number, precision) == expected


BIG = 1 << 53


@pytest.mark.parametrize(
    ("kind", "values", "comparison", "expected"),
    [
        # As float32, 0.1 and 0.10000000149 are one number; as float64 they are two, and as text too.
        (pa.float32(), [0.1, 0.2, 0.0], (">=", 0.10000000149), [True, True, False]),
        (pa.float32(), [0.1, 0.2, 0.0], (">", 0.1), [False, True, False]),
        (pa.float16(), [0.1, 0.2, 0.0], (">=", 0.1), [True, True, False]),
        (pa.float64(), [0.1, 0.2, 0.0], (">=", 0.10000000149), [False, True, False]),
        (pa.float64(), [0.1, 0.2, 0.0], ("<=", 0.1), [True, False, True]),
        (pa.string(), ["0.1", "0.2", "0.10000000149"], (">=", 0.10000000149), [False, True, True]),
        (pa.string(), ["0.10", "0.1000000000000000055", "0.0999"], (">", 0.1), [False, True, False]),
        (pa.string(), ["0.10", "0.1000000000000000055", "0.0999"], ("==", 0.1), [True, False, False]),
        (pa.string(), ["30", "30.0", "3e1"], (">=", 30), [True, True, True]),
        (pa.int32(), [29, 30, 31], (">", 30), [False, False, True]),
        (pa.int64(), [BIG, BIG + 1, BIG + 2], (">", BIG), [False, True, True]),
        (pa.int64(), [BIG, BIG + 1, BIG + 2], ("<=", BIG + 1), [True, True, False]),
        (pa.int64(), [BIG, BIG + 1, BIG + 2], ("!=", BIG + 1), [True, False, True]),
    ],
)
def test_numbers_beside_a_bound(tmp_path: Path, kind: Any, values: Any, comparison: Any, expected: list[bool]) -> None:
    if kind == pa.float16():
        import numpy as np

        values = np.array(values, np.float16)
    pq.write_table(pa.table({"x": pa.array(values, kind)}), tmp_path / "t.parquet")
    table = Table.open(tmp_path / "t.parquet")
    numbers, found = stand(table, "x", comparison)
    assert found.tolist() == expected
    assert numbers == pytest.approx([float(value) for value in values])
    query = select(holds(table, "x", comparison), table.source)
    assert [row[0] for row in duckdb.execute(query).fetchall()] == expected
