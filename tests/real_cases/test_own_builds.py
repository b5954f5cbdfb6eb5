"""Each side runs its own build of what is compiled or generated, and what real backends install is one's own too."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from ml_ci.errors import StageFailed
from ml_ci.spec.values import Budget, CommandJob
from ml_ci.training.interpreter import find
from ml_ci.training.job import train
from ml_ci.training.values import Checkout, Inputs, TrainRequest

SOURCE = """\
#define PY_SSIZE_T_CLEAN
#include <Python.h>
static PyObject *side(PyObject *self, PyObject *args) {{ return PyUnicode_FromString("{side}"); }}
static PyMethodDef methods[] = {{{{"side", side, METH_NOARGS, ""}}, {{NULL, NULL, 0, NULL}}}};
static struct PyModuleDef module = {{PyModuleDef_HEAD_INIT, "_fast", "", -1, methods}};
PyMODINIT_FUNC PyInit__fast(void) {{ return PyModule_Create(&module); }}
"""
SETUP = """\
from setuptools import Extension, setup
setup(name="churn", version="0.1", package_dir={"": "src"}, packages=["churn"],
      ext_modules=[Extension("churn._fast", ["src/churn/_fast.c"])])
"""
BACKENDS = {
    "setuptools": ("setuptools", "setuptools.build_meta"),
    "hatchling": ("hatchling", "hatchling.build"),
    "flit": ("flit_core", "flit_core.buildapi"),
    "poetry": ("poetry-core", "poetry.core.masonry.api"),
    "meson-python": ("meson-python", "mesonpy"),
    "scikit-build-core": ("scikit-build-core", "scikit_build_core.build"),
}
SYSTEM = '[build-system]\nrequires = ["{}"]\nbuild-backend = "{}"\n'
PROJECT = '[project]\nname = "churn"\nversion = "0.1"\ndescription = "x"\n'
MESON = "project('churn', version: '0.1')\npy = import('python').find_installation(pure: true)\n"
MESON += "py.install_sources('src/churn/__init__.py', 'src/churn/parts.py', subdir: 'churn')\n"
CMAKE = "cmake_minimum_required(VERSION 3.15)\nproject(churn LANGUAGES NONE)\n"
GO = "import sys\nfrom churn import side\nopen(sys.argv[1], 'a').write(side() + '\\n')\n"


def write(top: Path, files: dict[str, str]) -> None:
    for name, content in files.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(content)


def pure(backend: str, side: str) -> dict[str, str]:
    return {
        "pyproject.toml": SYSTEM.format(*BACKENDS[backend]) + PROJECT,
        "src/churn/__init__.py": "from .parts import side\n",
        "src/churn/parts.py": f"def side():\n    return {side!r}\n",
        "meson.build": MESON,
        "CMakeLists.txt": CMAKE,
        "go.py": GO,
    }


def compiled(side: str) -> dict[str, str]:
    return {
        "pyproject.toml": SYSTEM.format(*BACKENDS["setuptools"]),
        "setup.py": SETUP,
        "src/churn/__init__.py": "from ._fast import side\n",
        "src/churn/_fast.c": SOURCE.format(side=side),
        "go.py": GO,
    }


def job(top: Path, copy: Path, python: Path, command: str) -> list[str]:
    work = top / ".ml_ci" / "work" / "job"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    request = TrainRequest(
        "churn",
        CommandJob(command, model="{out}/side"),
        copy,
        work,
        Inputs(),
        find(str(python), copy),
        dict(os.environ),
        budget=Budget(seconds=300.0),
        checkout=Checkout((top,), copy),
    )
    artifact = train(request).artifact
    assert artifact is not None
    return artifact.read_text().split()


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Give what makes an environment with build backends."""
    at = tmp_path_factory.mktemp("tools") / "environment"
    subprocess.run((sys.executable, "-m", "venv", at), check=True)

    @cache  # pip takes a second to find that all is there
    def install(*names: str) -> Path:
        options = ("install", "-q", "--disable-pip-version-check")
        subprocess.run((at / "bin/python", "-m", "pip", *options, *names), check=True, capture_output=True)
        return at / "bin" / "python"

    return install


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path]:
    """Give the user's checkout and the copy of a side."""
    return tmp_path / "repository", tmp_path / "repository" / ".ml_ci" / "work" / "copies" / "copy-1"


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("how", ["-e", "plain"])
def test_what_a_backend_installs_is_each_sides_own(
    built: Callable[..., Path], places: tuple[Path, Path], backend: str, how: str
) -> None:
    top, copy = places
    write(top, pure(backend, "candidate"))
    write(copy, pure(backend, "base"))
    tools = [
        "setuptools",
        "wheel",
        "hatchling",
        "editables",
        "flit_core",
        "poetry-core",
        "meson-python",
        "ninja",
        "scikit-build-core",
        "cmake",
    ]
    python = built(*tools)
    install = (
        "install",
        "-q",
        "--no-build-isolation",
        "--force-reinstall",
        "--no-deps",
        *(("-e",) if how == "-e" else ()),
    )
    path = {"PATH": f"{python.parent}:{os.environ['PATH']}"}  # as where it is activated: meson and ninja are looked up
    subprocess.run((python, "-m", "pip", *install, top), check=True, capture_output=True, env=os.environ | path)
    forms = ("python go.py", "python -I go.py", f"{python} go.py")
    assert job(top, copy, python, " && ".join(f"{form} {{out}}/side" for form in forms)) == ["base"] * 3


