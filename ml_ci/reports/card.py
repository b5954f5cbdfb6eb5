"""The model card: what a model-risk reviewer or an auditor asks for, as sections of paragraphs and tables."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ml_ci.evaluation.confusion import Confusion
from ml_ci.registry.history import History
from ml_ci.registry.values import Lineage
from ml_ci.reports.history import cells, head
from ml_ci.reports.numbers import count, decimal, duration, percent
from ml_ci.reports.prices import price
from ml_ci.reports.values import ModelReport
from ml_ci.spec.values import Card as Said

LEVEL = 0.95


@dataclass(frozen=True)
class Grid:
    """A table: its header, and rows of as many cells."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Section:
    """A part of the card; its texts are plain, and escaped where they are drawn."""

    title: str
    paragraphs: tuple[str, ...] = ()
    grids: tuple[Grid, ...] = ()
    code: str = ""


@dataclass(frozen=True)
class Card:
    """A model card: title, and sections in order."""

    title: str
    sections: tuple[Section, ...]


@dataclass(frozen=True)
class Moved:
    """By how much FPR, FNR and AUC moved when a feature was shuffled; None is undefined."""

    feature: str
    fpr: float | None
    fnr: float | None
    auc: float | None


@dataclass(frozen=True)
class Importance:
    """What a model relies on, the most first, measured on `rows` rows; `left` features were not shuffled.

    `why` says why nothing was measured.
    """

    moved: tuple[Moved, ...] = ()
    rows: int = 0
    left: int = 0
    why: str = ""


def card(lineage: Lineage, model: ModelReport, said: Said, history: History, relied: Importance) -> Card:
    """Put the card of one version together from what was recorded when it was promoted."""
    version = lineage.version
    sections = [
        _purpose(lineage, said),
        _data(lineage, model),
        _mistakes(model),
        *_groups(model),
        *_price(model),
        _relied(relied),
        _gates(model),
        _training(lineage.made),
        Section("History", (), (Grid(head(), tuple(tuple(cells(stay)) for stay in history.stays)),)),
        _again(lineage),
    ]
    return Card(f"{version.model} v{version.version}", tuple(sections))


def _purpose(lineage: Lineage, said: Said) -> Section:
    rows = (
        ("Intended use", said.intended_use or "not stated (`card: {intended_use: ...}` in ml-ci.yaml)"),
        ("Owner", said.owner or "not stated (`card: {owner: ...}` in ml-ci.yaml)"),
        ("Limitations", said.limitations or "not stated (`card: {limitations: ...}` in ml-ci.yaml)"),
        ("Version", f"v{lineage.version.version}{' (' + ', '.join(lineage.aliases) + ')' if lineage.aliases else ''}"),
        ("Commit", str(lineage.made["commit"])),
        ("Verdict", str(lineage.made["verdict"])),
    )
    return Section("The model", (), (Grid(("", ""), rows),))


def _data(lineage: Lineage, model: ModelReport) -> Section:
    made, rows = lineage.made, []
    for part, digest in sorted(made["parts"].items()):
        if part.startswith("data."):
            detail = made["details"].get(part, {})
            where = detail.get("path") or f"a part of {detail.get('of')}"
            rows.append((part.removeprefix("data."), str(where), str(detail.get("content") or digest)))
    told = []
    if model.candidate is not None:
        counts = model.candidate.confusion
        share = percent(_share(counts.positives, counts.rows))
        told.append(f"The holdout has {count(counts.rows)} rows, {count(counts.positives)} of them positive ({share}).")
    return Section("Data", tuple(told), (Grid(("entry", "where", "digest"), tuple(rows)),))


def _mistakes(model: ModelReport) -> Section:
    if model.candidate is None:
        return Section("Mistakes", ("Nothing was counted.",))
    rows = [_rates("all rows", model.candidate.confusion)]
    if model.baseline is not None:
        rows.append(_rates(f"baseline: {model.baseline.source}", model.baseline.confusion))
    for column, values in model.candidate.slices.items():
        rows += [_rates(f"{column} = {value or '(empty)'}", counts) for value, counts in values.items()]
    names = ("rows of", "rows", "positives", "FPR", "95% interval", "FNR", "95% interval")
    said = (
        "FPR is the share of the negatives that were taken for positive, FNR the share of the positives that were "
        "missed. Intervals are exact (Clopper-Pearson), each for itself."
    )
    return Section("Mistakes", (said,), (Grid(names, tuple(rows)),))


