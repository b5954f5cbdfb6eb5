"""The short notations."""

from __future__ import annotations

import pytest

from ml_ci.spec import notation
from ml_ci.spec.placeholders import placeholders
from ml_ci.spec.values import Threshold


@pytest.mark.parametrize(
    ("text", "expected"),
    [("5m", 300), ("90s", 90), ("1h30m", 5400), ("1.5h", 5400), ("1h1m1s", 3661), (90, 90), (0.5, 0.5), ("2h5s", 7205)],
)
def test_reads_times(text: object, expected: float) -> None:
    assert notation.seconds(text) == expected


@pytest.mark.parametrize(
    "text", ["", "5", "m", "5m1h", "-5m", "0m", "5M", "1:30", 0, -1, float("inf"), float("nan"), True]
)
def test_refuses_other_times(text: object) -> None:
    with pytest.raises(
        ValueError, match="expected a time above zero such as 5m, 90s, 1h30m or a number of seconds, got"
    ):
        notation.seconds(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("4GB", 4 * 10**9), ("500MB", 5 * 10**8), ("2GiB", 2**31), ("1.5 kib", 1536), ("1tb", 10**12), ("0.5KB", 500)],
)
def test_reads_memory(text: str, expected: int) -> None:
    assert notation.memory_bytes(text) == expected


@pytest.mark.parametrize("text", ["", "4", "4G", "GB", "0GB", "-1GB", "0.0001KB", 4, None, True])
def test_refuses_other_memory(text: object) -> None:
    with pytest.raises(ValueError, match="expected an amount with its unit such as 4GB"):
        notation.memory_bytes(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [(0.3, Threshold(0.3)), ("fpr=0.01", Threshold(None, "fpr", 0.01)), ("fnr = 0", Threshold(None, "fnr", 0.0))],
)
def test_reads_thresholds(text: object, expected: Threshold) -> None:
    assert notation.threshold(text) == expected


@pytest.mark.parametrize("text", [0, 1, -0.1, True, "0.5", "fpr", "fpr=1", "fpr=-0.1", "acc=0.9", float("nan")])
def test_refuses_other_thresholds(text: object) -> None:
    with pytest.raises(ValueError, match="expected a number between 0 and 1"):
        notation.threshold(text)


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("python train.py {data.train} {out} --seed {seed}", ("data.train", "out", "seed")),
        (["a", "{params}", "{needs.spam.v2}"], ("params", "needs.spam.v2")),
        ("awk '{print $1}' ${HOME} ${out} {} {data} {other} {data.a b} {Out}", ()),
        ("x={data.train},{data.train}", ("data.train", "data.train")),
        ("{{out}}", ("out",)),
    ],
)
def test_finds_placeholders_and_no_other_brace(command: str | list[str], expected: tuple[str, ...]) -> None:
    assert placeholders(command) == expected
