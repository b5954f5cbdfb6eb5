"""From a Python syntax tree to a condition: only what the language has, with a reason for everything else."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterable
from dataclasses import replace
from typing import NoReturn, get_args

from ml_ci import metrics as table
from ml_ci.conditions import names
from ml_ci.conditions.check import check
from ml_ci.conditions.source import MAX_DEPTH, Source
from ml_ci.conditions.tree import (
    Arithmetic,
    Comparison,
    Condition,
    Expression,
    Metric,
    Number,
    Operator,
    OverSlices,
    Sign,
    SliceFunction,
)

LARGEST_NUMBER = 1e15

_FUNCTIONS: tuple[SliceFunction, ...] = get_args(SliceFunction)
_OPERATORS: dict[type[ast.cmpop], Operator] = {ast.LtE: "<=", ast.Lt: "<", ast.GtE: ">=", ast.Gt: ">"}
_SIGNS: dict[type[ast.operator], Sign] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*"}
_OTHER_SIDE = {
    "holdout": ("holdout.… belongs to the gates of live:", "write, for example, baseline.fnr"),
    "baseline": ("live rows have no baseline", "hold them against the champion's holdout: holdout.fnr + 0.05"),
}
_NO_COMPARISON = {
    ast.Eq: "measured numbers are never compared for equality",
    ast.NotEq: "measured numbers are never compared for equality",
    ast.In: "`in` has no meaning in a condition",
    ast.NotIn: "`not in` has no meaning in a condition",
    ast.Is: "`is` has no meaning in a condition",
    ast.IsNot: "`is not` has no meaning in a condition",
}


def parse(text: str, metrics: Iterable[str] = (), behaviours: Iterable[str] = (), live: bool = False) -> Condition:
    """Parse one gate; `metrics` are the user's own metric names, `behaviours` those of the model's behaviours.

    Total: every string gives a Condition or raises ConditionError, with a column and, where there is one, a suggestion.
    `@ 0.95` asks for proof of the comparison that it ends; behind a bracketed `and`, of each comparison in it. `@ 0`
    asks for none, where the model's `confidence:` asks for it everywhere.
    Beside `each`, `baseline.<metric>` is the baseline's same slice. `live` reads `holdout.<metric>`, and no baseline.
    """
    source = Source(text)
    reader = _Reader(source, frozenset(metrics), frozenset(behaviours), "holdout" if live else "baseline")
    return Condition(tuple(reader.comparisons(source.tree, None, 0)))


class _Reader:
    def __init__(self, source: Source, own: frozenset[str], behaviours: frozenset[str], side: str) -> None:
        self.source = source
        self.side = side
        self.behaviours = behaviours
        self.known = (table.METRICS - table.OF_BEHAVIOURS) | own | behaviours

    def comparisons(self, node: ast.expr, confidence: float | None, depth: int) -> Iterable[Comparison]:
        """Read comparisons joined by `and`; `confidence` is what stands behind a bracket around them."""
        self.check_depth(node, depth)
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And):
            for part in node.values:
                yield from self.comparisons(part, confidence, depth + 1)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult) and _is_logical(node.left):
            yield from self.comparisons(node.left, self.one_confidence(node.right, confidence), depth + 1)
        elif isinstance(node, ast.Compare):
            yield self.comparison(node, confidence, depth)
        else:
            self.no_comparison(node)

    def comparison(self, node: ast.Compare, confidence: float | None, depth: int) -> Comparison:
        """Read one chain of comparisons, and what it asks to be proven; ConditionError where `check` refuses it."""
        last, proof = self.split_confidence(node.comparators[-1])
        if proof is not None:
            confidence = self.one_confidence(proof, confidence)
        terms = (node.left, *node.comparators[:-1], last)
        operators = tuple(self.operator(op, term) for op, term in zip(node.ops, node.comparators, strict=True))
        comparison = Comparison(tuple(self.expression(term, depth + 1) for term in terms), operators, confidence)
        refusal = check(comparison)
        if refusal is not None:
            raise self.source.error(node, refusal.message, refusal.suggestion)
        return comparison

    def operator(self, node: ast.cmpop, at: ast.expr) -> Operator:
        if type(node) in _OPERATORS:
            return _OPERATORS[type(node)]
        raise self.source.error(at, _NO_COMPARISON[type(node)], "write <= or >=")

    def split_confidence(self, node: ast.expr) -> tuple[ast.expr, ast.expr | None]:
        """Take `@ 0.95` off the end of a limit: Python binds it to the last factor, we to the comparison."""
        if not isinstance(node, ast.BinOp):
            return node, None
        if isinstance(node.op, ast.MatMult):
            return node.left, node.right
        if isinstance(node.op, ast.Add | ast.Sub):
            right, proof = self.split_confidence(node.right)
            return ast.copy_location(ast.BinOp(node.left, node.op, right), node), proof
        return node, None

    def one_confidence(self, node: ast.expr, outer: float | None) -> float:
        """Read what stands behind `@`: over 0.5 and below 1, or 0; `outer` is what was asked for around it already."""
        if outer is not None:
            raise self.source.error(node, "a comparison has one confidence", "keep one @")
        value = self.number(node) if isinstance(node, ast.Constant) else math.nan
        if value == 0 or 0.5 < value < 1:
            return value
        hint = "write @ 0.95"
        if 50 < value < 100:
            hint = f"write @ {float(Number(value).exact / 100):.6g}"
        elif 0 < value < 0.5:
            hint = f"write @ {float(1 - Number(value).exact):.6g}"
        raise self.source.error(node, "a confidence is a number between 0.5 and 1, or 0 for none", hint)

    def expression(self, node: ast.expr, depth: int) -> Expression:
        """Read a sum of metrics and numbers."""
        self.check_depth(node, depth)
        if isinstance(node, ast.Constant):
            return Number(self.number(node))
        if isinstance(node, ast.Name):
            return self.metric(node, self.source.words(node))
        if isinstance(node, ast.UnaryOp):
            return self.signed(node, depth)
        if isinstance(node, ast.BinOp):
            return self.arithmetic(node, depth)
        if isinstance(node, ast.Attribute):
            return self.of_baseline(node)
        if isinstance(node, ast.Call):
            return self.call(node)
        return self.no_expression(node)

    def number(self, node: ast.Constant) -> float:
        """Read a finite number of at most LARGEST_NUMBER; never -0.0."""
        value = node.value
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.source.error(node, f"{self.source.words(node)} is no number", "write a number such as 0.05")
        if not abs(value) <= LARGEST_NUMBER:
            raise self.source.error(node, f"a number is at most {LARGEST_NUMBER:.0e}", "write a smaller one")
        return float(value) + 0.0

    def signed(self, node: ast.UnaryOp, depth: int) -> Expression:
        """Read what stands behind a sign."""
        if isinstance(node.op, ast.Not | ast.Invert):
            raise self.source.error(node, "`not` has no meaning in a condition", "turn the comparison round")
        operand = self.expression(node.operand, depth + 1)
        if isinstance(node.op, ast.UAdd):
            return operand
        return Number(0.0 - operand.value) if isinstance(operand, Number) else Arithmetic("-", Number(0.0), operand)

    def arithmetic(self, node: ast.BinOp, depth: int) -> Expression:
        """Read `+`, `-` and `*` between two terms."""
        sign = _SIGNS.get(type(node.op))
        if sign is not None:
            return Arithmetic(sign, self.expression(node.left, depth + 1), self.expression(node.right, depth + 1))
        if isinstance(node.op, ast.MatMult):
            raise self.source.error(node.right, "`@` ends a comparison", "write, for example, fpr <= 0.05 @ 0.95")
        if isinstance(node.op, ast.Div):
            hint = "multiply the other side: fpr <= 1.1 * baseline.fpr"
            raise self.source.error(node, "a condition does not divide", hint)
        raise self.source.error(node, "a condition calculates with +, - and * only", "write +, - or *")

    def metric(self, node: ast.expr, name: str, baseline: bool = False) -> Metric:
        """Read a metric by its name."""
        if name == self.side:
            raise self.source.error(node, f"the {name} of what?", f"write, for example, {name}.fnr")
        if name == "recall_at":
            raise self.source.error(node, "recall at which FPR?", "write recall_at(fpr=0.01)")
        if name in _FUNCTIONS:
            raise self.source.error(node, f"{name} of what?", f"write {name}(fnr, by=COLUMN)")
        if name not in self.known:
            raise self.source.error(node, f"unknown metric {name!r}", self.suggestion(name))
        return Metric(table.BROKEN, baseline, of=name) if name in self.behaviours else Metric(name, baseline)

    def suggestion(self, name: str) -> str:
        return names.suggest(name, self.known) or f"metrics are {', '.join(sorted(self.known - table.COUNTS))}"

    def of_baseline(self, node: ast.Attribute) -> Metric:
        """Read `baseline.METRIC`; of live rows, `holdout.METRIC`."""
        side = self.source.words(node.value)
        if isinstance(node.value, ast.Name) and side == self.side:
            found = self.metric(node, self.attribute(node), baseline=side == "baseline")
            return replace(found, holdout=side == "holdout")
        if isinstance(node.value, ast.Name) and side in _OTHER_SIDE:
            raise self.source.error(node, *_OTHER_SIDE[side])
        if isinstance(node.value, ast.Name) and side == "candidate":
            hint = f"the candidate needs no prefix: write {node.attr}"
        else:
            named = node.attr if node.attr in self.known else "fnr"
            hint = f"write{'' if named == node.attr else ', for example,'} {self.side}.{named}"
        raise self.source.error(node, f"only {self.side} has metrics behind a dot, {side!r} has none", hint)

    def attribute(self, node: ast.Attribute) -> str:
        """Give the name behind the dot as written, where `ast` gives it normalised."""
        return self.source.words(node).rpartition(".")[2].strip()

    def call(self, node: ast.Call) -> Metric | OverSlices:
        """Read `recall_at(fpr=...)`, or a function over slices; either of the baseline behind `baseline.`."""
        name, baseline = self.source.words(node.func), False
        if isinstance(node.func, ast.Attribute) and self.source.words(node.func.value) == self.side == "baseline":
            name, baseline = self.attribute(node.func), True
        if name == "recall_at":
            return self.recall_at(node, baseline)
        if name in _FUNCTIONS:
            return self.over_slices(node, name, baseline)
        hint = f"write {name} without brackets" if name in self.known else "functions are each, worst, gap, ratio"
        raise self.source.error(node, f"there is no function {name!r} in a condition", hint)

    def recall_at(self, node: ast.Call, baseline: bool) -> Metric:
        """Read `recall_at(fpr=0.01)`: the FPR lies between 0 and 1, both excluded."""
        fixed = node.keywords[0].value if len(node.keywords) == 1 and node.keywords[0].arg == "fpr" else None
        if node.args or not isinstance(fixed, ast.Constant):
            raise self.source.error(
                node, "recall_at takes the FPR at which recall is read", "write recall_at(fpr=0.01)"
            )
        at = self.number(fixed)
        if not 0 < at < 1:
            raise self.source.error(fixed, "the FPR is a number between 0 and 1", "write recall_at(fpr=0.01)")
        return Metric("recall_at", baseline, at)

    def over_slices(self, node: ast.Call, name: str, baseline: bool) -> OverSlices:
        """Read `each`, `worst`, `gap` or `ratio` of one metric of the counts by one column or two."""
        if len(node.args) != 1 or [one.arg for one in node.keywords] != ["by"]:
            message = f"{name} takes a metric and by=COLUMN"
            second = self.source.words(node.args[1]) if len(node.args) == 2 and not node.keywords else "COLUMN"
            first = self.source.words(node.args[0]) if node.args else "fnr"
            raise self.source.error(node, message, f"write {name}({first}, by={second})")
        of = self.expression(node.args[0], 0)
        if not isinstance(of, Metric):
            raise self.source.error(node.args[0], f"{name} takes one metric", f"write {name}(fnr, by=COLUMN)")
        self.check_sliceable(node.args[0], name, of)
        baseline = baseline or of.baseline
        if name == "each" and baseline:
            said = f"baseline.{of.of or of.name}"
            hint = f"beside each(...), {said} is the same slice's: write {said}"
            raise self.source.error(node, "each is of the candidate", hint)
        function = next(one for one in _FUNCTIONS if one == name)
        return OverSlices(function, of.name, self.columns(node.keywords[0].value), baseline, of.of)

    def check_sliceable(self, node: ast.expr, function: str, metric: Metric) -> None:
        """Refuse a metric that no slice has, and `worst` of one that is neither better nor worse when it is higher."""
        if metric.name not in table.OF_CELLS:
            message = f"{metric.key} is not known per slice, only what the counts of a slice give"
            raise self.source.error(node, message, "choose one of " + ", ".join(sorted(table.OF_COUNTS)))
        if function == "worst" and metric.name not in table.HIGHER_IS_WORSE | table.LOWER_IS_WORSE:
            message = f"{metric.name} is neither better nor worse when it is higher"
            raise self.source.error(node, message, f"write each({metric.name}, by=COLUMN)")

    def columns(self, node: ast.expr) -> tuple[str, ...]:
        """Read `by=`: one column, or a list of two different ones."""
        parts = node.elts if isinstance(node, ast.List | ast.Tuple) else [node]
        columns = tuple(self.one_column(part) for part in parts)
        if not 1 <= len(columns) <= 2 or len(set(columns)) != len(columns):
            raise self.source.error(node, "by= takes one column or two different ones", "write by=[first, second]")
        return columns

    def one_column(self, node: ast.expr) -> str:
        """Read a column's name: a plain word, or printable text in quotation marks."""
        written = self.source.words(node)
        if isinstance(node, ast.Name):
            return written
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            column = node.value.strip()
            if column and column.isprintable():
                return column
            raise self.source.error(node, "a column's name is printable text", "write the name in the data's header")
        hint = "write by=COLUMN" if '"' in written else f'write "{written}"'
        raise self.source.error(node, "a column that is no plain word stands in quotation marks", hint)

    def check_depth(self, node: ast.expr, depth: int) -> None:
        if depth > 2 * MAX_DEPTH:
            raise self.source.error(node, "the condition is nested too deep", "make several gates of it")

    def no_comparison(self, node: ast.expr) -> NoReturn:
        """Refuse what is no comparison, and say what to write in its place."""
        if isinstance(node, ast.BoolOp):
            hint = "write the stricter one, or one gate for each"
            raise self.source.error(node.values[1], "`or` has no meaning in a gate: it would pass on either", hint)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            hint = "turn the comparison round: fpr <= 0.05 instead of not fpr > 0.05"
            raise self.source.error(node, "`not` has no meaning in a condition", hint)
        if isinstance(node, ast.Constant | ast.Name | ast.Attribute | ast.Call | ast.BinOp | ast.UnaryOp):
            self.expression(node, 0)
            raise self.source.error(node, "a gate compares a metric with a limit", self.limit_hint(node))
        self.no_expression(node)

    def limit_hint(self, node: ast.expr) -> str:
        return f"write, for example, {self.source.words(node)} <= 0.05"

    def no_expression(self, node: ast.expr) -> NoReturn:
        message, hint = _STRANGERS.get(type(node), ("this has no meaning in a condition", "write a metric or a number"))
        raise self.source.error(node, message, hint)


_STRANGERS: dict[type[ast.expr], tuple[str, str]] = {
    ast.BoolOp: ("`and` and `or` join whole comparisons", "write fpr <= 0.05 and fnr <= 0.1"),
    ast.Compare: ("a comparison is no number", "join comparisons by and, or chain them: 0.1 <= fpr <= 0.2"),
    ast.Subscript: ("a condition takes nothing by brackets", 'write each(fnr, by="COLUMN")'),
    ast.List: ("a list stands behind by= only", "write by=[first, second]"),
    ast.Tuple: ("a gate is one condition", "join them by and, or make two gates of it"),
    ast.Lambda: ("a condition defines no function", "name your own metric under metrics:"),
    ast.IfExp: ("a condition has no if", "make two gates of it"),
    ast.JoinedStr: ("a condition holds no text outside by=", "write a metric or a number"),
}


def _is_logical(node: ast.expr) -> bool:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
        return _is_logical(node.left)
    return isinstance(node, ast.Compare | ast.BoolOp)
