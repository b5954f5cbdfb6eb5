"""A counterexample: the pair of rows that shows how a behaviour is broken, in a person's words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import field, replace

from ml_ci.behaviours.asks import NEGATIVE, NO_DECISION, POSITIVE, Answers, Cell
from ml_ci.behaviours.columns import key
from ml_ci.behaviours.pairs import Guard, Pair, ask_pairs
from ml_ci.behaviours.shown import is_somebody, may_show
from ml_ci.frozen import dataclass

COLUMNS, LENGTH = 12, 80
_SAID = {POSITIVE: "positive", NEGATIVE: "negative", NO_DECISION: "no answer"}


@dataclass(frozen=True)
class Said:
    """What one model says of both rows: decisions as in `Answers`, scores where there are."""

    decisions: tuple[int, int]
    scores: tuple[float | None, float | None]
    error: str = ""

    @classmethod
    def of(cls, before: Answers, after: Answers) -> Said:
        """Take what was answered to the first pair of an ask."""
        decisions = int(before.decisions[0]), int(after.decisions[0])
        error = after.errors.get(0) or before.errors.get(0) or ""
        return cls(decisions, (_score(before), _score(after)), error)


@dataclass(frozen=True)
class Counterexample:
    """Tell a pair of rows that differ in `column`: from `before` to `after`, the candidate breaks the behaviour.

    `kept` are the other values that it takes, where they may be shown; all columns that are not named have their
    typical values. `hidden` counts values that it takes, too, and that may not be shown, or are too many: fewer than 5
    rows of the holdout have them. Of the edited column `shows` says whether each value may be shown: None stands for
    one that may not. With `full` it is a row of the holdout as it stands, and belongs in no comment. `kind` is the
    behaviour's.
    """

    kind: str
    column: str
    before: Cell
    after: Cell
    candidate: Said
    baseline: Said | None = None
    kept: Mapping[str, Cell] = field(default_factory=dict)
    hidden: int = 0
    shows: tuple[bool, bool] = (True, True)
    full: bool = False

    @property
    def words(self) -> str:
        """Say it: `age 40 → 43 alone flips the decision`."""
        shown = [show(cell) if may else "(hidden)" for cell, may in zip(self._values, self.shows, strict=True)]
        alone = "" if self.kept or self.hidden else " alone"
        return f"{self.column} {' → '.join(shown)}{alone} {self._effect}{self._where}"

    @property
    def arguments(self) -> tuple[str, ...]:
        """What `ml-ci ask MODEL` is given to repeat it, `age=40,43`.

        Nothing where a value of it is hidden, or cannot be written there: white space at its ends, a number as text.
        """
        as_text = isinstance(self.after, str) and not isinstance(self.before, str | None)
        cells = (*self.kept.values(), *self._values)
        if self.hidden or not all(self.shows) or as_text or not all(map(_can_be_written, cells)):
            return ()
        texts = [_quote(cell) for cell in self._values]
        kept = (f"{name}={_quote(cell)}" for name, cell in self.kept.items())
        return (*kept, f"{self.column}={','.join(texts)}")

    @property
    def _values(self) -> tuple[Cell, Cell]:
        return self.before, self.after

    @property
    def _effect(self) -> str:
        one, other = self.candidate.decisions
        first, second = self.candidate.scores
        if NO_DECISION in (one, other):
            return "gets no answer" + (f" ({shorten(self.candidate.error)})" if self.candidate.error else "")
        if one != other and self.kind in ("vary", "disturb"):
            return "flips the decision"
        if first is not None and second is not None:
            return f"makes the score {'fall' if second < first else 'rise'} from {first:.3g} to {second:.3g}"
        return f"turns the decision from {_SAID[one]} to {_SAID[other]}"

    @property
    def _where(self) -> str:
        named = [f"{name} is {show(cell)}" for name, cell in self.kept.items()]
        if self.hidden:
            more = "value that is" if self.hidden == 1 else "values that are"
            named.append(f"with {self.hidden} {'further ' if named else ''}{more} not shown")
        return f", where {' and '.join(named)}" if self.kept else "".join(f", {one}" for one in named)


def tell(guard: Guard, pair: Pair, *, full: bool = False) -> Counterexample:
    """Ask for a pair once more and tell it, without what may not be shown unless it is wanted in `full`."""
    holdout = guard.holdout
    candidate = Said.of(*ask_pairs(guard.candidate, holdout, [pair]))
    baseline = None if guard.baseline is None else Said.of(*ask_pairs(guard.baseline, holdout, [pair]))
    found = {name: pair.value(name, holdout) for name in holdout.columns if name != pair.column}
    kept, shows = found, (True, True)
    if not full:
        needed = {name: cell for name, cell in found.items() if key(cell) != key(holdout.columns[name].typical)}
        kept, shows = _show(guard, pair, needed), _may_show_edit(guard, pair)
        found = needed
    kept = kept if full else dict(list(kept.items())[: COLUMNS - 1])
    hidden = len(found) - len(kept)
    if hidden or not all(shows):  # an error may name what it could not read
        candidate, baseline = replace(candidate, error=""), baseline and replace(baseline, error="")
    values = [cell if may else None for cell, may in zip((pair.before(holdout), pair.after), shows, strict=True)]
    return Counterexample(
        guard.behaviour.kind, pair.column, values[0], values[1], candidate, baseline, kept, hidden, shows, full
    )


def _show(guard: Guard, pair: Pair, needed: Mapping[str, Cell]) -> dict[str, Cell]:
    """Give the values that may be shown: none where a row of theirs, typical values and all, is somebody's."""
    holdout = guard.holdout
    row = {name: pair.value(name, holdout) for name in holdout.columns}
    if any(is_somebody(holdout, {**row, pair.column: cell}) for cell in (row[pair.column], pair.after)):
        return {}
    return {name: cell for name, cell in needed.items() if may_show(holdout.columns[name], cell)}


def _may_show_edit(guard: Guard, pair: Pair) -> tuple[bool, bool]:
    """Say of both values of the edited column whether they may be shown; what a slip makes of a value tells it."""
    column = guard.holdout.columns[pair.column]
    before = may_show(column, pair.before(guard.holdout))
    if guard.behaviour.kind == "disturb":
        return before, before or pair.after is None
    return before, may_show(column, pair.after)


def show(cell: Cell) -> str:
    """Write a value for a person: quoted where white space would be lost, cut off after 80 characters."""
    if cell is None:
        return "missing"
    text = shorten(_write(cell))
    return f'"{text}"' if isinstance(cell, str) and (text != " ".join(text.split()) or not text) else text


def shorten(text: str) -> str:
    """Cut a text off after 80 characters."""
    return text if len(text) <= LENGTH else text[: LENGTH - 1] + "…"


def _write(cell: Cell) -> str:
    if cell is None:
        return ""
    return repr(cell) if isinstance(cell, float) else str(cell)


def _can_be_written(cell: Cell) -> bool:
    """Say whether a value is read again as it is from a line: `ml-ci ask` trims, and takes an empty one for missing."""
    return not isinstance(cell, str) or (cell == cell.strip() and cell.isprintable() and bool(cell))


def _quote(cell: Cell) -> str:
    """Write a value as a field of CSV, which `ml-ci ask` reads several of."""
    text = _write(cell)
    return '"' + text.replace('"', '""') + '"' if any(sign in text for sign in ',"') else text


def _score(answers: Answers) -> float | None:
    score = float(answers.scores[0])
    return None if math.isnan(score) else score
