"""Two registered versions are compared by their commits, and nothing is trained again for it."""

from __future__ import annotations

from typing import Any

import pytest

from ml_ci.errors import UserError
from ml_ci.questions import compare
from ml_ci.steps.promotion.offer import Asked
from ml_ci.steps.promotion.promote import promote_model


def test_two_versions_are_compared_from_what_is_on_record(first: Any) -> None:
    first.change(0.55)
    assert first.run().verdict == "pass"
    promote_model(first.options(), "cutter", Asked("Ada", "2026-01-22T03:04:05+00:00", "it is better"))
    found = compare(first.options(), "cutter@1", "cutter@champion")
    assert list(found.models) == ["cutter"]
    model = found.models["cutter"]
    assert model.action == "reuse"
    assert model.baseline.source == f"cutter@1 ({found.base_commit[:7]})"
    assert found.commit == first.git("rev-parse", "HEAD") != found.base_commit
    assert (model.candidate.confusion.fn, model.baseline.confusion.fn) == (2, 4)


@pytest.mark.parametrize("ref", ["cutter@9", "cutter@nobody"])
def test_a_version_that_is_not_there_is_refused_with_those_that_are(first: Any, ref: str) -> None:
    with pytest.raises(UserError, match="no version or alias") as raised:
        compare(first.options(), ref, "HEAD")
    assert "v1" in str(raised.value.hint)
