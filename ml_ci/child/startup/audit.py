"""One audit hook for all that look on: a hook cannot be taken away again, and each costs every event."""

from __future__ import annotations

import sys
from _thread import _local

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Watcher = Callable[[Any], None]

_WATCHERS: dict[str, list[Watcher]] = {}
_here = _local()


def watch(event: str, watcher: Watcher) -> None:
    """Have a function called with the arguments of an audit event; not for what the watchers themselves do."""
    if not _WATCHERS:
        sys.addaudithook(_hook)
    _WATCHERS.setdefault(event, []).append(watcher)


def _hook(event: str, arguments: Any, watchers: Any = _WATCHERS, here: Any = _here) -> None:
    # The defaults are there when a process ends and its modules are emptied.
    called = watchers.get(event)
    if called is None or getattr(here, "busy", False):
        return
    here.busy = True
    try:
        for watcher in called:
            watcher(arguments)
    except Exception:  # the user's program goes on as if nobody looked
        pass
    finally:
        here.busy = False
