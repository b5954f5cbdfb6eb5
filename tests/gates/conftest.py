"""Cases to judge, from counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from ml_ci.conditions import parse
from ml_ci.evaluation.confusion import Confusion, Paired, PairedErrors
from ml_ci.evaluation.values import Comparison, Evaluation
from ml_ci.gates.evidence import Case, Policy
from ml_ci.gates.judge import judge
from ml_ci.gates.values import GateResult
from ml_ci.spec.values import GateSpec

Cells = tuple[int, int, int, int]


@pytest.fixture(scope="session")
def judged() -> Callable[..., tuple[GateResult, ...]]:
    """Judge gates given as text."""

    def run(case: Case, *texts: str, **policy: Any) -> tuple[GateResult, ...]:
        gates = [GateSpec(text, parse(text, ["lift"])) for text in texts]
        return judge(gates, case, Policy(**policy))

    return run


@pytest.fixture(scope="session")
def paired_case() -> Callable[..., Case]:
    """Make a case from (both, candidate only, baseline only, neither) errors of negatives and positives, by slice."""

    def make(slices: Mapping[str, tuple[Cells, Cells]], column: str = "region", **more: Any) -> Case:
        by_slice = {name: Paired(PairedErrors(*n), PairedErrors(*p)) for name, (n, p) in slices.items()}
        whole = Paired(
            PairedErrors(*map(sum, zip(*(n for n, _ in slices.values()), strict=True))),
            PairedErrors(*map(sum, zip(*(p for _, p in slices.values()), strict=True))),
        )
        metrics = more.pop("metrics", {})
        sides = [
            Evaluation(
                _side(whole, baseline),
                {column: {name: _side(one, baseline) for name, one in by_slice.items()}},
                metrics,
            )
            for baseline in (False, True)
        ]
        return Case(Comparison(sides[0], sides[1], whole, {column: by_slice}), **more)

    return make


@pytest.fixture(scope="session")
def single_case() -> Callable[..., Case]:
    """Make a case without a baseline from (tp, fp, tn, fn) by slice."""

    def make(slices: Mapping[str, Cells], column: str = "region", **more: Any) -> Case:
        counts = {name: Confusion(*cells) for name, cells in slices.items()}
        whole = sum(counts.values(), Confusion())
        metrics = more.pop("metrics", {})
        return Case(Comparison(Evaluation(whole, {column: counts}, metrics)), **more)

    return make


def _side(paired: Paired, baseline: bool) -> Confusion:
    fp, fn = (
        cells.both + (cells.baseline_only if baseline else cells.candidate_only)
        for cells in (paired.negatives, paired.positives)
    )
    return Confusion(tp=paired.positives.rows - fn, fp=fp, tn=paired.negatives.rows - fp, fn=fn)
