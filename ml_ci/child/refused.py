"""Ask again what a service refused for the time being: HTTP 429 and 503, after as long as it says (`Retry-After`).

The user's function raises what its client raised; which library that is does not matter.
"""

from __future__ import annotations

import os
import sys
import time

from .calls import flush
from .failures import JobFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Iterator

# Names the file to which whatever scores appends, for each ask that it repeats, a line with the number of rows.
AGAIN = "ML_CI_ASKED_AGAIN"
_REFUSED = (429, 503)
_TRIES = 6
_LONGEST = 120.0  # seconds of one wait; a service that wants more is not waited for
_MOST_CAUSES = 20


def ask_patiently(ask: Callable[[], Any], rows: int, what: str) -> Any:
    """Ask, and ask again while a service refuses; JobFailed `rate-limited` when it does not stop, or wants too long.

    Where a service does not say how long to wait, that is 1, 2, 4 ... seconds.
    """
    for tried in range(_TRIES):
        try:
            return ask()
        except JobFailed as error:
            refusal = find_refusal(error)
            if refusal is None:
                raise
            status, wanted = refusal
            wait = float(2**tried) if wanted is None else wanted
            if wait > _LONGEST or tried == _TRIES - 1:
                raise _give_up(what, status, wanted, tried + 1)
        sys.stderr.write("ml-ci: HTTP %d, asked again in %.0f s\n" % (status, wait))
        flush()
        time.sleep(wait)
        note_again(rows)
    raise AssertionError("the last try returns or raises")


def _give_up(what: str, status: int, wanted: float | None, tried: int) -> JobFailed:
    said = "the service that %s asks refused %d times (HTTP %d)" % (what, tried, status)
    if wanted is not None and wanted > _LONGEST:
        said = "the service that %s asks wants %.0f s to be waited (HTTP %d, Retry-After)" % (what, wanted, status)
    return JobFailed("rate-limited", said, "Ask it for fewer rows a minute in that function, or run again later.")


def find_refusal(error: BaseException) -> tuple[int, float | None] | None:
    """Give the status of a refusal for the time being, and the seconds to wait, None where it does not say; or None.

    Looked at is what was raised, and what that came from.
    """
    for one in _causes(error):
        response = getattr(one, "response", None)
        for place in (one, response):
            status = next((value for value in map(_whole, _statuses(place)) if value in _REFUSED), None)
            if status is not None:
                headers = getattr(one, "headers", None) or getattr(response, "headers", None)
                return status, _seconds(_header(headers))
    return None


def _statuses(place: Any) -> Iterator[Any]:
    return (getattr(place, name, None) for name in ("status_code", "code", "status"))


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Give an error and what it came from; one that comes from itself ends."""
    one: BaseException | None = error
    for _ in range(_MOST_CAUSES):
        if one is None:
            return
        yield one
        one = one.__cause__ or one.__context__


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _header(headers: Any) -> str | None:
    try:
        found = headers.get("Retry-After") or headers.get("retry-after")
    except Exception:  # whatever a client calls headers
        return None
    return found if isinstance(found, str) else None


def _seconds(text: str | None) -> float | None:
    """Read seconds, or a date by which one may ask again; None for what is neither."""
    if text is None:
        return None
    if text.strip().isdigit():
        return float(text)
    from email.utils import parsedate_to_datetime

    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except Exception:  # no date; which error that is depends on the version of Python
        return None


def note_again(rows: int) -> None:
    """Note that so many rows are asked again."""
    path = os.environ.get(AGAIN)
    if path:
        with open(path, "a", encoding="utf-8") as stream:
            stream.write("%d\n" % rows)
