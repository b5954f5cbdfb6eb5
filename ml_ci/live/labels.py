"""Join late labels with live predictions, by id.

The table `labelled` is `answers` with `due` (its delay is over), `y` (its label as it counts: NULL where it has none,
or one that came too late for its window), `y1` (its label as it is known now) and `v` (the text of the label).
"""

from __future__ import annotations

from ml_ci.child.labels import BOOLEANS
from ml_ci.errors import UserError
from ml_ci.live.answers import write_moment_sql
from ml_ci.live.decisions import choose, compare, find_positive, list_texts
from ml_ci.live.identity import say_type, write_id
from ml_ci.live.moments import Clock
from ml_ci.live.opening import Live
from ml_ci.live.sources import Opened
from ml_ci.spec.live import LiveSpec
from ml_ci.spec.problems import show
from ml_ci.spec.values import ModelSpec
from ml_ci.tables.canonical import canonical
from ml_ci.tables.duck import Database, quote, select


def join_labels(opened: Live, clock: Clock, *, rows: bool = True) -> tuple[str, ...]:
    """Join labels with the table `answers` into `labelled`; give what has to be said of them.

    With a column of times, a label counts for its row when it came before the row's window was closed: a look later
    sees the same. Without `rows`, which are counted only, the columns `id` and `v` may be left out. UserError for
    labels that mean nothing: two of one id that differ, none that finds its row.
    """
    live, database, labels = opened.live, opened.database, opened.labels
    timed = live.labels is not None and live.labels.time is not None
    named = ["a.id"] if rows or timed or live.weight is not None else []
    taken = ", ".join([*named, "a.t", "a.w", "a.who", "a.d", "a.p", f"t + {clock.delay} <= {clock.now} AS due"])
    if labels is None:
        return _take_own(opened, taken)
    notes = _hold_labels(opened.model, live, labels, database)
    database.execute(f"CREATE TEMP TABLE labelled AS {_join(clock, taken, timed, False, rows)}")
    if _count(database, "labelled") != _count(database, "answers"):  # an id has several labels
        notes += _look_at_repeated(labels, database, timed)
        database.execute(f"CREATE OR REPLACE TEMP TABLE labelled AS {_join(clock, taken, timed, timed, rows)}")
    notes += _look_at_early(live, labels, database) if timed else []
    return (*notes, *_look_for_ids(live, opened.predictions, labels, database))


def _count(database: Database, table: str) -> int:
    found = database.execute(select("count(*)", table)).fetchone()
    return int(found[0]) if found else 0


def _join(clock: Clock, taken: str, timed: bool, repeated: bool, rows: bool) -> str:
    joined = "answers a LEFT JOIN labels l ON a.id = l.id"
    if not timed:
        return select(f"{taken}, l.y AS y, l.y AS y1, 0 AS early{', l.v AS v' if rows else ''}", joined)
    sound = "l.k >= a.t"
    in_time = f"{sound} AND l.k <= {clock.since} + (a.w + 1) * {clock.length} + {clock.delay}"
    if repeated:
        asked = (
            f"{taken}, arg_max(l.y, l.k) FILTER (WHERE {in_time}) AS y, "
            f"arg_max(l.y, l.k) FILTER (WHERE {sound}) AS y1, count(*) FILTER (WHERE l.k < a.t) AS early, "
            f"arg_max(l.v, l.k) FILTER (WHERE {in_time}) AS v"
        )
        return select(asked, joined, "GROUP BY ALL")
    cases = f"CASE WHEN {in_time} THEN l.y END AS y, CASE WHEN {sound} THEN l.y END AS y1"
    text = f"CASE WHEN {in_time} THEN l.v END AS v"
    return select(f"{taken}, {cases}, CAST(l.k < a.t AS INTEGER) AS early, {text}", joined)


def _take_own(opened: Live, taken: str) -> tuple[str, ...]:
    """Take the labels that stand in the predictions' own table, empty until they are known."""
    notes = []
    if opened.live.labels is not None or not opened.predictions.has(opened.model.label):
        truth = "CAST(NULL AS BOOLEAN)"
        notes = [] if opened.live.labels else ["there are no labels: rates are not known, drift is"]
    else:
        truth = _find_truth(opened.model, opened.predictions, opened.database, "y0")
    asked = f"{taken}, {truth} AS y, {truth} AS y1, 0 AS early, y0 AS v"
    opened.database.execute(f"CREATE TEMP TABLE labelled AS {select(asked, 'answers a')}")
    return tuple(notes)


def _find_truth(model: ModelSpec, opened: Opened, database: Database, name: str) -> str:
    if model.positive.comparison is not None:
        return compare(model.positive, name)
    texts = list_texts(database, opened, model.label)
    positive = find_positive(texts, model.positive)
    if texts and not positive:
        _refuse_other_words(model, opened, texts)
    return choose(quote(name), texts, positive)


def _refuse_other_words(model: ModelSpec, opened: Opened, texts: list[str]) -> None:
    """Refuse labels true and false where the positive class is 0 or 1, or the reverse: all would be negative."""
    found, wanted = {canonical(one) for one in texts}, {canonical(one) for one in model.positive.values}
    first, second = BOOLEANS
    if (found <= first and wanted <= second) or (found <= second and wanted <= first):
        listed = " and ".join(sorted(found))
        message = f"{opened.shown}: labels are {listed}, and `positive:` is {', '.join(sorted(wanted))}"
        raise UserError(message, hint="Write labels as the holdout has them, or cast them by sql:.")


