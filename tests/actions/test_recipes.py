"""The recipes for other CI systems, as their own schemas and an emulator of GitLab's runner see them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.linters

RECIPES = Path(__file__).parents[2] / "templates" / "recipes"
SCHEMAS = {
    "gitlab-ci.yml": "gitlab-ci",
    "gitlab-second-stage.yml": "gitlab-ci",
    "gitea.yml": "github-workflows",
    "azure-pipelines.yml": "azure-pipelines",
    "bitbucket-pipelines.yml": "bitbucket-pipelines",
}


def tool(name: str) -> str:
    beside = Path(sys.executable).with_name(name)
    tools = os.environ.get("ML_CI_LINTERS", "")
    found = str(beside) if beside.is_file() else shutil.which(name, path=f"{tools}{os.pathsep}{os.environ['PATH']}")
    if not found:
        pytest.skip(f"{name} was not found: install it, or name its folder by ML_CI_LINTERS")
    return found


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_schemas(name: str) -> None:
    command = (tool("check-jsonschema"), "--regex-variant", "nonunicode", "--builtin-schema", f"vendor.{SCHEMAS[name]}")
    done = subprocess.run((*command, str(RECIPES / name)), capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("code", [0, 1, 2, 4])
def test_gitlabs_job_passes_for_a_pass_alone(code: int, repository: Any, tmp_path: Path) -> None:
    """Inconclusive blocks too: no `allow_failure`, for no exit code."""
    emulator = tool("gle")
    lines = (RECIPES / "gitlab-ci.yml").read_text(encoding="utf-8").splitlines(keepends=True)
    repository.commit({".gitlab-ci.yml": "".join(line for line in lines if "image:" not in line)})  # in a shell
    tools = tmp_path / "tools"
    tools.mkdir()
    log = tmp_path / "log"
    scripts = {"ml-ci": f'echo "$@" >>"{log}"; [ "$1" != run ] || exit {code}', "pip": "true", "git": "true"}
    for name, line in scripts.items():
        (tools / name).write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
        (tools / name).chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "CI", "GITLAB"))}
    environment = {**kept, "CI_PIPELINE_SOURCE": "merge_request_event", "GITLAB_TOKEN": "t"}
    environment["PATH"] = f"{tools}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        (emulator, "judge"), cwd=repository.path, env=environment, capture_output=True, text=True, timeout=300
    )
    assert (done.returncode == 0) is (code == 0), done.stdout + done.stderr
    said = log.read_text(encoding="utf-8").splitlines()
    assert said[0] == "run" and said[-1] == "comment" and len(said) == 5  # three reports between them
