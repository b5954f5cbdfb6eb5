"""Values that went through a file are the values that were written."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ml_ci.changes.reads import Reads
from ml_ci.evaluation.confusion import Confusion, Paired, PairedErrors
from ml_ci.evaluation.values import Comparison, Evaluation, Spread
from ml_ci.gates.values import Difference, Differences, GateResult
from ml_ci.records.codec import pack, unpack

EVALUATION = Evaluation(
    Confusion(1, 2, 3, 4), {"sex": {"F": Confusion(1, 1, 1, 1), "": Confusion()}}, {"auc": 0.5, "brier": None}, "label"
)
PAIRED = Paired(PairedErrors(1, 2, 3, 4), PairedErrors(5, 6, 7, 8))


@pytest.mark.parametrize(
    "value",
    [
        Confusion(1, 2, 3, 4),
        EVALUATION,
        Comparison(EVALUATION),
        Comparison(EVALUATION, EVALUATION, PAIRED, {"sex": {"F": PAIRED}}, spreads={"auc": Spread(0.01, 300)}),
        Differences({"fnr": Difference((-0.1, 0.2), 0.9)}, {"sex": {"F": {"fpr": Difference()}}}),
        GateResult("fpr <= 0.1", "pass", interval=(0.0, 1.0), value=0.05, needs=3, reason="ü"),
        GateResult("fpr <= 0.1", "error"),
        Reads(frozenset({"b.json", "a.py"}), imported=frozenset({"a.py"}), outside=("/data",), complete=False),
    ],
)
def test_round_trip(value: Any) -> None:
    assert unpack(type(value), json.loads(json.dumps(pack(value)))) == value


def test_whole_numbers_stay_rates() -> None:
    assert unpack(GateResult, {"condition": "x", "verdict": "pass", "value": 1}).value == 1.0


@pytest.mark.parametrize("data", [{"tp": "1"}, {"tp": 1.5}, {"unknown": 1}])
def test_what_does_not_fit_is_refused(data: Any) -> None:
    with pytest.raises((TypeError, KeyError)):
        unpack(Confusion, data)


def test_only_builtin_types_cross() -> None:
    with pytest.raises(TypeError, match="complex does not cross a file"):
        pack({"a": 1j})
