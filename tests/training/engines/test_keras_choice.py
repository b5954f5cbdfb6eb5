"""A backend is chosen for Keras when something imports it; a job without Keras reads none of its files."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import os, pickle, sys

opened = []
sys.addaudithook(lambda event, said: opened.append(str(said[0])) if event == "open" else None)
from ml_ci.child.engines import kerases

for _ in range(2):
    kerases.choose_when_imported()
print([name for name in opened if "keras.json" in name], os.environ.get("KERAS_BACKEND"))
if sys.argv[1:]:
    import keras
print(any("keras.json" in name for name in opened), os.environ.get("KERAS_BACKEND"))
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Make an environment with a Keras, a torch and a jax, and a file in which Keras wrote its own default once."""
    for name in ("keras", "torch", "jax"):
        (tmp_path / "site" / name).mkdir(parents=True)
        (tmp_path / "site" / name / "__init__.py").write_text("")
    (tmp_path / ".keras").mkdir()
    (tmp_path / ".keras" / "keras.json").write_text('{"backend": "tensorflow"}')
    return tmp_path


def said(home: Path, *words: str, **environment: str) -> list[str]:
    path = f"{Path(__file__).parents[3]}:{home / 'site'}"
    variables = {"PYTHONPATH": path, "HOME": str(home), "PATH": "/usr/bin:/bin", **environment}
    command = (sys.executable, "-c", PROGRAM, *words)
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=True).stdout.splitlines()


def test_nothing_is_read_for_a_model_of_another_library(home: Path) -> None:
    assert said(home) == ["[] None", "False None"]


def test_the_import_of_keras_chooses_what_is_installed(home: Path) -> None:
    """Whoever imports it: a pickle may hold its model."""
    assert said(home, "import") == ["[] None", "True torch"]


def test_a_choice_of_the_users_stays(home: Path) -> None:
    assert said(home, "import", KERAS_BACKEND="jax")[1].endswith(" jax")
    (home / ".keras" / "keras.json").write_text('{"backend": "jax"}')
    assert said(home, "import") == ["[] None", "True jax"]
