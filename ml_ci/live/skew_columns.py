"""When two values of a feature are equal: by what both columns hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

from ml_ci.frozen import dataclass
from ml_ci.tables.duck import Database, literal, quote, select
from ml_ci.tables.spelling import MISSING

Class: TypeAlias = Literal["number", "moment", "text"]
# What a column reads as: a class, true and false, or anything, where no value is there.
Reading: TypeAlias = Literal["number", "moment", "text", "truth", "nothing"]

_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL")
_FLOATS = ("FLOAT", "DOUBLE")
_WORDS = f"({', '.join(map(literal, ('', *MISSING)))})"


@dataclass(frozen=True)
class Side:
    """A table that the database can read: `source` is its SQL, `types` are DuckDB's names of its columns' types.

    One that is not `typed` has texts alone, as a CSV file: what they are is read from all of them.
    """

    source: str
    types: Mapping[str, str]
    shown: str
    typed: bool = True


@dataclass(frozen=True)
class Column:
    """A column of one side: its type, and what it reads as; `bare` texts are of a file that has no types."""

    kind: str
    reading: Reading
    bare: bool = False

    def value(self, column: str, to: Class) -> str:
        """Write the SQL of a value as its class has it; what is missing is NULL, NaN, "" and a word for it too."""
        if self.kind.startswith("VARCHAR"):
            missing = f"trim({column}) IN {_WORDS}" if self.bare else f"{column} = ''"
            return f"CASE WHEN {missing} THEN NULL ELSE {self._read(column, to)} END"
        if to == "text":
            return f"CAST({column} AS VARCHAR)"
        if to == "moment":
            return column if self.kind == "TIMESTAMP" else f"CAST({column} AS TIMESTAMP)"
        value = column if self.kind == "DOUBLE" else f"CAST({column} AS DOUBLE)"
        return f"nullif({value}, 'NaN'::DOUBLE)" if self.kind.startswith(_FLOATS) else value

    def _read(self, column: str, to: Class) -> str:
        if to == "text":
            return column
        if to == "moment":
            return read_moment(column)
        as_number = f"TRY_CAST(trim({column}) AS {'BOOLEAN' if self.reading == 'truth' else 'DOUBLE'})"
        return f"CAST({as_number} AS DOUBLE)" if self.reading == "truth" else f"nullif({as_number}, 'NaN'::DOUBLE)"


@dataclass(frozen=True)
class Compared:
    """A column of both tables: in the joined rows `l{place}` is what was logged, `f{place}` what is computed.

    `note` says where the two have types of which no value is equal to one of the other.
    """

    place: int
    name: str
    kind: Class
    logged: Column
    computed: Column
    note: str = ""

    def take(self) -> str:
        """Write the SQL of both values."""
        return f"{self.logged.value(f'l.{quote(self.name)}', self.kind)} AS l{self.place}, {self.take_computed()}"

    def take_computed(self, name: str = "") -> str:
        """Write the SQL of the computed value, under a name."""
        return f"{self.computed.value(f'f.{quote(self.name)}', self.kind)} AS {name or f'f{self.place}'}"


def agree(database: Database, names: Sequence[str], logged: Side, computed: Side) -> tuple[Compared, ...]:
    """Say as what the values of each column are compared: numbers with numbers, moments with moments, else texts.

    A text is read as a number or a moment where the other side has these and every text can be; of two sides without
    types, where all texts of both can be. Numbers with leading zeros are texts.
    """
    sides = (logged, computed)
    asked = [[name for name in names if _is_asked(name, one, other)] for one, other in (sides, sides[::-1])]
    read = [_read_texts(database, side, columns) for side, columns in zip(sides, asked, strict=True)]
    found = []
    for place, name in enumerate(names):
        ours, theirs = (
            Column(side.types[name], texts.get(name) or _read_type(side.types[name]), not side.typed)
            for side, texts in zip(sides, read, strict=True)
        )
        kind = _agree_on(ours.reading, theirs.reading)
        alike = kind is not None
        note = "" if alike else f"logged as {_say(ours)} and computed as {_say(theirs)}: compared as texts"
        found.append(Compared(place, name, kind or "text", ours, theirs, note))
    return tuple(found)


def _is_asked(name: str, side: Side, other: Side) -> bool:
    """Say whether texts have to be looked at."""
    if not side.types[name].startswith("VARCHAR"):
        return False
    return not side.typed or _read_type(other.types[name]) != "text"


def _read_type(kind: str) -> Reading:
    if kind.endswith("]"):
        return "text"
    if kind.removeprefix("U").startswith(_NUMBERS):
        return "number"
    if kind == "BOOLEAN":
        return "truth"
    return "moment" if kind.startswith(("TIMESTAMP", "DATE")) else "text"


def _read_texts(database: Database, side: Side, names: Sequence[str]) -> Mapping[str, Reading]:
    """Say what the texts of some columns all read as."""
    if not names:
        return {}
    what = []
    for name in names:
        text = quote(name)
        there = f"{text} IS NOT NULL AND trim({text}) NOT IN {_WORDS}"
        number = f"TRY_CAST(trim({text}) AS DOUBLE) IS NOT NULL AND NOT regexp_matches({text}, '^ *[+-]?0[0-9]')"
        moment = f"{read_moment(text)} IS NOT NULL"
        truth = f"lower(trim({text})) IN ('true', 'false')"
        what += [f"count_if({there})", *(f"count_if({there} AND {one})" for one in (number, moment, truth))]
    counts = list(database.execute(select(", ".join(what), side.source)).fetchone() or ())
    return {name: _choose(*counts[4 * place : 4 * place + 4]) for place, name in enumerate(names)}


def _choose(there: int, numbers: int, moments: int, truths: int) -> Reading:
    if not there:
        return "nothing"
    return "number" if numbers == there else "moment" if moments == there else "truth" if truths == there else "text"


def _agree_on(one: Reading, other: Reading) -> Class | None:
    """Give the class of which both are, None where they have none but texts in common."""
    readings = {one, other} - {"nothing"}
    if readings <= {"number", "truth"}:
        return "number" if readings else "text"
    if len(readings) == 1:
        return "moment" if readings == {"moment"} else "text"
    return None


def _say(column: Column) -> str:
    words = {"number": "numbers", "moment": "times", "truth": "true and false", "text": "texts", "nothing": "nothing"}
    return words[column.reading] if column.bare else column.kind


def read_moment(text: str) -> str:
    """Write the SQL of a text as a moment in UTC; one without a zone is in UTC, and NULL is what is none."""
    return f"CAST(TRY_CAST(trim({text}) AS TIMESTAMP WITH TIME ZONE) AS TIMESTAMP)"


def is_unequal(column: Compared, within: float, logged: str = "", computed: str = "") -> str:
    """Write the SQL that says whether two values differ; those of a column where no others are named."""
    ours, theirs = logged or f"l{column.place}", computed or f"f{column.place}"
    if column.kind != "number":
        return f"{ours} IS DISTINCT FROM {theirs}"
    near = f"abs({ours} - {theirs}) <= {within!r} * greatest(abs({ours}), abs({theirs}))"
    finite = f"isfinite({ours}) AND isfinite({theirs})"
    return f"({ours} IS DISTINCT FROM {theirs} AND NOT coalesce({finite} AND {near}, false))"
