"""The audit log: a line of JSON per move of a champion, each with the digest of the line before."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

from ml_ci.records.codec import pack
from ml_ci.registry.values import Event

FORMAT = 1
NAME = "audit.jsonl"


def append(state: Path, event: Event) -> bool:
    """Append an event, under a lock, whole and forced to disk; one whose id is there already is not written again."""
    from filelock import FileLock

    with FileLock(state / f"{NAME}.lock"):
        lines = read(state)
        if any(_id(line) == event.id for line in lines):
            return False
        before = hashlib.sha256(lines[-1].encode()).hexdigest() if lines else None
        said = {"format": FORMAT, **pack(event), "before": before}
        _write(state / NAME, json.dumps(said, ensure_ascii=False, sort_keys=True))
        return True


def read(state: Path) -> list[str]:
    """Give the lines of the log, the oldest first; none when there is no log."""
    try:
        return (state / NAME).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []


def _write(path: Path, line: str) -> None:
    torn = path.exists() and not path.read_bytes().endswith(b"\n") and path.stat().st_size > 0
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(handle, (("\n" if torn else "") + line + "\n").encode())
        os.fsync(handle)
    finally:
        os.close(handle)


def _id(line: str) -> str | None:
    try:
        said = json.loads(line)
    except ValueError:
        return None  # a line that a kill cut off
    return said.get("id") if isinstance(said, dict) else None
