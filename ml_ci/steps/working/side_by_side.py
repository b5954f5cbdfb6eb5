"""Work on several models at once: threads over child processes, in an order that respects what builds on what."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from queue import SimpleQueue
from threading import Event, Lock, Thread
from typing import Generic, TypeVar

from ml_ci.plan.graph import Needs, in_order, ready
from ml_ci.steps.progress import Progress
from ml_ci.steps.values import Project

Result = TypeVar("Result")
# A job is ended within a tenth of a second of being told; what holds a thread up longer is left to the next run.
_PATIENCE = 15.0


class StoppedError(Exception):
    """End a job because the run ends."""


@dataclass
class OneAtATime:
    """Pass progress on from several threads, one call at a time; once told to `stop`, end every job instead."""

    progress: Progress
    stop: Event = field(default_factory=Event)
    _lock: Lock = field(default_factory=Lock)

    def begin(self, model: str, what: str) -> None:
        """Pass on that work begins."""
        self._check()
        with self._lock:
            self.progress.begin(model, what)

    def tick(self, model: str, seconds: float, megabytes: float, last_line: str) -> None:
        """Pass on how a job is."""
        self._check()
        with self._lock:
            self.progress.tick(model, seconds, megabytes, last_line)

    def end(self, model: str, what: str, seconds: float) -> None:
        """Pass on that work ended."""
        with self._lock:
            self.progress.end(model, what, seconds)

    def stopped(self, model: str, what: str, seconds: float) -> None:
        """Pass on that work was stopped."""
        with self._lock:
            self.progress.stopped(model, what, seconds)

    def note(self, model: str, text: str) -> None:
        """Pass on what the user should know."""
        with self._lock:
            self.progress.note(model, text)

    def _check(self) -> None:
        if self.stop.is_set():
            raise StoppedError


def make_stoppable(project: Project) -> tuple[Project, Event]:
    """Give the project with jobs that end when the event is set."""
    progress = OneAtATime(project.options.progress)
    return replace(project, options=replace(project.options, progress=progress)), progress.stop


def work_side_by_side(
    names: Iterable[str], needs: Needs, work: Callable[[str], Result], jobs: int, stop: Event
) -> dict[str, Result]:
    """Do the work on every model, at most `jobs` at a time, each behind all that it builds on; results by name.

    What one raises, and an interrupt, sets `stop`, waits for the others to end, and propagates.
    """
    if jobs == 1:
        return {name: work(name) for name in in_order(names, needs)}
    crew = _Crew(work)
    waiting, done = list(in_order(names, needs)), dict[str, Result]()
    try:
        while waiting or crew.busy:
            for name in ready(waiting, (*waiting, *crew.busy), needs)[: jobs - len(crew.busy)]:
                waiting.remove(name)
                crew.start(name)
            name, result = crew.next()
            done[name] = result
    except BaseException:
        stop.set()
        crew.join()
        raise
    return done


class _Crew(Generic[Result]):
    """Threads by the name of the model that each works on."""

    def __init__(self, work: Callable[[str], Result]) -> None:
        self._work = work
        self._answers: SimpleQueue[tuple[str, list[Result], BaseException | None]] = SimpleQueue()
        self.busy: dict[str, Thread] = {}

    def start(self, name: str) -> None:
        # Daemons: a thread that waits for another process' lock must not keep an interrupted run alive.
        self.busy[name] = Thread(target=self._do, args=(name,), name=f"ml-ci {name}", daemon=True)
        self.busy[name].start()

    def next(self) -> tuple[str, Result]:
        """Wait for a result; raise what its work raised."""
        name, result, error = self._answers.get()
        self.busy.pop(name).join()
        if error is not None:
            raise error
        return name, result[0]

    def join(self) -> None:
        for thread in self.busy.values():
            thread.join(_PATIENCE)

    def _do(self, name: str) -> None:
        try:
            self._answers.put((name, [self._work(name)], None))
        except BaseException as error:
            self._answers.put((name, [], error))
