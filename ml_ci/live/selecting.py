"""Select live rows and write them to a file: those with a label as the next holdout, and those worth a label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from ml_ci.errors import UserError
from ml_ci.live.answers import hold_answers, place_version
from ml_ci.live.beside import CANDIDATE, CHAMPION, hold_both
from ml_ci.live.decisions import PREDICTION
from ml_ci.live.identity import write_id
from ml_ci.live.labels import join_labels
from ml_ci.live.moments import Clock
from ml_ci.live.opening import Live, open_live
from ml_ci.live.values import SCORE, Candidate, Champion
from ml_ci.spec.values import ModelSpec
from ml_ci.tables.duck import literal, quote, select

_FORMATS = {".csv": "FORMAT csv, HEADER", ".parquet": "FORMAT parquet"}
_CONCORDANT = 0.1  # of the rows on which both agree: their errors are estimated, those of the others counted
_MODULUS = 1 << 32
_REASON = ("why", "stands_for")


def write_labelled(
    model: ModelSpec,
    champion: Champion,
    folder: Path,
    now: datetime,
    environment: Mapping[str, str],
    file: Path,
    columns: Sequence[str] = (),
) -> int:
    """Write the champion's live rows that are due and labelled, with every feature and the label; give their number.

    The label is as the labels' table has it, as it counted for its window. What was answered (score, prediction,
    version) is left out: the next model answers anew. With `columns`, those of a holdout, they are these and no others.
    UserError where there is no row, where a log has not all of the columns, or where the file has another ending than
    .csv or .parquet.
    """
    options = _options(file)
    with open_live(model, folder, environment) as opened:
        clock = Clock(opened.live, champion.since, now)
        hold_answers(model, opened.predictions, opened.database, clock, (champion,), {})
        join_labels(opened, clock)
        chosen = select("id, v", "labelled", "WHERE due AND y IS NOT NULL")
        query = _with_labels(opened, chosen, champion)
        if columns:
            query = select(", ".join(map(quote, _check_columns(opened, columns))), f"({query})")
        return _write(opened, query, file, options, "labelled row that is due")


def write_to_label(
    model: ModelSpec,
    champion: Champion,
    candidate: Candidate | None,
    folder: Path,
    now: datetime,
    environment: Mapping[str, str],
    file: Path,
) -> int:
    """Write the rows without a label that are worth one, with `why` and how many rows each stands for; give the number.

    Beside a candidate that answers every row: all on which the two disagree, and one of ten on which they agree, drawn
    by a hash of the id over the whole time. Of one model: all that were decided positive, and one of ten others. The
    column `stands_for` is what `weight:` asks for. UserError where there is none.
    """
    options = _options(file)
    if candidate is None:
        with open_live(model, folder, environment) as opened:
            clock = Clock(opened.live, champion.since, now)
            hold_answers(model, opened.predictions, opened.database, clock, (champion,), {})
            join_labels(opened, clock)
            chosen = _draw(select("id, d AS sure, 'decided positive' AS why, y1", "labelled"), "decided negative")
            return _write(opened, _with_reason(opened, chosen, champion), file, options, "row without a label")
    with hold_both(model, champion, candidate, folder, now, environment) as both:
        both.label()
        joined = f"labelled a JOIN labelled b ON a.id = b.id AND a.who = {CHAMPION} AND b.who = {CANDIDATE}"
        chosen = _draw(select("a.id, a.d <> b.d AS sure, 'disagree' AS why, a.y1", joined), "agree")
        return _write(both.opened, _with_reason(both.opened, chosen, champion), file, options, "row without a label")


def _draw(rows: str, other: str) -> str:
    """Take all rows that are sure to be worth a label, and a share of the others: the same ones at each look."""
    bound = round(_CONCORDANT * _MODULUS)
    drawn = f"(('0x' || substr(md5(CAST(id AS VARCHAR)), 1, 8))::BIGINT < {bound})"
    why = f"CASE WHEN sure THEN why ELSE {literal(other)} END AS why"
    weight = f"CASE WHEN sure THEN 1 ELSE {round(1 / _CONCORDANT)} END AS stands_for"
    return select(f"id, {why}, {weight}", f"({rows})", f"WHERE y1 IS NULL AND (sure OR {drawn})")


def _with_labels(opened: Live, chosen: str, champion: Champion) -> str:
    """Write the features of chosen rows beside their label, in the words of the labels' table."""
    model, live = opened.model, opened.live
    left_out = (SCORE, PREDICTION, live.version, live.weight, model.label)
    return _join(opened, chosen, (champion,), left_out, [f"c.v AS {quote(model.label)}"])


def _check_columns(opened: Live, columns: Sequence[str]) -> Sequence[str]:
    missing = [name for name in columns if name not in opened.predictions.types and name != opened.model.label]
    if missing:
        shown = ", ".join(f"`{name}`" for name in missing[:10])
        hint = "Let the service log every feature, or name the columns by a query: `predictions: {sql: select …}`."
        raise UserError(f"the live rows of `{opened.model.name}` lack columns of its holdout: {shown}", hint=hint)
    return columns


def _with_reason(opened: Live, chosen: str, champion: Champion) -> str:
    left_out = (SCORE, PREDICTION, opened.live.version, opened.live.weight, *_REASON)
    return _join(opened, chosen, (champion,), left_out, [f"c.{name}" for name in _REASON])


def _join(
    opened: Live, chosen: str, who: Sequence[Champion], left_out: Sequence[str | None], more: Sequence[str]
) -> str:
    """Write one logged row of each chosen id, by its first time, with what is known of it."""
    live, predictions = opened.live, opened.predictions
    named = f"{write_id(predictions, live.id)} AS ml_ci_id, {place_version(live, predictions, who)} AS ml_ci_who, *"
    first = f"QUALIFY row_number() OVER (PARTITION BY ml_ci_id ORDER BY {quote(live.time)}) = 1"
    rows = select("*", f"({select(named, predictions.relation)})", f"WHERE ml_ci_who IS NOT NULL {first}")
    names = [f"p.{quote(name)}" for name in predictions.types if name not in left_out]
    return select(", ".join([*names, *more]), f"({rows}) p JOIN ({chosen}) c ON p.ml_ci_id = c.id", "ORDER BY c.id")


def _options(file: Path) -> str:
    if file.suffix not in _FORMATS:
        raise UserError(f"{file.name}: rows are written as .csv or .parquet", hint="Name the file so.")
    return _FORMATS[file.suffix]


def _write(opened: Live, query: str, file: Path, options: str, what: str) -> int:
    opened.database.execute(f"CREATE TEMP TABLE chosen AS {query}")
    number = (opened.database.execute(select("count(*)", "chosen")).fetchone() or (0,))[0]
    if not number:
        raise UserError(f"there is no {what} of {opened.model.name} yet", hint="Nothing was written.")
    opened.database.execute(f"COPY chosen TO {literal(str(file))} ({options})")
    return int(number)
