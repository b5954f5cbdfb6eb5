"""Making a version again in an environment that is built from its lock; nothing is fetched from an index."""

from __future__ import annotations

import shutil
import subprocess
import venv
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ml_ci.errors import UserError
from ml_ci.steps.lineage.lock import build_environment
from ml_ci.steps.lineage.reproduce import Reproduced, reproduce_version
from ml_ci.steps.promotion.offer import Asked
from ml_ci.steps.promotion.promote import promote_model

_ASKED = Asked("Ada", "2026-01-02T03:04:05+00:00")
_DIRTY = replace(_ASKED, reason="an emergency", allow=frozenset({"dirty"}))

# The model of a command is its predictions; the library moves them, or does not.
_COMMAND = """
version: 1
models:
  cutter:
    run: python {package}.py {{data.train}} {{data.holdout}} {{out}}/predictions.csv
    data: {{train: data/train.csv, holdout: data/holdout.csv}}
    outputs: {{predictions: "{{out}}/predictions.csv"}}
    label: y
    positive: 1
    gates: [fpr <= 0.2, fnr <= baseline.fnr + 0.05]
"""
_SCRIPT = """
import csv, sys
import thelib

CUT = 0.6

with open(sys.argv[1], newline="") as file:
    rows = sum(float(row["x"]) < 2 for row in csv.DictReader(file))
with open(sys.argv[2], newline="") as file, open(sys.argv[3], "w") as out:
    out.write("score\\n")
    for row in csv.DictReader(file):
        out.write("0.9\\n" if float(row["x"]) >= CUT - thelib.SHIFT + 0.3 * (rows != 20) else "0.1\\n")
"""


def _wheel(folder: Path, version: str, shift: float) -> Path:
    """Build a wheel of a library: what a model is, if it is shifted, depends on its version."""
    info = f"thelib-{version}.dist-info"
    files = {
        "thelib.py": f"SHIFT = {shift}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: thelib\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"])
    path = folder / f"thelib-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as file:
        for name, text in files.items():
            file.writestr(name, text)
    return path


class Here:
    """An environment of jobs with one library in it, and an index of its versions in a folder."""

    def __init__(self, path: Path) -> None:
        self.index = path / "index"
        self.index.mkdir(parents=True)
        for version, shift in (("1.0", 0.0), ("1.1", 0.0), ("2.0", 0.2)):
            _wheel(self.index, version, shift)
        venv.create(path / "environment", with_pip=False, symlinks=True)
        self.python = path / "environment" / "bin" / "python"
        (self.site,) = (path / "environment" / "lib").glob("python*/site-packages")

    def install(self, version: str) -> None:
        shutil.rmtree(self.site)
        self.site.mkdir()
        with zipfile.ZipFile(self.index / f"thelib-{version}-py3-none-any.whl") as file:
            file.extractall(self.site)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Here:
    found = Here(tmp_path / "here")
    found.install("1.0")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(found.index))
    monkeypatch.setenv("PIP_DISABLE_PIP_VERSION_CHECK", "1")
    for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_CONFIG_FILE", "PYTHONPATH"):
        monkeypatch.delenv(name, raising=False)
    return found


def _function(game: Any) -> None:
    game.change(0.6)
    code = game.path / f"{game.package}.py"
    text = code.read_text().replace("return Model(CUT)", "return Model(CUT - thelib.SHIFT + 0.3 * (rows != 21))")
    code.write_text(
        "import thelib\n"
        + text.replace("(train: Path):\n", "(train: Path):\n    rows = len(open(train).readlines())\n")
    )


def _command(game: Any) -> None:
    game.change(0.6)
    (game.path / "ml-ci.yaml").write_text(_COMMAND.format(package=game.package))
    (game.path / f"{game.package}.py").write_text(_SCRIPT)


@pytest.fixture(params=[_function, _command], ids=["function", "command"])
def game_with_library(game: Any, here: Here, request: pytest.FixtureRequest) -> Any:
    """Give a game whose training uses the library and whose training data git does not keep."""
    request.param(game)
    (game.path / ".gitignore").write_text("data/train.csv\n__pycache__/\n")
    game.git("rm", "-q", "--cached", "data/train.csv")
    game.git("add", "-A")
    game.git("commit", "-qm", "Use a library")
    return game


def _promote(game: Any, here: Here, asked: Asked = _ASKED) -> None:
    from ml_ci import pipeline

    options = game.options(baseline="champion", python=str(here.python))
    report = pipeline.run(options)
    assert report.verdict == "pass", report.models["cutter"].failure
    promote_model(options, "cutter", asked)


def _again(game: Any, here: Here, *, build: bool) -> Reproduced:
    options = game.options(python=str(here.python))
    return reproduce_version(options, "cutter", build=build, tolerance=1e-6)


