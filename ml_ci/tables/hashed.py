"""The SQL of 64 bits that stand for a value however it is written: the same on every machine, in every version.

Equal are values to which `spelling` gives one form. A number below 2^53 is known by its float64, all else by its text.
Most values are told to be the one or the other without a pattern, and only what is left is spelled out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import TypeAlias

from ml_ci.tables.duck import connect, literal, select, unpad
from ml_ci.tables.spelling import FLOATS, find_form, write_value
from ml_ci.tables.table import Table

Known: TypeAlias = Sequence[tuple[str, int]]  # texts and their bits

_EXACT = float(1 << 53)  # from here on not every whole number has a float64 of its own
_INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")
_NUMBER = "number"  # the type of a text's column that is read as DOUBLE: its NaN is a text, and no missing value
MISSING = 0x6A1B2F547411382D  # the bits of a missing value
_MISSING = f"{MISSING}::UBIGINT"
_UNMIXED = "7883959562216040192::UBIGINT"  # what they are mixed from
_SHORT = 8  # the bytes of a text that 64 bits hold
_TEXT = 0x6D6C2D6369207478  # keeps a text apart from the number with its bits
_FACTOR = 0xD6E8FEB86659FD93
# What DuckDB's own hash of a number is in every version so far, though nobody promises it: what `_mix_slowly` gives.
_KNOWN = {
    "0.0::DOUBLE": 0,
    "(-0.0)::DOUBLE": 0,
    "1.5::DOUBLE": 1706605666616485939,
    "(-2.25)::DOUBLE": 3748934361910917686,
    "1::UBIGINT": 4717996019076358352,
    "18446744073709551615::UBIGINT": 4939931809569846361,
}


def hash_values(table: Table, columns: Sequence[str], source: str | None = None) -> tuple[str, list[str]]:
    """Give the SQL of a table's rows with the 64 bits (UBIGINT) of some columns' values too, and their names.

    Those of a missing value are `MISSING`. `source` has these rows, or some of them.
    """
    cells = _cells(table, columns)
    rows = source or table.source
    for step in (_Cell.number, _Cell.odd, _Cell.text, _Cell.spelled):
        rows = _add(rows, dict(pair for cell in cells for pair in step(cell).items()))
    names = [f"v{cell.at}" for cell in cells]
    if knows_mixing():
        return _add(rows, {f"v{cell.at}": cell.bits("hash({0})", "hash({0})") for cell in cells}), names
    own = "CAST(CAST(CASE WHEN {0} = 0 THEN 0.0::DOUBLE ELSE {0} END AS BIT) AS UBIGINT)"
    return mix(rows, {f"v{cell.at}": cell.bits(own, "{0}") for cell in cells}), names


def hash_sure(
    table: Table, columns: Sequence[str], known: Mapping[str, Known], source: str, numbers: Collection[str] = ()
) -> tuple[str, list[str]]:
    """Give what `hash_values` gives in a third of the time, with NULL for values that take a closer look.

    `known` gives by column the bits of some of its texts, `numbers` names the columns of a text that are DOUBLE in
    `source`. Only where this DuckDB `knows_mixing`.
    """
    cells = [(cell, known.get(name, ())) for cell, name in zip(_cells(table, columns, numbers), columns, strict=True)]
    # Of what is known no number is read; of all else it is read once, for it is asked for twice.
    rows = _add(source, {f"n{cell.at}": cell.read() for cell, texts in cells if not texts})
    sure = {f"v{cell.at}": cell.sure(cell.read() if texts else f"n{cell.at}", texts) for cell, texts in cells}
    return _add(rows, sure), list(sure)


def hash_rows(source: str, columns: Mapping[str, str]) -> str:
    """Give the SQL of rows with 64 bits of each, `h`: the bits of columns, by their names, in whatever order.

    `columns` says by a column's name what its bits are called in `source`. `h` is mixed from `q`, in which the bits of
    each column are (`salt`): who has those can take them out again.
    """
    return mix(join(salt(source, columns), len(columns)), {"h": "q"})


def salt(source: str, columns: Mapping[str, str]) -> str:
    """Give the SQL of rows with the bits of columns as they stand in those of a row, by their names: `r0`, `r1`, ..."""
    salts = [int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") for name in columns]
    bits = zip(columns.values(), salts, strict=True)
    return mix(source, {f"r{place}": f"xor({one}, {own}::UBIGINT)" for place, (one, own) in enumerate(bits)})


def join(source: str, columns: int) -> str:
    """Give the SQL of rows with the bits `q` of so many columns together."""
    return _add(source, {"q": cross([f"r{place}" for place in range(columns)])})


def cross(bits: Sequence[str]) -> str:
    """Write the SQL of several bits together, or of fewer without some of them."""
    found = "0::UBIGINT"
    for one in bits:
        found = f"xor({found}, {one})"
    return found


def mix(source: str, columns: Mapping[str, str]) -> str:
    """Give the SQL of rows with further columns, each of which has the bits of a UBIGINT mixed, one to one."""
    if knows_mixing():
        # DuckDB has a hash for NULL, too
        mixed = {name: f"CASE WHEN {value} IS NOT NULL THEN hash({value}) END" for name, value in columns.items()}
        return _add(source, mixed)
    return _mix_slowly(source, columns)


def _mix_slowly(source: str, columns: Mapping[str, str]) -> str:
    """Mix as MurmurHash64 ends, by arithmetic that cannot overflow."""
    rows = _add(source, columns)
    product = f"CAST(xor({{0}}, {{0}} >> 32) AS UHUGEINT) * {_FACTOR}::UHUGEINT"
    step = f"CAST({product} % 18446744073709551616::UHUGEINT AS UBIGINT)"
    for how in (step, step, "xor({0}, {0} >> 32)"):
        what = ", ".join(f"{how.format(name)} AS {name}" for name in columns)
        rows = f"({select(f'* REPLACE ({what})', rows)})"
    return rows


@cache
def knows_mixing() -> bool:
    """Say whether this DuckDB's own hash of a number is the one that is meant, which is faster than to compute it."""
    asked = ", ".join(f"hash({value})" for value in _KNOWN)
    with connect() as connection:
        return connection.execute(f"SELECT {asked}").fetchone() == tuple(_KNOWN.values())


