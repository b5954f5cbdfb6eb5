"""What `ml-ci doctor` finds of jobs: what their functions and commands lack, as of models."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner

from ml_ci.cli.doctor import command

CONFIG = """\
version: 1
jobs:
  clean: {run: python clean.py, outputs: [clean.csv]}
  features: {function: features:make, data: {x: {job: clean, path: clean.csv}}, outputs: [f.csv, h.csv]}
  lint: {run: python lint.py, env: [NOT_SET]}
models:
  m:
    train: learn:train
    data: {train: {job: features, path: f.csv}, holdout: {job: features, path: h.csv}}
    label: label
    positive: 1
    gates: [fnr <= 0.5]
"""
FILES = {
    "ml-ci.yaml": CONFIG,
    "clean.py": "import json\n",
    "features.py": "def make(x, out): ...\n",
    "lint.py": "import csv\n",
    "learn.py": "def train(train): ...\n",
}


@pytest.fixture
def examined(repository: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Examine a project of these files; give what was found, by check."""
    monkeypatch.chdir(repository.path)
    monkeypatch.delenv("CI", raising=False)  # there a variable that is not set is a fault

    def run(files: dict[str, str], *arguments: str) -> dict[str, list[tuple[bool, str]]]:
        repository.commit({**FILES, **files})
        done = CliRunner().invoke(command, ["--json", *arguments], standalone_mode=False, catch_exceptions=False)
        found: dict[str, list[tuple[bool, str]]] = {}
        for one in json.loads(done.output[done.output.index("{") :])["checks"]:
            found.setdefault(one["check"], []).append((one["good"], one["message"]))
        return found

    return run


@pytest.mark.parametrize(
    ("files", "check", "said"),
    [
        (
            {"ml-ci.yaml": CONFIG.replace("features:make", "features:mak")},
            "features: functions",
            "has no function `mak`",
        ),
        ({"ml-ci.yaml": CONFIG.replace("features:make", "feature:make")}, "features: functions", "there is no module"),
        ({"clean.py": "import nosuchlib\n"}, "clean: libraries", "has no `nosuchlib` (clean.py, line 1)"),
        ({"lint.py": "from nosuchlib import it\n"}, "lint: libraries", "has no `nosuchlib` (lint.py, line 1)"),
        ({"ml-ci.yaml": CONFIG.replace("clean.py,", "clean.py, python: no/python,")}, "clean: Python", "no/python"),
    ],
    ids=["function", "module", "library of a command", "library of a check", "interpreter"],
)
def test_what_a_job_lacks_is_named_before_it_is_done(
    examined: Any, files: dict[str, str], check: str, said: str
) -> None:
    wrong = [(name, message) for name, found in examined(files).items() for good, message in found if not good]
    assert [name for name, _ in wrong] == [check]
    assert said in wrong[0][1]


def test_what_is_there_is_said_too(examined: Any) -> None:
    found = examined({})
    assert found["features: functions"] == [(True, "features:make")]
    assert all(f"{name}: Python" in found for name in ("clean", "features", "lint", "m"))
    assert (True, "`env:` names NOT_SET, which is not set here") in found["lint: variables"]
    [(good, said)] = found["m: holdout"]
    assert (good, said) == (True, "the job features leaves h.csv: it is read once that was done")


def test_only_what_is_asked_for_and_builds_on_it_is_looked_at(examined: Any) -> None:
    found = examined({"lint.py": "import nosuchlib\n"}, "--model", "m")
    assert "clean: Python" in found
    assert "lint: Python" not in found