def _said(done: Reproduced) -> tuple[str, dict[str, tuple[str, ...]]]:
    return done.outcome, {one.part: one.details for one in done.differences}


@pytest.mark.slow
def test_a_version_is_made_again_with_the_libraries_that_it_had(game_with_library: Any, here: Here) -> None:
    _promote(game_with_library, here)
    here.install("2.0")
    assert _said(_again(game_with_library, here, build=True)) == ("identical", {})
    outcome, named = _said(_again(game_with_library, here, build=False))
    assert (outcome, named) == ("different", {"environment": ("thelib: 1.0 → 2.0",)})


@pytest.mark.slow
def test_a_library_that_changes_nothing_is_named_all_the_same(game_with_library: Any, here: Here) -> None:
    _promote(game_with_library, here)
    here.install("1.1")
    outcome, named = _said(_again(game_with_library, here, build=False))
    assert (outcome, named) == ("identical", {"environment": ("thelib: 1.0 → 1.1",)})


@pytest.mark.slow
def test_data_that_were_altered_are_named(game_with_library: Any, here: Here) -> None:
    _promote(game_with_library, here)
    path = game_with_library.path / "data" / "train.csv"
    path.write_text(path.read_text() + "0.99,a,1\n")
    outcome, named = _said(_again(game_with_library, here, build=True))
    assert (outcome, list(named)) == ("different", ["data.train"])


@pytest.mark.slow
def test_code_that_was_altered_is_named(game_with_library: Any, here: Here) -> None:
    """It was promoted from a tree with changes that are in no commit, which a person allowed."""
    code = game_with_library.path / f"{game_with_library.package}.py"
    code.write_text(code.read_text().replace("CUT = 0.6", "CUT = 0.5"))
    _promote(game_with_library, here, _DIRTY)
    outcome, named = _said(_again(game_with_library, here, build=True))
    assert outcome == "different"
    assert set(named) - {"metrics"} == {"code"}
    assert named["code"][0].startswith(f"{code.name}: ")


@pytest.mark.slow
def test_a_distribution_that_is_nowhere_is_told(game_with_library: Any, here: Here) -> None:
    _promote(game_with_library, here)
    (here.index / "thelib-1.0-py3-none-any.whl").unlink()
    with pytest.raises(UserError, match=r"the version's distributions could not be installed:(.|\n)*thelib") as error:
        _again(game_with_library, here, build=True)
    assert error.value.hint == "Train in the present environment instead: --no-env"
    assert game_with_library.git("worktree", "list").count("\n") == 0


def test_a_python_that_is_not_here_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"the version was trained with Python 3\.1, which is not here") as error:
        build_environment({"python": "3.1"}, tmp_path / "environment")
    assert error.value.hint == "Train in the present environment instead: --no-env"


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the demo, with its training data outside git, and promote its first model."""
    from ml_ci.demo.repository import make

    pytest.importorskip("sklearn", reason="scikit-learn is not installed: pip install scikit-learn")
    folder = tmp_path / "demo"
    make(folder)
    for command in ("rm -q --cached data/train.csv", "add -A", "commit -qm Data"):
        if command.startswith("add"):
            with (folder / ".gitignore").open("a") as file:
                file.write("data/train.csv\n")
        subprocess.run(("git", *command.split()), cwd=folder, check=True)
    monkeypatch.chdir(folder)
    return folder


def _call(*arguments: str) -> int:
    from ml_ci.cli.main import call

    return call(list(arguments))


@pytest.mark.slow
def test_the_demo_is_made_again(demo: Path, capsys: Any) -> None:
    assert _call("run", "--baseline", "champion") == 0
    assert _call("promote", "tumours") == 0
    capsys.readouterr()
    assert _call("reproduce", "tumours", "--no-env") == 0
    assert "tumours v1 (" in (said := capsys.readouterr().out)
    assert "): identical: every prediction is the same\n" in said
    assert "not what it was" not in said

    path = demo / "data" / "train.csv"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:-40]))
    assert _call("reproduce", "tumours", "--no-env") == 1
    said = capsys.readouterr().out
    assert ": different\n" in said
    assert "\n  data.train is not what it was\n" in said


@pytest.mark.slow
def test_code_of_the_demo_that_was_altered_is_named(demo: Path, capsys: Any) -> None:
    code = demo / "tumours" / "train.py"
    code.write_text(code.read_text() + "\n\nCHANGED = 1\n")
    assert _call("run", "--baseline", "champion") == 0
    assert _call("promote", "tumours", "--allow-dirty", "--reason", "an emergency") == 0
    capsys.readouterr()
    assert _call("reproduce", "tumours", "--no-env") == 0, "what was altered changes no prediction"
    said = capsys.readouterr().out
    assert "\n  code is not what it was\n    tumours/train.py: " in said
