"""Hold a change to the base branch's behaviours: what an old name meant judges, and what it means now judges too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from ml_ci.conditions import Condition
from ml_ci.conditions.tree import Arithmetic, Comparison, Expression, Number
from ml_ci.spec.behaviours import Behaviour
from ml_ci.spec.values import GateSpec, ModelSpec


def hold_behaviours(model: ModelSpec, own: ModelSpec, base: ModelSpec) -> ModelSpec:
    """Give the model that judges with the base's behaviours under their names, and with those that are new.

    One that the change defines otherwise has another name, and each gate of it a twin. One that it removes judges where
    a gate still names it. What is the base's has no line in this file.
    """
    changed = name_changed(own, base)
    named = {name for gate in _list_gates(model) for name in gate.condition.behaviours}
    kept = {
        name: replace(one, line=None)
        for name, one in base.behaviours.items()
        if name in changed or (name not in own.behaviours and name in named)
    }
    moved = {now: replace(own.behaviours[was], name=now) for was, now in changed.items()}
    twins = [_rename(gate, changed) for gate in model.gates if gate.condition.behaviours & changed.keys()]
    known = {gate.text for gate in model.gates}
    return replace(
        model,
        behaviours={**own.behaviours, **kept, **moved},
        gates=(*model.gates, *(twin for twin in twins if twin.text not in known)),
    )


def name_changed(own: ModelSpec, base: ModelSpec) -> Mapping[str, str]:
    """Give the new names of the behaviours that the change defines otherwise under an old one: `new_blind`."""
    taken, found = {*own.behaviours, *base.behaviours, *own.metrics, *base.metrics}, {}
    for name, one in own.behaviours.items():
        if name in base.behaviours and base.behaviours[name] != one:
            new = f"new_{name}"
            while new in taken:
                new = f"new_{new}"
            taken.add(new)
            found[name] = new
    return found


def about_behaviours(own: ModelSpec, judging: ModelSpec, base: ModelSpec) -> Iterator[str]:
    """Say which behaviours the change defines otherwise, or removes."""
    for was, now in name_changed(own, base).items():
        before, after = base.behaviours[was].text, own.behaviours[was].text
        yield (f"`{was}` was changed in this change ({before} → {after}): judged by both; `{now}` is what it says now.")
    for name, one in judging.behaviours.items():
        if name not in own.behaviours and name in base.behaviours:
            yield f"`{name}` ({one.text}) was removed in this change: judged by it all the same."


def _list_gates(model: ModelSpec) -> Sequence[GateSpec]:
    return (*model.gates, *(gate for stage in model.stages for gate in stage.gates))


def _rename(gate: GateSpec, names: Mapping[str, str]) -> GateSpec:
    comparisons = tuple(
        Comparison(tuple(_rename_in(term, names) for term in one.terms), one.operators, one.confidence)
        for one in gate.condition.comparisons
    )
    condition = Condition(comparisons)
    return GateSpec(str(condition), condition, gate.line)


def _rename_in(term: Expression, names: Mapping[str, str]) -> Expression:
    if isinstance(term, Number):
        return term
    if isinstance(term, Arithmetic):
        return Arithmetic(term.operator, _rename_in(term.left, names), _rename_in(term.right, names))
    return replace(term, of=names.get(term.of, term.of))


def is_the_bases(behaviour: Behaviour) -> bool:
    """Say whether a behaviour judges that this file does not have."""
    return behaviour.line is None
