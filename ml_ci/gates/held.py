"""Hold a change to the gates of the branch that it goes to: a change that loosens its own gate is judged by the old.

Pure: from two entries of `ml-ci.yaml` to the one that judges, and to what a reviewer has to know of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ml_ci.frozen import dataclass
from ml_ci.gates import held_live, held_stages
from ml_ci.gates.held_behaviours import about_behaviours, hold_behaviours
from ml_ci.gates.held_gates import GateList
from ml_ci.gates.held_variables import about_variables
from ml_ci.spec.evidence import ClusterSpec
from ml_ci.spec.values import ModelSpec

# What says how strictly is judged, and which reads count: the base branch's word counts. `confidence`, `seeds`,
# `repeats`, `cost` and `reuse` are below.
_RULES = ("method", "min_rows", "baseline", "ignore")
# What both sides are measured with: by the change's own and by the base's.
_YARDSTICK = ("holdout", "label", "positive", "slices", "metrics", "weight")
# What is a side's own: each is measured with what its commit says.
_OF_ONE_SIDE = ("threshold", "id")


@dataclass(frozen=True)
class Held:
    """The model as it is judged, and the sentences that say what was not taken from the change."""

    model: ModelSpec
    cautions: tuple[str, ...] = ()


def held(own: ModelSpec, base: ModelSpec) -> Held:
    """Judge by the base branch's gates and rules, and by each gate of the change's own that loosens none of them.

    The higher of two confidences, of two numbers of seeds and of repetitions counts, and a price or a plan of looks
    that only the change has. Stages and approval decide after the merge, by the file as it is then: what a change takes
    away of them is said.
    """
    confidence = max(own.confidence or 0.0, base.confidence or 0.0) or None
    rules = {name: getattr(base, name) for name in _RULES}
    if base.baseline == "none":
        rules["baseline"] = own.baseline
    gates = GateList(own.gates, base.gates, confidence)
    judging = gates.union()
    model = replace(
        own,
        gates=judging,
        confidence=confidence,
        seeds=max(own.seeds, base.seeds),
        repeats=_hold_repeats(own, base),
        cost=base.cost or own.cost,
        reuse=base.reuse or own.reuse,
        stages=held_stages.stages(own, base, confidence, judging),
        approval=base.approval or own.approval,
        env=base.env,
        fetch_env=base.fetch_env,
        cluster=_hold_clusters(own, base),
        weight=own.weight or base.weight,
        **rules,
    )
    model = hold_behaviours(model, own, base)
    said = (
        gates.cautions(),
        _about_rules(own, model),
        _about_evidence(own, model),
        about_behaviours(own, model, base),
        about_variables(own, model),
        held_stages.cautions(own, base, confidence),
        held_live.cautions(own, base),
        _about_yardstick(own, model, base),
    )
    return Held(model, tuple(caution for cautions in said for caution in cautions))


def _hold_repeats(own: ModelSpec, base: ModelSpec) -> int:
    """Give the higher number; of seeds each model is scored by itself, so that these stand for repetitions too."""
    return 1 if max(own.seeds, base.seeds) > 1 else max(own.repeats, base.repeats)


def _about_rules(own: ModelSpec, judging: ModelSpec) -> Iterator[str]:
    for name in ("confidence", *_RULES, "seeds", "repeats", "cost", "reuse"):
        before, after = getattr(judging, name), getattr(own, name)
        if before != after:
            yield f"`{name}` was changed in this change ({_said(before)} → {_said(after)}): judged by the old."


def _hold_clusters(own: ModelSpec, base: ModelSpec) -> ClusterSpec | None:
    """Give the base's clusters where the change gives them up, and none of the known ones that the change adds."""
    before, after = base.clustering or ClusterSpec(), own.clustering or ClusterSpec()
    if before.columns and not after.columns:
        return before
    known = before.known if before.columns == after.columns else ()
    kept = tuple(one for one in after.known if one in known)
    return own.cluster if kept == after.known else ClusterSpec(after.columns, kept)


def _about_evidence(own: ModelSpec, judging: ModelSpec) -> Iterator[str]:
    if own.clustering != judging.clustering:
        before, after = (say_clusters(model.clustering or ClusterSpec()) for model in (judging, own))
        yield f"`cluster` was loosened in this change ({before} → {after}): judged by the old."
    if own.weight != judging.weight:
        yield f"`weight` was removed in this change ({judging.weight}): judged by it all the same."


def say_clusters(of: ClusterSpec) -> str:
    """Name which rows belong together: `customer_id`, `shop, customer`, `customer_id (known: acme)`, `none`."""
    known = f" (known: {', '.join(map(str, of.known))})" if of.known else ""
    return f"{', '.join(of.columns) or 'none'}{known}"


def _about_yardstick(own: ModelSpec, judging: ModelSpec, base: ModelSpec) -> Iterator[str]:
    moved = [f"`{name}`" for name in _YARDSTICK if getattr(judging, name) != getattr(base, name)]
    moved += ["`cluster`"] if judging.clustering != base.clustering else []
    if moved:
        yield (
            f"The yardstick changed: {', '.join(moved)} in ml-ci.yaml. Both sides are judged by the new one and by the "
            "base's, and the worse verdict counts; look at that change first."
        )
    own_moved = [f"`{name}`" for name in _OF_ONE_SIDE if getattr(own, name) != getattr(base, name)]
    if own_moved:
        yield f"{' and '.join(own_moved)} in ml-ci.yaml changed: each side decides by what its own commit says."


def _said(value: object) -> str:
    if isinstance(value, tuple) and all(isinstance(one, str) for one in value):
        return f"[{', '.join(value)}]" if value else "none"
    return "none" if value is None else str(value) if isinstance(value, str | int | float) else "another"
