"""Whether a model's data entries fit together: names, the holdout's part, no leak, what refers to them."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from posixpath import normpath

from ml_ci.spec.draft import Check, Draft
from ml_ci.spec.entry_shape import ENTRY_NAME, FileShape, PartShape
from ml_ci.spec.paths import is_url
from ml_ci.spec.problems import Problem, show, suggest

_RESERVED = ("params", "seed", "out")


def _names(model: Draft) -> Iterator[Problem]:
    variables = {"HOLDOUT": "holdout"}  # a command gets ML_CI_DATA_NAME
    for name in model.keys.data.files:
        place = model.place("data", name)
        if name in _RESERVED or keyword.iskeyword(name):
            yield Problem(
                place, f"{show(name)} cannot name data: a training function's parameter of that name is taken"
            )
        elif not re.fullmatch(ENTRY_NAME, name):
            yield Problem(place, f"expected a name such as train or train_2024 (a Python parameter), got {show(name)}")
        elif variables.setdefault(name.upper(), name) != name:
            yield Problem(
                place, f"the name differs from {show(variables[name.upper()])} in capitals only; choose another"
            )


def _part(model: Draft) -> Iterator[Problem]:
    part = model.keys.data.holdout
    if not isinstance(part, PartShape):
        return
    known = model.keys.data.files
    if part.of not in known:
        hint = suggest(part.of, known) or (f"; entries are {', '.join(known)}" if known else "; add it to data:")
        yield Problem(model.place("data", "holdout", "of"), f"there is no other data entry {show(part.of)}{hint}")
    given = [name for name in ("share", "after", "where", "folds") if getattr(part, name) is not None]
    if len(given) != 1:
        got = f"got {' and '.join(given)}" if given else "got none"
        yield Problem(model.place("data", "holdout"), f"expected exactly one of share, after, where and folds, {got}")
    for name in ("by", "seed"):
        if getattr(part, name) is not None and given and not {"share", "folds"} & {*given}:
            message = f"{name} chooses rows for a share, and this part is chosen by {given[0]}; remove it"
            yield Problem(model.place("data", "holdout", name), message)
    together = model.keys.cluster.columns if model.keys.cluster else ()
    if part.folds is not None and part.by is not None and together and part.by not in together:
        message = f"folds by {show(part.by)} cut rows of one {show(together[0])} apart, which `cluster` keeps together"
        yield Problem(model.place("data", "holdout", "by"), f"{message}; leave `by` out")
    if part.folds is not None and part.by == model.keys.label:
        yield Problem(model.place("data", "holdout", "by"), f"{show(part.by)} is the label; name another column")


def _leak(model: Draft) -> Iterator[Problem]:
    holdout = model.keys.data.holdout
    if isinstance(holdout, PartShape):
        return
    for name, entry in model.keys.data.files.items():
        if _same(entry.path, holdout.path):
            message = (
                f"the same data as {name}: a model must not be judged on rows that it has seen; give another file, or "
                f"write holdout: {{of: {name}, share: 0.2}}"
            )
            yield Problem(model.place("data", "holdout"), message)


def _same(one: str, other: str) -> bool:
    return one == other or (not is_url(one) and not is_url(other) and normpath(one) == normpath(other))


def _columns(model: Draft) -> Iterator[Problem]:
    data = model.keys.data
    for name, entry in {"holdout": data.holdout, **data.files}.items():
        columns = entry.columns or [] if isinstance(entry, FileShape) else []
        for index, column in enumerate(columns):
            if column in columns[:index]:
                yield Problem(model.place("data", name, "columns", index), f"the column {show(column)} is listed twice")


def _label_and_id(model: Draft) -> Iterator[Problem]:
    keys = model.keys
    holdout = keys.data.holdout
    source = keys.data.files.get(holdout.of) if isinstance(holdout, PartShape) else holdout
    columns = source.columns or [] if source else []
    clustered = [("cluster", column) for column in (keys.cluster.columns if keys.cluster else ())]
    for key, column in (("label", keys.label), ("id", keys.id), *clustered, ("weight", keys.weight)):
        if columns and column is not None and column not in columns:
            hint = suggest(column, columns) or f"; columns are {', '.join(columns)}"
            yield Problem(model.place(key), f"the holdout has no column {show(column)}{hint}")
    if keys.id == keys.label:
        yield Problem(model.place("id"), f"{show(keys.label)} is the label; name the column that identifies a row")


def _clusters(model: Draft) -> Iterator[Problem]:
    """Refuse the label, and what a job predicts, as what says which rows belong together or how much one weighs."""
    keys = model.keys
    columns = keys.cluster.columns if keys.cluster else ()
    for key, named in (("cluster", columns), ("weight", (keys.weight,) if keys.weight else ())):
        for column in named:
            if column == keys.label.strip():
                what = "names who a row belongs to" if key == "cluster" else "says how much a row weighs"
                yield Problem(model.place(key), f"{show(column)} is the label; name the column that {what}")
            elif column in _PREDICTED:
                yield Problem(model.place(key), f"{show(column)} is what a job predicts; name a column of the holdout")
    if keys.weight and keys.weight in columns:
        yield Problem(model.place("weight"), f"{show(keys.weight)} is the column of cluster already; name another")


_PREDICTED = ("score", "prediction")


def _threshold(model: Draft) -> Iterator[Problem]:
    if model.keys.threshold.metric and "validation" not in model.keys.data.files:
        message = (
            "a threshold for a rate is chosen on data.validation, which is missing; add validation: PATH under data:, "
            "or write a number such as 0.5"
        )
        yield Problem(model.place("threshold"), message)


def _budget(model: Draft) -> Iterator[Problem]:
    known = model.keys.data.files
    for name in model.keys.budget.rows:
        if name not in known:
            hint = "; a number means the entry 'train'" if name == "train" else suggest(name, known)
            message = f"there is no data entry {show(name)} for the job{hint}"
            if name == "holdout":
                message = "the holdout is no input of the job, so it has no limit; name another entry"
            yield Problem(model.place("budget", "rows"), message)


DATA_CHECKS: tuple[tuple[str, Check], ...] = (
    ("data", _names),
    ("data cluster label", _part),
    ("data", _leak),
    ("data", _columns),
    ("data label id cluster weight", _label_and_id),
    ("label cluster weight", _clusters),
    ("data threshold", _threshold),
    ("data budget", _budget),
)
