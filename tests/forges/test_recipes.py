"""The recipes for other CI systems: their own lines, taken from their files, in a repository with a pull request."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

pytestmark = pytest.mark.slow

RECIPES = Path(__file__).parents[2] / "templates" / "recipes"
SPEC = """
version: 1
models:
  churn:
    run: python train.py
    outputs: {predictions: scores.csv}
    data: {train: data.csv, holdout: holdout.csv}
    label: label
    positive: 1
    gates: [fnr <= 0.2]
"""
GOOD = """
import csv, os
rows = list(csv.DictReader(open(os.environ["ML_CI_DATA_HOLDOUT"])))
with open("scores.csv", "w") as out:
    out.write("score\\n")
    for row in rows:
        out.write(row["x"] + "\\n")
"""
BAD = GOOD.replace('row["x"]', '"0.1"')
DATA = "x,label\n" + "".join(f"{0.9 if number % 2 else 0.1},{number % 2}\n" for number in range(60))
HOLDOUT = DATA.replace("0.9", "0.8").replace("0.1", "0.2")


def lines_of(name: str) -> tuple[str, str]:
    """Give what a recipe runs to judge, and what it runs whatever came of it, as shell scripts."""
    text = (RECIPES / name).read_text(encoding="utf-8")
    if name == "Jenkinsfile":
        [judge] = re.findall(r"sh '''\n(.*?)'''", text, re.DOTALL)
        [after] = re.findall(r"sh '([^'\n]+)'\n", text)
        return judge, after
    if name == "plain.sh":
        return text, ""
    read: Any = yaml.safe_load(text)
    if name.startswith("gitlab"):
        return "\n".join(read["judge"]["script"]), "\n".join(read["judge"]["after_script"])
    if name.startswith("azure"):
        scripts = [step["script"] for step in read["steps"] if "script" in step]
        return "\n".join(scripts[:-1]), scripts[-1]
    if name.startswith("bitbucket"):
        [step] = read["pipelines"]["pull-requests"]["**"]
        return "\n".join(step["step"]["script"]), "\n".join(step["step"]["after-script"])
    steps = [step["run"] for step in read["jobs"]["judge"]["steps"] if "run" in step]
    return "\n".join(steps[:-1]), ""


VARIABLES: dict[str, dict[str, str]] = {
    "gitlab-ci.yml": {
        "GITLAB_CI": "true",
        "CI_PIPELINE_SOURCE": "merge_request_event",
        "CI_PIPELINE_ID": "31",
        "CI_MERGE_REQUEST_IID": "7",
        "CI_MERGE_REQUEST_PROJECT_ID": "5",
        "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "5",
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
        "CI_MERGE_REQUEST_REF_PATH": "refs/merge-requests/7/head",
    },
    "gitea.yml": {"GITEA_ACTIONS": "true", "GITHUB_ACTIONS": "true", "GITHUB_BASE_REF": "main"},
    "Jenkinsfile": {"CHANGE_TARGET": "main", "CHANGE_ID": "7", "JENKINS_URL": "https://ci.example/"},
    "azure-pipelines.yml": {"TF_BUILD": "True", "SYSTEM_PULLREQUEST_TARGETBRANCH": "refs/heads/main"},
    "bitbucket-pipelines.yml": {"BITBUCKET_BUILD_NUMBER": "3", "BITBUCKET_PR_DESTINATION_BRANCH": "main"},
    "plain.sh": {},
}


@pytest.fixture
def checkout(make_repository: Callable[[str], Any], tmp_path: Path) -> Callable[[str], Path]:
    """Give a function that clones a repository, at a commit of a pull request whose training is as given."""
    upstream = make_repository("upstream")
    ignored = ".ml_ci/\n.venv/\nscores.csv\nml-ci-*\ntest-results/\n"
    files = {
        "ml-ci.yaml": SPEC,
        "train.py": GOOD,
        "data.csv": DATA,
        "holdout.csv": HOLDOUT,
        ".gitignore": ignored,
        "requirements.txt": "",
    }
    upstream.commit(files)

    def clone(train: str) -> Path:
        upstream.git("switch", "-q", "-C", "change")
        sha = upstream.commit({"train.py": train + "# changed\n"})
        upstream.git("switch", "-q", "main")
        folder = tmp_path / "checkout"
        subprocess.run(("git", "clone", "-q", "--no-local", str(upstream.path), str(folder)), check=True)
        subprocess.run(("git", "checkout", "-q", "--detach", sha), cwd=folder, check=True)
        subprocess.run(("git", "branch", "-q", "-D", "main"), cwd=folder, check=True)  # as a runner leaves it
        subprocess.run(("git", "update-ref", "-d", "refs/remotes/origin/main"), cwd=folder, check=True)
        return folder

    return clone


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """Give a folder with `ml-ci`, and a `pip` and a `python3 -m venv` that bring it."""
    folder = tmp_path / "tools"
    folder.mkdir()
    own = f'#!/bin/sh\nexec "{sys.executable}" -m ml_ci "$@"\n'
    venv = (
        '#!/bin/sh\nif [ "$2" = venv ]; then mkdir -p .venv/bin; '
        f'cp "{folder}/ml-ci" "{folder}/pip" .venv/bin/; else exec "{sys.executable}" "$@"; fi\n'
    )
    scripts = {"ml-ci": own, "pip": "#!/bin/sh\n", "python3": venv}
    for name, text in {**scripts, "python": f'#!/bin/sh\nexec "{sys.executable}" "$@"\n'}.items():
        (folder / name).write_text(text, encoding="utf-8")
        (folder / name).chmod(0o755 | stat.S_IEXEC)
    return folder


def run(script: str, at: Path, tools: Path, variables: Mapping[str, str]) -> int:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "CI", "GITLAB"))}
    environment = {**kept, **variables, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        ("sh", "-eu", "-c", script), cwd=at, env=environment, capture_output=True, text=True, timeout=300
    )
    print(done.stdout, done.stderr)
    return done.returncode


@pytest.mark.parametrize("name", VARIABLES)
@pytest.mark.parametrize(("train", "code"), [(GOOD, 0), (BAD, 1)], ids=["pass", "fail"])
def test_the_exit_code_of_the_job_is_the_gate(
    name: str, train: str, code: int, checkout: Callable[[str], Path], tools: Path
) -> None:
    folder = checkout(train)
    judge, after = lines_of(name)
    assert run(judge, folder, tools, VARIABLES[name]) == code
    assert (folder / ".ml_ci" / "report.json").is_file()
    if after:
        assert run(after, folder, tools, VARIABLES[name]) == 0
        found = (*folder.glob("ml-ci-junit.xml"), *folder.glob("test-results/*.xml"))
        [suites] = [ElementTree.parse(one).getroot() for one in found]
        assert int(suites.attrib["failures"]) == code


def test_every_recipe_is_run_here() -> None:
    elsewhere = {
        "gitlab-second-stage.yml",
        "argo-rollouts.yml",
        "flagger.yml",
    }  # whose commands have tests of their own
    assert {one.name for one in RECIPES.iterdir()} == {*VARIABLES, *elsewhere}
