"""The report as JSON, format 1: written with builtin types only, read back as untrusted data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ml_ci.changes.values import Change
from ml_ci.errors import Failure, UserError
from ml_ci.evaluation.clusters import Weighted
from ml_ci.evaluation.confusion import Confusion
from ml_ci.gates.values import Difference, Differences, GateResult
from ml_ci.gates.yardstick import Yardstick
from ml_ci.reports.json_audit import audited
from ml_ci.reports.json_pictures import drawn, fold_in
from ml_ci.reports.json_ran import write_ran
from ml_ci.reports.numbers import defined
from ml_ci.reports.rates import of_side, rates
from ml_ci.reports.values import BehaviourReport, Broken, Deed, JobReport, ModelReport, Report, Scoring, Side

FORMAT = 1
MOST_BYTES = 32 * 1024 * 1024


def to_json(report: Report) -> dict[str, Any]:
    """Give the report as builtin types, all of them JSON: an undefined number is None, NaN and infinities are None."""
    return {
        "format": FORMAT,
        "verdict": report.verdict,
        "commit": report.commit,
        "base_commit": report.base_commit,
        "dirty": bool(report.dirty),
        "failure": _failure(report.failure),
        "config": report.config,
        "cautions": list(report.cautions),
        "origin": vars(report.origin).copy(),
        "asked": dict(report.asked),
        "models": {name: _model(model) for name, model in report.models.items()},
        "jobs": {name: _job(job) for name, job in report.jobs.items()},
    }


def dumps(report: Report) -> str:
    """Write the report as JSON text, ending with a newline; what is only drawn stands on one line a model."""
    return fold_in(to_json(report)) + "\n"


def from_json(data: object) -> Report:
    """Read a report that somebody else wrote. Rates are counted again from the four counts, never believed.

    UserError for an unknown format, a missing or mistyped key, a number out of range, or sizes beyond the limits.
    """
    found = data.get("format") if isinstance(data, dict) else None
    if not isinstance(data, dict):
        raise UserError(f"This is no ml-ci report: {type(data).__name__} in place of an object.", hint=_WHENCE)
    if type(found) is not int or found != FORMAT:
        raise UserError(
            f"This report has format {_shown(found)}; this ml-ci reads format {FORMAT}.",
            hint="Write and read the report with the same version of ml-ci.",
        )
    from ml_ci.reports.document import read

    return read(data)


def loads(text: str | bytes) -> Report:
    """Read a report from JSON text; UserError for more than 32 MiB and for what is no JSON (NaN is none)."""
    if len(text) > MOST_BYTES:
        raise UserError(f"The report has more than {MOST_BYTES // 1024**2} MiB.", hint=_WHENCE)
    try:
        data = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise UserError(f"The report is no JSON: {_shown(str(error))}", hint=_WHENCE) from None
    return from_json(data)


def schema() -> dict[str, Any]:
    """Generate the report's JSON Schema from what `from_json` accepts."""
    from ml_ci.reports.document import json_schema

    return json_schema()


_WHENCE = "Give the file that `ml-ci run` left at .ml_ci/report.json."


def _model(model: ModelReport) -> dict[str, Any]:
    return {
        "verdict": model.verdict,
        "action": model.action,
        "changes": _changes(model.changes),
        "candidate": _side(model.candidate, model.baseline),
        "baseline": _side(model.baseline),
        "gates": [_gate(gate) for gate in model.gates],
        "seconds": _numbers(model.seconds),
        "failure": _failure(model.failure),
        "notes": list(model.notes),
        "cost": _cost(model),
        "paths": dict(model.paths),
        "cautions": list(model.cautions),
        "overlaps": None if model.overlaps is None else [asdict(one) for one in model.overlaps],
        "done": None if model.done is None else [_deed(deed) for deed in model.done],
        "yardsticks": [_yardstick(one) for one in model.yardsticks],
        "differences": _differences(model.differences),
        "folds": None if model.folds is None else asdict(model.folds),
        "behaviours": {name: _behaviour(one) for name, one in model.behaviours.items()},
        "pictures": None if model.pictures is None else drawn(model.pictures),
        "audit": None if model.audit is None else audited(model.audit),
        "scoring": _scoring(model.scoring),
        "judgements": [asdict(one) for one in model.judgements],
    }


def _scoring(found: Scoring | None) -> dict[str, Any] | None:
    if found is None:
        return None
    price = {"per_row": defined(found.price), "currency": found.currency, "total": defined(found.total)}
    counts = {"repeats": int(found.repeats), "rows": int(found.rows), "again": int(found.again)}
    return {**counts, "price": None if found.price is None else price}


def _behaviour(one: BehaviourReport) -> dict[str, Any]:
    """Give the candidate's counts beside what the behaviour is; None where it could not be measured."""
    own = one.candidate
    return {
        "kind": one.kind,
        "says": one.says,
        "rows": int(one.rows),
        "applies": None if own is None else int(own.applies),
        **_broken(own),
        "baseline": None if one.baseline is None else _broken(one.baseline),
        "certain": bool(one.certain),
        "why": one.why,
        "counterexample": None if one.shown is None else {**asdict(one.shown), "arguments": list(one.shown.arguments)},
    }


