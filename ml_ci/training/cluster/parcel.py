"""What crosses from the driver to a machine of a cluster, and nothing else: one frozen value, and the bytes it names.

It holds no credentials: of the environment it has what the job gets, and nothing of ml-ci's own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import field, fields
from typing import Any, Literal, TypeAlias

from ml_ci.frozen import dataclass

What: TypeAlias = Literal["file", "folder", "link"]


@dataclass(frozen=True)
class Item:
    """A file, folder or link below a place, by its POSIX `path` ("" is the place itself).

    `mode` are its permissions, `modified` its time (ns). The bytes of a file are `size` at `offset` of the parcel's
    blob number `blob`; `target` is a link's.
    """

    path: str
    what: What
    mode: int = 0o644
    modified: int = 0
    blob: int = 0
    offset: int = 0
    size: int = 0
    target: str = ""


@dataclass(frozen=True)
class Place:
    """Something that the job knows by path: its `name` over there, and the paths that it has on the driver.

    The first of `paths` is what the job leaves is put back to.
    """

    name: str
    paths: tuple[str, ...]
    items: tuple[Item, ...] = ()


@dataclass(frozen=True)
class Parcel:
    """Say what a job is, wherever it is done; paths are the driver's, and are exchanged for those over there.

    `request` is the JSON of its order. `environment` is the job's own, without any that are the machine's. `python` is
    the path of its interpreter, `version` that one's major and minor version; `own` says that it is ml-ci's own, for
    which another machine has one of its own. `engine` is where ml-ci's package lies. `blobs` are the digests of the
    bytes that go along, each once. `seconds` and `memory` (bytes) are its limits, `watched` has what it reads told. One
    that `talks` is told lines while it runs, and answers them.
    """

    job: str
    model: str
    request: str
    cwd: str
    environment: Mapping[str, str] = field(repr=False)
    seconds: float
    memory: int | None
    watched: bool
    python: str
    version: tuple[int, int]
    own: bool
    engine: tuple[str, ...]
    places: tuple[Place, ...]
    blobs: tuple[str, ...]
    talks: bool = False

    def dump(self) -> bytes:
        """Write it as JSON."""
        # Not by `asdict`, which copies each value of each of thousands of files.
        places = [{**vars(place), "items": [vars(item) for item in place.items]} for place in self.places]
        said = {**vars(self), "environment": dict(self.environment), "places": places}
        return json.dumps(said, separators=(",", ":")).encode()

    @classmethod
    def load(cls, content: bytes) -> Parcel:
        """Read what `dump` wrote."""
        given: dict[str, Any] = json.loads(content)
        for name in ("version", "engine", "blobs"):
            given[name] = tuple(given[name])
        given["places"] = tuple(_place(one) for one in given["places"])
        return cls(**given)


_KEYS = tuple(one.name for one in fields(Item))


def _place(given: dict[str, Any]) -> Place:
    items = tuple(Item(*map(one.__getitem__, _KEYS)) for one in given["items"])
    return Place(given["name"], tuple(given["paths"]), items)
