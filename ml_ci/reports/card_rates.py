"""The numbers of a model card: how good, for whom, how groups are selected, and what it costs."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence

from ml_ci.evaluation.confusion import Confusion
from ml_ci.reports.card_values import Grid, Section
from ml_ci.reports.differences import metric_rows
from ml_ci.reports.metrics import title
from ml_ci.reports.numbers import count, decimal, percent
from ml_ci.reports.prices import price
from ml_ci.reports.values import ModelReport

LEVEL = 0.95
_SELECTIONS = "Selection rates and impact ratios"
_EDGES = re.compile(r"(?:<|>=|\[)(-?[\d.]+(?:e[+-]?\d+)?)(?:, \S+\))?")
_ELSEWHERE = {title(name) for name in ("fpr", "fnr", "cost", "cost_per_1000")}
_BY_ROW = (
    "In these tables each row counts once and for itself, whatever `cluster:` and `weight:` say: the intervals are "
    "narrower than the evidence is, and the gates say what is proven."
)
_RATES = ("rows", "positives", "FPR", "95% interval", "FNR", "95% interval")


def rates(model: ModelReport, impact: Sequence[str] = ()) -> Iterator[Section]:
    """Give the sections of a model's numbers; what was not counted is said. `impact` are further sentences of cost."""
    if model.candidate is None:
        yield Section("How good it is", ("Nothing was counted.",))
        return
    yield _whole(model)
    yield _groups(model.candidate.slices, model.candidate.confusion.rows)
    yield _selections(model.candidate.slices, model.candidate.confusion.rows)
    told = price(model)
    yield Section("Cost", (told or "Nothing has a price (`cost:` in ml-ci.yaml).", *impact), lacks=not told)


def _whole(model: ModelReport) -> Section:
    assert model.candidate is not None  # noqa: S101
    whole = model.candidate.confusion
    rows = [("this version", *_rates(whole, whole.rows))]
    if model.baseline is not None:
        rows.append((f"baseline: {model.baseline.source}", *_rates(model.baseline.confusion, whole.rows)))
    said = (
        "FPR is the share of the negatives that were taken for positive (false alarms), FNR the share of the positives "
        "that were missed. Intervals are exact (Clopper-Pearson), each for itself."
    )
    if model.folds is not None:
        said += (
            " They hold for the models of these folds, and are too narrow for what the same job gives on another "
            "table: the folds share their training rows."
        )
    if model.candidate.weights is not None or any(gate.clusters is not None for gate in model.gates):
        said += f" {_BY_ROW}"
    found = [row for row in metric_rows(model) if row.title not in _ELSEWHERE]
    if model.baseline is None:
        metrics = Grid(("metric", "this version"), tuple((row.title, row.candidate) for row in found), "lr")
    else:
        shown = tuple((row.title, row.candidate, row.baseline, row.change or "none") for row in found)
        metrics = Grid(("metric", "this version", "baseline", "change"), shown, "lrrr")
    grids = (Grid(("all rows of the holdout", *_RATES), tuple(rows), "lrrrrrr"), metrics)
    return Section("How good it is", (said,), grids, fields=model)


def _groups(slices: Mapping[str, Mapping[str, Confusion]], total: int) -> Section:
    if not slices:
        return Section("For whom it is wrong", ("No groups were compared (`slices:` in ml-ci.yaml).",), lacks=True)
    grids = tuple(
        Grid(
            (_column(column), *_RATES),
            tuple((_group(value), *_rates(counts, total)) for value, counts in _ordered(values)),
            "lrrrrrr",
        )
        for column, values in slices.items()
    )
    said = (
        "The same rates for each group. Where a group is small its interval is wide: two groups whose intervals "
        "overlap may not differ at all, and of many groups some differ by chance."
    )
    return Section("For whom it is wrong", (said,), grids)


