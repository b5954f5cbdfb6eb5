"""Hold the live predictions of one or two versions as a table of ours, and refuse what cannot be counted.

The table `answers` has, a row each: `id`, `t` (microseconds), `w` (its window), `who` (the place of its version), `d`
(decided positive), `u` (its unit), `p` (the rows that it stands for), `y0` (a label in the predictions' own table, as
text) and b0, b1, … (its bins).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field

from ml_ci.errors import UserError
from ml_ci.frozen import dataclass
from ml_ci.live.bins import find_bin
from ml_ci.live.decisions import Decision, find_decision
from ml_ci.live.identity import write_id
from ml_ci.live.moments import Clock, write_moment
from ml_ci.live.sources import Opened
from ml_ci.live.values import SCORE, Bins, Candidate, Champion
from ml_ci.spec.live import LiveSpec
from ml_ci.spec.problems import show
from ml_ci.spec.values import ModelSpec
from ml_ci.tables.canonical import canonical
from ml_ci.tables.duck import Database, literal, quote, select

ZONED = "TIMESTAMP WITH TIME ZONE"
_SHOWN = 3  # ids that a message names


@dataclass(frozen=True)
class Answers:
    """What the table `answers` was made of: the columns that are binned, in the order of b0, b1, …, and `notes`."""

    opened: Opened
    columns: tuple[str, ...]
    notes: tuple[str, ...] = field(default=())


def hold_answers(
    model: ModelSpec,
    opened: Opened,
    database: Database,
    clock: Clock,
    who: Sequence[Champion | Candidate],
    bins: dict[str, Bins],
) -> Answers:
    """Read the predictions of some versions since the clock began into the table `answers`.

    UserError for predictions that mean nothing: without id, decision or time zone, or two of one id that differ.
    """
    live = _live(model)
    notes = _look_at_versions(live, opened, database, clock, who)
    decision = find_decision(model, opened, database, who)
    logged = {name: one for name, one in bins.items() if opened.has(name)}
    missing = [name for name in bins if name not in logged and name != SCORE]
    if missing:
        notes.append(f"not logged, so that their drift is not seen: {', '.join(missing[:10])}")
    database.execute(f"CREATE TEMP TABLE answers AS {_write(model, opened, clock, who, decision, logged)}")
    _refuse_untold(live, opened, database, clock)
    notes += _drop_repeated(opened, database, len(who))
    notes += _leave_future_out(database, clock)
    return Answers(opened, tuple(logged), tuple(notes))


def _live(model: ModelSpec) -> LiveSpec:
    if model.live is None:
        raise UserError(f"{model.name} has no `live:` in ml-ci.yaml", hint="Say there where its live rows are.")
    return model.live


def _write(
    model: ModelSpec,
    opened: Opened,
    clock: Clock,
    who: Sequence[Champion | Candidate],
    decision: Decision,
    logged: dict[str, Bins],
) -> str:
    live = _live(model)
    version = place_version(live, opened, who)
    moment = write_moment_sql(opened, live.time, "time")
    micros = f"epoch_us({moment})"
    label = quote(model.label) if live.labels is None and opened.has(model.label) else "NULL"
    unit = opened.find(live.unit, "unit") if live.unit else "NULL"
    weight = quote(live.weight) if live.weight and opened.has(live.weight) else "NULL"
    columns = [
        f"{write_id(opened, live.id)} AS id",
        f"{micros} AS t",
        f"CAST(({micros} - {clock.since}) // {clock.length} AS INTEGER) AS w",
        f"{version} AS who",
        f"{decision.write(version)} AS d",
        f"CAST({unit} AS VARCHAR) AS u",
        f"TRY_CAST({weight} AS DOUBLE) AS p",
        f"CAST({label} AS VARCHAR) AS y0",
        *(f"{find_bin(opened, name, one)} AS b{place}" for place, (name, one) in enumerate(logged.items())),
    ]
    kept = f"who IS NOT NULL AND (t IS NULL OR t >= {clock.since})"
    return select("*", f"({select(', '.join(columns), opened.relation)})", f"WHERE {kept}")


def write_moment_sql(opened: Opened, column: str, key: str) -> str:
    """Write the SQL of a column as a moment; NULL for a text without a zone. UserError for a type without one."""
    name, kind = opened.find(column, key), opened.types[column]
    if kind == ZONED:
        return name
    if kind == "VARCHAR":
        zoned = f"regexp_matches({name}, '[0-9]([Zz]|[+-][0-9]{{2}}(:?[0-9]{{2}})?)\\s*$')"
        return f"CASE WHEN {zoned} THEN TRY_CAST({name} AS TIMESTAMPTZ) END"
    raise no_zone(opened, column, f"is of type {kind}")


def no_zone(opened: Opened, column: str, what: str) -> UserError:
    """Say of a column that it has no time zone, and how to give it one."""
    hint = (
        "Write times with their zone (2026-01-31T12:00:00Z, or TIMESTAMPTZ in Parquet), or say it by sql: "
        f"replace ({quote(column)} AT TIME ZONE 'UTC' AS {quote(column)}) behind the star of select"
    )
    message = f"{opened.shown}: the column {show(column)} {what}: a time without a zone may be hours off"
    return UserError(message, hint=hint)


def place_version(live: LiveSpec, opened: Opened, who: Sequence[Champion | Candidate]) -> str:
    """Write the SQL of the place of a row's version among some; NULL for another's."""
    if live.version is None:
        return "CAST(0 AS UTINYINT)"
    text = f"CAST({opened.find(live.version, 'version')} AS VARCHAR)"
    cases = " ".join(f"WHEN {_means(text, one)} THEN {place}" for place, one in enumerate(who))
    return f"CAST(CASE {cases} END AS UTINYINT)"


def _means(text: str, one: Champion | Candidate) -> str:
    """Write whether a text names a version: by its number in the registry (7, v7, 7.0), or its commit (7 letters)."""
    number = ", ".join(literal(written) for written in (one.version, f"v{one.version}", f"{one.version}.0"))
    by_commit = f"(length({text}) >= 7 AND starts_with({literal(one.commit)}, lower({text})))" if one.commit else ""
    return " OR ".join(filter(None, (f"{text} IN ({number})", by_commit)))


def _look_at_versions(
    live: LiveSpec, opened: Opened, database: Database, clock: Clock, who: Sequence[Champion | Candidate]
) -> list[str]:
    """Say which other versions answered since the clock began; UserError where none of the wanted ones did."""
    if live.version is None:
        _refuse_empty(opened, database)
        return []
    name = opened.find(live.version, "version")
    micros = f"epoch_us({write_moment_sql(opened, live.time, 'time')})"
    asked = f"CAST({name} AS VARCHAR), count(*), count(*) FILTER (WHERE {micros} >= {clock.since}), max({micros})"
    found = database.execute(select(asked, opened.relation, "GROUP BY 1 ORDER BY 2 DESC LIMIT 200")).fetchall()
    if not found:
        _refuse_empty(opened, database)
    known = [one for one in found if one[0] is not None and any(_is(str(one[0]), asked) for asked in who)]
    if not known:
        listed = ", ".join(show(one[0]) if one[0] is not None else "nothing" for one in found[:8])
        wanted = " or ".join(one.version for one in who)
        hint = "Log the version that the registry gave the model (or its commit), or leave out `version:`."
        raise UserError(
            f"{opened.shown}: no row was answered by version {wanted}; {live.version} is {listed}", hint=hint
        )
    others = [one for one in found if one not in known and one[2]]
    return [_say_other(one, who, clock) for one in others[:5]]


def _is(text: str, one: Champion | Candidate) -> bool:
    plain = text.strip().lower()
    same = canonical(plain.removeprefix("v")) == canonical(one.version)
    return same or (len(plain) >= 7 and one.commit.startswith(plain))


def _say_other(found: tuple[object, ...], who: Sequence[Champion | Candidate], clock: Clock) -> str:
    named = show(found[0]) if found[0] is not None else "no version"
    until = f", the last at {write_moment(int(str(found[3])))}" if found[3] is not None else ""
    if len(who) > 1:
        return (
            f"the candidate changed midway, or a third model answers: {int(str(found[2])):,} rows of {named} since "
            f"{write_moment(clock.since)}{until}: not counted, evidence is of version {who[1].version} alone"
        )
    return f"{int(str(found[2])):,} rows of {named}, which is not the champion's version{until}: not counted"


def _refuse_empty(opened: Opened, database: Database) -> None:
    if not database.execute(select("1", opened.relation, "LIMIT 1")).fetchone():
        raise UserError(f"{opened.shown} has no rows", hint="Is the log written, and is this where it is?")


def _refuse_untold(live: LiveSpec, opened: Opened, database: Database, clock: Clock) -> None:
    asked = "count(*) FILTER (WHERE id IS NULL OR id = ''), count(*) FILTER (WHERE t IS NULL), "
    asked += "count(*) FILTER (WHERE d IS NULL), count(*)"
    no_id, no_time, undecided, rows = database.execute(select(asked, "answers")).fetchone() or (0, 0, 0, 0)
    if no_id:
        message = f"{opened.shown}: {no_id:,} of {rows:,} rows have no {live.id}: no label can find them"
        raise UserError(message, hint="Log an id with each prediction, and send it to whoever labels.")
    if no_time:
        raise _about_time(live, opened, database, no_time)
    if undecided:
        shown = _name_ids(database, "d IS NULL")
        message = (
            f"{opened.shown}: {undecided:,} of {rows:,} rows have no score or prediction (missing or NaN): {shown}"
        )
        hint = "A model has to answer every row. Leave out rows that nobody decided on by sql:."
        raise UserError(message, hint=hint)


def _about_time(live: LiveSpec, opened: Opened, database: Database, number: int) -> UserError:
    name = opened.find(live.time, "time")
    found = database.execute(
        select(f"any_value(CAST({name} AS VARCHAR))", opened.relation, f"WHERE {name} IS NOT NULL AND "
               f"({write_moment_sql(opened, live.time, 'time')}) IS NULL")
    ).fetchone()  # fmt: skip
    if found is None or found[0] is None:
        return UserError(
            f"{opened.shown}: {number:,} rows have no {live.time}", hint="Log the time of each prediction."
        )
    return no_zone(opened, live.time, f"is {show(str(found[0]))} in one of {number:,} rows")


def _name_ids(database: Database, condition: str) -> str:
    found = database.execute(
        select("DISTINCT id", "answers", f"WHERE {condition} ORDER BY id LIMIT {_SHOWN}")
    ).fetchall()
    return ", ".join(show(one[0]) for one in found)


def _drop_repeated(opened: Opened, database: Database, versions: int) -> list[str]:
    """Count a prediction once that is there several times, alike; UserError where two of one id differ."""
    named = "(id, who)" if versions > 1 else "id"
    rows, different = database.execute(select(f"count(*), count(DISTINCT {named})", "answers")).fetchone() or (0, 0)
    if rows == different:
        return []
    database.execute(f"CREATE TEMP TABLE once AS {select('DISTINCT *', 'answers')}")
    twice = select("id", "once", "GROUP BY id, who HAVING count(*) > 1")
    unlike = database.execute(select("count(*), min(id)", f"({twice})")).fetchone() or (0, None)
    if unlike[0]:
        message = (
            f"{opened.shown}: {unlike[0]:,} ids stand for predictions that differ, such as {show(unlike[1])}: which of "
            "them was acted on is not known"
        )
        hint = "Give each prediction an id of its own, or say by sql: which of them counts."
        raise UserError(message, hint=hint)
    kept = database.execute(select("count(*)", "once")).fetchone() or (0,)
    database.execute("DROP TABLE answers")
    database.execute("ALTER TABLE once RENAME TO answers")
    return [f"{rows - kept[0]:,} rows are there twice, alike: each was counted once"]


def _leave_future_out(database: Database, clock: Clock) -> list[str]:
    late = f"t > {clock.now}"
    number = (database.execute(select("count(*)", "answers", f"WHERE {late}")).fetchone() or (0,))[0]
    if not number:
        return []
    database.execute(f"DELETE FROM answers WHERE {late}")  # noqa: S608 a number of ours
    return [f"{number:,} rows are of a time to come: not counted; is a clock or a time zone wrong?"]
