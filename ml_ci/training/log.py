"""The log of a job: everything that it prints, kept up to a bound."""

from __future__ import annotations

import os
import selectors
import threading
import time
from collections import deque
from pathlib import Path

from ml_ci.training import left
from ml_ci.variables.masks import Mask

HEAD = 256 * 1024
TAIL = 1024 * 1024
_CHUNK = 64 * 1024
_SHOWN = 64 * 1024
_LINE = 1024


class BoundedLog:
    """Keep the first `head` and the last `tail` bytes of a stream in a file, with a line that says how much fell out.

    The head is on disk at once, the tail when `close` is called; neither holds what `mask` masks.
    `trouble` is what kept the file from being written, None while nothing did.
    """

    def __init__(self, path: Path, head: int = HEAD, tail: int = TAIL, mask: Mask | None = None) -> None:
        self._path = path
        self.trouble: OSError | None = None
        path.unlink(missing_ok=True)  # an earlier job could put a pipe there, which would block
        self._stream = path.open("wb", buffering=0)
        self._mask = mask or Mask()
        self._begun = b""
        self._line = b""
        self._ended = True
        self._room = head
        self._limit = tail
        self._chunks: deque[bytes] = deque()
        self._held = 0
        self._dropped = 0
        self._last = b""

    def write(self, chunk: bytes) -> None:
        """Take the next bytes of the stream."""
        self._remember_line(chunk)
        if self._room:
            chunk = self._to_head(chunk)
        if chunk:
            self._chunks.append(chunk)
            self._held += len(chunk)
        while self._held - (len(self._chunks[0]) if self._chunks else 0) >= self._limit:
            self._drop(len(self._chunks[0]))

    def close(self) -> None:
        """Write the tail and close the file."""
        if self._held > self._limit:
            self._drop(self._held - self._limit)
        rest = self._mask.raw(b"".join((b"" if self._dropped else self._begun, *self._chunks)))
        if self._dropped:
            # What is left of a value that was cut through is not known any more for what it is.
            cut = min(self._mask.longest, len(rest))
            count = self._dropped + len(self._begun) + cut
            self._put(b"\n[ml-ci: %s bytes of the log were dropped here]\n" % f"{count:,}".encode())
            rest = rest[cut:]
        self._put(rest)
        self._chunks.clear()
        self._stream.close()

    def _put(self, content: bytes) -> None:
        """Write to the file, until that fails: the job is not held up by it, and what failed stands in `trouble`."""
        try:
            while content and self.trouble is None:
                content = content[self._stream.write(content) :]  # a disk that is nearly full takes a part
        except OSError as error:
            self.trouble = OSError(error.errno, error.strerror, str(self._path))

    @property
    def last_line(self) -> str:
        """The last line so far with something on it, cut to 200 characters; a progress bar's is its last state."""
        end = len(self._last) if self._ended else self._mask.whole(self._last)
        return self._last[:end].decode("utf-8", "replace").strip()[-200:]

    def _to_head(self, chunk: bytes) -> bytes:
        """Write what belongs to the head; give what does not. The beginning of a value waits for what follows."""
        begun = self._begun + chunk[: self._room]
        chunk, self._room = chunk[self._room :], max(0, self._room - len(chunk))
        whole = self._mask.whole(begun)
        self._put(self._mask.raw(begun[:whole]))
        self._begun = begun[whole:]
        return chunk

    def _remember_line(self, chunk: bytes) -> None:
        """Keep the last line, without values that begin in an earlier chunk or before what is looked at."""
        if not chunk.strip():
            self._ended = self._ended or b"\n" in chunk or b"\r" in chunk
            self._line = b"" if self._ended else self._line + chunk
            return
        longest = self._mask.longest
        # The end is enough: a line longer than this is not shown whole anyway.
        text = (self._line + chunk)[-_LINE - 2 * longest :]
        seen = self._mask.raw(text)[longest if len(text) < len(self._line) + len(chunk) else 0 :]
        lines = [line for line in seen.replace(b"\r", b"\n").split(b"\n") if line.strip()]
        if lines:
            self._last = lines[-1]
        self._ended = text.endswith((b"\n", b"\r"))
        self._line = b"" if self._ended or not longest else text

    def _drop(self, count: int) -> None:
        first = self._chunks.popleft()
        if count < len(first):
            self._chunks.appendleft(first[count:])
        self._held -= count
        self._dropped += count


class Pump(threading.Thread):
    """Move what a job prints from a pipe into a log, until the pipe ends or `finish` gives up on it.

    The pipe may outlive the job: a process that could not be found may hold its other end open for ever.
    """

    def __init__(self, pipe: int, log: BoundedLog) -> None:
        super().__init__(name="ml-ci-log", daemon=True)
        self._pipe = pipe
        self._log = log
        self._deadline: float | None = None

    def run(self) -> None:
        """Pump; called by `start`."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._pipe, selectors.EVENT_READ)
            while not self._late():
                if selector.select(timeout=0.1) and not self._move():
                    break
        self._log.close()

    def finish(self, patience: float = 1.0) -> None:
        """Take what is still in the pipe, for `patience` seconds at most, and close the log."""
        self._deadline = time.monotonic() + patience
        self.join()
        os.close(self._pipe)

    def _move(self) -> bool:
        chunk = os.read(self._pipe, _CHUNK)
        if chunk:
            self._log.write(chunk)
        return bool(chunk)

    def _late(self) -> bool:
        return self._deadline is not None and time.monotonic() > self._deadline


def tail(path: Path, lines: int = 40) -> str:
    """Give the last lines of a log as text, each cut to 500 characters; "" when there is no log."""
    stream = left.open_left(path)
    if stream is None:
        return ""
    with stream:
        stream.seek(max(0, os.fstat(stream.fileno()).st_size - _SHOWN))
        text = stream.read(_SHOWN).decode("utf-8", "replace")
    return "\n".join(line[:500] for line in text.rstrip().splitlines()[-lines:])
