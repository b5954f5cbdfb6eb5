"""The objects of a shared store: one archive per record, `KIND/KEY.tar`, and what is remembered of commits."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import IO, Any, Protocol

from ml_ci.frozen import dataclass
from ml_ci.records.archive import pack, unpack
from ml_ci.records.manifests import FOLDER
from ml_ci.records.places import Folder, Objects, Reader

_SUFFIX = ".tar"
_NAME = re.compile(r"([a-z]+)/([0-9a-f]{8,128})\.tar")
_MEMORY = "commits"
_LEDGERS = "ledgers"
_LARGEST = 2**20


class Place(Protocol):
    """Where objects lie, by name; every failure but an absent object is a StoreUnreachableError."""

    def prepare(self) -> None: ...
    def has(self, name: str) -> bool: ...
    def get(self, name: str, into: Reader) -> bool: ...
    def put(self, name: str, file: Path) -> None: ...
    def names(self, below: str) -> Iterator[str]: ...


@dataclass(frozen=True)
class Remote:
    """Read and write records as objects of a place. StoreUnreachableError when it does not answer."""

    place: Place

    @classmethod
    def open(cls, url: str, base: Path) -> Remote:
        """Open the place that a URL names: a folder (a path, or file://), or anything that fsspec knows."""
        scheme, colon, rest = url.partition("://")
        if not colon or scheme == "file":
            return cls(Folder(base / Path(rest if colon else url).expanduser()))
        return cls(Objects.open(url))

    def has(self, kind: str, key: str) -> bool:
        """Say whether there is an object for the record."""
        return self.place.has(_name(kind, key))

    def fetch(self, kind: str, key: str, folder: Path) -> bool:
        """Bring a record into the empty `folder`; False when there is none. DamagedRecordError when it is damaged."""
        return self.place.get(_name(kind, key), lambda stream: unpack(stream, folder, kind, key))

    def push(self, kind: str, key: str, folder: Path) -> None:
        """Send a record, over one that is there. DamagedRecordError when it is damaged here."""
        with tempfile.NamedTemporaryFile(suffix=_SUFFIX) as file:
            pack(folder, kind, key, file)
            file.flush()
            self.place.put(_name(kind, key), Path(file.name))

    def keys(self) -> Iterator[tuple[str, str]]:
        """Give kind and key of every record."""
        for name in self.place.names(""):
            if found := _NAME.fullmatch(name):
                yield found[1], found[2]

    def recall(self, commit: str, model: str) -> Mapping[str, Any]:
        """Give what is remembered of a commit's trainings of a model, by the trainings' keys."""
        below = f"{_MEMORY}/{commit}/{model}"
        found: dict[str, Any] = {}
        for name in self.place.names(below):
            self.place.get(name, partial(_collect, found, name.rpartition("/")[2].removesuffix(".json")))
        return found

    def remember(self, commit: str, model: str, key: str, file: Path) -> None:
        """Send what is remembered of one training."""
        self.place.put(f"{_MEMORY}/{commit}/{model}/{key}.json", file)

    def reads(self, manifest: str) -> Mapping[str, Any]:
        """Give the sets of reads of a manifest, by the key that each leads to."""
        found: dict[str, Any] = {}
        for name in self.place.names(f"{FOLDER}/{manifest}"):
            self.place.get(name, partial(_collect, found, name.rpartition("/")[2].removesuffix(".json")))
        return found

    def keep_reads(self, manifest: str, key: str, file: Path) -> None:
        """Send a set of reads."""
        self.place.put(f"{FOLDER}/{manifest}/{key}.json", file)

    def ledgers(self) -> Mapping[str, str]:
        """Give the ledgers of holdouts as texts, by name."""
        found: dict[str, str] = {}
        for name in self.place.names(_LEDGERS):
            self.place.get(name, partial(_collect_text, found, name.rpartition("/")[2]))
        return found

    def keep_ledger(self, file: Path) -> None:
        """Send a ledger."""
        self.place.put(f"{_LEDGERS}/{file.name}", file)


def _name(kind: str, key: str) -> str:
    return f"{kind}/{key}{_SUFFIX}"


def _collect(found: dict[str, Any], key: str, stream: IO[bytes]) -> None:
    try:
        found[key] = json.loads(stream.read(16 * _LARGEST))
    except (ValueError, RecursionError):
        return  # what is no JSON is not remembered


def _collect_text(found: dict[str, str], name: str, stream: IO[bytes]) -> None:
    found[name] = stream.read(16 * _LARGEST).decode("utf-8", "replace")
