"""Hold a change to the base branch's way into use: its stages, their gates, and a person's approval."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ml_ci.gates.held_gates import GateList
from ml_ci.gates.held_live import about_traffic
from ml_ci.spec.values import GateSpec, ModelSpec, Stage


def stages(own: ModelSpec, base: ModelSpec, confidence: float | None, judging: Sequence[GateSpec]) -> tuple[Stage, ...]:
    """Give the base's stages in its order, each with the gates of both; the change's further stages keep their place.

    `judging` are the gates that hold in every stage: none is listed twice.
    """
    mine, theirs = _by_name(own), _by_name(base)
    known = {str(gate.condition) for gate in judging}
    found = []
    for name in theirs:
        gates = _gates(name, own, base, confidence).union()
        asked = theirs[name].approval or (name in mine and mine[name].approval)
        live = theirs[name].traffic is not None  # its gates are of other rows
        kept = tuple(gate for gate in gates if live or str(gate.condition) not in known)
        found.append(replace(theirs[name], gates=kept, approval=asked))
    following = len(found)
    for name in reversed(mine):
        if name in theirs:
            following = next(at for at, stage in enumerate(found) if stage.name == name)
        else:
            found.insert(following, mine[name])
    return tuple(found)


def cautions(own: ModelSpec, base: ModelSpec, confidence: float | None) -> Iterator[str]:
    """Say what of the base's way into use a change takes away.

    Models are promoted after the merge, by what the file says then: a reviewer decides here.
    """
    mine, theirs = _by_name(own), _by_name(base)
    for name in theirs:
        if name in mine or name == base.stages[-1].name:  # champion, the last one, is there without being named
            yield from _gates(name, own, base, confidence).cautions()
        else:
            yield (
                f"The stage `{name}` was removed in this change: judged by its gates all the same, but after the merge "
                "models are promoted without it."
            )
        yield from about_traffic(mine[name], theirs[name]) if name in mine else ()
        if theirs[name].approval and name in mine and not mine[name].approval:
            yield (
                f"`approval: required` of the stage `{name}` was removed in this change: after the merge, models come "
                "into it without a person's approval."
            )
    kept = [name for name in theirs if name in mine]
    order = [name for name in mine if name in theirs]
    if kept != order:
        yield f"`stages` were put into another order in this change: {', '.join(kept)} → {', '.join(order)}."
    if base.approval and not own.approval:
        yield (
            "`approval: required` was removed in this change: after the merge, models become champion without a "
            "person's approval."
        )


def _gates(name: str, own: ModelSpec, base: ModelSpec, confidence: float | None) -> GateList:
    mine, theirs = _by_name(own).get(name, Stage(name)), _by_name(base)[name]
    return GateList(mine.gates, theirs.gates, confidence, own.gates, f" of the stage `{name}`")


def _by_name(model: ModelSpec) -> dict[str, Stage]:
    return {stage.name: stage for stage in model.stages}
