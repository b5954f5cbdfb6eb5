"""What a fingerprint depends on that no tree holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from pathlib import Path

from ml_ci.changes.sources import Shelf
from ml_ci.changes.values import Fingerprint
from ml_ci.frozen import dataclass


@dataclass(frozen=True)
class Surroundings:
    """Say where a fingerprint finds what is not in the tree.

    `folder` is the project folder on disk: data that git ignores lies there, for the working tree and for a commit.
    `state` is where caches are kept (`.ml_ci`), None to keep none. `needs` maps the name of a model that this one
    needs, or of a job, to its fingerprint. `remote` gives the digest of a URL; None asks fsspec. `shelf` has the
    sources that were read for others.
    """

    folder: Path
    state: Path | None = None
    needs: Mapping[str, Fingerprint] = field(default_factory=dict)
    remote: Callable[[str], str] | None = None
    shelf: Shelf = field(default_factory=Shelf, repr=False, compare=False)
