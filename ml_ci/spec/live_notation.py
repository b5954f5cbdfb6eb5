"""The short notations of `live:` and of stages with traffic: periods, false alarms, traffic, sources.

Each function raises ValueError with a sentence that says what is expected, with an example, and what stands there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from ml_ci.spec.live import DAY, YEAR, Ramp
from ml_ci.spec.notation import NUMBER
from ml_ci.spec.paths import is_url, url
from ml_ci.spec.problems import show

_UNITS: Mapping[str, float] = {"y": YEAR, "w": 7 * DAY, "d": DAY, "h": 3600.0, "m": 60.0, "s": 1.0}
PERIOD = "^(?=[0-9])" + "".join(rf"(?:({NUMBER}){unit})?" for unit in _UNITS) + "$"
FALSE_ALARMS = rf"^one in ({PERIOD[1:-1]})$"
TRAFFIC_EXAMPLE = "shadow, a share such as 0.1, or shares by time such as {0d: 0.05, 7d: 0.5}"
_SECRET = re.compile(r"://[^\s/:@']+:[^\s/@']+@|\bpassword\s*=", re.IGNORECASE)


def period(value: Any) -> float:
    """Read a period above zero in seconds: `30d`, `2w`, `12h`, `1d12h`."""
    seconds = delay(value)
    if not seconds > 0:
        raise ValueError(f"expected a period above zero such as 7d or 12h, got {show(value)}")
    return seconds


def delay(value: Any) -> float:
    """Read a period in seconds that may be zero: `0d`, `30d`. A number without its unit could be days or seconds."""
    found = re.fullmatch(PERIOD, value) if isinstance(value, str) and len(value) < 40 else None
    if not found:
        unit = f"; write {value}d for days" if isinstance(value, int) and not isinstance(value, bool) else ""
        raise ValueError(f"expected a period with its unit such as 30d, 12h or 1d12h, got {show(value)}{unit}")
    total = sum(float(part or 0) * unit for part, unit in zip(found.groups(), _UNITS.values(), strict=True))
    if not total < 1000 * YEAR:
        raise ValueError(f"expected a period below 1000y, got {show(value)}")
    return total


def false_alarms(value: Any) -> float:
    """Read how often a false alarm is borne, as the seconds to one on average: `one in 5y`."""
    text = value.strip() if isinstance(value, str) else ""
    if not text.startswith("one in "):
        raise ValueError(f"expected the mean time to a false alarm such as one in 5y, got {show(value)}")
    return period(text.removeprefix("one in ").strip())


def traffic(value: Any) -> str | float | Ramp:
    """Read what a candidate gets: `shadow` (both models answer every row), a share, or shares by time."""
    if value == "shadow":
        return "shadow"
    if isinstance(value, dict) and value:
        return _ramp(value)
    return _share(value)


def _share(value: Any) -> float:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if number and 0 < value < 1:
        return float(value)
    meant = f", did you mean {value / 100:.6g}?" if number and 1 < value < 100 else ""
    raise ValueError(f"expected {TRAFFIC_EXAMPLE}, each between 0 and 1, got {show(value)}{meant}")


def _ramp(value: Mapping[Any, Any]) -> Ramp:
    steps = tuple((delay(begin), _share(share)) for begin, share in value.items())
    begins = [begin for begin, _ in steps]
    if begins[0] != 0 or any(later <= earlier for earlier, later in pairwise(begins)):
        raise ValueError("the shares begin with that of 0d and follow by time, such as {0d: 0.05, 7d: 0.5}")
    return Ramp(steps)


def live_path(value: str) -> str:
    """Check where live rows are: a path or glob, which may be absolute, or a URL without credentials."""
    if not value.strip() or value != value.strip() or "\n" in value:
        raise ValueError(f"expected a path, glob or URL such as logs/*.parquet, got {show(value)}")
    if value.startswith("~"):
        raise ValueError(f"'~' is not expanded, got {show(value)}; write the whole path")
    if re.match(r"(postgres|postgresql|mysql|sqlite)://", value):
        hint = "write {sql: 'select * from predictions', dsn: NAME}, and set the connection as the variable NAME"
        raise ValueError(f"a database is read by a query; {hint}")
    if re.match(r"file:", value):
        raise ValueError(f"expected a path instead of {show(value)}; write it without file://")
    return url(value) if is_url(value) else value


def query(value: str) -> str:
    """Check a query: one `select`, without a secret in it. What else it says is checked where it is run."""
    text = value.strip().removesuffix(";").strip()
    if _SECRET.search(text):
        raise ValueError(
            "the query holds a password; take it out (and change it), and name the variable that has it: dsn: NAME"
        )
    if not re.match(r"(select|with|from|values|table)\b", text, re.IGNORECASE):
        raise ValueError(f"expected a query, which begins with select, got {show(value)}")
    if ";" in re.sub(r"'[^']*'|\"[^\"]*\"", "", text):
        raise ValueError("expected one query, got several with ';' between them; keep one")
    return text
