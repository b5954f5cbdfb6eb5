from __future__ import annotations

import importlib.metadata
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ml_ci.changes import environment as module
from ml_ci.changes.distributions import answer
from ml_ci.changes.environment import environment
from ml_ci.errors import UserError


def install(site: Path, name: str, version: str, requires: tuple[str, ...] = (), **files: str) -> None:
    """Lay out an installed distribution."""
    info = site / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    lines = [
        f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        *(f"Requires-Dist: {one}\n" for one in requires),
    ]
    (info / "METADATA").write_text("".join(lines))
    for file, text in files.items():
        (info / file.replace("_json", ".json").replace("_txt", ".txt")).write_text(text)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site-packages"
    folder.mkdir()
    install(folder, "scikit-learn", "1.4", ("numpy>=1.2", "joblib"), RECORD="sklearn/__init__.py,,\n../../bin/x,,\n")
    install(folder, "numpy", "1.26", top_level_txt="numpy\n")
    install(folder, "joblib", "1.3", ('tomli; python_version < "3"', "dask; extra == 'all'"), RECORD="joblib/a.py,,\n")
    install(folder, "dask", "2024.1")
    install(folder, "bundle", "1", ("joblib[all]",), RECORD="bundle.py,,\n")
    install(folder, "cloud-storage", "2", RECORD="cloud/storage/__init__.py,,\n")
    install(folder, "cloud-core", "3", RECORD="cloud/core/__init__.py,,\n")
    install(folder, "native", "4", RECORD="_native.cpython-311-x86_64-linux-gnu.so,,\n")
    return folder


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (["sklearn"], {"scikit-learn": "1.4", "numpy": "1.26", "joblib": "1.3"}),
        (["bundle"], {"bundle": "1", "joblib": "1.3", "dask": "2024.1"}),
        (["cloud"], {"cloud-storage": "2", "cloud-core": "3"}),
        (["_native"], {"native": "4"}),
        (["dask"], {"dask": "2024.1"}),
        ([], {}),
    ],
)
def test_imports_lead_to_distributions_and_what_they_require(site: Path, asked: list[str], expected: Any) -> None:
    assert answer(asked, [str(site)])["versions"] == expected


def test_a_module_that_nobody_has_is_missing(site: Path) -> None:
    assert answer(["cupy", "numpy"], [str(site)])["missing"] == ["cupy"]


def test_an_editable_distribution_is_named(site: Path) -> None:
    origin = json.dumps({"url": "file:///elsewhere/shared", "dir_info": {"editable": True}})
    install(site, "shared", "0.1", direct_url_json=origin, top_level_txt="shared")
    assert answer(["shared"], [str(site)])["editable"] == {"shared": "file:///elsewhere/shared"}


def test_the_own_interpreter_agrees_with_importlib(tmp_path: Path) -> None:
    found = environment({"sklearn", "yaml"}, None, tmp_path, None)
    assert found.python == f"{sys.version_info.major}.{sys.version_info.minor}"
    assert found.versions["scikit-learn"] == importlib.metadata.version("scikit-learn")
    assert found.versions["numpy"] == importlib.metadata.version("numpy")
    assert "pyyaml" in found.versions and "hypothesis" not in found.versions


def test_another_interpreter_gives_the_same_answer(tmp_path: Path) -> None:
    wrapper = tmp_path / "wrapped"
    wrapper.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    wrapper.chmod(0o755)
    own = environment({"sklearn", "nothing_of_this_name"}, None, tmp_path, None)
    assert environment({"sklearn", "nothing_of_this_name"}, "wrapped", tmp_path, None) == own


def test_an_answer_is_kept_until_a_package_folder_changes(tmp_path: Path, site: Path, monkeypatch: Any) -> None:
    asked = []

    def ask(interpreter: Path, modules: list[str], folder: Path) -> dict[str, Any]:
        asked.append(modules)
        return answer(modules, [str(site)])

    monkeypatch.setattr(module, "_ask", ask)
    for _ in range(2):
        environment({"numpy"}, None, tmp_path, tmp_path / "state")
    assert len(asked) == 1
    install(site, "numpy-extra", "1")
    os.utime(site, (1, 1))
    environment({"numpy"}, None, tmp_path, tmp_path / "state")
    assert len(asked) == 2


def test_an_answer_is_kept_until_the_interpreter_is_another(tmp_path: Path, site: Path, monkeypatch: Any) -> None:
    """A virtual environment that is made anew with another Python has the same path, and may have the same folders."""
    interpreter = tmp_path / "python"
    interpreter.write_text("")
    asked = []

    def ask(found: Path, modules: list[str], folder: Path) -> dict[str, Any]:
        asked.append(found)
        return answer(modules, [str(site)])

    monkeypatch.setattr(module, "_ask", ask)
    for _ in range(2):
        environment({"numpy"}, "python", tmp_path, tmp_path / "state")
    os.utime(interpreter, (1, 1))
    environment({"numpy"}, "python", tmp_path, tmp_path / "state")
    assert asked == [interpreter, interpreter]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "python: python0 was not found"),
        ("#!/bin/sh\necho no >&2; exit 3\n", "did not say which packages it has"),
    ],
)
def test_an_interpreter_that_does_not_answer(tmp_path: Path, text: str | None, message: str) -> None:
    if text:
        (tmp_path / "python0").write_text(text)
        (tmp_path / "python0").chmod(0o755)
    with pytest.raises(UserError, match=message) as caught:
        environment({"numpy"}, "python0", tmp_path, None)
    assert caught.value.hint


def test_the_question_is_asked_in_the_syntax_of_python_3_8() -> None:
    import ast

    text = Path(module.__file__).with_name("distributions.py").read_text()
    ast.parse(text, feature_version=(3, 8))
    assert subprocess.run([sys.executable, "-c", text], input="[]", text=True, capture_output=True, check=True).stdout
