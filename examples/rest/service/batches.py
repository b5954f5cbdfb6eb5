"""Micro-batches: requests that come within a few milliseconds are scored in one call to the model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from queue import Empty, Queue
from threading import Thread
from time import monotonic

Row = Mapping[str, object]
MOST, WAIT = 64, 0.005


class Batches:
    """Collect rows until there are MOST, or WAIT seconds are over, and score them together."""

    def __init__(self, score: Callable[[Sequence[Row]], list[float]]) -> None:
        self._score = score
        self._waiting: Queue[tuple[Sequence[Row], Future[list[float]]]] = Queue()
        Thread(target=self._work, daemon=True).start()

    def score(self, rows: Sequence[Row]) -> list[float]:
        """Give the scores of some rows, in their order."""
        answer: Future[list[float]] = Future()
        self._waiting.put((rows, answer))
        return answer.result()

    def _work(self) -> None:
        while True:
            batch = self._collect()
            try:
                scores = self._score([row for rows, _ in batch for row in rows])
            except Exception as error:  # each who waits is told
                for _, answer in batch:
                    answer.set_exception(error)
                continue
            for rows, answer in batch:
                answer.set_result(scores[: len(rows)])
                scores = scores[len(rows) :]

    def _collect(self) -> list[tuple[Sequence[Row], Future[list[float]]]]:
        batch = [self._waiting.get()]
        until = monotonic() + WAIT
        while sum(len(rows) for rows, _ in batch) < MOST:
            try:
                batch.append(self._waiting.get(timeout=max(0.0, until - monotonic())))
            except Empty:
                break
        return batch
