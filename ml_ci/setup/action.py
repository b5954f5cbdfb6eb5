"""Where the actions of this very ml-ci are: the repository and commit that it was installed from."""

from __future__ import annotations

import json
import re
from importlib import metadata

_GITHUB = re.compile(r"(?:git\+)?(?:https://|ssh://git@|git@)[^/:]+[/:]([\w.-]+/[\w.-]+?)(?:\.git)?/?$")


def name_action() -> str | None:
    """Give `OWNER/NAME@COMMIT` when pip installed ml-ci from a repository and said so; None otherwise."""
    try:
        said = json.loads(metadata.distribution("ml-ci").read_text("direct_url.json") or "{}")
    except (metadata.PackageNotFoundError, ValueError):
        return None
    return read_name(said)


def read_name(said: object) -> str | None:
    """Read what pip wrote (PEP 610)."""
    if not isinstance(said, dict) or not isinstance(said.get("vcs_info"), dict):
        return None
    found = _GITHUB.match(str(said.get("url", "")))
    commit = str(said["vcs_info"].get("commit_id", ""))
    return f"{found[1]}@{commit}" if found and re.fullmatch(r"[0-9a-f]{40}", commit) else None
