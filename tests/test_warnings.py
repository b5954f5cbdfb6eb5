"""What warns in ml-ci fails the test in which it does."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

WARNS = "import warnings; warnings.warn('a use that will end', DeprecationWarning)"
DIVIDES = "zero / zero"


@pytest.mark.parametrize("module", ["ml_ci", "ml_ci.gates.statistics.tango", "pytest_ml_ci.hooks"])
@pytest.mark.parametrize(("code", "category"), [(WARNS, DeprecationWarning), (DIVIDES, RuntimeWarning)])
def test_a_warning_at_a_line_of_ml_ci_is_an_error(module: str, code: str, category: type[Warning]) -> None:
    with pytest.raises(category):
        exec(code, {"__name__": module, "zero": np.zeros(1)})


@pytest.mark.parametrize("module", ["numpy.core", "ml_citizens", "tests.ml_ci"])
def test_a_warning_elsewhere_is_none_of_ours(module: str) -> None:
    with warnings.catch_warnings(record=True) as caught:
        exec(WARNS, {"__name__": module})
    assert [str(one.message) for one in caught] == ["a use that will end"]
