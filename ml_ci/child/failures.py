"""What goes wrong in a job, in words."""

from __future__ import annotations

import os
import sys


class JobFailed(Exception):
    """Carry a stable code, the sentence and the next step to ml-ci."""

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        Exception.__init__(self, message)
        self.code = code
        self.message = message
        self.hint = hint


def one_line(error: BaseException) -> str:
    text = " ".join(str(error).split())
    name = type(error).__name__
    return ("%s: %s" % (name, text) if text else name)[:500]


def user_frame(error: BaseException, folder: str) -> str:
    """Give ` (file, line N)` of the innermost frame inside the project, or ''."""
    import traceback

    folder = os.path.realpath(folder) + os.sep
    found = ""
    for frame in traceback.extract_tb(error.__traceback__):
        path = os.path.realpath(frame.filename)
        if path.startswith(folder):
            found = " (%s, line %s)" % (path[len(folder) :], frame.lineno)
    return found


def print_traceback() -> None:
    """Print the traceback to the log, without this folder's own frames where the user's follow."""
    import traceback

    kind, error, trace = sys.exc_info()
    while trace is not None and trace.tb_next is not None and _is_own(trace.tb_frame.f_code.co_filename):
        trace = trace.tb_next
    traceback.print_exception(kind, error, trace)


def _is_own(path: str) -> bool:
    return os.path.abspath(path).startswith(os.path.dirname(os.path.abspath(__file__)) + os.sep)
