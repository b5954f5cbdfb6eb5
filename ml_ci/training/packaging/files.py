"""The files that packaging is written in, read as text: nothing of a project is executed for it."""

from __future__ import annotations

import ast
import configparser
import re
import tomllib
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from ml_ci import syntax
from ml_ci.frozen import dataclass
from ml_ci.training import left

_MOST = 4_000_000
FILES = frozenset({"pyproject.toml", "setup.cfg", "setup.py"})


@dataclass(frozen=True)
class Settings:
    """What a project's files say: the tables of pyproject.toml, the sections of setup.cfg, the arguments of setup()."""

    folder: Path
    toml: Mapping[str, Any] = field(default_factory=dict)
    cfg: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    setup: Mapping[str, ast.expr] = field(default_factory=dict)

    def table(self, *names: str) -> Mapping[str, Any]:
        """Give a table of pyproject.toml; an empty one where there is none."""
        found: Any = self.toml
        for name in names:
            found = found.get(name) if isinstance(found, Mapping) else None
        return found if isinstance(found, Mapping) else {}

    @property
    def backend(self) -> str:
        """The first part of the build backend's name; setuptools where nothing names another."""
        return str(self.table("build-system").get("build-backend", "setuptools")).partition(".")[0].partition(":")[0]

    @property
    def name(self) -> str:
        """What the distribution is called; "" where only running code could tell."""
        told = (
            self.table("project").get("name"),
            self.table("tool", "poetry").get("name"),
            self.table("tool", "flit", "metadata").get("dist-name"),
            self.table("tool", "flit", "metadata").get("module"),
            self.cfg.get("metadata", {}).get("name"),
            literal(self.setup.get("name")),
            self._meson(),
        )
        return next((one for one in told if isinstance(one, str) and one), "")

    def _meson(self) -> str | None:
        found = re.search(r"project\(\s*'([^']+)'", text(self.folder / "meson.build"))
        return found[1] if found else None


def read(folder: Path) -> Settings:
    """Read what packaging files a folder has; what does not parse says nothing."""
    return Settings(folder, _toml(folder), _cfg(folder), _setup(folder))


def text(path: Path) -> str:
    """Read a text; "" where there is none, and for one that is longer than any that packaging is written in."""
    return (left.content(path, _MOST, follow=True) or b"").decode("utf-8", "replace")


def _toml(folder: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(text(folder / "pyproject.toml"))
    except tomllib.TOMLDecodeError:
        return {}


def _cfg(folder: Path) -> Mapping[str, Mapping[str, str]]:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text(folder / "setup.cfg"))
    except configparser.Error:
        return {}
    return {name: dict(parser[name]) for name in parser.sections()}


def _setup(folder: Path) -> Mapping[str, ast.expr]:
    try:
        tree = syntax.parse(text(folder / "setup.py"))
    except (SyntaxError, ValueError, RecursionError):
        return {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and name_call(node) == "setup":
            return {one.arg: one.value for one in node.keywords if one.arg}
    return {}


def name_call(node: ast.expr) -> str:
    """Give the last part of the name that a call calls; "" for any other expression."""
    if not isinstance(node, ast.Call):
        return ""
    function = node.func
    return (
        function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    )


def literal(node: ast.expr | None) -> Any:
    """Evaluate an expression of constants alone; None for any other."""
    try:
        return None if node is None else ast.literal_eval(node)
    except ValueError:
        return None
