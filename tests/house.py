"""Draw the house in docs/architecture.md anew: `python tests/house.py`.

The order is that of the contracts in pyproject.toml, which import-linter holds; the words are the docstrings'.
"""

from __future__ import annotations

import ast
import re
import textwrap
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "architecture.md"
_BLOCK = re.compile(r"(<!-- (\w+): .*? -->\n).*?(<!-- /\2 -->)", re.DOTALL)
_WIDTH = 120


def draw(text: str) -> str:
    """Give the page with every drawing in it made anew."""
    made = {"house": "\n".join(_floors("ml_ci")), "rooms": "\n".join(_rooms())}
    return _BLOCK.sub(lambda found: f"{found[1]}```\n{made[found[2]]}\n```\n{found[3]}", text)


def floors(container: str) -> list[list[str]]:
    """Give the layers of a package from the top: each may import those below it, none of its own and none above."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    [layers] = [one["layers"] for one in contracts if one.get("containers") == [container]]
    return [layer.split(" | ") for layer in layers]


def _floors(container: str) -> Iterator[str]:
    names = [name for floor in floors(container) for name in floor]
    wide = max(map(len, names))
    for floor in floors(container):
        for name in floor:
            yield from _line(name, wide, _said(ROOT.joinpath(*container.split("."), name)))


def _rooms() -> Iterator[str]:
    """Draw the rooms of the steps in the order in which a run takes them, with what each step does."""
    steps = ROOT / "ml_ci" / "steps"
    for floor in reversed(floors("ml_ci.steps")):
        for name in floor:
            if not (steps / name).is_dir():
                continue
            yield from _line(f"{name}/", 16, _said(steps / name))
            files = [*sorted((steps / name).glob("[a-z]*.py")), *sorted((steps / name).glob("[a-z]*/"))]
            for file in files:
                yield from _line(f"  {file.stem}{'/' if file.is_dir() else ''}", 16, _said(file.with_suffix("")))


def _line(name: str, wide: int, said: str) -> Sequence[str]:
    first, *more = textwrap.wrap(said, _WIDTH - wide - 2)
    return [f"{name:{wide}}  {first}", *(f"{'':{wide}}  {line}" for line in more)]


def _said(place: Path) -> str:
    """Give the first sentence of what a module or a folder says of itself."""
    file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    said = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return " ".join(said.partition("\n\n")[0].split())


if __name__ == "__main__":
    PAGE.write_text(draw(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
