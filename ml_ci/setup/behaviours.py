"""Which behaviours the data suggest: what names somebody or is protected decides nothing, what the label follows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ml_ci.errors import UserError
from ml_ci.setup.values import Choice
from ml_ci.setup.writing import flow
from ml_ci.tables.table import Table

# Columns by which nobody should be treated differently, in most of the world's laws, as data sets call them.
_PROTECTED = re.compile(
    r"(is_|applicant_|person_)?(sex|gender|race|ethnic(ity|_group|_origin)?|religion|nationality|disab(ility|led)"
    r"|sexual_orientation|pregnan(t|cy)|caste)(_id|_code|_name)?",
    re.IGNORECASE,
)
_NAMES = re.compile(r"(.*_)?(id|uuid|guid|ssn|email|e_mail|phone|iban|name|full_name|last_name|surname)", re.IGNORECASE)
_ID = re.compile(r"[a-z]+(Id|ID)|ID")
_MOST, _RISING = 4, 3
# From each of so many parts of the rows, by the column, to the next the share of positives does not fall, and rises by
# so much in all; or the other way round.
_PARTS, _LEAST, _ROWS = 4, 0.05, 1_000_000
# A column with fewer different values than this share of the rows names nobody.
_DISTINCT = 0.5


def propose_behaviours(choice: Choice, top: Path) -> None:
    """Add to what ml-ci.yaml will say: behaviours that the data suggest with their gates, and others as comments.

    Nothing is proposed for a model that cannot be asked, or where the judged table and its label are not known.
    """
    table = _open(choice, top)
    if table is None:
        return
    label = str(choice.keys["label"])
    found = dict(_list_varied(table, label))
    if found:
        choice.keys["behaviours"] = {name: {"vary": column} for name, (column, _) in found.items()}
        choice.why["behaviours"] = "what has to hold of its answers whatever the label is"
        choice.notes |= {name: why for name, (_, why) in found.items()}
        gates = choice.keys["gates"]
        assert isinstance(gates, list)  # noqa: S101 - as `choose` makes them
        gates += [f"{name} <= baseline.{name} + 0.01" for name in found]
    choice.suggested = tuple(_list_rising(table, label, choice.keys.get("positive")))


def _open(choice: Choice, top: Path) -> Table | None:
    keys, data = choice.keys, choice.keys.get("data")
    is_asked = "train" in keys or "predict" in keys
    folds = isinstance(data, dict) and isinstance(data.get("holdout"), dict) and "folds" in data["holdout"]
    if choice.missing or not is_asked or folds or choice.judged is None or not choice.judged.header:
        return None
    try:
        table = Table.open(top / choice.judged.path, shown=choice.judged.path)
        return table if "label" in keys and table.has(str(keys["label"])) else None
    except UserError:
        return None


def _list_varied(table: Table, label: str) -> Iterator[tuple[str, tuple[str, str]]]:
    """Give by the behaviour's name the column and why: protected ones first."""
    others = [name for name in table.names if name != label]
    protected = [name for name in others if _PROTECTED.fullmatch(name) and len(table.counts(name)) > 1]
    naming = [name for name in others if (_NAMES.fullmatch(name) or _ID.fullmatch(name)) and name not in protected]
    for name in protected[:_MOST]:
        yield f"{_identifier(name)}_matters", (name, "no value of it should change a decision")
    for name in [one for one in naming if len(table.counts(one)) >= _DISTINCT * table.rows][:_MOST]:
        yield f"{_identifier(name)}_matters", (name, "it names somebody, and says nothing of them")


def _list_rising(table: Table, label: str, positive: object) -> Iterator[str]:
    """Give the lines of behaviours for numbers that the label rises or falls with: a person knows if it has to."""
    if not isinstance(positive, str | int | float) or table.rows > _ROWS:
        return
    is_positive = table.text(label) == str(positive)
    number = 0
    for name in table.names:
        if name == label or _NAMES.fullmatch(name) or _ID.fullmatch(name):
            continue
        course = _course(table, name, is_positive)
        if course and number < _RISING:
            number += 1
            way = "rises" if course == "never falls" else "falls"
            said = f"the share of {positive} {way} with it"
            yield f"{_identifier(name)}_counts: {{raise: {flow(name)}, score: {course}}}   # {said}"


def _course(table: Table, name: str, is_positive: np.ndarray) -> str:
    """Say which way the label goes with a column of numbers; "" where it goes no way, or it is none."""
    try:
        numbers = table.numbers(name)
    except UserError:
        return ""
    known = np.isfinite(numbers)
    edges = np.unique(np.quantile(numbers[known], np.linspace(0, 1, _PARTS + 1))) if known.any() else np.zeros(0)
    if len(edges) <= _PARTS:  # few different values: no order that these rows show
        return ""
    parts = np.clip(np.searchsorted(edges, numbers[known], side="right") - 1, 0, _PARTS - 1)
    shares = np.bincount(parts, is_positive[known], _PARTS) / np.maximum(np.bincount(parts, minlength=_PARTS), 1)
    steps = np.diff(shares)
    if abs(shares[-1] - shares[0]) < _LEAST:
        return ""
    return "never falls" if (steps >= 0).all() else "never rises" if (steps <= 0).all() else ""


def _identifier(column: str) -> str:
    """Make a name for a behaviour of a column's: letters, digits and `_`, and no digit first."""
    name = re.sub(r"\W+", "_", column, flags=re.ASCII).strip("_").lower()
    return f"column_{name}" if not name or name[0].isdigit() else name
