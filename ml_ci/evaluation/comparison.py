"""Compare a column's numbers with a bound, exactly: in SQL, so that no row is held."""

from __future__ import annotations

import operator
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ml_ci.child.labels import compares
from ml_ci.tables.duck import connect, literal, select, trim
from ml_ci.tables.table import Table

Comparison: TypeAlias = tuple[str, int | float]
Numbers: TypeAlias = NDArray[np.float64]
Truths: TypeAlias = NDArray[np.bool_]

_COMPARE = {
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
    "==": operator.eq,
    "!=": operator.ne,
}
_SQL = {"==": "=", "!=": "<>", ">=": ">=", ">": ">", "<=": "<=", "<": "<"}
_WHOLE = frozenset({"TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT", "UINTEGER", "BIGINT", "UBIGINT"})
_WITH_EQUAL = frozenset({"==", ">=", "<="})


def stand(table: Table, column: str, comparison: Comparison, precision: str = "") -> tuple[Numbers, Truths]:
    """Give a column's numbers (NaN where one is missing) and which of them stand in the comparison, in one reading.

    Whole numbers, decimals and texts are compared by their exact values, however many digits they have; floats in
    their own type, as numpy does: 0.7 as float32 is >= 0.7. `precision` is the type of numbers that were written as
    text, where it is narrower than a Python float. UserError naming the first value that is no number.
    """
    symbol, bound = comparison
    near, exactly = _near(table, column, bound, precision)
    usual = ", ".join(literal(text) for text in {show(bound), f"{show(bound)}.0", repr(float(bound))})
    unlike = f"{trim(table.sql(column))} NOT IN ({usual})"
    odd = f"CASE WHEN {table.number_sql(column)} = {near!r}::DOUBLE THEN {unlike} ELSE false END"
    numbers, unusual = table.numbers_with(column, "false" if exactly else odd)
    found = np.asarray(_COMPARE[symbol](numbers, near), np.bool_)
    if unusual.any():
        otherwise = np.isin(table.text(column), _otherwise(table, column, comparison, near))
        found = found ^ ((numbers == near) & otherwise)
    return numbers, found


def holds(table: Table, column: str, comparison: Comparison) -> str:
    """Write the SQL of what `stand` gives, for rows that are too many to be held: NULL for what is no number."""
    symbol, bound = comparison
    near, exactly = _near(table, column, bound, "")
    number = table.number_sql(column)
    by_float = f"({number} {_SQL[symbol]} {near!r}::DOUBLE)"
    otherwise = [] if exactly else _otherwise(table, column, comparison, near)
    if not otherwise:
        return by_float
    among = f"{trim(table.sql(column))} IN ({', '.join(map(literal, otherwise))})"
    return f"({by_float} <> ({number} = {near!r}::DOUBLE AND {among}))"


def _near(table: Table, column: str, bound: float, precision: str) -> tuple[float, bool]:
    """Give the bound as the float to compare with, and whether that comparison is exact."""
    own = precision or precision_of(table, column)
    small = table.kind(column) in _WHOLE and abs(bound) < 1 << 53
    return narrow(bound, own), bool(own) or small or table.kind(column) == "DOUBLE"


def _otherwise(table: Table, column: str, comparison: Comparison, near: float) -> list[str]:
    """Give the texts of numbers that are the bound as floats, and compare otherwise digit by digit."""
    written = table.distinct(column, f"{table.number_sql(column)} = {near!r}::DOUBLE")
    return [text for text in written if compares(text, comparison) != (comparison[0] in _WITH_EQUAL)]


def precision_of(table: Table, column: str) -> str:
    """Name the type of a column of floats that are narrower than Python's, `float32` or `float16`; '' for others."""
    if table.kind(column) != "FLOAT":
        return ""
    query = select("name, logical_type", f"parquet_schema({literal(table.path)})")
    with connect(shown=table.shown) as connection:
        halves = [name.strip() for name, kind in connection.execute(query).fetchall() if "Float16" in str(kind)]
    return "float16" if column.strip() in halves else "float32"


def narrow(number: float, precision: str) -> float:
    """Give a number as one of a narrower float type, `float32` or `float16`, would be compared with; '' leaves it."""
    if not precision:
        return float(number)
    with np.errstate(over="ignore"):
        return float(np.dtype(precision).type(number))


def show(number: float) -> str:
    """Write a bound with all of its digits: 30, 0.5, 9007199254740993."""
    return str(number) if isinstance(number, int) else repr(number).removesuffix(".0")
