"""Whether `live:` and the stages with traffic can be meant: what of them takes two keys to judge."""

from __future__ import annotations

from collections.abc import Iterator

from ml_ci.spec.draft import Check, Draft
from ml_ci.spec.live_gates import find_limit, find_margin
from ml_ci.spec.live_shape import SourceShape
from ml_ci.spec.problems import Problem, show
from ml_ci.spec.shape import StageShape
from ml_ci.spec.values import Ramp


def _sources(model: Draft) -> Iterator[Problem]:
    live = model.keys.live
    if live is None:
        return
    for name in ("predictions", "labels", "features"):
        source: SourceShape | None = getattr(live, name)
        if source is not None:
            for key, message in _about_source(source):
                yield Problem(model.place("live", name, *key), message)
    if live.labels is not None and live.labels.format:
        yield Problem(model.place("live", "labels", "format"), "log lines hold predictions, no labels; leave it out")


def _about_source(source: SourceShape) -> Iterator[tuple[tuple[str, ...], str]]:
    if source.path is None and source.sql is None:
        yield (), "nothing says where the rows are; add path: logs/*.parquet, or sql: 'select …'"
    elif source.path is not None and source.sql is not None:
        yield ("sql",), "there is path: already; keep one of them"
    if source.dsn is not None and source.sql is None:
        yield ("dsn",), "dsn: belongs to sql:, a query that PostgreSQL answers; add it, or leave this out"
    if source.format is not None and source.path is None:
        yield ("format",), "format: belongs to path:, the files with the log lines; leave it out"


def _columns(model: Draft) -> Iterator[Problem]:
    live = model.keys.live
    if live is None:
        return
    label = model.keys.label.strip()
    taken = {label: "label"} if "label" not in model.broken else {}
    for key in ("id", "time", "version", "unit", "weight"):
        column = getattr(live, key)
        if column is not None and column in taken:
            yield Problem(model.place("live", key), f"the column {show(column)} is {taken[column]}: already")
        elif column is not None and key != "unit":  # each row may be a unit
            taken[column] = key


def _rules(model: Draft) -> Iterator[Problem]:
    live = model.keys.live
    if live is None:
        return
    if live.weight is not None and live.rows == "dependent":
        message = "weighted labels are counted row by row; add rows: independent, or leave this out"
        yield Problem(model.place("live", "weight"), message)
    if live.false_alarms <= live.window:
        message = "a false alarm in each window, or more often, is no alarm; write, for example, one in 5y"
        yield Problem(model.place("live", "false_alarms"), message)


def _gates(model: Draft) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for index, gate in model.live.items():
        place = model.place("live", "gates", index)
        try:
            find_limit(gate.condition)
        except ValueError as wrong:
            yield Problem(place, f"in {show(gate.text)}: {wrong}")
        if first.setdefault(str(gate.condition), index) != index:
            yield Problem(place, f"the gate {show(gate.text)} is listed twice; remove one of them")


def _traffic(model: Draft) -> Iterator[Problem]:
    for index, stage in enumerate(model.keys.stages):
        if stage.traffic is None:
            for key, name in (("after", "after"), ("until", "for")):
                if getattr(stage, key) is not None:
                    message = f"{name}: belongs to a stage with traffic:; add it, or leave this out"
                    yield Problem(model.place("stages", index, name), message)
            continue
        for rest, message in (*_about_traffic(model, stage), *_about_gates(model, stage)):
            yield Problem(model.place("stages", index, *rest), message)


def _about_traffic(model: Draft, stage: StageShape) -> Iterator[tuple[tuple[str, ...], str]]:
    if stage.name == "champion":
        yield ("traffic",), "the champion gets the traffic; give the stage before it a share"
    if stage.after is not None and stage.until is not None and stage.after >= stage.until:
        yield ("for",), "it ends before after: allows a promotion; let for: be longer"
    live = model.keys.live
    if "live" in model.broken:
        return
    if live is None:
        yield ("traffic",), "nothing says where live rows are; add live: to the model"
        return
    if live.version is None:
        message = "nothing says which model answered a row; add version: COLUMN to live:"
        yield ("traffic",), message
    if live.weight is not None:
        yield ("traffic",), "two models are compared on rows that count alike; leave weight: out of live:"
    if isinstance(stage.traffic, Ramp):
        late = [begin for begin, _ in stage.traffic.steps if begin % live.window]
        if late:
            yield ("traffic",), "a share begins within a window; let each step be whole windows of live: long"


def _about_gates(model: Draft, stage: StageShape) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if not stage.gates:
        yield ("traffic",), "nothing is judged on its rows; add gates: [fnr <= baseline.fnr + 0.02]"
    for index, gate in enumerate(model.stages.get(stage.name, ())):
        try:
            find_margin(gate.condition)
        except ValueError as wrong:
            yield ("gates", index), f"in {show(gate.text)}: {wrong}"


LIVE_CHECKS: tuple[tuple[str, Check], ...] = (
    ("live", _sources),
    ("live", _columns),
    ("live", _rules),
    ("live", _gates),
    ("stages metrics behaviours", _traffic),
)