def _cells(table: Table, columns: Sequence[str], numbers: Collection[str] = ()) -> list[_Cell]:
    places = [table.layout.index(name, table.shown) for name in columns]
    kinds = [_NUMBER if name in numbers else table.types[place] for name, place in zip(columns, places, strict=True)]
    odd, each = table.layout.underscored, zip(places, kinds, strict=True)
    return [_Cell(f"c{place}", kind, str(number), odd) for number, (place, kind) in enumerate(each)]


def _add(source: str, columns: Mapping[str, str]) -> str:
    what = ", ".join(["*", *(f"{value} AS {name}" for name, value in columns.items())])
    return f"({select(what, source)})"


class _Cell:
    """Write the SQL of one column's values, step by step: `n` a number, `o` what has to be spelled, `t` a text."""

    def __init__(self, column: str, kind: str, at: str, underscored: bool) -> None:
        self._column, self._kind, self.at, self._underscored = column, kind, at, underscored
        self._is_number = kind in (*_INTEGERS, *FLOATS, _NUMBER)
        self._text = column if kind == "VARCHAR" else f"CAST({column} AS VARCHAR)"

    def sure(self, number: str, known: Known) -> str:
        """Give the bits of a value where they are sure at first sight, and NULL otherwise; `known` are those of texts.

        `number` is what `read` gives; this DuckDB's own mixing is the one that is meant.
        """
        when = [f"abs({number}) < {_EXACT} THEN hash({number})", f"{self._column} IS NULL THEN {_MISSING}"]
        if self._kind in FLOATS:
            when.append(f"isnan({self._column}) THEN {_MISSING}")
        elif not self._is_number and self._kind != "BOOLEAN":
            when.append(f"{_is_plain(self._text)} THEN hash({_bits_of_text(self._text)})")
        seen = [f"{self._column} = {literal(text)} THEN {bits}::UBIGINT" for text, bits in known]
        return f"CASE WHEN {' WHEN '.join((*seen, *when))} END"

    def read(self) -> str:
        """Read what is a number at first sight: what begins as one does, and is one to DuckDB; 1_000 is to no other."""
        if self._kind == "BOOLEAN":
            return "NULL::DOUBLE"
        if not self._is_number:
            return _read(self._text, self._underscored)
        value = f"CAST({self._column} AS DOUBLE)"
        if self._kind != "FLOAT":
            return value
        short = f"TRY_CAST(CAST({self._column} AS VARCHAR) AS DOUBLE)"  # 0.1 is the number that is written so
        return f"CASE WHEN {self._column} = trunc({self._column}) THEN {value} ELSE {short} END"

    def number(self) -> Mapping[str, str]:
        """Read what is a number at first sight, and keep the text of all that no number is."""
        return {f"n{self.at}": self.read(), **({} if self._is_number else {f"x{self.at}": self._text})}

    def odd(self) -> Mapping[str, str]:
        """Leave numbers that a float64 may not hold; find the texts that may not be their own form."""
        number = f"CASE WHEN abs(n{self.at}) < {_EXACT} THEN n{self.at} END"
        if self._is_number or self._kind == "BOOLEAN":
            return {f"d{self.at}": number, f"o{self.at}": "NULL::VARCHAR"}
        text = f"x{self.at}"
        odd = f"CASE WHEN abs(n{self.at}) < {_EXACT} OR {_is_plain(text)} THEN NULL ELSE {unpad(text)} END"
        return {f"d{self.at}": number, f"o{self.at}": odd}

    def text(self) -> Mapping[str, str]:
        """Spell what is no number at first sight."""
        written = f"CASE WHEN o{self.at} IS NULL THEN x{self.at} ELSE {find_form(f'o{self.at}', words=True)} END"
        if self._is_number:
            written = f"CASE WHEN {self._column} IS NOT NULL THEN {write_value(self._column, self._kind)} END"
        return {f"t{self.at}": f"CASE WHEN d{self.at} IS NULL THEN {written} END"}

    def spelled(self) -> Mapping[str, str]:
        """Read the numbers among what was spelled."""
        value = _read(f"CASE WHEN o{self.at} IS NOT NULL THEN t{self.at} END")
        return {f"e{self.at}": f"CASE WHEN abs({value}) < {_EXACT} THEN {value} END"}

    def bits(self, of_number: str, of_text: str) -> str:
        """Give the bits of the number or the text."""
        text, number = f"t{self.at}", f"coalesce(d{self.at}, e{self.at})"
        written, missing = of_text.format(_bits_of_text(text)), of_text.format(_UNMIXED)
        return (
            f"CASE WHEN {number} IS NOT NULL THEN {of_number.format(number)} "
            f"WHEN coalesce({text}, '') = '' THEN {missing} ELSE {written} END"
        )


