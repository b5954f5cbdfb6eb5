"""Say what of the watch over a model in use a change takes away; after the merge the file holds as it is then."""

from __future__ import annotations

from collections.abc import Iterator

from ml_ci.spec.live_gates import LiveLimit, find_limit
from ml_ci.spec.values import GateSpec, LiveSpec, ModelSpec, Stage

# What says which rows count, and how: another value gives other evidence.
_COUNTED = {
    "labels": "labels",
    "version": "version",
    "delay": "delay",
    "window": "window",
    "dependent": "rows",
    "unit": "unit",
    "weight": "weight",
    "false_alarms": "false_alarms",
    "drift": "drift",
}
_TRAFFIC = {"traffic": "traffic", "ramp": "traffic", "after": "after", "until": "for"}


def cautions(own: ModelSpec, base: ModelSpec) -> Iterator[str]:
    """Say which gates of live rows a change removes or loosens, and which of its rules it changes."""
    if base.live is None:
        return
    if own.live is None:
        yield "`live` was removed in this change: after the merge, nobody watches the model in use."
        return
    yield from _about_gates(own.live, base.live)
    moved = [key for name, key in _COUNTED.items() if getattr(own.live, name) != getattr(base.live, name)]
    if moved:
        named = ", ".join(f"`{key}`" for key in moved)
        yield f"{named} of `live` changed in this change: after the merge, live rows are watched by the new."
    if base.live.on_alarm != own.live.on_alarm:
        yield "`on_alarm` of `live` was changed in this change: after the merge, an alarm does something else."


def _about_gates(own: LiveSpec, base: LiveSpec) -> Iterator[str]:
    mine = {_key(one): one for one in own.gates}
    for gate in base.gates:
        now = mine.get(_key(gate))
        if now is None:
            yield f"The gate `{gate.text}` of `live` was removed in this change: after the merge, nothing watches it."
        elif _is_looser(find_limit(now.condition), find_limit(gate.condition)):
            yield f"The gate `{gate.text}` of `live` was loosened in this change, to `{now.text}`."


def _key(gate: GateSpec) -> tuple[str, bool, bool]:
    limit = find_limit(gate.condition)
    return limit.metric, limit.upper, limit.holdout


def _is_looser(now: LiveLimit, before: LiveLimit) -> bool:
    return now.margin > before.margin if before.upper else now.margin < before.margin


def about_traffic(own: Stage, base: Stage) -> Iterator[str]:
    """Say which of the rules of live traffic of a stage a change takes away or changes."""
    moved = dict.fromkeys(key for name, key in _TRAFFIC.items() if getattr(own, name) != getattr(base, name))
    if base.traffic is not None and moved:
        named = ", ".join(f"`{key}`" for key in moved)
        yield f"{named} of the stage `{base.name}` changed in this change: after the merge, it is decided by the new."
