"""Call the user's functions."""

from __future__ import annotations

import os
import sys
import time

from .failures import JobFailed, one_line, print_traceback, user_frame

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .exchange import Request


# Whose this process is (its id), the code for what importing the user's code raises, the seconds that it took, and
# whether the traceback of what it raises is known already: one of thousands is enough.
NOW: Request = {"owner": 0, "raised": "job-raised", "seconds": 0.0, "silent": False}


def call(function: Any, positional: Any, named: Any, request: Request, what: str, code: str) -> Any:
    """Call the user's function, adding up its time; whatever it raises becomes a JobFailed with `code`."""
    started = time.perf_counter()
    try:
        answer = function(*positional, **named)
        NOW["seconds"] += time.perf_counter() - started
    except JobFailed:  # our own, of a model that answers by our code
        leave_if_forked()
        raise
    except SystemExit as error:
        leave_if_forked()
        status = 0 if error.code is None else error.code
        if status == 0:
            raise JobFailed(
                "no-result", "`%s` called sys.exit(0) before it returned a result" % what, "Return instead of exiting."
            )
        print_traceback()
        raise JobFailed("job-exit", "`%s` called sys.exit(%r)" % (what, status))
    except BaseException as error:  # the user's code, which may raise anything; told by its code, traceback in the log
        if not NOW["silent"]:
            print_traceback()
        leave_if_forked()
        raise JobFailed(code, "`%s` raised %s%s" % (what, one_line(error), user_frame(error, request["folder"])))
    leave_if_forked()
    return answer


def leave_if_forked() -> None:
    """End a forked child of the user's code that came back through our frames: it has nothing to say."""
    if os.getpid() != NOW["owner"]:
        flush()
        os._exit(0)


def flush() -> None:
    """Write out what the user's code printed."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:  # the user's code may have closed or replaced it
            pass
