"""Have a stored model score edited rows of the holdout, ask by ask, in a process that loads both once."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn, TypeVar

from ml_ci.changes.reads import Reads
from ml_ci.errors import Failure, StageFailed
from ml_ci.training import function, own_code, spoilt
from ml_ci.training.dialogue import Dialogue, EndedError, LateError, TooLongError
from ml_ci.training.ending import broken, check, duration
from ml_ci.training.executors import LOST, Place, executor
from ml_ci.training.heard import Heard, read_answers, read_line
from ml_ci.training.orders import (
    RESULT,
    Logged,
    clean,
    open_environment,
    tell_worker,
    try_to_build,
    write_order,
)
from ml_ci.training.process import Order, Outcome
from ml_ci.training.told import TOLD
from ml_ci.training.values import UNSEEN, AskRequest
from ml_ci.training.watch.job import Watch, naming_submodules, reading, refuse
from ml_ci.training.watch.together import Found

T = TypeVar("T")
STAGE = "evaluation"
SECONDS = 60.0  # for one ask, where nobody says otherwise
_LINE, _ROW = 1_000_000, 5_000  # bytes of an answer at most: of itself, and of each row, with an error
_OWN_TIME = 0.9  # what of an ask's time the worker has to say itself why it is late
_TRIES = 3  # of a worker whose machine is lost
_FAR_PATIENCE = 30.0  # seconds until another machine has told how a worker ended, and sent what it left


class ScoringWorker:
    """A process that has loaded a model and the holdout's rows; it answers until it is closed, or fails once."""

    def __init__(self, request: AskRequest) -> None:
        self._request = request
        self._failure: StageFailed | None = None
        self._lost = 0
        self._environment = open_environment(request)
        self._run = executor(request.environment)
        self.reads: Reads = UNSEEN  # known when it is closed
        self._begin()

    def _begin(self) -> None:
        far = isinstance(self._run, Place)
        self._watch = Watch(self._request.ground, here=not far)
        self._places = spoilt.places(self._request)
        self._dialogue = Dialogue(self._write_order, self._run, *((_FAR_PATIENCE,) if far else ()))

    def _write_order(self, descriptors: tuple[int, int]) -> Order:
        request = self._request
        asked = {
            "kind": "ask",
            "entry": request.entry,
            "load": dataclasses.asdict(request.load),
            "artifact": str(request.artifact),
            "rows": dataclasses.asdict(request.rows),
            "count": request.count,
            "positive": dataclasses.asdict(request.positive),
            "labels": request.labels,
            "known": request.known,
        }
        told = tell_worker(request, asked)
        # It may live as long as the run: each ask has its own limit.
        self._order = write_order(
            request, function.argv(request), self._environment, told, descriptors, seconds=float("inf")
        )
        return self._order

    def load(self) -> None:
        """Wait until model and rows are loaded, for the job's own time at most, and as long for a place before that."""
        self._though_lost(self._load)

    def _load(self) -> None:
        request = self._request
        self._wait_for_place()
        try:
            first = self._dialogue.hear(request.budget.seconds, _LINE)
        except EndedError:
            outcome = self._dialogue.close()
            failed = outcome is None or outcome.returncode != 0
            if not try_to_build(request, self._environment, failed=failed):
                self._tell_end()
            self._begin_again()
            self._wait_for_place()
            first = self._hear(request.budget.seconds, _LINE, "load the model and the rows")
        except (LateError, TooLongError) as error:
            self._stop(error, request.budget.seconds, "load the model and the rows")
        if self._parse(first).get("rows") != request.count:
            raise broken(request.model, STAGE)

    def _wait_for_place(self) -> None:
        try:
            self._dialogue.begin(self._request.budget.seconds)
        except EndedError:
            self._tell_end()
        except LateError as error:
            self._stop(error, self._request.budget.seconds, "find a place")

    def _begin_again(self) -> None:
        self._end_watch()
        clean(self._request)
        self._begin()

    def _though_lost(self, work: Callable[[], T]) -> T:
        """Do something, anew with a worker that begins anew where the machine of this one was lost: it knew nothing."""
        while True:
            try:
                return work()
            except StageFailed as error:
                self._lost += 1
                if error.failure.code != LOST or self._lost == _TRIES:
                    raise
            self._failure = None
            self._begin_again()
            if work != self._load:
                self._load()

    def ask(
        self,
        rows: Sequence[int],
        edits: Mapping[str, Sequence[object]],
        *,
        alone: bool = False,
        seconds: float = SECONDS,
    ) -> Heard:
        """Have rows scored, by their numbers from 0, with the values of `edits` (one a row) instead of their own.

        `alone` scores each in a call by itself. StageFailed `ask-limit` for an ask that takes longer than `seconds`,
        and with how the worker ended where it did; then every further ask fails alike.
        """
        with Logged(self._request, STAGE):
            if self._failure is not None:
                raise self._failure
            asked = {"rows": rows, "edits": edits, "alone": alone, "seconds": seconds * _OWN_TIME}
            line = json.dumps(asked, default=_plain).encode()
            return self._though_lost(lambda: self._ask(line, len(rows), seconds))

    def _ask(self, line: bytes, rows: int, seconds: float) -> Heard:
        what = _answer_for(rows)
        try:
            self._dialogue.say(line, seconds)
        except EndedError:
            self._tell_end()
        except LateError as error:
            self._stop(error, seconds, what)
        content = self._parse(self._hear(seconds, _LINE + _ROW * rows, what))
        found = read_answers(content, rows)
        if found is None:
            self._fail(broken(self._request.model, STAGE))
        return found

    def _hear(self, seconds: float, most: int, what: str) -> bytes:
        try:
            return self._dialogue.hear(seconds, most)
        except EndedError:
            self._tell_end()
        except (LateError, TooLongError) as error:
            self._stop(error, seconds, what)

    def _parse(self, line: bytes) -> Mapping[str, Any]:
        """Read a line of the worker's; StageFailed with what it says went wrong. The job's code is not trusted."""
        content = read_line(line)
        if content is None:
            self._fail(broken(self._request.model, STAGE))
        if content.get("ok") is not True:
            code, message, hint = (str(content.get(key, ""))[:2000] for key in ("code", "message", "hint"))
            raise StageFailed(Failure(STAGE, code or "no-result", message, hint))
        return content

    def _tell_end(self) -> NoReturn:
        try:
            outcome = self._dialogue.close()
        except StageFailed as error:  # who runs it elsewhere says so
            self._fail(error)
        request = self._request
        if outcome is None:
            self._fail(broken(request.model, STAGE))
        try:
            copy = own_code.checkout(request).copy
            check(outcome, self._order, request.work / RESULT, worker=True, shell=False, top=copy)
        except StageFailed as error:
            self._fail(error)
        self._fail(broken(request.model, STAGE))

    def _stop(self, error: Exception, seconds: float, what: str) -> NoReturn:
        if isinstance(error, TooLongError):
            self._fail(broken(self._request.model, STAGE))
        self._fail(_late(seconds, what))

    def _fail(self, error: StageFailed) -> NoReturn:
        with contextlib.suppress(StageFailed):  # this is it
            self._dialogue.end()
        self._failure = error
        raise error

    def discard(self) -> None:
        """End the worker, and say nothing of what it did."""
        with contextlib.suppress(StageFailed):
            self._dialogue.end()
        self._end_watch()

    def _end_watch(self, outcome: Outcome | None = None) -> Found:
        seen = None if outcome is None else outcome.seen
        return self._watch.end(self._request.work / TOLD, self._environment, seen)

    def close(self) -> None:
        """End the worker; StageFailed where it ran another side's code or read what it must not."""
        if self._failure is not None:
            self.discard()
            return
        outcome = self._dialogue.close()
        if outcome is None and isinstance(self._run, Place):
            raise _untold(self._request.model)
        found = self._end_watch(outcome)
        self.reads = found.reads
        spoilt.refuse(self._request, self._places)
        with reading(found.reads), naming_submodules(self._request.ground, found.reads):
            own_code.verify(self._request)
            refuse(self._request.ground, found)
            own_code.require(self._request, self._environment)


