"""What a condition parses to: a frozen tree that prints itself as it is written."""

from __future__ import annotations

import json
import keyword
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from fractions import Fraction

Operator: TypeAlias = Literal["<=", "<", ">=", ">"]
Sign: TypeAlias = Literal["+", "-", "*"]
SliceFunction: TypeAlias = Literal["each", "worst", "gap", "ratio"]


def print_number(value: float) -> str:
    """Print the shortest decimal that reads back as `value`."""
    return str(int(value)) if value.is_integer() else repr(value)


@dataclass(frozen=True, slots=True)
class Number:
    """A number as written."""

    value: float

    @property
    def exact(self) -> Fraction:
        """The decimal as written, so that 0.29 + 0.01 is 0.3."""
        from fractions import Fraction  # nothing is judged where nothing changed

        return Fraction(repr(self.value))

    def __str__(self) -> str:
        return print_number(self.value)


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric of the candidate, or of the baseline; `at` is the FPR at which `recall_at` is taken.

    `of` is the behaviour whose `broken` it is, "" for a metric of the labels and scores. `holdout` is the champion's on
    its holdout, beside which live rows are judged.
    """

    name: str
    baseline: bool = False
    at: float | None = None
    of: str = ""
    holdout: bool = False

    @property
    def key(self) -> str:
        """The metric without its side, as evaluation names it: `fpr`, `recall_at(fpr=0.01)`."""
        return self.name if self.at is None else f"{self.name}(fpr={print_number(self.at)})"

    def __str__(self) -> str:
        side = "baseline." if self.baseline else "holdout." if self.holdout else ""
        return f"{side}{self.of or self.key}"


@dataclass(frozen=True, slots=True)
class OverSlices:
    """A metric over the slices of one or two columns: of each, or its worst, gap or ratio.

    `of` is the behaviour whose `broken` it is, "" for a metric of the labels.
    """

    function: str
    metric: str
    by: tuple[str, ...]
    baseline: bool = False
    of: str = ""

    @property
    def key(self) -> str:
        """The metric of each slice, as evaluation names it: `fpr`."""
        return self.metric

    def __str__(self) -> str:
        columns = ", ".join(_print_column(column) for column in self.by)
        by = columns if len(self.by) == 1 else f"[{columns}]"
        return f"{'baseline.' if self.baseline else ''}{self.function}({self.of or self.metric}, by={by})"


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """A sum, a difference, or a product with a number."""

    operator: Sign
    left: Expression
    right: Expression

    def __str__(self) -> str:
        loose, tight = ("+", "-"), ("+", "-", "*")
        left = _in_brackets(self.left, loose if self.operator == "*" else ())
        right = _in_brackets(self.right, tight if self.operator == "*" else loose)
        return f"{left} {self.operator} {right}"


Expression: TypeAlias = Number | Metric | OverSlices | Arithmetic


@dataclass(frozen=True, slots=True)
class Comparison:
    """Terms held in order by operators, as in `0.1 <= fpr <= 0.2`.

    `confidence` in (0.5, 1) asks for proof, 0 for none, None leaves it to the model.
    """

    terms: tuple[Expression, ...]
    operators: tuple[Operator, ...]
    confidence: float | None = None

    def __str__(self) -> str:
        rest = "".join(f" {operator} {term}" for operator, term in zip(self.operators, self.terms[1:], strict=True))
        proof = "" if self.confidence is None else f" @ {print_number(self.confidence)}"
        return f"{self.terms[0]}{rest}{proof}"


@dataclass(frozen=True, slots=True)
class Condition:
    """Comparisons of which every one has to hold."""

    comparisons: tuple[Comparison, ...]

    def __str__(self) -> str:
        return " and ".join(str(comparison) for comparison in self.comparisons)

    @property
    def relative(self) -> bool:
        """Whether it mentions the baseline."""
        return any(atom.baseline for atom in self._atoms())

    @property
    def columns(self) -> frozenset[tuple[str, ...]]:
        """The column, or the two columns, of every `by=`."""
        return frozenset(atom.by for atom in self._atoms() if isinstance(atom, OverSlices))

    @property
    def metrics(self) -> frozenset[str]:
        """The metrics that it needs of either side, as evaluation names them."""
        return frozenset(atom.key for atom in self._atoms())

    @property
    def behaviours(self) -> frozenset[str]:
        """The behaviours that it names."""
        return frozenset(atom.of for atom in self._atoms() if atom.of)

    @property
    def confidence(self) -> float | None:
        """The highest confidence that a comparison asks for by `@`, 0 where all ask for none, None without an `@`."""
        asked = [one.confidence for one in self.comparisons if one.confidence is not None]
        return max(asked, default=None)

    def _atoms(self) -> Iterator[Metric | OverSlices]:
        for comparison in self.comparisons:
            for term in comparison.terms:
                yield from atoms(term)


def atoms(expression: Expression) -> Iterator[Metric | OverSlices]:
    """List the metrics of an expression from left to right."""
    if isinstance(expression, Arithmetic):
        yield from atoms(expression.left)
        yield from atoms(expression.right)
    elif not isinstance(expression, Number):
        yield expression


def _print_column(column: str) -> str:
    plain = column.isidentifier() and column.replace("_", "a").isalnum()
    bare = plain and (column == "class" or not keyword.iskeyword(column))
    return column if bare else json.dumps(column, ensure_ascii=False)


def _in_brackets(operand: Expression, operators: tuple[str, ...]) -> str:
    inside = isinstance(operand, Arithmetic) and operand.operator in operators
    return f"({operand})" if inside else str(operand)
