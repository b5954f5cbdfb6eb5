"""Stands in for actions/install/install.py, which stands beside it: what that would install anew, it installs once.

Where an environment lies, who makes it and when is decided by the real one. What it fills from the locks takes 15 s:
each further environment of the same digest is a link to the first; of other sources of ml-ci, whose locks are the same,
only ml-ci is built.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

spec = importlib.util.spec_from_file_location("install_for_real", Path(__file__).with_name("install_for_real.py"))
assert spec is not None and spec.loader is not None
real = importlib.util.module_from_spec(spec)
spec.loader.exec_module(real)
fill, add_locked = real._fill, real._add_locked
kept = Path(os.environ["RIG_KEPT"])


def keep(name: str, make: Callable[[Path], None]) -> Path:
    """Make a folder of this name once, for every job and every worker; half a folder is nobody's."""
    at = kept / name
    with real._alone(at):
        if not at.is_dir():
            half = at.with_name(f"{name}.half")
            shutil.rmtree(half, ignore_errors=True)
            make(half)
            half.rename(at)
    return at


def link_filled(made: Path) -> None:
    made.symlink_to(keep(real.digest(), fill))


def copy_locked(made: Path) -> None:
    """The files are hard links: pip writes none anew, it puts another in its place."""
    locks = b"".join(lock.read_bytes() for lock in real.locks())
    found = keep(f"locked-{hashlib.sha256(locks).hexdigest()[:32]}", add_locked)
    shutil.copytree(found, made, symlinks=True, copy_function=os.link)


real._fill, real._add_locked = link_filled, copy_locked
real.main(sys.argv[1:])
