"""Every key of ml-ci.yaml stands in the page's table: what is in the schema only, nobody finds."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ml_ci.spec.shape import CardShape, ModelShape, Shape

SECTION = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text(encoding="utf-8")
FIRST_CELLS = [line.split("|")[1] for line in SECTION.splitlines() if line.startswith("| `")]


@pytest.mark.parametrize("key", [field.alias or name for name, field in ModelShape.model_fields.items()])
def test_a_key_of_a_model_has_a_row(key: str) -> None:
    assert any(f"`{key}`" in cell for cell in FIRST_CELLS)


@pytest.mark.parametrize("key", [field.alias or name for name, field in Shape.model_fields.items()])
def test_a_key_at_the_top_is_named(key: str) -> None:
    assert f"`{key}:" in SECTION or f"`{key}`" in SECTION


def test_what_a_card_takes_is_named() -> None:
    row = next(line for line in SECTION.splitlines() if line.startswith("| `card`"))
    assert set(CardShape.model_fields) == set(re.findall(r"(\w+): …", row))
