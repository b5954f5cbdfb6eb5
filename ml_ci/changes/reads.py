"""What a job was seen to read."""

from __future__ import annotations

from ml_ci.frozen import dataclass


@dataclass(frozen=True)
class Reads:
    """Say what a job was seen to open below the top of its copy of the repository.

    Paths are POSIX and relative to the top of the repository (not to the folder of ml-ci.yaml); "" is the top itself.
    `opened` are files; `imported` those of them that Python imported as modules, which count by their syntax tree;
    `missed` are paths that it tried to open and that were not there; `listed` are folders whose names its own code
    asked for. What declared parts hold is among them: who makes a fingerprint leaves it out. `outside` are data that
    lie outside of the repository, a file or a folder each, as absolute paths. `complete` is False where nothing could
    watch: then the job counts as one that reads everything.
    """

    opened: frozenset[str] = frozenset()
    imported: frozenset[str] = frozenset()
    missed: frozenset[str] = frozenset()
    listed: frozenset[str] = frozenset()
    outside: tuple[str, ...] = ()
    complete: bool = True