def _hold_labels(model: ModelSpec, live: LiveSpec, opened: Opened, database: Database) -> list[str]:
    label = opened.find(model.label, "label")
    time = live.labels.time if live.labels else None
    known = f"epoch_us({write_moment_sql(opened, time, 'time')})" if time else "CAST(NULL AS BIGINT)"
    truth = _find_truth(model, opened, database, model.label)
    what = f"{write_id(opened, live.id)} AS id, {truth} AS y, {known} AS k, CAST({label} AS VARCHAR) AS v"
    known_ones = select("id, y, k, v", f"({select(what, opened.relation)})", "WHERE y IS NOT NULL")
    database.execute(f"CREATE TEMP TABLE labels AS {known_ones}")
    asked = "count(*), count(*) FILTER (WHERE y), count(*) FILTER (WHERE id IS NULL), count(k)"
    rows, positive, nameless, timed = database.execute(select(asked, "labels")).fetchone() or (0,) * 4
    if nameless:
        hint = "A label belongs to a prediction by its id."
        raise UserError(f"{opened.shown}: {nameless:,} of {rows:,} labels have no {live.id}", hint=hint)
    if time and timed < rows:
        message = f"{opened.shown}: {rows - timed:,} of {rows:,} labels have no {time} with a time zone"
        raise UserError(message, hint="Write when each label came to be known, or leave `time:` of labels out.")
    if rows and not positive:
        return [f"none of {rows:,} labels is positive, as `positive:` has it: misses cannot be seen"]
    return []


def _look_at_repeated(opened: Opened, database: Database, timed: bool) -> list[str]:
    """Count a label once that is there several times, alike; UserError where they differ and none is the later."""
    named = "id, k" if timed else "id"
    unlike = select(named, "labels", f"GROUP BY {named} HAVING bool_or(y) <> bool_and(y)")
    number, example = database.execute(select("count(*), min(id)", f"({unlike})")).fetchone() or (0, None)
    if number:
        message = f"{opened.shown}: {number:,} ids have labels that differ, such as {show(example)}"
        hint = (
            "Say when each label came to be known, by `time:` of labels: then the latest counts. Or keep one by sql:."
        )
        raise UserError(message, hint=hint)
    changed = select("id", "labels", "GROUP BY id HAVING bool_or(y) <> bool_and(y)")
    moved = (database.execute(select("count(*)", f"({changed})")).fetchone() or (0,))[0]
    once = select("id, y, k, any_value(v) AS v", "labels", "GROUP BY id, y, k")
    database.execute(f"CREATE TEMP TABLE one_label AS {once}")
    database.execute("DROP TABLE labels")
    database.execute("ALTER TABLE one_label RENAME TO labels")
    return (
        [f"the labels of {moved:,} ids were changed: the latest counts that came before its window closed"]
        if moved
        else []
    )


def _look_at_early(live: LiveSpec, labels: Opened, database: Database) -> list[str]:
    """Say how many labels are older than their prediction: a wrong clock, or the label of something before."""
    asked = "sum(early), count(*) FILTER (WHERE y1 IS NOT NULL), min(id) FILTER (WHERE early > 0)"
    early, sound, example = database.execute(select(asked, "labelled")).fetchone() or (0, 0, None)
    if not early:
        return []
    time = live.labels.time if live.labels else ""
    came = f"{int(early):,} labels came before their prediction ({time} before {live.time})"
    said = f"{came}, such as that of {show(example)}"
    if not sound:
        hint = "Is a clock or a time zone wrong, or are ids used again?"
        raise UserError(f"{labels.shown}: {said}; no other label is there", hint=hint)
    return [f"{said}: not counted; is a clock wrong, or are ids used again?"]


def _look_for_ids(live: LiveSpec, predictions: Opened, labels: Opened, database: Database) -> list[str]:
    """Refuse labels of which none finds its row, among all rows that there are: ids of two kinds never meet."""
    asked = "count(*) FILTER (WHERE due), count(*) FILTER (WHERE due AND (y1 IS NOT NULL OR coalesce(early, 0) > 0))"
    due, found = database.execute(select(asked, "labelled")).fetchone() or (0, 0)
    number, example = database.execute(select("count(*), min(id)", "labels")).fetchone() or (0, None)
    if not due or found or not number:
        return []
    logged = f"({select(f'{write_id(predictions, live.id)} AS id', predictions.relation)})"
    met = database.execute(select("1", f"labels SEMI JOIN {logged} AS logged USING (id)", "LIMIT 1")).fetchone()
    if met:
        return [f"no label of {due:,} rows that are due has come"]
    other = database.execute(select("min(id)", logged)).fetchone() or (None,)
    message = (
        f"no label finds its prediction: {live.id} of {predictions.shown} is {say_type(predictions, live.id)} such as "
        f"{show(other[0])}, of {labels.shown} {say_type(labels, live.id)} such as {show(example)}"
    )
    raise UserError(message, hint="Log the id that labels will carry, written the same way.")
