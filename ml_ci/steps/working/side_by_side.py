"""Work on several things at once: threads over child processes, as many at a time as the run has slots.

Models, sides, seeds, folds, mixtures and commits are handed out alike. What waits for others has no slot meanwhile, so
that all of them together are no more jobs than there are slots, however deep they are handed out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from queue import SimpleQueue
from threading import Event, Lock, Thread
from typing import Generic, TypeAlias, TypeVar

from ml_ci.errors import StageFailed, UserError
from ml_ci.plan.graph import Needs, in_order, ready
from ml_ci.steps.journal import Journal
from ml_ci.steps.progress import Progress
from ml_ci.steps.slots import Rank, Slots
from ml_ci.steps.slots import StoppedError as StoppedError
from ml_ci.steps.values import Project

Key = TypeVar("Key")
Result = TypeVar("Result")
# A job is ended within a tenth of a second of being told; what holds a thread up longer is left to the next run.
_PATIENCE = 15.0
# Pieces of work by their places.
Spared: TypeAlias = Collection[int]


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
    stop = Event()
    return _with_stop(project, stop), stop


def _with_stop(project: Project, stop: Event) -> Project:
    progress = OneAtATime(project.options.progress, stop)
    return replace(project, options=replace(project.options, progress=progress), stops=(*project.stops, stop))


def work_side_by_side(
    project: Project, names: Iterable[str], needs: Needs, work: Callable[[str], Result], stop: Event
) -> dict[str, Result]:
    """Do the work on every model, as many at a time as there are slots, each behind all that it builds on; by name.

    What one raises, and an interrupt, sets `stop`, waits for the others to end, and propagates.
    """
    order = in_order(names, needs)
    if len(order) == 1 or project.slots.single:
        return {name: work(name) for name in order}
    crew = _Crew[str, Result](project)
    waiting, done = list(order), dict[str, Result]()
    try:
        while waiting or crew.busy:
            for name in ready(waiting, (*waiting, *crew.busy), needs):
                waiting.remove(name)
                crew.start(name, partial(work, name), project.stops)
            name, result, error = crew.next()
            if error is not None:
                raise error
            done[name] = result[0]
    except BaseException:
        stop.set()
        crew.join()
        raise
    return done


def _none(place: int, error: BaseException) -> Spared:
    return ()


def hand_out(project: Project, works: Sequence[Callable[[Project], Result]]) -> list[Result]:
    """Do pieces of work that do not build on one another, as many at a time as there are slots; results in their order.

    Each gets the project with a journal of its own: what was done is noted as if they had been done in their order. So
    is what is raised: where one fails, those behind it are stopped, and those before it go on to their end.
    """
    if len(works) < 2 or project.slots.number == 1:
        return [work(project) for work in works]
    return _Pieces(project, works).do()


def hand_out_ahead(
    project: Project,
    works: Sequence[Callable[[Project], object]],
    spare: Callable[[int, BaseException], Spared] = _none,
) -> None:
    """Do pieces of work ahead of when they are asked for, where several may be done at once; else do nothing.

    What fails is told when it is asked for; what stands behind it is stopped, but for what `spare` says of the place
    that failed, and of its failure: it is going to be asked for all the same.
    """
    if len(works) < 2 or project.slots.number == 1:
        return
    try:
        _Pieces(project, works, spare).do()
    except (StageFailed, UserError):
        return


class _Pieces(Generic[Result]):
    """Pieces of work that are done at once, each of which can be stopped by itself."""

    def __init__(
        self,
        project: Project,
        works: Sequence[Callable[[Project], Result]],
        spare: Callable[[int, BaseException], Spared] = _none,
    ) -> None:
        self._project = project
        self._works = works
        self._spare = spare
        self._stops = [Event() for _ in works]
        self._own = [replace(_with_stop(project, stop), journal=Journal()) for stop in self._stops]
        self._crew = _Crew[int, Result](project)
        self._results: dict[int, Result] = {}
        self._failed: tuple[int, BaseException] | None = None

    def do(self) -> list[Result]:
        """Do all of them; raise what the first of those raised that failed."""
        try:
            for place, (work, own) in enumerate(zip(self._works, self._own, strict=True)):
                self._crew.start(place, partial(work, own), own.stops)
            with self._project.slots.lent(self._project.stops):
                while self._crew.busy:
                    self._take(*self._crew.next())
        except BaseException:
            self._stop_behind(-1)
            self._crew.join()
            raise
        finally:
            for own, stop in zip(self._own, self._stops, strict=True):
                if not stop.is_set():
                    self._project.journal.add(own.journal)
        if self._failed is not None:
            raise self._failed[1]
        return [self._results[place] for place in range(len(self._works))]

    def _take(self, place: int, result: list[Result], error: BaseException | None) -> None:
        if error is None:
            self._results[place] = result[0]
        elif self._failed is None or place < self._failed[0]:
            self._failed = place, error
            self._stop_behind(place, self._spare(place, error))

    def _stop_behind(self, place: int, spared: Spared = ()) -> None:
        for other, stop in enumerate(self._stops):
            if other > place and other not in spared:
                stop.set()


class _Crew(Generic[Key, Result]):
    """Threads by what each works on; each has a slot while it works, in the order in which they were started."""

    def __init__(self, project: Project) -> None:
        self._slots: Slots = project.slots
        self._answers: SimpleQueue[tuple[Key, list[Result], BaseException | None]] = SimpleQueue()
        self.busy: dict[Key, Thread] = {}

    def start(self, key: Key, work: Callable[[], Result], stops: Sequence[Event]) -> None:
        # Daemons: a thread that waits for another process' lock must not keep an interrupted run alive.
        given = (key, work, self._slots.queue(), stops)
        self.busy[key] = Thread(target=self._do, args=given, name=f"ml-ci {key}", daemon=True)
        self.busy[key].start()

    def next(self) -> tuple[Key, list[Result], BaseException | None]:
        """Wait for one to end; give its result, or what it raised."""
        key, result, error = self._answers.get()
        self.busy.pop(key).join()
        return key, result, error

    def join(self) -> None:
        for thread in self.busy.values():
            thread.join(_PATIENCE)

    def _do(self, key: Key, work: Callable[[], Result], rank: Rank, stops: Sequence[Event]) -> None:
        try:
            with self._slots.taken(rank, stops):
                result = [work()]
            self._answers.put((key, result, None))
        except BaseException as error:
            self._answers.put((key, [], error))