def tell_late(seconds: float, rows: int, log: str = "") -> StageFailed:
    """Say that so many rows were not answered for in time."""
    return _late(seconds, _answer_for(rows), log)


def _untold(model: str) -> StageFailed:
    message = f"the machine that asked `{model}` did not say what the model read: it did not end in {_FAR_PATIENCE:g} s"
    return StageFailed(Failure(STAGE, LOST, message, "Run again. Does the model keep its process from ending?"))


def _answer_for(rows: int) -> str:
    return f"answer for {rows:,} row{'' if rows == 1 else 's'}"


def _late(seconds: float, what: str, log: str = "") -> StageFailed:
    message = f"the model was ended: it took longer than {duration(round(seconds, 1))} to {what}"
    hint = "Does it wait for something, or load in each call what it could load once? A row should take milliseconds."
    return StageFailed(Failure(STAGE, "ask-limit", message, hint, log_tail=log))


@contextmanager
def open_worker(request: AskRequest) -> Iterator[ScoringWorker]:
    """Start a worker that scores edited rows; it and all that it started is gone at the end.

    StageFailed as for `predict` where it does not load, and at the end where it ran what is not its side's own.
    """
    with Logged(request, STAGE):
        clean(request)
        worker = ScoringWorker(request)
        try:
            worker.load()
        except BaseException:
            worker.discard()
            raise
    try:
        yield worker
    except BaseException:
        worker.discard()
        raise
    with Logged(request, STAGE):
        worker.close()


def _plain(value: Any) -> object:
    """Give an array as a list, and a number of numpy's as Python's."""
    return value.tolist()
