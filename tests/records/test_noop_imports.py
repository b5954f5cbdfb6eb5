"""Nothing changed: neither what counts nor the user's code is imported."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]

HEAVY = (
    *("numpy", "scipy", "duckdb", "mlflow", "pandas", "rich", "filelock", "psutil", "pydantic", "yaml", "requests"),
    *("git", "gitdb"),  # GitPython
)

CHILD = """\
import json, sys
from ml_ci.cli.main import call
code = call(sys.argv[1:])
print(json.dumps([code, sorted({name.partition(".")[0] for name in sys.modules})]), file=sys.stderr)
"""


@pytest.mark.parametrize("arguments", [("run",), ("run", "--json"), ("plan",), ("plan", "--json")])
def test_nothing_heavy_is_imported_when_nothing_changed(tiny: Any, arguments: tuple[str, ...]) -> None:
    assert tiny.run("run")[0] == 0
    tiny.run("plan")
    done = subprocess.run(
        (sys.executable, "-c", CHILD, *arguments),
        cwd=tiny.folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    code, modules = json.loads(done.stderr.splitlines()[-1])
    assert code == 0
    assert "ml_ci" in modules
    assert [name for name in HEAVY if name in modules] == []
    assert tiny.trainings == 2


def _branch(tiny: Any) -> None:
    tiny.git("checkout", "-q", "-b", "feature")
    (tiny.folder / "README.md").write_text("words")
    tiny.git("add", "-A")
    tiny.git("commit", "-qm", "words")


def _clone(tiny: Any) -> None:
    _branch(tiny)
    kept = tiny.folder.with_name("origin")
    tiny.folder.rename(kept)
    subprocess.run(("git", "clone", "-q", "--depth=9", kept.as_uri(), tiny.folder), check=True)


def _pull_request(tiny: Any) -> None:
    """A shallow checkout of one branch, for which the base was fetched by the run before."""
    _branch(tiny)
    kept = tiny.folder.with_name("origin")
    tiny.folder.rename(kept)
    options = ("--depth=1", "--single-branch", "--branch=feature")
    subprocess.run(("git", "clone", "-q", *options, kept.as_uri(), tiny.folder), check=True)


def _submodule(tiny: Any) -> None:
    tiny.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(tiny.folder), "vendor")
    tiny.git("commit", "-qm", "with a submodule")
    _branch(tiny)


def _detached(tiny: Any) -> None:
    tiny.git("checkout", "-q", "--detach")


def _base_that_does_not_train(tiny: Any) -> None:
    text = (tiny.folder / "train.sh").read_text()
    (tiny.folder / "train.sh").write_text("exit 7\n")
    tiny.git("commit", "-qam", "broken")
    tiny.git("checkout", "-q", "-b", "repair")
    (tiny.folder / "train.sh").write_text(text)
    tiny.git("commit", "-qam", "repaired")


@pytest.mark.parametrize(
    "way",
    [
        _branch,
        _clone,
        _pull_request,
        _submodule,
        _base_that_does_not_train,
        _detached,
    ],
)
@pytest.mark.parametrize("command", ["run", "plan"])
def test_git_is_asked_without_gitpython_when_nothing_changed(tiny: Any, way: Any, command: str) -> None:
    way(tiny)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TINY_COUNT": str(tiny.count), "GITHUB_BASE_REF": "main"}
    call = (sys.executable, "-c", CHILD)
    first, again = (
        subprocess.run((*call, one), cwd=tiny.folder, env=environment, capture_output=True, text=True, check=True)
        for one in ("run", command)
    )
    code, modules = json.loads(first.stderr.splitlines()[-1])
    assert "git" in modules  # something was trained
    trainings = tiny.trainings
    assert trainings > 0
    code_again, modules = json.loads(again.stderr.splitlines()[-1])
    assert code_again == (code if command == "run" else 0)
    assert [name for name in HEAVY if name in modules] == []
    assert tiny.trainings == trainings


def test_a_run_against_the_merge_base_imports_no_mlflow(tiny: Any, tmp_path: Path) -> None:
    """Though it trains and judges, and though MLflow could be imported: nothing asks the registry."""
    (tmp_path / "site" / "mlflow").mkdir(parents=True)
    (tmp_path / "site" / "mlflow" / "__init__.py").write_text("")
    done = subprocess.run(
        (sys.executable, "-c", CHILD, "run"),
        cwd=tiny.folder,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join((str(ROOT), str(tmp_path / "site"))),
            "TINY_COUNT": str(tiny.count),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    code, modules = json.loads(done.stderr.splitlines()[-1])
    assert (code, tiny.trainings) == (0, 2)
    assert "mlflow" not in modules
