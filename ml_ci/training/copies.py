"""The working copies of a run: one a side and thread, whatever the number of models, and gone at its end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock, get_ident
from typing import TYPE_CHECKING, Protocol

from ml_ci.repository.repository import Repository
from ml_ci.repository.values import Tree

if TYPE_CHECKING:
    from ml_ci.training.working_copy import WorkingCopy


class Workplaces(Protocol):
    """Where temporary folders come from: a store."""

    def workplace(self) -> AbstractContextManager[Path]:
        """Give a fresh folder that is removed at the end, or by the next run after a kill."""
        ...


@dataclass
class Copies:
    """Make the copies of `repository` that jobs run in, each when it is first asked for; they last while any is held.

    Models that are worked on side by side have each their own, since each thread has.
    """

    repository: Repository
    workplaces: Workplaces
    _stack: ExitStack = field(default_factory=ExitStack, repr=False)
    _work: Path | None = None
    _holders: dict[int, int] = field(default_factory=dict)
    _used: dict[tuple[int, str | None], WorkingCopy] = field(default_factory=dict)
    _idle: dict[str | None, list[WorkingCopy]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock, repr=False)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep this thread's copies for the time of a `with` block; at the end of the outermost one all are gone."""
        me = get_ident()
        with self._lock:
            self._holders[me] = self._holders.get(me, 0) + 1
        try:
            yield
        finally:
            self._let_go(me)

    def of(self, tree: Tree) -> WorkingCopy:
        """Give this thread's copy of a tree; UserError when git cannot make it. Only while copies are held."""
        from ml_ci.training.working_copy import WorkingCopy  # only a run with jobs makes any

        key = (get_ident(), tree.commit)
        with self._lock:
            idle = self._idle.get(tree.commit)
            if key not in self._used and idle:
                self._used[key] = idle.pop()
            if key in self._used:
                return self._used[key]
            work = self._place()
        made = WorkingCopy(self.repository, tree, work)
        with self._lock:
            self._used[key] = made
        return made

    def _place(self) -> Path:
        if self._work is None:
            from ml_ci.training.stems import open_stems  # as above

            self._stack.enter_context(open_stems())
            self._work = self._stack.enter_context(self.workplaces.workplace())
        return self._work

    def _let_go(self, me: int) -> None:
        with self._lock:
            self._holders[me] -= 1
            if self._holders[me]:
                return
            del self._holders[me]
            for key in [key for key in self._used if key[0] == me]:
                self._idle.setdefault(key[1], []).append(self._used.pop(key))
            if not self._holders:
                self._idle.clear()
                self._work = None
                self._stack.close()
