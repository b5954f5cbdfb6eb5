"""Where the objects of a shared store lie: a folder, or what fsspec reaches by URL."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import IO, Any, TypeVar
from urllib.parse import urlsplit

from ml_ci.frozen import dataclass
from ml_ci.records.record import DamagedRecordError
from ml_ci.records.unreachable import StoreUnreachableError

Answer = TypeVar("Answer")
Reader = Callable[[IO[bytes]], object]

# For one question. Records themselves may take longer to move.
SECONDS = 20.0
_PACKAGES = {"s3": "s3fs", "s3a": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "abfs": "adlfs", "az": "adlfs"}
# boto's own patience with a host that does not answer is minutes.
_OPTIONS = {
    "s3": {"config_kwargs": {"connect_timeout": 5, "read_timeout": 60, "retries": {"max_attempts": 2}}},
}


@dataclass(frozen=True)
class Folder:
    """Keep objects as files below a folder; each appears whole, by a rename."""

    root: Path

    def prepare(self) -> None:
        """Make the folder, before objects are put into it."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreUnreachableError(_said(error)) from None

    def has(self, name: str) -> bool:
        """Say whether there is an object; StoreUnreachableError when the folder itself is not there."""
        if not self.root.is_dir():
            hint = "Push to it once (ml-ci records push), or mount it."
            raise StoreUnreachableError(f"there is no folder {self.root}", hint)
        return (self.root / name).is_file()

    def get(self, name: str, into: Reader) -> bool:
        """Read an object by `into`; False when there is none."""
        if not self.has(name):
            return False
        try:
            with (self.root / name).open("rb") as stream:
                into(stream)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise StoreUnreachableError(_said(error)) from None
        return True

    def put(self, name: str, file: Path) -> None:
        """Copy a file to an object, making the folder."""
        target = self.root / name
        draft = target.with_name(f".{uuid.uuid4().hex[:12]}")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, draft)
            with draft.open("rb") as stream:
                os.fsync(stream.fileno())
            draft.replace(target)
        except OSError as error:
            draft.unlink(missing_ok=True)
            raise StoreUnreachableError(_said(error)) from None

    def names(self, below: str) -> Iterator[str]:
        """Give the names of the objects below a prefix, sorted."""
        for path in sorted((self.root / below).rglob("*")):
            if path.is_file() and not path.name.startswith("."):
                yield path.relative_to(self.root).as_posix()


@dataclass(frozen=True)
class Objects:
    """Keep objects in a file system of fsspec, below `root`."""

    system: Any
    root: str

    @classmethod
    def open(cls, url: str) -> Objects:
        """Open a URL; StoreUnreachableError names the package that is missing."""
        scheme = urlsplit(url).scheme
        try:
            from fsspec.core import url_to_fs  # type: ignore[import-untyped]

            opened = _within(lambda: url_to_fs(url, **_OPTIONS.get(scheme, {})), (ImportError, ValueError))
        except ImportError:
            package = _PACKAGES.get(scheme)
            wanted = f"ml-ci[remote] {package}" if package else "ml-ci[remote]"
            message = f"{scheme}:// needs {f'the package {package}' if package else 'fsspec'}, which is not installed"
            raise StoreUnreachableError(message, f"Run: pip install {wanted}") from None
        except ValueError as error:
            raise StoreUnreachableError(
                _said(error), "Known are a folder, s3://, gs:// and what fsspec knows."
            ) from None
        system, root = opened
        return cls(system, str(root).rstrip("/"))

    def prepare(self) -> None:
        """Do nothing: buckets are not made by the way."""

    def has(self, name: str) -> bool:
        """Say whether there is an object."""
        return bool(_within(lambda: self.system.exists(f"{self.root}/{name}")))

    def get(self, name: str, into: Reader) -> bool:
        """Read an object by `into`; False when there is none."""
        try:
            stream = _within(lambda: self.system.open(f"{self.root}/{name}", "rb"), (FileNotFoundError,))
            with stream:
                into(stream)
        except FileNotFoundError:
            return False
        except (DamagedRecordError, StoreUnreachableError):
            raise
        except Exception as error:  # each system raises errors of its own, here and below: they become a note
            raise StoreUnreachableError(_said(error)) from None
        return True

    def put(self, name: str, file: Path) -> None:
        """Copy a file to an object."""
        target = f"{self.root}/{name}"
        try:
            self.system.makedirs(target.rpartition("/")[0], exist_ok=True)
            self.system.put_file(str(file), target)
        except Exception as error:
            raise StoreUnreachableError(_said(error)) from None

    def names(self, below: str) -> Iterator[str]:
        """Give the names of the objects below a prefix, sorted."""
        folder = f"{self.root}/{below}".rstrip("/")

        def listed() -> list[str]:
            self.system.invalidate_cache()
            return sorted(self.system.find(folder)) if self.system.exists(folder) else []

        prefix = self.system._strip_protocol(self.root).rstrip("/") + "/"
        for path in _within(listed):
            yield str(path).removeprefix(prefix)


def _within(call: Callable[[], Answer], passed_on: tuple[type[Exception], ...] = ()) -> Answer:
    """Ask a remote system, and wait for its answer no longer than SECONDS.

    StoreUnreachableError for every failure but those that are `passed_on`.
    """
    answers: list[Answer] = []
    failures: list[Exception] = []

    def ask() -> None:
        """Leave the answer, or what went wrong, to the thread that waits."""
        try:
            answers.append(call())
        except Exception as error:
            failures.append(error)

    thread = Thread(target=ask, daemon=True)  # one that hangs does not keep the process
    thread.start()
    thread.join(SECONDS)
    if answers:
        return answers[0]
    if not failures:
        raise StoreUnreachableError(f"it did not answer in {SECONDS:.0f} s")
    if isinstance(failures[0], passed_on):
        raise failures[0]
    raise StoreUnreachableError(_said(failures[0])) from None


def _said(error: Exception) -> str:
    """Say an error in one line; whatever a remote system puts in it is text, and short."""
    text = " ".join(str(error).split()) or type(error).__name__
    return "".join(letter for letter in text if letter.isprintable())[:300]
