"""Choose logged rows, join the computed ones by id, and keep those that differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ml_ci.errors import UserError
from ml_ci.frozen import dataclass
from ml_ci.live.skew_columns import Compared, Side, is_unequal, read_moment
from ml_ci.live.skew_values import Wanted
from ml_ci.tables.duck import Database, quote, select

# Tables of a comparison's database: the rows that differ, with their `id`, `unit` and `moment`, and `l0`, `f0`, ...
DIFFERING = "skew_differing"
_CHOSEN, _COMPUTED = "skew_chosen", "skew_computed"


@dataclass(frozen=True)
class Chosen:
    """The rows of the log that are compared, and the computed ones; `logged` rows are there in all.

    `unnamed` of these have no id, which is left out of both.
    """

    logged: Side
    computed: Side
    rows: int
    unnamed: int

    def join(self, id: str) -> str:  # noqa: A002
        """Write the SQL of both, joined."""
        same = join_on(self.logged, self.computed, id, f"l.{quote(id)}", f"f.{quote(id)}")
        return f"{self.logged.source} AS l JOIN {self.computed.source} AS f ON {same}"


@dataclass(frozen=True)
class Joined:
    """How many rows were chosen, and found their computed ones; how many of these differ."""

    chosen: int
    rows: int
    differing: int
    notes: tuple[str, ...] = ()


def choose_rows(database: Database, logged: Side, computed: Side, names: Sequence[str], wanted: Wanted) -> Chosen:
    """Choose rows with the smallest hashes of their ids, or take all; read what is read again and again once."""
    id = quote(wanted.id)  # noqa: A001
    total, named = count(database, f"count(*), count({id})", logged.source)
    beside = [name for name in (wanted.unit, wanted.time) if name is not None and name in logged.types]
    own = ", ".join(map(quote, dict.fromkeys([wanted.id, *names, *beside])))
    source = f"({select(own, logged.source, f'WHERE {id} IS NOT NULL')})"
    few = wanted.rows is not None and wanted.rows < named
    if few:
        ids = select(id, source, f"ORDER BY {hashed(id)} LIMIT {wanted.rows}")
        source = f"({select('*', source, f'WHERE {id} IN ({ids})')})"
    if few or not logged.typed:
        source = _keep(database, _CHOSEN, source)
    ours = replace(logged, source=source)
    theirs = replace(computed, source=f"({select(', '.join(map(quote, [wanted.id, *names])), computed.source)})")
    if few or not computed.typed:
        there = f"(SELECT {id} FROM {ours.source})"  # noqa: S608
        same = join_on(ours, theirs, wanted.id, f"l.{id}", f"f.{id}")
        matched = select("f.*", f"{theirs.source} AS f SEMI JOIN {there} AS l ON {same}")
        theirs = replace(theirs, source=_keep(database, _COMPUTED, f"({matched})"))
    return Chosen(ours, theirs, named, total - named)


def _keep(database: Database, name: str, source: str) -> str:
    database.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {select('*', source)}")
    return name


def join_rows(database: Database, chosen: Chosen, compared: Sequence[Compared], wanted: Wanted) -> Joined:
    """Join the chosen rows with the computed ones; UserError where rows of one id differ within a table."""
    notes = [f"{chosen.unnamed:,} rows of the log have no {wanted.id}"] if chosen.unnamed else []
    distinct = f"count(*), count(DISTINCT hash(l.{quote(wanted.id)}))"
    rows, ids = count(database, distinct, chosen.join(wanted.id))
    if rows > ids:
        chosen = _take_once(database, chosen, wanted)
        rows, _ = count(database, distinct, chosen.join(wanted.id))
        notes.append("rows that stand twice with the same values count once")
    [number] = count(database, "count(*)", chosen.logged.source)
    if not rows:
        _tell_types(chosen, wanted, number, notes)
    unlike = " OR ".join(is_unequal(one, wanted.within) for one in compared)
    own = [f"l.{quote(wanted.id)} AS id", *_name_unit(chosen.logged, wanted), *(one.take() for one in compared)]
    joined = select(", ".join(own), chosen.join(wanted.id))
    database.execute(f"CREATE OR REPLACE TEMP TABLE {DIFFERING} AS {select('*', f'({joined})', f'WHERE {unlike}')}")
    [differing] = count(database, "count(*)", DIFFERING)
    return Joined(number, rows, differing, tuple(notes))


def hashed(expression: str) -> str:
    """Write the SQL of a hash that is the same on every machine."""
    return f"md5(CAST({expression} AS VARCHAR))"


def has_units(logged: Side, wanted: Wanted) -> bool:
    """Say whether the log says of whom each row is, and when it was."""
    return wanted.unit in logged.types and wanted.time in logged.types


def find_moment(logged: Side, time: str) -> str:
    """Write the SQL of when a row was."""
    column = f"l.{quote(time)}"
    return read_moment(column) if logged.types[time].startswith("VARCHAR") else column


def _name_unit(logged: Side, wanted: Wanted) -> list[str]:
    if wanted.unit is None or wanted.time is None or not has_units(logged, wanted):
        return []
    return [f"l.{quote(wanted.unit)} AS unit", f"{find_moment(logged, wanted.time)} AS moment"]


def join_on(logged: Side, computed: Side, id: str, ours: str, theirs: str) -> str:  # noqa: A002
    """Write the SQL that says whether two ids are one; ids of two types are held against each other as texts."""
    if logged.types[id] == computed.types[id]:
        return f"{ours} = {theirs}"
    return f"CAST({ours} AS VARCHAR) = CAST({theirs} AS VARCHAR)"


def _take_once(database: Database, chosen: Chosen, wanted: Wanted) -> Chosen:
    """Give both tables with each of their rows once; UserError where some of one id still differ."""
    sides = []
    for side in (chosen.logged, chosen.computed):
        once = replace(side, source=f"({select('DISTINCT *', side.source)})")
        [twice] = count(database, f"count({quote(wanted.id)}) - count(DISTINCT {quote(wanted.id)})", once.source)
        if twice:
            said = f"{twice:,} rows have" if twice > 1 else "1 row has"
            message = f"{side.shown}: {said} an id (`{wanted.id}`) that another row has with other values"
            raise UserError(message, hint="An id names one row: write each once, as it was when it was asked for.")
        sides.append(once)
    return replace(chosen, logged=sides[0], computed=sides[1])


def _tell_types(chosen: Chosen, wanted: Wanted, number: int, notes: list[str]) -> None:
    types = chosen.logged.types[wanted.id], chosen.computed.types[wanted.id]
    if number and types[0] != types[1]:
        named = f"`{wanted.id}` is {types[0]} in the log and {types[1]} where computed"
        notes.append(f"no id of {number:,} is found: {named}")


def count(database: Database, what: str, source: str) -> list[int]:
    """Ask for some numbers."""
    found = database.execute(select(what, source)).fetchone()
    return [int(one) for one in found or ()]
