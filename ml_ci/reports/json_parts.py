"""Counts, gates, prices and failures as JSON: builtin types only, of a run's report or of a watch's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ml_ci.errors import Failure, UserError
from ml_ci.evaluation.clusters import Weighted
from ml_ci.evaluation.confusion import Confusion
from ml_ci.gates.values import GateResult
from ml_ci.reports.numbers import defined
from ml_ci.reports.text import label
from ml_ci.spec.values import Cost

MOST_BYTES = 32 * 1024 * 1024


def read_json(text: str | bytes, what: str, whence: str) -> object:
    """Parse a file that somebody else wrote; UserError for more than 32 MiB and for what is no JSON (NaN is none).

    `what` names it in the message, `whence` says where the right one is.
    """
    if len(text) > MOST_BYTES:
        raise UserError(f"The {what} has more than {MOST_BYTES // 1024**2} MiB.", hint=whence)
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise UserError(f"The {what} is no JSON: {_shown(str(error))}", hint=whence) from None


def check_format(data: object, number: int, what: str, whence: str) -> dict[str, Any]:
    """Hold that parsed JSON is an object of the format `number`; UserError when it is another one."""
    if not isinstance(data, dict):
        raise UserError(f"This is no ml-ci {what}: {type(data).__name__} in place of an object.", hint=whence)
    found = data.get("format")
    if type(found) is not int or found != number:
        raise UserError(
            f"This {what} has format {_shown(found)}; this ml-ci reads format {number}.",
            hint=f"Write and read the {what} with the same version of ml-ci.",
        )
    return data


def write_weights(weights: Weighted | None) -> dict[str, Any]:
    """Give the four counts by weight; nothing where rows have none."""
    return {} if weights is None else {"weights": write_numbers(asdict(weights))}


def write_counts(c: Confusion) -> dict[str, int]:
    """Give the four counts with their sums."""
    return {
        "rows": int(c.rows),
        "positives": int(c.positives),
        "negatives": int(c.negatives),
        "tp": int(c.tp),
        "fp": int(c.fp),
        "tn": int(c.tn),
        "fn": int(c.fn),
    }


def write_gate(gate: GateResult) -> dict[str, Any]:
    """Give how one gate was judged."""
    return {
        "condition": gate.condition,
        "slice": gate.slice,
        "verdict": gate.verdict,
        "value": defined(gate.value),
        "limit": defined(gate.limit),
        "baseline": defined(gate.baseline),
        "interval": write_ends(gate.interval),
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


def write_failure(failure: Failure | None) -> dict[str, str] | None:
    """Give what made a result impossible; None where nothing did."""
    if failure is None:
        return None
    return {
        "stage": failure.stage,
        "code": failure.code,
        "message": failure.message,
        "hint": failure.hint,
        "log_tail": failure.log_tail,
    }


def write_numbers(numbers: Mapping[str, float | None]) -> dict[str, float | None]:
    """Give numbers by name; NaN and infinities are None."""
    return {name: defined(value) for name, value in numbers.items()}


def write_ends(interval: tuple[float, float] | None) -> list[float] | None:
    """Give both ends of an interval; None where one is not defined."""
    ends = [end for end in map(defined, interval or ()) if end is not None]
    return ends if len(ends) == 2 else None


def write_cost(cost: Cost | None) -> dict[str, Any] | None:
    """Give the prices of both mistakes; None where there are none."""
    return None if cost is None else {"fp": defined(cost.fp), "fn": defined(cost.fn), "currency": cost.currency}


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON number")


def _shown(value: object) -> str:
    """Show a foreign value in a message of ours, cut short."""
    return label(repr(value) if not isinstance(value, str) else value, 120)
