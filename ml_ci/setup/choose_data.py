"""Choose the tables of a model: what it is trained on, what it is judged on, the label and its positive value. Pure."""

from __future__ import annotations

import math
import posixpath
import re

from ml_ci.setup import data
from ml_ci.setup.values import Answers, Choice, DataFile, Found, Script

_HELD_OUT = re.compile(r"(?:^|[_\-./])(?:test|holdout|hold_out|valid|validation|val|eval)(?=[_\-./]|$)", re.IGNORECASE)
_TRAINS = re.compile(r"(?:^|[_\-./])train(?:ing)?(?=[_\-./]|$)", re.IGNORECASE)
_LIVE = re.compile(r"(?:^|[_\-./])live(?=[_\-./]|$)", re.IGNORECASE)


def choose_data(
    choice: Choice, found: Found, answers: Answers, script: Script | None, needs: tuple[str, ...]
) -> DataFile | None:
    """Choose `data:`, and give the table that the holdout is or is cut out of; `needs` are a command's own tables."""
    holdout = _choose_holdout(found, answers, script)
    train = _choose_train(found, answers, script, holdout, needs)
    made = train is not None and train.path in needs  # the program reads what an earlier step makes of it
    elsewhere = script is not None and bool(script.absent or script.fetched)
    unknown = elsewhere and not (script is None or script.reads or answers.data or made)
    if script and unknown and not answers.holdout:
        choice.missing["data"] = f"{{train: FILE, holdout: FILE}}: {_say_elsewhere(script, found)}"
        return None
    _fill(choice, answers, script, None if unknown else train, holdout)
    return holdout or train


def _say_elsewhere(script: Script, found: Found) -> str:
    """Say where a program has its table from, and what to do: of a table that it fetches no rows can be held out."""
    if not script.fetched:
        return f"{script.path} reads {', '.join(script.absent)}, which git does not have"
    address = script.fetched[0]
    name = posixpath.basename(address.partition("?")[0])
    here = next((table.path for table in found.tables if posixpath.basename(table.path) == name), None)
    said = f"{script.path} fetches {address} itself, and would train on the rows to judge on"
    if here:
        return f"{said}; let it read {here}, which is here, then ml-ci init again"
    return f"{said}; let it read a file of the repository"


def _choose_holdout(found: Found, answers: Answers, script: Script | None) -> DataFile | None:
    """Find the table of the holdout: what was answered, a file of that name with labels, or none: a part is cut out."""
    if answers.holdout and not read_share(answers.holdout):
        return next((table for table in found.tables if table.path == answers.holdout), None)
    if answers.holdout:
        return None
    tables = [table for table in found.tables if _HELD_OUT.search(table.path) and _labelled(table, script)]
    return min(tables, key=_rank_holdout, default=None)


def _rank_holdout(table: DataFile) -> tuple[bool, bool, str]:
    """Put what `ml-ci watch --rows` wrote first: nobody looked at those rows before."""
    return not _LIVE.search(table.path), not re.search("label|target", table.path), table.path


def _labelled(table: DataFile, script: Script | None) -> bool:
    return data.label(table, script.named if script else ()) is not None


def _choose_train(
    found: Found, answers: Answers, script: Script | None, holdout: DataFile | None, needs: tuple[str, ...]
) -> DataFile | None:
    read = {*needs, *(script.reads if script else ())}
    given = next((path for _, path in answers.data), None)
    if given is not None:
        return next((table for table in found.tables if table.path == given), None)
    tables = [table for table in found.tables if table is not holdout]
    return min(
        tables, key=lambda table: (table.path not in read, not _TRAINS.search(table.path), table.path), default=None
    )


def _fill(
    choice: Choice, answers: Answers, script: Script | None, table: DataFile | None, holdout: DataFile | None
) -> None:
    entries = _list_entries(choice, answers, script, table, holdout)
    first = next(iter(entries), None)
    if holdout is not None:
        headless = not holdout.header
        entries["holdout"] = {"path": holdout.path, "columns": list(holdout.columns)} if headless else holdout.path
    elif answers.holdout and not read_share(answers.holdout):
        entries["holdout"] = answers.holdout
    elif first is not None:
        entries["holdout"] = {"of": first, "share": read_share(answers.holdout) or 0.2}
        choice.why["data"] = "the holdout is cut out by content; the job never sees those rows"
    else:
        choice.missing["data"] = "{train: FILE, holdout: FILE}: no table was found in the repository"
        return
    choice.keys["data"] = entries


def _list_entries(
    choice: Choice, answers: Answers, script: Script | None, table: DataFile | None, holdout: DataFile | None
) -> dict[str, object]:
    entries: dict[str, object] = dict(answers.data)
    if entries or table is None:
        return entries
    by_function = script is not None and script.function is not None and "train" in choice.keys and not answers.train
    entries[script.function[1] if by_function and script and script.function else "train"] = table.path
    read = [one for one in (script.reads if script else ()) if one not in (table.path, holdout and holdout.path)]
    return entries | {_name_entry(path, entries): path for path in read}


def read_share(text: str | None) -> float | None:
    """Read a share of rows, more than none of them and fewer than all; None where the text is something else."""
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if 0 < value < 1 else None


def _name_entry(path: str, taken: dict[str, object]) -> str:
    """Name a data entry by its file."""
    stem = re.sub(r"\W+", "_", posixpath.basename(path).split(".")[0]).strip("_").lower()
    stem = stem if stem[:1].isalpha() and stem != "holdout" else f"data_{stem}"
    return stem if stem not in taken else f"{stem}_{len(taken)}"


_LIVE = re.compile(r"(?:^|[_\-./])live(?=[_\-./]|$)", re.IGNORECASE)


def choose_label(choice: Choice, answers: Answers, script: Script | None, table: DataFile | None) -> None:
    """Choose the label, and which of its values is the positive one."""
    choice.judged = table
    label = answers.label or (data.label(table, script.named if script else ()) if table else None)
    if label is None:
        choice.missing["label"] = f"the column that says what is true{_list_columns(table)}"
    else:
        choice.keys["label"] = label
        others = data.rivals(table, label) if table and not (answers.label or _is_named(table, label, script)) else ()
        if others:
            choice.why["label"] = f"the last column; {', '.join(others)} has two values too"
    values = table.values.get(label, ()) if table and label else ()
    guess = data.positive(values)
    if answers.positive is not None:
        choice.keys["positive"] = _read_scalar(answers.positive)
    elif guess is None:
        choice.missing["positive"] = _explain_positive(script, values)
    else:
        choice.keys["positive"] = _read_scalar(guess[0])
        if guess[1]:
            choice.why["positive"] = guess[1]


def _is_named(table: DataFile, label: str, script: Script | None) -> bool:
    return script is not None and label in (name.strip() for name in script.named) and label in table.columns


def _list_columns(table: DataFile | None) -> str:
    if table is None or not table.header:
        return ""
    return f" ({', '.join(table.columns[:8])}{', …' if len(table.columns) > 8 else ''})"


def _explain_positive(script: Script | None, values: tuple[str, ...]) -> str:
    if len(values) > 2:
        return f"one of the label's {len(values)} classes, against all others: {', '.join(values)}"
    if script is not None and script.regressor:
        return 'the program fits a regressor: which values are positive, such as ">= 7"'
    return "the value of the label that a false alarm is about" + (f": {', '.join(values)}" if values else "")


def _read_scalar(text: str) -> object:
    try:
        number = float(text)
    except ValueError:
        return text
    if not math.isfinite(number):
        return text
    return int(number) if number == int(number) else number
