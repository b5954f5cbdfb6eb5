"""What a model of any library answers, in the form of scikit-learn's: `predict_proba` with `classes_`, or `predict`."""

from __future__ import annotations

from ..failures import JobFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Sequence

    from ..exchange import Request


class Native:
    """Answer rows by a function: with probabilities, a column per class, or with labels or numbers.

    `classes` names the columns where the model does.
    """

    def __init__(self, score: Callable[[Any], Any], probabilities: bool, classes: Sequence[Any] | None = None) -> None:
        if classes is not None:
            self.classes_ = list(classes)
        if probabilities:
            self.predict_proba = score
        else:
            self.predict = score


def compares(request: Request) -> bool:
    """Say whether the positive class is a comparison of numbers, so that a number is an answer."""
    return bool((request.get("positive") or {}).get("comparison"))


def both_sides(probability: Any) -> Any:
    """Give the probabilities of the other class and of this one, as two columns in their own type."""
    import numpy

    flat = numpy.asarray(probability).reshape(-1)
    return numpy.column_stack([1 - flat, flat])


def by_ending(answer: Any, ending: str, rows: Any, request: Request, what: str) -> Any:
    """Read what a network answers by what ends it: `sigmoid`, `softmax`, `log_softmax`, or '' for another.

    Whole numbers and booleans are labels, and other numbers are an answer where `positive:` compares. JobFailed
    `ambiguous-prediction` for numbers that may be logits: which of them is a probability of 0.5 depends on the loss.
    """
    import numpy

    array = numpy.asarray(answer)
    array = array.reshape(array.shape[0], -1) if array.ndim != 2 else array
    width = array.shape[1]
    if ending == "sigmoid" and width == 1:
        return both_sides(array)
    if ending in ("softmax", "log_softmax") and width > 1:
        return _name(numpy.exp(array) if ending == "log_softmax" else array, rows)
    if width == 1 and (array.dtype.kind in "iubOU" or compares(request)):
        return array[:, 0]
    columns = "one number" if width == 1 else "%d numbers" % width
    raise JobFailed(
        "ambiguous-prediction",
        "%s gives %s a row and ends with %s, so they may be logits"
        % (what, columns, ending or "no sigmoid or softmax"),
        "End the model with a sigmoid (one number) or a softmax (a number per class), or score in a function of your "
        "own: `predict: module:function`.",
    )


def _name(array: Any, rows: Any) -> Any:
    """Name more than two columns as the classes 0, 1, 2, …; of two it is for the labels to say which is which."""
    if array.shape[1] == 2:
        return array
    import pandas

    names = [str(place) for place in range(array.shape[1])]
    return pandas.DataFrame(array, columns=names, index=getattr(rows, "index", None))


def refuse_raw(what: str, objective: str) -> JobFailed:
    return JobFailed(
        "ambiguous-prediction",
        "%s was fitted with %s, whose answers are no probabilities" % (what, objective or "an objective of your own"),
        "Fit it with an objective that gives probabilities, or score in a function of your own: "
        "`predict: module:function`.",
    )
