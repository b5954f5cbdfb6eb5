"""The report as JSON, format 1: written with builtin types only, read back as untrusted data."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ml_ci.changes.values import Change
from ml_ci.evaluation.clusters import Weighted
from ml_ci.evaluation.confusion import Confusion
from ml_ci.gates.values import Difference, Differences
from ml_ci.gates.yardstick import Yardstick
from ml_ci.reports.json_audit import audited
from ml_ci.reports.json_parts import (
    check_format,
    read_json,
    write_cost,
    write_counts,
    write_ends,
    write_failure,
    write_gate,
    write_numbers,
    write_weights,
)
from ml_ci.reports.json_pictures import drawn, fold_in
from ml_ci.reports.json_ran import write_ran
from ml_ci.reports.numbers import defined
from ml_ci.reports.rates import of_side, rates
from ml_ci.reports.values import BehaviourReport, Broken, Deed, JobReport, ModelReport, Report, Scoring, Side

FORMAT = 1


def to_json(report: Report) -> dict[str, Any]:
    """Give the report as builtin types, all of them JSON: an undefined number is None, NaN and infinities are None."""
    return {
        "format": FORMAT,
        "verdict": report.verdict,
        "commit": report.commit,
        "base_commit": report.base_commit,
        "dirty": bool(report.dirty),
        "failure": write_failure(report.failure),
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
    known = check_format(data, FORMAT, "report", _WHENCE)
    from ml_ci.reports.document import read

    return read(known)


def loads(text: str | bytes) -> Report:
    """Read a report from JSON text; UserError for more than 32 MiB and for what is no JSON (NaN is none)."""
    return from_json(read_json(text, "report", _WHENCE))


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
        "gates": [write_gate(gate) for gate in model.gates],
        "seconds": write_numbers(model.seconds),
        "failure": write_failure(model.failure),
        "notes": list(model.notes),
        "cost": write_cost(model.cost),
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
    interval = write_ends(one.interval)
    return {"interval": interval, "level": None if interval is None else defined(one.level)}


def _job(job: JobReport) -> dict[str, Any]:
    return {
        "verdict": job.verdict,
        "action": job.action,
        "changes": _changes(job.changes),
        "seconds": defined(job.seconds),
        "failure": write_failure(job.failure),
        "line": None if job.line is None else int(job.line),
    }


def _changes(changes: tuple[Change, ...]) -> list[dict[str, Any]]:
    return [{"part": one.part, "summary": one.summary, "details": list(one.details)} for one in changes]


def _yardstick(one: Yardstick) -> dict[str, Any]:
    return {
        "source": one.source,
        "verdict": one.verdict,
        "gates": [write_gate(gate) for gate in one.gates],
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
        **write_counts(side.confusion),
        **write_weights(side.weights),
        "metrics": write_numbers({**side.metrics, **of_side(side)}),
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
    found = {**write_counts(counts), **write_weights(weights), "fpr": whose.fpr, "fnr": whose.fnr}
    return {**found, "metrics": rates(counts, weights)}
