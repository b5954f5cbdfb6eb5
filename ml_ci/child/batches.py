"""Score many rows in one call; where that fails, fewer and fewer, until the rows are found that it fails for."""

from __future__ import annotations

import time

from .answers import check, is_missing
from .arrays import are_sound
from .calls import NOW
from .canonical import canonical, shortest
from .edited import groups_of
from .exchange import FAILS_FOR_ROWS
from .failures import JobFailed
from .labels import YES, classes_of, compares
from .prediction import answer_rows
from .returned import Column

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Sequence

    from .exchange import Request

# What is known of a model's answers from rows that were scored before, in the words of `answers.single`.
_SAID = {"probability": "score", "label": "prediction", "number": "prediction"}
_LONGEST, _SHORT = 500, 120
# So many rows one after the other that the model fails for: half of the rest is no faster than one by one.
_IN_A_ROW = 8


class Batches:
    """Answer asks by one model; `rows` are the holdout's, `function` the user's or None."""

    def __init__(self, model: Any, rows: Any, function: Any, request: Request) -> None:
        self.model = model
        self.rows = rows
        self.function = function
        self.request = request
        self.known = _SAID.get(request.get("known") or "", "")
        self.classes = classes_of(request)

    def answer(self, ask: Any) -> Request:
        """Give for each row of an ask a score, or whether it is positive, or the error; null where there is none.

        JobFailed `ask-limit` where rows that the model fails for take longer than the ask's `seconds`.
        """
        rows, until, failed = ask["rows"], time.monotonic() + ask.get("seconds", float("inf")), 0
        NOW["silent"] = False
        read = self.rows.read(ask["edits"])
        found = _Found(len(rows))
        waiting = [[place] for place in range(len(rows))] if ask["alone"] else groups_of(len(rows), read)
        waiting = [places for places in reversed(waiting) if places]
        while waiting:
            places = waiting.pop()
            try:
                self._score(places, rows, read, found)
                failed = 0
            except MixedError:
                raise
            except JobFailed as error:
                NOW["silent"] = True
                if len(places) == 1:
                    found.errors[places[0]] = error.message[:_LONGEST]
                    failed += 1
                else:
                    waiting += _share_out(places, failed)
                _refuse_late(until, found.errors, len(rows))
        return found.tell()

    def _score(self, places: Sequence[int], rows: Sequence[int], read: Any, found: _Found) -> None:
        table = self.rows.take([rows[place] for place in places], read, places)
        try:
            answer = answer_rows(self.model, table, self.function, self.request, len(places), _check_count, self.known)
        finally:
            self.rows.release(table)
        found.note(answer.kind, answer.column.precision)
        scored, array = answer.kind in ("probability", "margin"), answer.column.array
        if scored and array is not None and are_sound(array, answer.kind):
            for place, value in zip(places, array.tolist()):
                found.scores[place] = value
            return
        for place, value in zip(places, answer.column.values):
            why = _refuse(value, answer.kind, answer.what)
            if not why and scored:
                found.scores[place] = float(value)
            elif not why:
                found.positive[place], why = self._decide(value, answer)
            if why:
                found.errors[place] = why

    def _decide(self, value: Any, answer: Any) -> tuple[int | None, str]:
        """Say whether a label, a number or an outcome is positive, 1 or 0."""
        value = shortest(value, answer.column.precision)
        if answer.kind == "outcome":
            return int(canonical(value) in YES), ""
        if answer.kind == "number":
            return int(compares(value, self.classes.comparison)), ""
        if not self.classes.knows(value):
            return None, "%s gave %r, which is no label of the holdout" % (answer.what, value)
        return int(self.classes.is_positive(value)), ""


def _share_out(places: list[int], failed: int) -> list[list[int]]:
    """Give the parts of a batch that failed, the first last: halves, or each row where those before all failed."""
    if failed >= _IN_A_ROW:
        return [[place] for place in reversed(places)]
    half = len(places) // 2
    return [places[half:], places[:half]]


def _refuse_late(until: float, errors: dict[int, str], count: int) -> None:
    if errors and time.monotonic() > until:
        raise JobFailed(
            "ask-limit",
            "%s, and they have to be found one by one: %d of %d until now, the last with: %s"
            % (FAILS_FOR_ROWS, len(errors), count, _shorten(list(errors.values())[-1])),
            "Ask about fewer rows, or leave out what the model does not take.",
        )


def _shorten(said: str) -> str:
    return said if len(said) <= _SHORT else said[: _SHORT - 1].rstrip() + "…"


class MixedError(JobFailed):
    """Refuse an ask whose rows were answered by values of different kinds: no one threshold decides them."""

    def __init__(self, message: str) -> None:
        JobFailed.__init__(self, "ambiguous-prediction", message, "Return the same kind of value for every row.")


class _Found:
    """What was answered until now, by the place of a row in the ask."""

    def __init__(self, count: int) -> None:
        self.kind = ""
        self.precision = ""
        self.scores: list[float | None] = [None] * count
        self.positive: list[int | None] = [None] * count
        self.errors: dict[int, str] = {}

    def note(self, kind: str, precision: str) -> None:
        """Take what the answers of a batch are; JobFailed where those of another were something else."""
        if self.kind and self.kind != kind:
            said = "the model gave a %s for some rows and a %s for others" % (self.kind, kind)
            raise MixedError(said)
        self.kind, self.precision = kind, precision

    def tell(self) -> Request:
        scored = self.kind in ("probability", "margin")
        return {
            "kind": self.kind,
            "precision": self.precision,
            "scores": self.scores if scored else None,
            "positive": None if scored else self.positive,
            "errors": {str(place): said for place, said in self.errors.items()},
        }


def _check_count(column: Any, kind: str, count: int, what: str) -> None:
    if len(column.values) != count:
        raise JobFailed("row-count", "%s gave %d values for %d rows" % (what, len(column.values), count))


def _refuse(value: Any, kind: str, what: str) -> str:
    """Say why a value is no answer; '' for one that is."""
    if kind == "probability" and type(value) is float and 0.0 <= value <= 1.0:
        return ""  # the most frequent case
    if is_missing(value) or (isinstance(value, (str, bytes)) and not value.strip()):
        return "%s gave no value (%r)" % (what, value)
    try:
        check(Column([value]), kind, 1, what)
    except JobFailed as error:
        return error.message.replace(" for row 1", "")[:_LONGEST]
    return ""
