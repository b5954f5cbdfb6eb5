"""What an installed ml-ci has with it, and how it knows where it came from."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

from ml_ci.setup.action import read_name
from ml_ci.setup.writing import names, templates
from ml_ci.training.process import CHILD

PROJECT = Path(__file__).parents[2]


def test_a_wheel_has_the_templates_and_the_demo(tmp_path: Path) -> None:
    copy = tmp_path / "source"
    command = (
        "git",
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
        "ml_ci",
        "templates",
        "pytest_plugin",
    )
    listed = subprocess.run(command, cwd=PROJECT, capture_output=True, check=True).stdout.decode().split("\0")
    for name in (*filter(None, listed), "setup.py", "pyproject.toml", "README.md", "LICENSE"):
        if (PROJECT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).write_bytes((PROJECT / name).read_bytes())
    here = ("--no-build-isolation",) if int(version("setuptools").split(".")[0]) >= 77 else ()
    pip = (sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", *here, "-w", str(tmp_path), str(copy))
    subprocess.run(pip, check=True, capture_output=True, timeout=600)
    [wheel] = tmp_path.glob("*.whl")
    inside = set(zipfile.ZipFile(wheel).namelist())
    assert {f"ml_ci/templates/workflows/{name}.yml" for name in names()} <= inside
    assert {"ml_ci/demo/files/main/ml-ci.yaml", "ml_ci/demo/files/main/.gitignore", "pytest_ml_ci/plugin.py"} <= inside
    page = ("look.css", "fields.css", "page.css", "card.css", "page.js")
    assert {f"ml_ci/reports/page/{name}" for name in page} <= inside
    assert {f"ml_ci/{path.relative_to(CHILD.parents[1])}" for path in CHILD.parent.rglob("*.py")} <= inside
    assert not [name for name in inside if name.startswith(("templates/", "tests/", "actions/"))]


def test_the_templates_are_found_here() -> None:
    assert templates().joinpath("workflows", "pull-request.yml").is_file()


COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://github.com/acme/ml-ci.git", f"acme/ml-ci@{COMMIT}"),
        ("https://github.com/acme/ml-ci", f"acme/ml-ci@{COMMIT}"),
        ("ssh://git@ghe.example.org/acme/ml-ci", f"acme/ml-ci@{COMMIT}"),
        ("file:///somewhere", None),
    ],
)
def test_where_it_was_installed_from(url: str, expected: str | None) -> None:
    assert read_name({"url": url, "vcs_info": {"vcs": "git", "commit_id": COMMIT}}) == expected


@pytest.mark.parametrize("said", [{}, [], {"url": "https://github.com/a/b"}, {"url": 1, "vcs_info": {"commit_id": 2}}])
def test_nothing_said(said: object) -> None:
    assert read_name(said) is None
