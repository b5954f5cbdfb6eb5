"""Every rate that the four counts give, by name, as the report's JSON lists them."""

from __future__ import annotations

from math import sqrt

from ml_ci.evaluation.confusion import Confusion

NAMES = (
    "fpr",
    "fnr",
    "tpr",
    "tnr",
    "precision",
    "recall",
    "accuracy",
    "f1",
    "balanced_accuracy",
    "mcc",
    "npv",
    "prevalence",
    "selection_rate",
)


def rates(c: Confusion) -> dict[str, float | None]:
    """Give every rate of `NAMES`; None where it is a share of no rows: undefined is never zero."""
    tpr, tnr = _share(c.tp, c.positives), _share(c.tn, c.negatives)
    return {
        "fpr": c.fpr,
        "fnr": c.fnr,
        "tpr": tpr,
        "tnr": tnr,
        "precision": _share(c.tp, c.tp + c.fp),
        "recall": tpr,
        "accuracy": _share(c.tp + c.tn, c.rows),
        "f1": _share(2 * c.tp, 2 * c.tp + c.fp + c.fn),
        "balanced_accuracy": None if tpr is None or tnr is None else (tpr + tnr) / 2,
        "mcc": _mcc(c),
        "npv": _share(c.tn, c.tn + c.fn),
        "prevalence": _share(c.positives, c.rows),
        "selection_rate": _share(c.tp + c.fp, c.rows),
    }


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _mcc(c: Confusion) -> float | None:
    """Matthews 1975; None when a row or a column of the table is empty."""
    product = (c.tp + c.fp) * (c.tp + c.fn) * (c.tn + c.fp) * (c.tn + c.fn)
    return (c.tp * c.tn - c.fp * c.fn) / sqrt(product) if product else None