def _rates(name: str, c: Confusion) -> tuple[str, ...]:
    false_alarms = (_part(c.fp, c.negatives), interval(c.fp, c.negatives))
    misses = (_part(c.fn, c.positives), interval(c.fn, c.positives))
    return (name, count(c.rows), count(c.positives), *false_alarms, *misses)


def interval(part: int, whole: int) -> str:
    """Say the two-sided Clopper-Pearson interval of a share; "undefined" over no rows."""
    from ml_ci.gates.statistics.limits import lower, upper

    if whole == 0:
        return "undefined"
    alpha = (1 - LEVEL) / 2
    low, high = float(lower([part], [whole], alpha)[0]), float(upper([part], [whole], alpha)[0])
    return "undefined" if math.isnan(low) or math.isnan(high) else f"{percent(low)} … {percent(high)}"


def _part(part: int, whole: int) -> str:
    return f"{percent(_share(part, whole))} ({count(part)} of {count(whole)})" if whole else "undefined (no rows)"


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _groups(model: ModelReport) -> Iterator[Section]:
    if model.candidate is None or not model.candidate.slices:
        return
    grids = tuple(_selection(column, values) for column, values in model.candidate.slices.items())
    said = (
        "The selection rate is the share of a group's rows that were predicted positive. The impact ratio divides it "
        "by the highest selection rate among the groups of the same column, as a bias audit does. What ratio is "
        "acceptable is a matter of law and of the use: no threshold is implied here."
    )
    yield Section("Selection rates and impact ratios", (said,), grids)


def _selection(column: str, values: Mapping[str, Confusion]) -> Grid:
    rates = {value: _share(c.tp + c.fp, c.rows) for value, c in values.items()}
    highest = max((rate for rate in rates.values() if rate is not None), default=None)
    rows = []
    for value, counts in values.items():
        rate = rates[value]
        ratio = None if rate is None or not highest else rate / highest
        rows.append((value or "(empty)", count(counts.rows), _part(counts.tp + counts.fp, counts.rows), decimal(ratio)))
    return Grid((column, "rows", "selection rate", "impact ratio"), tuple(rows))


def _price(model: ModelReport) -> Iterator[Section]:
    told = price(model)
    if told:
        yield Section("Cost", (told,))


def _relied(relied: Importance) -> Section:
    title = "What the model relies on"
    if relied.why or not relied.moved:
        return Section(title, (f"Not measured: {relied.why or 'it has no features'}.",))
    left = f" {count(relied.left)} further features were not shuffled." if relied.left else ""
    said = (
        f"Each feature was shuffled over {count(relied.rows)} rows of the holdout (the seed is fixed), and the model "
        f"scored them again: by how much the rates moved.{left} Features that go together hide each other."
    )
    rows = tuple((one.feature, _change(one.fpr), _change(one.fnr), _change(one.auc)) for one in relied.moved)
    return Section(title, (said,), (Grid(("feature", "FPR", "FNR", "AUC"), rows),))


def _change(value: float | None) -> str:
    return "undefined" if value is None else f"{value:+.3f}"


def _gates(model: ModelReport) -> Section:
    shown = [(gate.verdict, gate.condition, gate.slice or "", _number(gate.value), _number(gate.limit), gate.reason)
             for gate in model.gates]  # fmt: skip
    names = ("verdict", "gate", "slice", "value", "limit", "why")
    return Section("Gates", (), (Grid(names, tuple(shown)),))


def _number(value: float | None) -> str:
    return decimal(value, 4)


def _training(made: Mapping[str, Any]) -> Section:
    environment = {name: version for name, version in made["environment"].items() if version}
    seconds = duration(made["seconds"]) if made.get("seconds") is not None else "unknown"
    rows = [("seed", str(made["seed"])), ("time", seconds), ("training", made["training"]), ("file", made["artifact"])]
    rows += [(f"params: {key}", str(value)) for key, value in made["details"].get("params", {}).items()]
    locked = tuple((name, str(version)) for name, version in sorted(environment.items()))
    return Section("Training", (), (Grid(("", ""), tuple(rows)), Grid(("distribution", "version"), locked)))


def _again(lineage: Lineage) -> Section:
    name = f"{lineage.version.model}@{lineage.version.version}"
    said = "This trains it again from its commit, its data and its environment, and says whether it predicts the same."
    return Section("Make it again", (said,), code=f"ml-ci reproduce {name}")
