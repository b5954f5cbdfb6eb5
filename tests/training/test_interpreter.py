from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ml_ci.errors import Failure
from ml_ci.training.interpreter import find

Failed = Callable[[Callable[[], object]], Failure]


def program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_ml_cis_own_is_the_default(tmp_path: Path) -> None:
    assert find(None, tmp_path).path == Path(sys.executable)


@pytest.mark.parametrize("python", ["env/bin/python", "named-python"])
def test_a_path_and_a_name(tmp_path: Path, python: str) -> None:
    for place in ("project/env/bin/python", "bin/named-python"):
        program(tmp_path / place, "echo 3 9 1")
    found = find(python, tmp_path / "project", str(tmp_path / "bin"))
    assert found.version == (3, 9, 1)
    assert found.path == (tmp_path / "project" / python if "/" in python else tmp_path / "bin" / python)


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "python").symlink_to(sys.executable)
    assert find("python", tmp_path).path == tmp_path / "python"
    assert find(str(tmp_path / "python"), tmp_path / "elsewhere").path == tmp_path / "python"


@pytest.mark.parametrize(
    ("text", "python", "message"),
    [
        (None, "env/bin/python", "`python: env/bin/python` was not found (looked in"),
        (None, "python9", "`python: python9` was not found (looked in the project folder and PATH)"),
        ("echo 3 7 16", "./old", "`python: ./old` is Python 3.7.16"),
        ("echo 2 7 18", "./old", "`python: ./old` is Python 2.7.18"),
        ("echo broken >&2; exit 1", "./old", "does not answer: broken"),
    ],
)
def test_what_is_no_interpreter(tmp_path: Path, failed: Failed, text: str | None, python: str, message: str) -> None:
    if text is not None:
        program(tmp_path / "old", text)
    found = failed(lambda: find(python, tmp_path, os.defpath))
    assert found.code == "interpreter"
    assert message in found.message
    assert found.hint
