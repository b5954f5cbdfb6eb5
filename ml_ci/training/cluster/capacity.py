"""Whether the machines of a cluster have what a job asks for, and how many jobs they have room for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ml_ci.spec.resources import Resources

CPU, GPU, MEMORY = "CPU", "GPU", "memory"
_TALKING = 0.01


def demand(resources: Resources | None, *, talks: bool = False) -> dict[str, float]:
    """Give what a task asks for by resource; a job that says nothing takes one CPU.

    `memory` only finds it a place: what a job may use is its budget's, and enforced by who runs it. One that `talks`
    waits for the next question most of its time, while the other side's has to be asked too: of CPUs it takes so little
    that it finds a place wherever jobs do, and two of them share one GPU.
    """
    asked = resources or Resources()
    if talks:
        gpus = 0.5 if asked.gpus == 1 else float(asked.gpus)
        return {CPU: _TALKING, GPU: gpus, MEMORY: float(asked.memory or 0)}
    needed = {CPU: 1.0 if asked.cpus is None else asked.cpus, GPU: float(asked.gpus)}
    return {**needed, MEMORY: float(asked.memory or 0)}


def say_lack(resources: Resources | None, nodes: Sequence[Mapping[str, float]]) -> str:
    """Say what no machine has of what is asked for; "" where one has it all."""
    needed = demand(resources)
    if any(_count(needed, node) for node in nodes):
        return ""
    if not nodes:
        return "the cluster has no machine"
    for resource, amount in needed.items():
        most = max(node.get(resource, 0.0) for node in nodes)
        if most < amount:
            said = f"the most is {_say(resource, most)}" if most else "none has any"
            return f"no machine of the cluster has {_say(resource, amount)} ({said}, of {len(nodes)})"
    together = ", ".join(_say(resource, amount) for resource, amount in needed.items() if amount)
    return f"no machine of the cluster has {together} together ({len(nodes)} were asked)"


def fits(resources: Resources | None, node: Mapping[str, float]) -> bool:
    """Say whether a machine, when nothing else runs there, has room for a job that asks for this, and a CPU."""
    return node.get(CPU, 0.0) >= 1 and _count(demand(resources), node) > 0


def count_slots(resources: Resources | None, nodes: Sequence[Mapping[str, float]]) -> int:
    """Count the jobs that ask for this that all machines have room for at once, when nothing else runs there."""
    needed = demand(resources)
    return sum(_count(needed, node) for node in nodes)


def _count(needed: Mapping[str, float], node: Mapping[str, float]) -> int:
    """Count how often one machine has what is needed; what asks for nothing at all counts as one CPU."""
    asked = {resource: amount for resource, amount in needed.items() if amount} or {CPU: 1.0}
    return min(int(node.get(resource, 0.0) / amount + 1e-9) for resource, amount in asked.items())


def _say(resource: str, amount: float) -> str:
    if resource == MEMORY:
        return Resources(memory=int(amount)).text
    plural = "" if amount == 1 else "s"
    return f"{amount:g} {resource}{plural}"