def _broken(side: Broken | None) -> dict[str, Any]:
    if side is None:
        return {"broken": None, "no_answer": None}
    slices = {
        column: {value: {"applies": int(applies), "broken": int(broken)} for value, (applies, broken) in values.items()}
        for column, values in side.slices.items()
    }
    found = {"broken": int(side.broken), "no_answer": int(side.no_answer), "slices": slices}
    if side.weights is not None:
        found["weights"] = {"applies": defined(side.weights[0]), "broken": defined(side.weights[1])}
    return found


def _differences(found: Differences) -> dict[str, Any]:
    return {
        "metrics": {name: _difference(one) for name, one in found.metrics.items()},
        "slices": {
            column: {
                value: {name: _difference(one) for name, one in metrics.items()} for value, metrics in values.items()
            }
            for column, values in found.slices.items()
        },
    }


def _difference(one: Difference) -> dict[str, Any]:
    interval = _ends(one.interval)
    return {"interval": interval, "level": None if interval is None else defined(one.level)}


def _ends(interval: tuple[float, float] | None) -> list[float] | None:
    ends = [end for end in map(defined, interval or ()) if end is not None]
    return ends if len(ends) == 2 else None


def _job(job: JobReport) -> dict[str, Any]:
    return {
        "verdict": job.verdict,
        "action": job.action,
        "changes": _changes(job.changes),
        "seconds": defined(job.seconds),
        "failure": _failure(job.failure),
        "line": None if job.line is None else int(job.line),
    }


def _changes(changes: tuple[Change, ...]) -> list[dict[str, Any]]:
    return [{"part": one.part, "summary": one.summary, "details": list(one.details)} for one in changes]


def _yardstick(one: Yardstick) -> dict[str, Any]:
    return {
        "source": one.source,
        "verdict": one.verdict,
        "gates": [_gate(gate) for gate in one.gates],
        "rows": int(one.rows),
        "left_out": int(one.left_out),
        "changed": list(one.changed),
        "reason": one.reason,
        "candidate": None if one.candidate is None else _slice(one.candidate),
        "baseline": None if one.baseline is None else _slice(one.baseline),
        "differences": _differences(one.differences),
    }


def _deed(deed: Deed) -> dict[str, Any]:
    return {
        "kind": deed.kind,
        "side": deed.side,
        "model": deed.model,
        "seconds": defined(deed.seconds),
        "finished": bool(deed.finished),
    }


def _side(side: Side | None, baseline: Side | None = None) -> dict[str, Any] | None:
    if side is None:
        return None
    return {
        "record": side.record,
        "source": side.source,
        "action": side.action,
        **_counts(side.confusion),
        **_weights(side.weights),
        "metrics": _numbers({**side.metrics, **of_side(side)}),
        "slices": {
            column: {
                value: _slice(counts, side.slice_weights.get(column, {}).get(value)) for value, counts in values.items()
            }
            for column, values in side.slices.items()
        },
        "ran": write_ran(side.ran, None if baseline is None else baseline.ran),
    }


def _slice(counts: Confusion, weights: Weighted | None = None) -> dict[str, Any]:
    """Give counts and rates; the two rates that the tool is for stand beside the counts as well."""
    whose = weights or counts
    found = {**_counts(counts), **_weights(weights), "fpr": whose.fpr, "fnr": whose.fnr}
    return {**found, "metrics": rates(counts, weights)}


def _weights(weights: Weighted | None) -> dict[str, Any]:
    """Give the four counts by weight; nothing where rows have none."""
    return {} if weights is None else {"weights": _numbers(asdict(weights))}


def _counts(c: Confusion) -> dict[str, int]:
    return {
        "rows": int(c.rows),
        "positives": int(c.positives),
        "negatives": int(c.negatives),
        "tp": int(c.tp),
        "fp": int(c.fp),
        "tn": int(c.tn),
        "fn": int(c.fn),
    }


def _gate(gate: GateResult) -> dict[str, Any]:
    return {
        "condition": gate.condition,
        "slice": gate.slice,
        "verdict": gate.verdict,
        "value": defined(gate.value),
        "limit": defined(gate.limit),
        "baseline": defined(gate.baseline),
        "interval": _ends(gate.interval),
        "level": defined(gate.level),
        "confidence": defined(gate.confidence),
        "needs": None if gate.needs is None else int(gate.needs),
        "chance": defined(gate.chance),
        "reason": gate.reason,
        "line": None if gate.line is None else int(gate.line),
        "clusters": None if gate.clusters is None else int(gate.clusters),
        "unit": gate.unit,
        "design_effect": defined(gate.design_effect),
        "effective_rows": defined(gate.effective_rows),
        "needs_clusters": None if gate.needs_clusters is None else int(gate.needs_clusters),
    }


def _cost(model: ModelReport) -> dict[str, Any] | None:
    if model.cost is None:
        return None
    return {"fp": defined(model.cost.fp), "fn": defined(model.cost.fn), "currency": model.cost.currency}


def _failure(failure: Failure | None) -> dict[str, str] | None:
    if failure is None:
        return None
    return {
        "stage": failure.stage,
        "code": failure.code,
        "message": failure.message,
        "hint": failure.hint,
        "log_tail": failure.log_tail,
    }


def _numbers(numbers: Mapping[str, float | None]) -> dict[str, float | None]:
    return {name: defined(value) for name, value in numbers.items()}


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON number")


def _shown(value: object) -> str:
    """Show a foreign value in a message of ours, cut short."""
    from ml_ci.reports.text import label

    return label(repr(value) if not isinstance(value, str) else value, 120)
