"""Slices as a Mermaid chart, which GitHub draws from text: beside a table, never instead of one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ml_ci.evaluation.confusion import Confusion
from ml_ci.frozen import dataclass
from ml_ci.reports.gate_rows import slice_title
from ml_ci.reports.numbers import defined
from ml_ci.reports.text import clip, label
from ml_ci.reports.values import ModelReport

_MOST = 12
_MOST_LABEL = 24


@dataclass(frozen=True)
class _Bar:
    title: str
    rows: int
    candidate: float
    baseline: float | None


def chart(model: ModelReport) -> list[str]:
    """Draw the FNR of the largest slices as bars, the baseline's as a line; [] where fewer than two can be drawn.

    A slice without positives has no FNR and is no bar; the line is left out where the baseline lacks one of them.
    """
    bars = sorted(_bars(model), key=lambda bar: -bar.rows)[:_MOST]
    if len(bars) < 2:
        return []
    was = [bar.baseline for bar in bars]
    lines = [] if None in was else [f"    line [{', '.join(_percent(rate) for rate in was if rate is not None)}]"]
    titles = _distinct([_plain(bar.title) for bar in bars])
    top = max([bar.candidate for bar in bars] + [rate for rate in was if rate is not None])
    title = "FNR by slice: bars candidate, line baseline" if lines else "FNR by slice"
    return [
        "xychart-beta",
        f'    title "{title}"',
        f"    x-axis [{', '.join(titles)}]",
        f'    y-axis "%" 0 --> {_percent(max(top, 0.01) * 1.1)}',
        f"    bar [{', '.join(_percent(bar.candidate) for bar in bars)}]",
        *lines,
    ]


def _bars(model: ModelReport) -> list[_Bar]:
    if model.candidate is None:
        return []
    found = []
    for column, values in model.candidate.slices.items():
        before = model.baseline.slices.get(column, {}) if model.baseline else {}
        for value, counts in values.items():
            rate = defined(counts.fnr)
            if rate is not None:
                was = defined(before.get(value, Confusion()).fnr)
                found.append(_Bar(slice_title(column, value), counts.rows, rate, was))
    return found


def _percent(rate: float) -> str:
    """Write a rate in percent, in digits only: Mermaid knows neither NaN nor 1e-05."""
    return f"{rate * 100:.2f}"


def _plain(title: str) -> str:
    """Give a name in quotation marks that holds nothing which Mermaid reads as its own."""
    return clip(re.sub(r"[^\w .,=+-]", "·", label(title, 200)).strip() or "·", _MOST_LABEL)


def _distinct(titles: Sequence[str]) -> list[str]:
    """Number names that became alike: Mermaid would draw them upon each other."""
    seen: dict[str, int] = {}
    given = []
    for title in titles:
        seen[title] = seen.get(title, 0) + 1
        given.append(f'"{title}"' if seen[title] == 1 else f'"{title} ({seen[title]})"')
    return given
