"""The house is as it is drawn, and its rooms are small."""

from __future__ import annotations

import ast
import importlib.util
import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
OURS = (ROOT / "ml_ci", ROOT / "pytest_plugin" / "pytest_ml_ci")
FILES = [file for folder in OURS for file in sorted(folder.rglob("*.py"))]


@pytest.fixture(scope="module")
def house() -> Any:
    """Give the module that draws."""
    spec = importlib.util.spec_from_file_location("house", Path(__file__).with_name("house.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_house_is_drawn_as_it_is(house: Any) -> None:
    text = house.PAGE.read_text(encoding="utf-8")
    assert text == house.draw(text), "draw it anew: python tests/house.py"
    assert text.count("```\n") >= 4


@pytest.mark.parametrize("container", ["ml_ci", "ml_ci.steps"])
def test_every_room_has_its_floor(house: Any, container: str) -> None:
    there = {
        entry.stem
        for entry in ROOT.joinpath(*container.split(".")).iterdir()
        if entry.suffix == ".py" or (entry / "__init__.py").is_file()
    }
    floors = [name for floor in house.floors(container) for name in floor]
    assert sorted(floors) == sorted(there - {"__init__"})


def _functions(body: Sequence[ast.stmt]) -> Iterator[ast.FunctionDef]:
    for node in body:
        if isinstance(node, ast.FunctionDef):
            yield node
        for part in ("body", "orelse", "finalbody"):
            yield from _functions(getattr(node, part, ()))


def test_no_file_is_long() -> None:
    assert {file: lines for file in FILES if (lines := len(file.read_text().splitlines())) > 400} == {}


def test_functions_are_small() -> None:
    found = [one for file in FILES for one in _functions(ast.parse(file.read_text()).body)]
    lengths = [(node.end_lineno or node.lineno) - node.lineno + 1 for node in found]
    assert statistics.median(lengths) < 10
    assert max(lengths) <= 45
