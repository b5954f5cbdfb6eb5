"""What jobs were seen to read, by the key of what was declared of them: it leads to the records of what came out.

A file per set of reads, named by the key that it leads to: no run writes over what another found.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import field
from pathlib import Path
from typing import Any

from ml_ci.frozen import dataclass
from ml_ci.records.atomic import write_text

FORMAT = 1
FOLDER = "reads"
MOST = 24

States = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Entry:
    """One set of reads with the states in which they were found, and the key of what came out.

    `outside` are files and folders that hold data outside of the repository: read, and known in no state. `left` has
    the digests of what a job left, by the paths that it declares.
    """

    manifest: str
    key: str
    states: States
    outside: tuple[str, ...] = ()
    left: Mapping[str, str] = field(default_factory=dict)


def note(root: Path, entry: Entry) -> None:
    """Keep an entry, as the newest of its manifest; the oldest of more than `MOST` go."""
    folder = folder_of(root, entry.manifest)
    folder.mkdir(parents=True, exist_ok=True)
    states = {kind: dict(items) for kind, items in entry.states.items()}
    said = {"format": FORMAT, "states": states, "outside": list(entry.outside), **_say_left(entry)}
    write_text(folder / f"{entry.key}.json", json.dumps(said, sort_keys=True))
    for file in _newest(folder)[MOST:]:
        file.unlink(missing_ok=True)


def is_kept(root: Path, entry: Entry) -> bool:
    """Say whether an entry is kept."""
    return (folder_of(root, entry.manifest) / f"{entry.key}.json").exists()


def entries(root: Path, manifest: str) -> Iterator[Entry]:
    """Give the entries of a manifest, the newest first; one that is damaged is passed over."""
    for file in _newest(folder_of(root, manifest)):
        with suppress(OSError, ValueError, RecursionError):
            found = entry(manifest, file.stem, json.loads(file.read_bytes()))
            if found is not None:
                yield found


def leading_to(root: Path, keys: frozenset[str]) -> Iterator[Entry]:
    """Give the entries that lead to these keys, sorted by their place."""
    for file in sorted((root / FOLDER).glob("*/*/*.json")):
        if file.stem in keys:
            with suppress(OSError, ValueError, RecursionError):
                found = entry(file.parent.name, file.stem, json.loads(file.read_bytes()))
                if found is not None:
                    yield found


def entry(manifest: str, key: str, said: Any) -> Entry | None:
    """Take what was read for what it should be, or for nothing: it may come from elsewhere."""
    if not isinstance(said, dict) or said.get("format") != FORMAT or not key.isalnum():
        return None
    states = said.get("states")
    if not isinstance(states, dict) or not all(isinstance(items, dict) for items in states.values()):
        return None
    if not all(isinstance(state, str) for items in states.values() for state in items.values()):
        return None
    outside = said.get("outside")
    named = tuple(path for path in outside if isinstance(path, str)) if isinstance(outside, list) else ()
    left = said.get("left")
    whole = isinstance(left, dict) and all(isinstance(known, str) for known in left.values())
    return Entry(manifest, key, states, named, left if isinstance(left, dict) and whole else {})


def _say_left(entry: Entry) -> dict[str, Any]:
    return {"left": dict(entry.left)} if entry.left else {}


def pack_entries(found: Iterable[Entry]) -> list[dict[str, Any]]:
    """Give entries as the record that they lead to keeps them."""
    return [
        {
            "manifest": one.manifest,
            "key": one.key,
            "states": one.states,
            "outside": list(one.outside),
            **_say_left(one),
        }
        for one in found
    ]


def unpack_entries(content: Mapping[str, Any]) -> Iterator[Entry]:
    """Give the entries that a record keeps; none of one that an older version made."""
    listed = content.get("reads")
    for said in listed if isinstance(listed, list) else ():
        manifest, key = (said.get("manifest"), said.get("key")) if isinstance(said, dict) else (None, None)
        if isinstance(manifest, str) and manifest.isalnum() and isinstance(key, str):
            found = entry(manifest, key, {**said, "format": FORMAT})
            if found is not None:
                yield found


def forget(root: Path, keys: frozenset[str]) -> None:
    """Remove the entries that lead to records which are no more."""
    for file in (root / FOLDER).glob("*/*/*.json"):
        if file.stem in keys:
            file.unlink(missing_ok=True)
            with suppress(OSError):
                file.parent.rmdir()


def folder_of(root: Path, manifest: str) -> Path:
    """Give the folder of a manifest's entries."""
    return root / f"{FOLDER}/{manifest[:2]}/{manifest}"


def _newest(folder: Path) -> list[Path]:
    try:
        files = [Path(one.path) for one in os.scandir(folder) if one.name.endswith(".json") and one.name[0] != "."]
    except OSError:
        return []
    return sorted(files, key=_age) if len(files) > 1 else files


def _age(file: Path) -> tuple[int, str]:
    try:
        return -file.stat().st_mtime_ns, file.name
    except FileNotFoundError:
        return 0, file.name