@pytest.mark.slow
def test_an_extension_serves_where_its_sources_are_the_same_and_is_built_where_not(
    built: Callable[..., Path], places: tuple[Path, Path]
) -> None:
    top, copy = places
    write(top, compiled("one"))
    python = built("setuptools", "wheel")
    install = ("install", "-q", "--no-build-isolation", "--no-deps", "-e", top)
    subprocess.run((python, "-m", "pip", *install), check=True, capture_output=True)
    write(copy, compiled("one"))
    assert job(top, copy, python, "python go.py {out}/side") == ["one"]
    assert not list(copy.parent.glob("build-*")), "the built file served"
    other = copy.with_name("copy-2")
    write(other, compiled("two"))
    assert job(top, other, python, "python go.py {out}/side") == ["two"]
    third = copy.with_name("copy-3")
    write(third, {**compiled("two"), "README.md": "of another commit"})
    assert job(top, third, python, "python go.py {out}/side") == ["two"]
    assert len(list(copy.parent.glob("build-*"))) == 1, "once per digest"
    write(top, compiled("later"))  # and not built again: what is there is older than its sources
    latest = copy.with_name("copy-4")
    write(latest, compiled("later"))
    assert job(top, latest, python, "python go.py {out}/side") == ["later"]
    broken = copy.with_name("copy-5")
    write(broken, {**compiled("x"), "src/churn/_fast.c": "no C\n"})
    with pytest.raises(StageFailed) as raised:
        job(top, broken, python, "python go.py {out}/side")
    assert raised.value.failure.code == "build"
    assert "error" in raised.value.failure.message


def test_a_generated_module_is_built_and_a_missing_one_is_missing(places: tuple[Path, Path], tmp_path: Path) -> None:
    top, copy = places
    subprocess.run((sys.executable, "-m", "venv", "--without-pip", tmp_path / "environment"), check=True)
    [site] = (tmp_path / "environment").glob("lib/python*/site-packages")
    (site / "churn.pth").write_text(f"{top}/src\n")
    python = tmp_path / "environment" / "bin" / "python"
    files = {**pure("setuptools", "base"), "src/churn/__init__.py": "from .new import side\n"}
    write(copy, files)
    write(top, {**files, "src/churn/new.py": "def side(): return 'candidate'\n"})
    subprocess.run(("git", "init", "-q"), cwd=top, check=True)
    subprocess.run(("git", "add", "-A"), cwd=top, check=True)
    with pytest.raises(StageFailed) as raised:
        job(top, copy, python, "python go.py {out}/side")
    assert (raised.value.failure.code, "churn.new" in raised.value.failure.message) == ("job-exit", True)
