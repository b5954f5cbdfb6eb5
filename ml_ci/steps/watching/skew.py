"""Compare the features that a service logged with the same ones computed again, and count the decisions that flip."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from ml_ci.behaviours.asks import Cell
from ml_ci.behaviours.columns import Column, Columns
from ml_ci.behaviours.shown import ENOUGH
from ml_ci.behaviours.wanted import ask_for
from ml_ci.errors import StageFailed, UserError
from ml_ci.gates.live.skew import bound_rate, judge_skew
from ml_ci.gates.values import GateResult
from ml_ci.live.skew import Comparison, Values, compare
from ml_ci.live.skew_columns import Side
from ml_ci.live.skew_values import Skew, Wanted
from ml_ci.live.sources import Surroundings, open_source
from ml_ci.reports.live.skew import Flips, SkewReport
from ml_ci.spec.live import LiveFeatures, LiveSource, LiveSpec
from ml_ci.spec.values import ModelSpec
from ml_ci.steps.examination.asking import open_asking
from ml_ci.steps.values import Project
from ml_ci.steps.watching.asked_skew import Asked
from ml_ci.steps.watching.in_service import NO_CHAMPION, find_in_service, name_side
from ml_ci.tables.duck import Database, connect

# What stands beside features in a log.
_ANSWERS = frozenset({"score", "prediction"})


def find_skew(project: Project, name: str, asked: Asked) -> SkewReport:
    """Compare the log of a model with its features computed again, and judge the share of rows that differ.

    The rows that do are scored as logged and as computed by the model in service. That there is no champion yet is
    told; where it cannot be asked the gate is an error. UserError without `live: features:`, and for tables that cannot
    be compared.
    """
    model = project.spec.models[name]
    live, features = _need_features(model)
    with connect(shown=features.source.text) as database, project.store.workplace() as work:
        logged = _open(database, live, live.predictions, project, work / "logged")
        computed = _open(database, live, features.source, project, work / "computed")
        comparison = compare(database, logged, computed, _say_what(model, live, features, asked))
        skew, notes = comparison.skew, list(comparison.skew.notes)
        gate = judge_skew(skew.rows, skew.mismatches, features.limit if asked.limit is None else asked.limit)
        try:
            flips = _count_flips(project, name, comparison, notes)
        except StageFailed as error:
            flips = Flips("the model", skew.mismatches, None, error.failure.message)
            gate = gate if error.failure.code == NO_CHAMPION else _fail(gate, error)
    sources = (live.predictions.text, features.source.text)
    return SkewReport(name, gate, skew, flips, sources, live.id, _bound(skew), tuple(notes))


def _say_what(model: ModelSpec, live: LiveSpec, features: LiveFeatures, asked: Asked) -> Wanted:
    return Wanted(
        id=live.id,
        time=live.time,
        unit=live.unit,
        beside=frozenset(one for one in (live.version, live.weight, model.label) if one) | _ANSWERS,
        within=features.within,
        rows=asked.most,
        enough=ENOUGH,
        single=asked.pairs,
    )


def _open(database: Database, live: LiveSpec, source: LiveSource, project: Project, work: Path) -> Side:
    work.mkdir()
    found = open_source(source, database, Surroundings(live, project.folder, work, project.options.environment))
    # Of files without types every column is read as text, and is what all of its texts are.
    return Side(found.relation, found.types, found.shown, typed=not found.relation.startswith("read_csv("))


def _need_features(model: ModelSpec) -> tuple[LiveSpec, LiveFeatures]:
    if model.live is None or model.live.features is None:
        missing = "live:" if model.live is None else "features: below live:"
        hint = "Say where the log is and where the same features are computed again: docs/configuration.md, `live:`."
        raise UserError(f"`{model.name}` has no {missing}", hint=hint)
    return model.live, model.live.features


def _fail(gate: GateResult, error: StageFailed) -> GateResult:
    """Let a gate be an error where nobody knows what the differences do."""
    if gate.verdict == "fail":
        return gate
    return replace(gate, verdict="error", reason=f"what the differences do is not known: {error.failure.message}")


def _bound(skew: Skew) -> dict[str, tuple[float, float]]:
    found = {name: bound_rate(skew.rows, one.mismatches) for name, one in skew.columns.items() if one.mismatches}
    return {name: interval for name, interval in found.items() if interval is not None}


def _count_flips(project: Project, name: str, comparison: Comparison, notes: list[str]) -> Flips:
    """Have the rows that differ scored both ways; rows that are alike cannot flip."""
    sides, _ = find_in_service(project, name)
    if not comparison.skew.mismatches:
        return Flips(name_side(sides), 0, 0)
    with open_asking(project, sides) as asking:
        holdout, asker = asking.holdout, asking.baseline
        assert asker is not None  # noqa: S101 there is one in service
        compared = {one.name for one in comparison.compared}
        typical = [column for column in holdout.columns if column not in compared]
        if typical:
            more = f" and {len(typical) - 8} more" if len(typical) > 8 else ""
            named = ", ".join(typical[:8])
            notes.append(f"not compared, and typical of the holdout when both ways are scored: {named}{more}")
        rows = flipped = 0
        for logged, computed in comparison.read_differing(list(holdout.columns)):
            both = [*_make_rows(holdout, logged), *_make_rows(holdout, computed)]
            decisions = asker(ask_for(both, None)).decisions
            half = len(both) // 2
            rows += half
            flipped += int((decisions[:half] != decisions[half:]).sum())
    return Flips(name_side(sides), rows, flipped)


def _make_rows(holdout: Columns, values: Values) -> Iterator[Mapping[str, Cell]]:
    """Make rows of the holdout of some columns' values; the others' are typical."""
    typical = {name: column.typical for name, column in holdout.columns.items()}
    for row in zip(*values.values(), strict=True):
        own = {name: _cell(holdout.columns[name], value) for name, value in zip(values, row, strict=True)}
        yield {**typical, **own}


def _cell(column: Column, value: Any) -> Cell:
    """Give a value as one of a holdout's column."""
    if value is None:
        return None
    if column.kind == "truth" and value in (0, 1):
        return bool(value)
    if isinstance(value, datetime):
        day = value.time() == datetime.min.time() and all(len(one) == len("2026-01-01") for one in column.values[:20])
        return value.date().isoformat() if day else value.isoformat(sep=" ")
    return value if isinstance(value, str | int | float | bool) else str(value)
