"""A retraining's change becomes a pull request: a patch is data, and what starts jobs is no part of it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from ml_ci.errors import UserError
from ml_ci.forges.errors import RefusedError
from ml_ci.forges.values import Request, Token
from ml_ci.github.proposing import Proposal, propose

GATE = "ml-ci.yml"


@dataclass
class Team:
    """A repository at the stand-in: its origin, a clone that nobody's command was run in, and what is proposed."""

    github: Any
    origin: Path
    clone: Path
    asked: Proposal

    def git(self, *arguments: str, at: Path | None = None) -> str:
        done = subprocess.run(("git", *arguments), cwd=at or self.origin, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def change(self, change: Callable[[Path], object]) -> None:
        """Write the patch of a change, as the job before does."""
        work = self.origin.with_name("work")
        if not work.exists():
            self.git("clone", "-q", str(self.origin), str(work))
        self.git("reset", "-q", "--hard", "HEAD", at=work)
        change(work)
        self.git("add", "--all", at=work)
        patch = self.git("diff", "--cached", "--binary", "--no-renames", "HEAD", at=work)
        self.asked.patch.write_text(patch + "\n" if patch else "")

    def propose(self, **given: Any) -> list[str]:
        request = Request(
            repository="octo/models",
            api_url=self.github.url,
            server_url="https://github.example",
            token=Token(given.pop("token", self.github.token)),
        )
        return list(propose(request, replace(self.asked, **given), self.clone))


@pytest.fixture
def team(github: Any, tmp_path: Path) -> Team:
    made = Team(
        github, tmp_path / "origin", tmp_path / "clone", Proposal(tmp_path / "p", "churn", "a" * 32, "main", GATE, True)
    )
    made.origin.mkdir()
    made.git("init", "-q", "-b", "main")
    (made.origin / "train.csv").write_text("x,y\n1,0\n")
    made.git("add", "-A")
    made.git("commit", "-q", "-m", "first")
    made.git("clone", "-q", "--depth", "1", f"file://{made.origin}", str(made.clone))
    github.permissions |= {"actions": "write"}
    github.workflow(GATE)

    def head(branch: str) -> str:
        return made.git("rev-parse", branch)

    github.find_head = head
    made.change(lambda at: (at / "train.csv").write_text("x,y\n1,0\n2,1\n"))
    return made


def test_a_pull_request_is_opened_and_its_gate_started(team: Team) -> None:
    said = team.propose()
    branch = "ml-ci-retrain/churn"
    found = team.github.pulls[-1]
    assert (found["branch"], found["base"], found["title"]) == (branch, "main", "Retrain churn")
    assert "a" * 32 in found["body"]
    assert team.git("show", f"{branch}:train.csv") == "x,y\n1,0\n2,1"
    assert team.git("log", "-1", "--format=%an", branch) == "github-actions[bot]"
    assert [(run["event"], run["workflow"], run["ref"]) for run in team.github.runs] == [
        ("workflow_dispatch", GATE, branch)
    ]
    assert team.github.latest(found["sha"]) == {"ml-ci": "pending"}
    assert said == [
        f"pull request #{found['number']} of {branch}: opened",
        f"ml-ci.yml started on {branch}: it sets the status `ml-ci` on {found['sha'][:7]}",
    ]

    said = team.propose(alarm="b" * 32)  # another alarm, or the same job again
    assert len(team.github.pulls) == 2 and len(team.github.runs) == 1
    assert "it is left as it is" in said[0] and "was started on" in said[1]

    team.github.statuses.clear()  # a job that was killed before it started the gate
    team.propose()
    assert len(team.github.runs) == 2

    found["state"] = "closed"
    team.change(lambda at: (at / "train.csv").write_text("x,y\n3,1\n"))
    team.propose()
    assert team.git("show", f"{branch}:train.csv") == "x,y\n3,1", "what an old pull request left is replaced"
    assert team.git("rev-list", "--count", f"main..{branch}") == "1"


def test_a_github_apps_pull_request_starts_its_runs_itself(team: Team) -> None:
    team.propose(token=team.github.app_token, own=False, gate="")
    [run] = team.github.runs
    assert (run["event"], run["number"]) == ("pull_request", team.github.pulls[-1]["number"])
    assert team.github.statuses == []


def test_a_pull_request_that_nothing_would_judge_is_not_opened(team: Team) -> None:
    with pytest.raises(UserError, match="starts no run"):
        team.propose(gate="")
    assert len(team.github.pulls) == 1 and team.github.requests == []


def write(name: str, text: str = "x") -> Callable[[Path], object]:
    def change(at: Path) -> None:
        (at / name).parent.mkdir(parents=True, exist_ok=True)
        (at / name).write_text(text)

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (write(".github/workflows/evil.yml"), r"\.github/workflows/evil\.yml: a retraining may not change it"),
        (write(".GitHub/workflows/evil.yml"), "a retraining may not change it"),
        (write(".gitmodules"), "a retraining may not change it"),
        (lambda at: (at / "link").symlink_to("/etc/passwd"), "no link or submodule"),
        (lambda at: None, "changed no file"),
    ],
)
def test_what_may_not_be_proposed(team: Team, change: Callable[[Path], object], said: str) -> None:
    team.change(change)
    with pytest.raises(UserError, match=said):
        team.propose()
    assert team.git("branch", "--list", "ml-ci-retrain/*") == "" and len(team.github.pulls) == 1


def test_a_patch_writes_no_file_wherever_it_leads(team: Team, tmp_path: Path) -> None:
    team.asked.patch.write_text("--- /dev/null\n+++ b/../escaped\n@@ -0,0 +1 @@\n+x\n")
    with pytest.raises(UserError, match="git apply failed"):
        team.propose()
    hook = team.clone / ".git" / "hooks" / "pre-push"
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    hook.chmod(0o755)
    team.change(write("new.csv"))
    team.propose()
    assert not any((tmp_path / name).exists() for name in ("escaped", "ran"))
    assert not (team.clone / "new.csv").exists()


def test_permissions_that_are_missing_are_named(team: Team) -> None:
    team.github.actions_may_propose = False
    with pytest.raises(RefusedError, match="not permitted to create") as error:
        team.propose()
    assert "Settings, Actions, General" in error.value.hint
    team.github.actions_may_propose = True
    team.github.permissions["actions"] = "read"
    with pytest.raises(RefusedError, match=r"could not start ml-ci\.yml") as error:
        team.propose()
    assert "actions: write" in error.value.hint
    team.git("remote", "set-url", "origin", os.devnull, at=team.clone)
    team.github.pulls.clear()
    with pytest.raises(UserError, match="git push failed") as refused:
        team.propose()
    assert "contents: write" in refused.value.hint and team.github.token not in str(refused.value)
