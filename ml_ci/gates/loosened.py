"""Find out whether a changed gate asks for less than before."""

from __future__ import annotations

from fractions import Fraction

from ml_ci.conditions import Condition
from ml_ci.conditions.tree import Metric, OverSlices
from ml_ci.gates.question import Question, questions
from ml_ci.metrics import METRICS

_Key = tuple[object, ...]


def loosened(
    old: Condition, new: Condition, *, confidence: tuple[float | None, float | None] = (None, None)
) -> bool | None:
    """Say whether `new` lets a model pass that `old` would not; None where the two cannot be compared.

    A limit that moved, `<` that became `<=`, a lower confidence, and a comparison that was dropped loosen a gate.
    `confidence` is what the old and the new model ask for where a gate has no `@` of its own.
    """
    before, after = _strictest(old, confidence[0]), _strictest(new, confidence[1])
    if before is None or after is None:
        return None
    shared = before.keys() & after.keys()
    answers = [_looser(before[key], after[key], confidence) for key in shared]
    if any(answers):
        return True
    dropped, added = before.keys() - shared, after.keys() - shared
    if None in answers or (dropped and added):
        return None
    return bool(dropped)


def _strictest(condition: Condition, confidence: float | None) -> dict[_Key, Question] | None:
    """Index a condition's questions by what they ask about, of two about the same the stricter; None if neither is."""
    found: dict[_Key, Question] = {}
    for question in (one for comparison in condition.comparisons for one in questions(comparison)):
        other = found.setdefault(_key(question), question)
        looser = _looser(other, question, (confidence, confidence))
        if looser is None:
            return None
        found[_key(question)] = other if looser else question
    return found


def _key(question: Question) -> _Key:
    return question.candidate, frozenset(atom for atom, _ in question.limit.weights), question.upper


def _looser(old: Question, new: Question, confidence: tuple[float | None, float | None]) -> bool | None:
    moves = [_limit_move(old, new), _sign_move(old, new), _confidence_move(old, new, confidence)]
    if None in moves or (1 in moves and -1 in moves):
        return None
    return 1 in moves


def _limit_move(old: Question, new: Question) -> int | None:
    """Give 1 where the limit is looser, -1 where it is stricter, 0 where it is the same, None where it depends."""
    direction = 1 if old.upper else -1
    moves = {_sign(new.limit.constant - old.limit.constant) * direction}
    before, after = dict(old.limit.weights), dict(new.limit.weights)
    for atom, weight in before.items():
        move = _sign(after[atom] - weight) * direction
        if move and not _never_negative(atom):
            return None
        moves.add(move)
    if {1, -1} <= moves:
        return None
    return next(iter(moves - {0}), 0)


def _sign_move(old: Question, new: Question) -> int:
    """Compare `<` with `<=`."""
    return len(new.operator) - len(old.operator)


def _confidence_move(old: Question, new: Question, confidence: tuple[float | None, float | None]) -> int:
    before, after = (
        (default if question.confidence is None else question.confidence) or 0.0
        for question, default in zip((old, new), confidence, strict=True)
    )
    return (before > after) - (before < after)


def _never_negative(atom: Metric | OverSlices) -> bool:
    name = atom.metric if isinstance(atom, OverSlices) else atom.name
    return name in METRICS and name != "mcc"


def _sign(value: Fraction) -> int:
    return (value > 0) - (value < 0)
