"""A look at live rows as JSON, format 1: written with builtin types only, read back as untrusted data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ml_ci.evaluation.clusters import Weighted
from ml_ci.gates.live.values import Evidence
from ml_ci.live.values import Coverage, Weighed, Window
from ml_ci.registry.values import Worth
from ml_ci.reports.json_parts import (
    check_format,
    read_json,
    write_cost,
    write_counts,
    write_ends,
    write_failure,
    write_gate,
    write_weights,
)
from ml_ci.reports.live import rates
from ml_ci.reports.live.values import Beside, CanaryReport, ModelWatch, WatchReport
from ml_ci.reports.numbers import defined
from ml_ci.spec.values import Cost

FORMAT = 1
_WATCH, _CANARY = "report of a watch", "report of a canary"
_OF_WATCH = "Give the file that `ml-ci watch` left at .ml_ci/watch.json."
_OF_CANARY = "Give the file that `ml-ci canary` left at .ml_ci/canary.json."


def watch_to_json(report: WatchReport) -> dict[str, Any]:
    """Give the report of a watch as builtin types, all of them JSON; an undefined number is None."""
    return {
        "format": FORMAT,
        "verdict": report.verdict,
        "when": report.when,
        "commit": report.commit,
        "config": report.config,
        "origin": vars(report.origin).copy(),
        "models": {name: _model(model) for name, model in report.models.items()},
    }


def canary_to_json(report: CanaryReport) -> dict[str, Any]:
    """Give the report of a canary as builtin types, all of them JSON."""
    return {
        "format": FORMAT,
        "decision": report.decision,
        "model": report.model,
        "stage": report.stage,
        "when": report.when,
        "reason": report.reason,
        "version": report.version,
        "training": report.training,
        "since": report.since,
        "champion": report.champion,
        "traffic": report.traffic,
        "then": report.then,
        "gates": [write_gate(gate) for gate in report.gates],
        "windows": [_beside(one) for one in report.windows],
        "evidence": _evidence(report.evidence),
        "line": defined(report.line),
        "against": _evidence(report.against),
        "against_line": defined(report.against_line),
        "ratio": _floats(report.ratio),
        "waiting": int(report.waiting),
        "last_row": report.last_row,
        "notes": list(report.notes),
        "commit": report.commit,
        "config": report.config,
        "origin": vars(report.origin).copy(),
    }


def dump_watch(report: WatchReport) -> str:
    """Write the report of a watch as JSON text, ending with a newline."""
    return _dump(watch_to_json(report))


def dump_canary(report: CanaryReport) -> str:
    """Write the report of a canary as JSON text, ending with a newline."""
    return _dump(canary_to_json(report))


def load_watch(text: str | bytes) -> WatchReport:
    """Read a report of a watch that somebody else wrote. Rates, coverage and costs are counted again, never believed.

    UserError for more than 32 MiB, for what is no JSON, for an unknown format, and for what does not agree with itself.
    """
    known = check_format(read_json(text, _WATCH, _OF_WATCH), FORMAT, _WATCH, _OF_WATCH)
    from ml_ci.reports.live.document import read_watch

    return read_watch(known, _OF_WATCH)


def load_canary(text: str | bytes) -> CanaryReport:
    """Read a report of a canary that somebody else wrote, as `load_watch` does."""
    known = check_format(read_json(text, _CANARY, _OF_CANARY), FORMAT, _CANARY, _OF_CANARY)
    from ml_ci.reports.live.document import read_canary

    return read_canary(known, _OF_CANARY)


def _dump(said: Mapping[str, Any]) -> str:
    return json.dumps(said, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _model(model: ModelWatch) -> dict[str, Any]:
    positive, negative = model.coverage
    return {
        "verdict": model.verdict,
        "version": model.version,
        "since": model.since,
        "commit": model.commit,
        "threshold": defined(model.threshold),
        "holdout": None if model.holdout is None else write_counts(model.holdout),
        "window": defined(model.window),
        "delay": defined(model.delay),
        "false_alarms": defined(model.false_alarms),
        "windows": [_window(window, model.cost) for window in model.windows],
        "gates": [write_gate(gate) for gate in model.gates],
        "alarms": [asdict(alarm) for alarm in model.alarms],
        "evidence": _evidence(model.evidence),
        "line": defined(model.line),
        "drift": _evidence(model.drift),
        "drift_line": defined(model.drift_line),
        "drifted": {column: int(window) for column, window in model.drifted.items()},
        "reason": model.reason,
        "coverage": {"positive": _covered(positive), "negative": _covered(negative)},
        "waiting": int(model.waiting),
        "last_row": model.last_row,
        "cost": _cost(model),
        "failure": write_failure(model.failure),
        "notes": list(model.notes),
    }


def _window(window: Window, cost: Cost | None) -> dict[str, Any]:
    counts = rates.count(window)
    priced = None if cost is None else defined(rates.price(counts, cost))
    return {
        "begin": window.begin,
        "end": window.end,
        "closed": bool(window.closed),
        "predictions": int(window.rows),
        "predicted_positive": int(window.positive),
        **write_counts(window.counts),
        **write_weights(counts if isinstance(counts, Weighted) else None),
        "fpr": counts.fpr,
        "fnr": counts.fnr,
        "coverage": {"positive": _covered(window.decided_positive), "negative": _covered(window.decided_negative)},
        "weighed": [_weighed(one) for one in window.weighed],
        "late": int(window.late),
        "cost": priced,
    }


def _weighed(one: Weighed) -> dict[str, Any]:
    return {
        "positive": bool(one.positive),
        "probability": float(one.probability),
        "wrong": int(one.wrong),
        "right": int(one.right),
    }


def _covered(one: Coverage) -> dict[str, Any]:
    return {"due": int(one.due), "labelled": int(one.labelled), "share": one.share}


def _evidence(found: Mapping[str, Evidence]) -> dict[str, list[float | None]]:
    return {name: _floats(values) for name, values in found.items()}


def _floats(values: Evidence) -> list[float | None]:
    return [defined(value) for value in values]


def _cost(model: ModelWatch) -> dict[str, Any] | None:
    """Give the prices, what the errors of judged windows cost, in all and a labelled row, and what the change saved."""
    prices = write_cost(model.cost)
    if model.cost is None or prices is None:
        return None
    counts = rates.add_up(model.closed)
    total = rates.price(counts, model.cost)
    per_row = total / counts.rows if counts.rows else None
    return {**prices, "total": defined(total), "per_row": defined(per_row), "worth": _worth(model.worth)}


def _worth(one: Worth | None) -> dict[str, Any] | None:
    if one is None:
        return None
    interval = write_ends(one.interval)
    level = None if interval is None else defined(one.level)
    said = {"before": one.before, "saved": defined(one.saved), "currency": one.currency}
    return {**said, "interval": interval, "level": level}


def _beside(one: Beside) -> dict[str, Any]:
    return {
        "begin": one.begin,
        "end": one.end,
        "closed": bool(one.closed),
        "share": defined(one.share),
        "assigned": None if one.assigned is None else {"candidate": one.assigned[0], "champion": one.assigned[1]},
        "covered": None if one.covered is None else [_covered(part) for part in one.covered],
        "candidate": {**write_counts(one.candidate), "fpr": one.candidate.fpr, "fnr": one.candidate.fnr},
        "champion": {**write_counts(one.champion), "fpr": one.champion.fpr, "fnr": one.champion.fnr},
    }
