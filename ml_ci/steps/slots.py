"""How many things are done at once in a run: threads take turns by its slots, however deep they were handed out."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from threading import Condition, Event, Thread, local
from typing import TypeAlias

# Who waits is looked at again so often: nobody wakes them when a run ends.
_LOOK = 0.2

# Who comes first: who had a slot already, then what was handed out deepest, then what was handed out earliest. What was
# begun is so finished before more is begun: it holds memory, and copies of the repository.
Rank: TypeAlias = tuple[bool, int, int]


class StoppedError(Exception):
    """End a job because the run ends, or since nobody will ask for what it makes."""


@dataclass
class Slots:
    """Let so many threads work at a time. One that waits for others lends its slot, so that none waits for itself.

    `ask` says how many there are where the front end does not: it is asked when there is work that no record answers,
    and until it has said so there is one. A cluster so is not asked where there is nothing to do.
    """

    number: int = 1
    ask: Callable[[], int] | None = None
    _asking: Thread | None = None
    _trouble: BaseException | None = None
    _used: int = 0
    _waiting: list[Rank] = field(default_factory=list)
    _changed: Condition = field(default_factory=Condition, repr=False)
    _tickets: Iterator[int] = field(default_factory=count, repr=False)
    _mine: local = field(default_factory=local, repr=False)

    @property
    def single(self) -> bool:
        """Say that there is one slot, and that there will never be more."""
        asking = self._asking is not None and self._asking.is_alive()
        return self.number == 1 and self.ask is None and not asking

    def foresee(self) -> None:
        """Begin to ask how many there are, once: there will be work to do, and a cluster takes seconds to answer."""
        with self._changed:
            ask, self.ask = self.ask, None
            if ask is None:
                return
            self._asking = Thread(target=self._ask, args=(ask,), name="ml-ci slots", daemon=True)
            self._asking.start()

    def widen(self) -> None:
        """Wait until it is known how many there are; raise what kept that from being known."""
        self.foresee()
        if self._asking is not None:
            self._asking.join()
        if self._trouble is not None:
            raise self._trouble

    def _ask(self, ask: Callable[[], int]) -> None:
        try:
            number = max(1, ask())
        except BaseException as error:  # raised where it is waited for
            self._trouble = error
            return
        with self._changed:
            self.number = number
            self._changed.notify_all()

    def queue(self) -> Rank:
        """Put work that this thread hands out in the line of what waits for a slot: a thread has to take it."""
        own: Rank | None = getattr(self._mine, "rank", None)
        rank = (True, (0 if own is None else own[1]) - 1, next(self._tickets))
        with self._changed:
            insort(self._waiting, rank)
        return rank

    @contextmanager
    def taken(self, rank: Rank, stops: Collection[Event]) -> Iterator[None]:
        """Have a slot for the time of a `with` block, at the turn of `rank`; StoppedError when it has to end."""
        self._take(rank, stops)
        self._mine.rank = (False, *rank[1:])
        try:
            yield
        finally:
            self._mine.rank = None
            self._give_back()

    @contextmanager
    def lent(self, stops: Collection[Event]) -> Iterator[None]:
        """Let another thread have this one's slot, if it has one, for the time of a `with` block in which it waits."""
        rank: Rank | None = getattr(self._mine, "rank", None)
        if rank is None:
            yield
            return
        self._give_back()
        try:
            yield
        finally:
            with self._changed:
                insort(self._waiting, rank)
            self._take(rank, stops, returning=True)

    def _take(self, rank: Rank, stops: Collection[Event], *, returning: bool = False) -> None:
        with self._changed:
            try:
                while self._used >= self.number or self._waiting[0] != rank:
                    if any(stop.is_set() for stop in stops):
                        if returning:  # it only ends now, and is to do that as one that has a slot
                            break
                        raise StoppedError
                    self._changed.wait(_LOOK)
                self._used += 1
            finally:
                self._waiting.remove(rank)
                self._changed.notify_all()

    def _give_back(self) -> None:
        with self._changed:
            self._used -= 1
            self._changed.notify_all()
