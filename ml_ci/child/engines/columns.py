"""The columns that a model takes, of those that the rows have."""

from __future__ import annotations

from ..failures import JobFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Sequence

_CODE = "model-columns"


def by_names(rows: Any, names: Sequence[str], what: str) -> Any:
    """Give the columns that a model names, in its order; JobFailed `model-columns` for what the rows lack.

    A name may be written with white space around it, or as LightGBM writes one that has white space inside.
    """
    known: dict[str, list[Any]] = {}
    for name in rows.columns:
        for written in dict.fromkeys((str(name), str(name).strip(), "_".join(str(name).split()))):
            known.setdefault(written, []).append(name)
    lacking = [name for name in names if len(known.get(name, ())) != 1]
    if lacking:
        raise JobFailed(
            _CODE,
            "%s was fitted on the columns %s, and the rows have no `%s`; they have %s"
            % (what, _list(names), "`, `".join(lacking[:8]), _list(list(rows.columns))),
            "Give the holdout the columns that the model is fitted on, named as in training, or prepare the rows in a "
            "function of your own: `predict: module:function`.",
        )
    return rows[[known[name][0] for name in names]]


def as_numbers(rows: Any, count: int | None, what: str, kind: str = "float64") -> Any:
    """Give all columns as one array, in the rows' order, for a model that does not name the columns it takes.

    JobFailed `model-columns` where they are not as many as it takes, or no numbers.
    """
    import numpy

    names = list(rows.columns)
    if count is not None and len(names) != count:
        raise JobFailed(
            _CODE,
            "%s takes %d columns and does not name them, and the rows have %d: %s"
            % (what, count, len(names), _list(names)),
            "Leave the other columns out of the holdout, train on a table with named columns, or choose them in a "
            "function of your own: `predict: module:function`.",
        )
    found, texts = [], []
    for name in names:
        try:
            found.append(_numbers(rows[name]))
        except (TypeError, ValueError):
            texts.append(str(name))
    if texts:
        raise JobFailed(
            _CODE,
            "%s takes numbers, and the rows have other values in %s" % (what, _list(texts)),
            "If the program encodes them before it fits, do the same in a function of your own: "
            "`predict: module:function`.",
        )
    return numpy.column_stack(found).astype(kind) if found else numpy.empty((len(rows), 0), kind)


def _numbers(column: Any) -> Any:
    import numpy

    if hasattr(column, "iloc"):
        return column.to_numpy(dtype="float64", na_value=numpy.nan)
    return numpy.asarray(column.to_numpy(), dtype="float64")


def is_text(column: Any) -> bool:
    """Say whether a column holds other values than numbers."""
    try:
        _numbers(column)
    except (TypeError, ValueError):
        return True
    return False


def _list(names: Sequence[Any]) -> str:
    shown = ", ".join(str(name) for name in names[:12])
    return "%s, … (%d)" % (shown, len(names)) if len(names) > 12 else shown or "none"
