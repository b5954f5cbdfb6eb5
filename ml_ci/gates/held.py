"""Hold a change to the gates of the branch that it goes to: a change that loosens its own gate is judged by the old.

Pure: from two entries of `ml-ci.yaml` to the one that judges, and to what a reviewer has to know of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ml_ci.gates.loosened import loosened
from ml_ci.spec.values import GateSpec, ModelSpec

# What says how strictly is judged: the base branch's word counts. `confidence`, `cost` and `reuse` are below.
_RULES = ("method", "min_rows", "baseline")
# What both sides are measured with: the change's own, and loudly so.
_YARDSTICK = ("holdout", "label", "positive", "threshold", "slices", "metrics", "id")


@dataclass(frozen=True)
class Held:
    """The model as it is judged, and the sentences that say what was not taken from the change."""

    model: ModelSpec
    cautions: tuple[str, ...] = ()


def held(own: ModelSpec, base: ModelSpec) -> Held:
    """Judge by the base branch's gates and rules, and by each gate of the change's own that loosens none of them.

    The higher of two confidences counts, and a price or a plan of looks that only the change has.
    """
    confidence = max(own.confidence or 0.0, base.confidence or 0.0) or None
    rules = {name: getattr(base, name) for name in _RULES}
    if base.baseline == "none":
        rules["baseline"] = own.baseline
    model = replace(
        own,
        gates=_union(own, base, confidence),
        confidence=confidence,
        cost=base.cost or own.cost,
        reuse=base.reuse or own.reuse,
        **rules,
    )
    return Held(model, (*_about_gates(own, base, confidence), *_about_rules(own, model), *_about_yardstick(own, base)))


def _union(own: ModelSpec, base: ModelSpec, confidence: float | None) -> tuple[GateSpec, ...]:
    """Give the base's gates, with their lines where the change has them still, then the change's further ones."""
    lines = {gate.text: gate.line for gate in own.gates}
    known = {gate.text for gate in base.gates}
    kept = [replace(gate, line=lines.get(gate.text)) for gate in base.gates]
    more = [gate for gate in own.gates if gate.text not in known and _looser_than(gate, base, confidence) is None]
    return (*kept, *more)


def _looser_than(gate: GateSpec, base: ModelSpec, confidence: float | None) -> GateSpec | None:
    """Give the gate of the base that this one loosens."""
    both = (confidence, confidence)
    return next((old for old in base.gates if loosened(old.condition, gate.condition, confidence=both)), None)


def _about_gates(own: ModelSpec, base: ModelSpec, confidence: float | None) -> Iterator[str]:
    loose = {gate.text: _looser_than(gate, base, confidence) for gate in own.gates}
    replaced = set()
    for text, old in loose.items():
        if old is not None and text not in {gate.text for gate in base.gates}:
            replaced.add(old.text)
            yield f"`{old.text}` was loosened in this change to `{text}`: judged by the old."
    for old in base.gates:
        if old.text not in {gate.text for gate in own.gates} | replaced and not _tightened(old, own, confidence):
            yield f"`{old.text}` was removed in this change: judged by it all the same."


def _tightened(old: GateSpec, own: ModelSpec, confidence: float | None) -> bool:
    both = (confidence, confidence)
    return any(loosened(old.condition, gate.condition, confidence=both) is False for gate in own.gates)


def _about_rules(own: ModelSpec, judging: ModelSpec) -> Iterator[str]:
    for name in ("confidence", *_RULES, "cost", "reuse"):
        before, after = getattr(judging, name), getattr(own, name)
        if before != after:
            yield f"`{name}` was changed in this change ({_said(before)} → {_said(after)}): judged by the old."


def _about_yardstick(own: ModelSpec, base: ModelSpec) -> Iterator[str]:
    moved = [f"`{name}`" for name in _YARDSTICK if getattr(own, name) != getattr(base, name)]
    if moved:
        yield (
            f"The yardstick changed: {', '.join(moved)} in ml-ci.yaml. Both sides are measured by the new one; "
            "look at that change first."
        )


def _said(value: object) -> str:
    return "none" if value is None else str(value) if isinstance(value, str | int | float) else "another"
