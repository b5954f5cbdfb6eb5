"""The SQL of a value in the one form that stands for every way to write it: what rows are known by.

0.50, 0.500 and .5 are one number, 7 and 7.0 too, in CSV and in Parquet; so are a date and its midnight, True and true,
an empty field and the words that pandas reads as missing. Numbers with a fraction are compared as float64, whole ones
exactly. A shortest decimal, a whole number and any other text are their own form.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ml_ci.tables.duck import connect, literal, select, unpad
from ml_ci.tables.table import Table

# What pandas reads as missing where nobody tells it otherwise.
MISSING = (
    *("#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA"),
    *("NULL", "NaN", "None", "n/a", "nan", "null"),
)
# Its own form already: a shortest decimal that no exponent would shorten, a whole number without leading zeros.
_PLAIN = r"-?(?:[1-9]\d{0,7}\.\d{0,6}[1-9]|0\.0{0,3}[1-9](?:\d{0,9}[1-9])?|[1-9]\d{0,17})|0"
NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,6})?"
WHOLE = r"[+-]?\d+"
_WHOLE_NUMBER = r"[+-]?\d+(?:\.0*)?"
_MOMENT = r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?: ?(?:Z|[+-]\d\d(?::?\d\d)?))?)?"
FLOATS = ("FLOAT", "DOUBLE")


def spell(
    table: Table, columns: Sequence[str], *, words: bool = True, source: str | None = None
) -> tuple[str, list[str]]:
    """Give the SQL of the rows with some of their columns in that form too, "" where a value is missing, and its names.

    `words` says that the words which pandas reads as missing are: not where a column names something. `source` has
    these rows, or some of them.
    """
    places = [table.layout.index(name, table.shown) for name in columns]
    types = table.types
    texts = [write_value(f"c{place}", types[place]) for place in places]
    trimmed = ", ".join(["*", *(f"{text} AS t{number}" for number, text in enumerate(texts))])
    forms = [
        f"t{number}" if types[place] in FLOATS else find_form(f"t{number}", words)
        for number, place in enumerate(places)
    ]
    named = [f"v{number}" for number in range(len(forms))]
    what = ", ".join(["*", *(f"{form} AS {name}" for form, name in zip(forms, named, strict=True))])
    return f"({select(what, f'({select(trimmed, source or table.source)})')})", named


def spelling(table: Table, column: str) -> str:
    """Give the SQL of one column in that form, over the table's source; "" where there is no such column."""
    if not table.has(column):
        return "''"
    place = table.layout.index(column, table.shown)
    text = write_value(f"c{place}", table.types[place])
    return text if table.types[place] in FLOATS else find_form(text, words=True)


def spell_text(text: str, shown: str) -> str:
    """Give a text in that form, as `spell` without `words` gives a value of the table `shown`."""
    trimmed = unpad(literal(text))
    with connect(shown=shown) as connection:
        found = connection.execute(select(find_form("t", words=False), f"(SELECT {trimmed} AS t)")).fetchone()
    return str(found[0]) if found else text


def write_value(column: str, kind: str) -> str:
    """Write the SQL of a value of one of DuckDB's types as text, a number with a fraction in its form already."""
    if kind == "VARCHAR":
        return unpad(column)
    if kind in FLOATS:
        return f"CASE WHEN {column} IS NULL OR isnan({column}) THEN '' ELSE {_float(column)} END"
    return f"CAST({column} AS VARCHAR)"


def _float(value: str) -> str:
    whole = f"{value} = trunc({value}) AND abs({value}) < 1e38"
    return f"CASE WHEN {whole} THEN CAST(CAST({value} AS HUGEINT) AS VARCHAR) ELSE CAST({value} AS VARCHAR) END"


def find_form(text: str, words: bool) -> str:
    """Write the SQL of the form of a text without white space around it; see `spell` for `words`."""
    # no IN, no list: DuckDB makes a join of a long one, which does not keep the order of the rows
    listed = literal("|".join(map(re.escape, MISSING)))
    missing = f"WHEN length({text}) < 10 AND regexp_full_match({text}, {listed}) THEN ''" if words else ""
    return (
        f"CASE WHEN {text} IS NULL THEN '' WHEN regexp_full_match({text}, {literal(_PLAIN)}) THEN {text} "
        f"WHEN regexp_full_match({text}, {literal(NUMBER)}) THEN {_number(text)} "
        f"WHEN length({text}) < 6 AND regexp_full_match(lower({text}), 'true|false') THEN lower({text}) {missing} "
        f"WHEN regexp_full_match({text}, {literal(_MOMENT)}) THEN {_moment(text)} ELSE {text} END"
    )


def _number(text: str) -> str:
    whole = f"regexp_replace({text}, '\\.0*$', '')"
    long = f"regexp_replace({whole}, '^(?:\\+|(-))?0*(\\d)', '\\1\\2')"
    exact = f"coalesce(CAST(TRY_CAST({whole} AS HUGEINT) AS VARCHAR), {long})"
    value = f"TRY_CAST({text} AS DOUBLE)"
    near = f"CASE WHEN {value} IS NULL OR isinf({value}) THEN {text} ELSE {_float(value)} END"
    return f"CASE WHEN regexp_full_match({text}, {literal(_WHOLE_NUMBER)}) THEN {exact} ELSE {near} END"


def _moment(text: str) -> str:
    """Write a moment in UTC; one without an offset is taken as UTC, as `after:` does."""
    value = f"CAST(TRY_CAST({text} AS TIMESTAMP WITH TIME ZONE) AS VARCHAR)"
    return f"coalesce(regexp_replace({value}, '(?: 00:00:00)?[+]00(?::00)?$', ''), {text})"
