"""The models as a graph: which builds on which, and what may be worked on side by side."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

Needs = Mapping[str, Collection[str]]


def below(name: str, needs: Needs) -> frozenset[str]:
    """Give every model that `name` builds on, through others too, without itself; the graph has no circle."""
    found: set[str] = set()
    waiting = list(needs.get(name, ()))
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += needs.get(one, ())
    return frozenset(found)


def in_order(names: Iterable[str], needs: Needs) -> tuple[str, ...]:
    """Put models behind all that they build on, and otherwise in the order that they have."""
    waiting, order = list(names), []
    while waiting:
        ready = next(name for name in waiting if not below(name, needs) & {*waiting})
        waiting.remove(ready)
        order.append(ready)
    return tuple(order)


def ready(waiting: Iterable[str], unfinished: Collection[str], needs: Needs) -> tuple[str, ...]:
    """Give the models of `waiting` that build on nothing `unfinished`, in their order."""
    return tuple(name for name in waiting if not below(name, needs) & {*unfinished})
