"""What a metric needs to be defined, and what to say where it is not."""

from __future__ import annotations

from fractions import Fraction
from typing import TypeAlias

from ml_ci.conditions.tree import Metric, OverSlices
from ml_ci.evaluation.confusion import Confusion
from ml_ci.gates.metrics import exact
from ml_ci.gates.wording import title
from ml_ci.metrics import HIGHER_IS_WORSE, OF_COST, TABLE

Value: TypeAlias = Fraction | float


class UndefinedError(Exception):
    """A metric has no value: why, and what to do, in one sentence."""


class UnprovableError(Exception):
    """Nothing can be proven of what is there, or it would be of other rows than are asked about: why."""


def over(atom: OverSlices, values: list[Value]) -> Value:
    """Give worst, gap or ratio (highest over lowest) of the slices' values."""
    highest, lowest = max(values), min(values)
    if atom.function == "worst":
        return highest if atom.metric in HIGHER_IS_WORSE else lowest
    if atom.function == "gap":
        return highest - lowest
    if lowest <= 0:
        said = title(Metric(atom.metric, of=atom.of))
        raise UndefinedError(f"{atom} is undefined: the lowest slice's {said} is zero or less; write gap instead")
    return highest / lowest


def defined(counts: Confusion, atom: Metric, whose: str) -> Value:
    """Give a metric of the counts; raise UndefinedError that names whose it is and what it lacks."""
    value = exact(counts, atom.name)
    if value is not None:
        return value
    row, said = TABLE[atom.name], title(atom)
    if atom.of:
        raise UndefinedError(f"{said} {whose} is undefined: there are no {row.of}; look at what it edits there")
    hint = "add labelled rows, or set min_rows: to leave out small slices" if "slice" in whose else "add labelled rows"
    if not counts.rows:
        raise UndefinedError(f"{said} {whose} is undefined: there are no rows; {hint}")
    if row.proportion and not row.fixed:
        hint = "look at the threshold: the model never predicts that class"
    raise UndefinedError(f"{said} {whose} is undefined: there are no {row.of or 'rows'}; {hint}")


def remedy(atom: Metric) -> str:
    """Say what gives a metric a value."""
    if atom.name in OF_COST:
        return "set cost: {fp: ..., fn: ...}"
    if atom.name == "milliseconds_per_row":
        return "it is measured where ml-ci scores a model, not for a command that leaves predictions: gate seconds"
    if atom.name in ("seconds", "megabytes"):
        return "it is measured when the job runs: train again"
    return "gate another metric, or give scores of both classes"
