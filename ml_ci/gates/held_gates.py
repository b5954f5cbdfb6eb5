"""Hold one list of gates to the same list of the branch that a change goes to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from ml_ci.frozen import dataclass
from ml_ci.gates.loosened import loosened
from ml_ci.spec.values import GateSpec

_LOOSENED, _REMOVED = "was loosened in this change", "was removed in this change"


def is_lowered(condition: str, cautions: Iterable[str]) -> bool:
    """Say whether cautions of a model tell that the change loosens or removes this gate."""
    own = f"`{condition}`"
    return any(one.startswith(own) and (_LOOSENED in one or _REMOVED in one) for one in cautions)


@dataclass(frozen=True)
class GateList:
    """Gates of the change and of the base branch, and the confidence that both are judged at.

    `beside` are gates of the change that judge together with its `own`; `where` names the list in a sentence.
    """

    own: Sequence[GateSpec]
    base: Sequence[GateSpec]
    confidence: float | None
    beside: Sequence[GateSpec] = ()
    where: str = ""

    def union(self) -> tuple[GateSpec, ...]:
        """Give the base's gates, with their lines where the change has them still, then the change's further ones."""
        lines = {gate.text: gate.line for gate in self.own}
        known = {gate.text for gate in self.base}
        kept = [replace(gate, line=lines.get(gate.text)) for gate in self.base]
        more = [gate for gate in self.own if gate.text not in known and self._find_loosened(gate) is None]
        return (*kept, *more)

    def cautions(self) -> Iterator[str]:
        """Say which gates of the base the change loosens or removes."""
        replaced = set()
        for gate in self.own:
            old = self._find_loosened(gate)
            if old is not None and gate.text not in {one.text for one in self.base}:
                replaced.add(old.text)
                yield f"`{old.text}`{self.where} {_LOOSENED} to `{gate.text}`: judged by the old."
        there = {gate.text for gate in (*self.own, *self.beside)}
        for old in self.base:
            if old.text not in there | replaced and not self._is_tightened(old):
                yield f"`{old.text}`{self.where} {_REMOVED}: judged by it all the same."

    def _find_loosened(self, gate: GateSpec) -> GateSpec | None:
        """Give the gate of the base that this one loosens."""
        both = (self.confidence, self.confidence)
        return next((old for old in self.base if loosened(old.condition, gate.condition, confidence=both)), None)

    def _is_tightened(self, old: GateSpec) -> bool:
        both = (self.confidence, self.confidence)
        gates = (*self.own, *self.beside)
        return any(loosened(old.condition, gate.condition, confidence=both) is False for gate in gates)
