"""Each side's own files by the paths in variables: a CI system's workspace and its like lead into the side's copy."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from ml_ci.training.values import Checkout

# What is the user's own wherever it lies, or the environment that a job runs in.
_KEPT = frozenset(("HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP", "VIRTUAL_ENV", "CONDA_PREFIX"))
_STATES = (".git", ".ml_ci")
_BEGIN = r"(?:^|(?<=[:;,=\s\"'])|(?<=file://))"
_END = r"(?=$|[/:;,\s\"'])"
_REST = r"([^:;,\s\"']*)"


def on_own_side(environment: Mapping[str, str], at: Checkout) -> dict[str, str]:
    """Give an environment in which paths of the user's checkout are those of the copy, where the copy has them.

    A path that the copy does not have (an environment that stands in the checkout, data that git ignores) stays as it
    is. Whatever a job reads through such a variable would otherwise be the candidate's on both sides.
    """
    copy = os.path.realpath(at.copy)
    every = {str(one) for top in at.tops for one in (top, os.path.realpath(top))} - {os.sep, copy}
    if not every:
        return dict(environment)
    tops = "|".join(map(re.escape, sorted(every, key=len, reverse=True)))
    pattern = re.compile(f"{_BEGIN}({tops}){_END}{_REST}")

    def lead(found: re.Match[str]) -> str:
        inside = found[2].strip("/")
        is_state = any(part in _STATES for part in inside.split("/"))
        return f"{copy}{found[2]}" if not is_state and Path(copy, inside).exists() else found[0]

    return {
        name: value if name in _KEPT or name.startswith("XDG_") else pattern.sub(lead, value)
        for name, value in environment.items()
    }
