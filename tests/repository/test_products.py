"""What an install leaves in a tree is nobody's change, and no part of what a job sees."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ml_ci.repository.mixture import frozen
from ml_ci.repository.products import is_product
from ml_ci.repository.repository import Repository

PROJECT = '[project]\nname = "leaving"\nversion = "1"\n[build-system]\nrequires = ["setuptools"]\n'


@pytest.mark.parametrize(
    ("path", "product"),
    [
        ("build/lib/leaving/train.py", True),
        ("build/lib.linux-x86_64-3.11/leaving/fast.so", True),
        ("build/bdist.linux-x86_64/wheel/x", True),
        ("svc/build/lib/a.py", True),
        ("src/leaving.egg-info/PKG-INFO", True),
        ("src/leaving.egg-info/SOURCES.txt", True),
        ("__pycache__/a.pyc", True),
        ("src/leaving/__pycache__/a.cpython-311.pyc", True),
        ("build/report.csv", False),
        ("build/library.py", False),
        ("other/build/lib/a.py", False),  # nothing there is installed from
        ("data/rows.egg-info/a.csv", False),  # no note of a project
        ("leaving.egg-info", False),
        ("rebuild/lib/a.py", False),
        ("dist/leaving-1.tar.gz", False),
        ("train.py", False),
    ],
)
def test_what_is_a_product(path: str, product: bool, tmp_path: Path) -> None:
    for name in ("pyproject.toml", "svc/setup.py", "src/leaving.egg-info/PKG-INFO"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    assert is_product(tmp_path, path) is product


def test_an_install_changes_nothing(repository: Any, tmp_path: Path) -> None:
    """`actions/gate` installs a project before it judges it: that its tree had changes was told then."""
    head = repository.commit(
        {"pyproject.toml": PROJECT, "src/leaving/__init__.py": "", "src/leaving/train.py": "a = 1\n"}
    )
    pytest.importorskip("setuptools")
    build = (
        sys.executable,
        "-c",
        "import setuptools; setuptools.setup()",
        "-q",
        "build",
        "egg_info",
    )  # as pip starts it
    subprocess.run(build, cwd=repository.path, check=True, capture_output=True)
    assert (repository.path / "build").is_dir() and (repository.path / "src/leaving.egg-info").is_dir()
    found = Repository.find(repository.path)
    assert found.tree().changed() == frozenset() and not found.tree().edited()
    assert dict(found.tree().files()) == dict(found.tree(head).files())
    assert frozen(found) == head


def test_what_is_committed_or_the_user_s_own_counts_as_ever(repository: Any) -> None:
    head = repository.commit({"setup.py": "", "build/lib/kept.py": "1\n", "a/__pycache__/kept.pyc": "1"})
    repository.write(
        {"build/lib/kept.py": "2\n", "build/lib/new.py": "", "build/own.py": "", "a/__pycache__/b.pyc": ""}
    )
    found = Repository.find(repository.path)
    assert found.tree().changed() == {"build/lib/kept.py", "build/own.py"}
    assert {"a/__pycache__/kept.pyc", "build/lib/kept.py", "build/own.py"} <= set(found.tree().files())
    made = frozen(found)
    assert made != head and set(found.tree(made).files()) == {*found.tree(head).files(), "build/own.py"}


def test_a_project_of_a_monorepo(repository: Any) -> None:
    repository.commit({"svc/setup.py": "", "svc/train.py": ""})
    repository.write({"svc/build/lib/train.py": "", "build/lib/other.py": ""})
    assert Repository.find(repository.path / "svc").tree().changed() == frozenset()
    assert Repository.find(repository.path).tree().changed() == {"build/lib/other.py"}