def _read(text: str, underscored: bool = True) -> str:
    no_other = f" AND NOT contains({text}, '_')" if underscored else ""
    return f"TRY_CAST(CASE WHEN {text} < ':'{no_other} THEN {text} END AS DOUBLE)"


def _bits_of_text(text: str) -> str:
    short = f"xor(CAST(CAST(encode({text}) AS BIT) AS UBIGINT), CAST(strlen({text}) AS UBIGINT) << 60)"
    return f"xor(CASE WHEN strlen({text}) <= {_SHORT} THEN {short} ELSE md5_number_lower({text}) END, {_TEXT}::UBIGINT)"


def _is_plain(text: str) -> str:
    """Say of a text that it is its own form by its ends: a letter, no white space, and no word that may mean more."""
    first, size = f"unicode({text})", f"strlen({text})"
    words = f"({first} IN (78, 110) AND {size} < 10) OR ({first} IN (70, 84, 102, 116) AND {size} BETWEEN 4 AND 5)"
    letter = f"{first} > 64 AND {_is_no_space(first)} AND {_is_no_space(f'unicode(right({text}, 1))')}"
    return f"({letter} AND NOT ({words}))"


def _is_no_space(code: str) -> str:
    return f"({code} > 32 AND {code} NOT IN (133, 160) AND {code} NOT BETWEEN 5760 AND 12288)"
