"""Which of the files that a job reads changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ml_ci.changes.read_states import ABSENT, ReadStates, States
from ml_ci.changes.values import READS, Change
from ml_ci.changes.words import count, join_lines
from ml_ci.frozen import dataclass

_REPOSITORY = "the repository changed, and nothing could watch what its jobs read of it"


@dataclass(frozen=True)
class Difference:
    """One file that a job reads, or looks for, and that is not the same on both sides; `name` is seen from the project.

    A state is `absent` or a digest. The name "" stands for the whole repository.
    """

    name: str
    was: str
    now: str


def differences(states: States, old: ReadStates, new: ReadStates) -> Iterator[Difference]:
    """Give the files, from the top of the repository, in which the two sides differ of what is in `states`.

    What a declared part of either side holds is told by that part.
    """
    for one in _differing(states, old, new):
        if not old.holds(one.name) and not new.holds(one.name):
            yield one


def _differing(states: States, old: ReadStates, new: ReadStates) -> Iterator[Difference]:
    was, now = old.now(states), new.now(states)
    for kind, items in was.items():
        for name, state in items.items():
            other = now.get(kind, {}).get(name, ABSENT)
            if state == other:
                continue
            if kind == "folders":
                yield from _come_and_gone(old.names(name), new.names(name))
            elif kind == "named":
                yield from _come_and_gone(old.bearers([name])[name], new.bearers([name])[name])
            else:
                yield Difference(name, state, other)


def _come_and_gone(was: Iterable[str], now: Iterable[str]) -> Iterator[Difference]:
    before, after = frozenset(was), frozenset(now)
    yield from (Difference(path, ABSENT, _THERE) for path in sorted(after - before))
    yield from (Difference(path, _THERE, ABSENT) for path in sorted(before - after))


def describe_reads(found: Iterable[Difference]) -> Change:
    """Name the files: `columns.json changed`, `+ data/part-7.csv`, `words.txt removed`."""
    lines = [_line(one) for one in sorted(found, key=lambda one: (one.was == ABSENT, one.now == ABSENT, one.name))]
    lines = list(dict.fromkeys(lines))
    if len(lines) == 1:
        return Change(READS, lines[0])
    return Change(READS, f"{count(len(lines), 'file')}: {join_lines(lines, 2)}", tuple(lines))


def _line(one: Difference) -> str:
    if not one.name:
        return _REPOSITORY
    if one.was == ABSENT:
        return f"+ {one.name}"
    return f"{one.name} removed" if one.now == ABSENT else f"{one.name} changed"


_THERE = "there"
