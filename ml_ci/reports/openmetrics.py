"""The report as OpenMetrics text: GitLab compares such a file with its target branch's, line by line, as strings.

So numbers have a fixed form, and nothing is in it that differs from run to run where nothing changed: no times, no
memory, no date. What is undefined is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ml_ci.metrics import COUNTS, OF_JOB
from ml_ci.reports.numbers import defined
from ml_ci.reports.rates import of_side, rates
from ml_ci.reports.text import label
from ml_ci.reports.values import Report, Side

_MOST = 5_000
_DIGITS = 6
_VERDICT = "verdict_pass"
_OF_SLICES = ("fpr", "fnr")


def render(report: Report) -> str:
    """Give every metric of every model, and of its slices: `ml_ci_fpr{model="churn"} 0.031200`; ends with `# EOF`."""
    families: dict[str, list[str]] = {}
    for name, model in report.models.items():
        put = families.setdefault
        put(_VERDICT, []).append(f"{_labels(model=name)} {int(model.verdict == 'pass')}")
        if model.candidate is not None:
            for metric, labels, value in _values(name, model.candidate):
                put(metric, []).append(f"{labels} {value}")
    return "".join(_family(name, lines) for name, lines in sorted(families.items())) + "# EOF\n"


def _family(name: str, lines: list[str]) -> str:
    metric = f"ml_ci_{name}"
    shown = [f"{metric}{line}\n" for line in dict.fromkeys(lines[:_MOST])]
    return f"# TYPE {metric} gauge\n{''.join(shown)}"


def _values(model: str, side: Side) -> Iterator[tuple[str, str, str]]:
    """Give name, labels and value of each metric of a side, and of the rates in its slices."""
    cells = {name: float(getattr(side.confusion, name)) for name in ("tp", "fp", "tn", "fn")}
    whole = {**cells, **of_side(side), **{name: defined(value) for name, value in side.metrics.items()}}
    yield from _defined(whole, _labels(model=model))
    for column, slices in side.slices.items():
        for value, counts in slices.items():
            weights = side.slice_weights.get(column, {}).get(value)
            found = rates(counts, weights)
            shown = {name: found[name] for name in _OF_SLICES}
            yield from _defined(shown, _labels(model=model, column=column, slice=value), "slice_")


def _defined(metrics: Mapping[str, float | None], labels: str, prefix: str = "") -> Iterator[tuple[str, str, str]]:
    for name, value in metrics.items():
        if value is not None and name not in OF_JOB:
            number = f"{value:.0f}" if name in COUNTS and value == int(value) else f"{value:.{_DIGITS}f}"
            yield prefix + _plain(name), labels, number


def _plain(name: str) -> str:
    """Write a metric's name as OpenMetrics has it: `recall_at(fpr=0.01)` has signs that no name may have."""
    return re.sub(r"_+", "_", re.sub(r"[^a-zA-Z0-9_]", "_", label(name, 100))).strip("_").lower() or "metric"


def _labels(**values: str) -> str:
    shown = [f'{name}="{_escaped(label(value, 200))}"' for name, value in values.items()]
    return "{" + ",".join(shown) + "}"


def _escaped(value: str) -> str:
    said = value.encode("utf-8", "replace").decode()
    return said.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
