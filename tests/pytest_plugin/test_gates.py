"""Gates of ml-ci.yaml as test items."""

from __future__ import annotations

from typing import Any


def test_gate_is_item(project: Any, spread: tuple[str, ...]) -> None:
    result = project.run("--ml-ci", "-v", *spread)
    result.assert_outcomes(passed=1)


def test_fail(project: Any, spread: tuple[str, ...]) -> None:
    project.configure("fnr <= baseline.fnr + 0.01", "each(fpr, by=region) <= 0.3")
    project.write(train=(project.path / "train.py").read_text().replace("SHIFT = 0","SHIFT = 0.3"))
    result = project.run("--ml-ci", *spread)
    result.assert_outcomes(passed=1, failed=1)