def _rates(c: Confusion, total: int) -> tuple[str, ...]:
    """Give rows and positives with their shares, and both rates with their intervals."""
    sizes = (_with_share(c.rows, total) if c.rows != total else count(c.rows), _with_share(c.positives, c.rows))
    return (
        *sizes,
        _part(c.fp, c.negatives),
        interval(c.fp, c.negatives),
        _part(c.fn, c.positives),
        interval(c.fn, c.positives),
    )


def interval(part: int, whole: int) -> str:
    """Say the two-sided Clopper-Pearson interval of a share; "undefined" over no rows."""
    [found] = ends([(part, whole)])
    return "undefined" if found is None else f"{percent(found[0])} … {percent(found[1])}"


def ends(pairs: Sequence[tuple[int, int]]) -> list[tuple[float, float] | None]:
    """Give the two-sided Clopper-Pearson interval of each share (part, whole); None over no rows."""
    if not pairs:
        return []
    from ml_ci.gates.statistics.limits import lower, upper

    parts, wholes = zip(*pairs, strict=True)
    alpha = (1 - LEVEL) / 2
    low, high = lower(parts, wholes, alpha), upper(parts, wholes, alpha)
    found = zip(map(float, low), map(float, high), wholes, strict=True)
    return [None if not n or math.isnan(a) or math.isnan(b) else (a, b) for a, b, n in found]


def _selections(slices: Mapping[str, Mapping[str, Confusion]], total: int) -> Section:
    if not slices:
        return Section(_SELECTIONS, ("No groups were compared (`slices:` in ml-ci.yaml).",), lacks=True)
    said = (
        "The selection rate is the share of a group's rows that were predicted positive. The impact ratio divides it "
        "by the highest selection rate among the groups of the same column, as a bias audit does. What ratio is "
        "acceptable is a matter of law and of the use: no threshold is implied here. Where the group with the highest "
        "rate is small, look at its interval first: every ratio of its column hangs on it."
    )
    grids = tuple(_selection(column, values, total) for column, values in slices.items())
    return Section(_SELECTIONS, (said, *_missing_pairs(slices)), grids)


def _missing_pairs(slices: Mapping[str, Mapping[str, Confusion]]) -> Iterator[str]:
    """Say how pairs of groups are counted, where there could be some and are none."""
    single = [column for column in slices if "," not in column]
    if len(single) > 1 and len(single) == len(slices):
        yield f"Pairs of groups are counted where `slices:` names them, such as `[{single[0]}, {single[1]}]`."


def _selection(column: str, values: Mapping[str, Confusion], total: int) -> Grid:
    selected = {value: (c.tp + c.fp, c.rows) for value, c in values.items()}
    highest = max((part / whole for part, whole in selected.values() if whole), default=0.0)
    rows = []
    for value, _ in _ordered(values):
        part, whole = selected[value]
        ratio = part / whole / highest if whole and highest else None
        shown = (_part(part, whole), interval(part, whole), decimal(ratio))
        rows.append((_group(value), _with_share(whole, total), *shown))
    return Grid((_column(column), "rows", "selection rate", "95% interval", "impact ratio"), tuple(rows), "lrrrr")


def _ordered(values: Mapping[str, Confusion]) -> list[tuple[str, Confusion]]:
    """Give the groups in their order; bins by their lower edges, which their names hide."""
    edges = {value: _EDGES.fullmatch(value) for value in values}
    found = list(values.items())
    if not any(edges.values()):
        return found
    return sorted(found, key=lambda item: _place(item[0]))


def _place(value: str) -> tuple[bool, float]:
    edge = _EDGES.fullmatch(value)
    if edge is None:
        return True, 0.0
    return False, -math.inf if value.startswith("<") else float(edge[1])


def _column(column: str) -> str:
    return column.replace(",", " and ")


def _group(value: str) -> str:
    return re.sub(",(?! )", ", ", value) if value else "(missing)"


def _with_share(part: int, whole: int) -> str:
    return f"{count(part)} ({percent(part / whole)})" if whole else count(part)


def _part(part: int, whole: int) -> str:
    return f"{percent(part / whole)} ({count(part)} of {count(whole)})" if whole else "undefined (no rows)"
