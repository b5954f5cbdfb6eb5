"""Show a file in the browser of who sits before the screen, and do nothing where nobody does."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path


def has_screen(environment: Mapping[str, str], platform: str) -> bool:
    """Say whether a browser could be seen: not in a job of CI, and on Linux only with a display."""
    from ml_ci.variables.given import in_ci

    if in_ci(environment):
        return False
    return not platform.startswith("linux") or bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))


def show_page(page: Path) -> None:
    """Open the page in a browser, where there is a screen; what the browser says of itself is not ours to tell."""
    if not has_screen(os.environ, sys.platform):
        return
    import webbrowser

    webbrowser.open(page.resolve().as_uri())
