"""What only Gitea and Forgejo have; the rest is GitHub's."""

from __future__ import annotations

import pytest

from ml_ci.forges.registry import build_of, forge_of
from ml_ci.forges.values import Request
from ml_ci.gitea.step import STEP

RUNNER = {"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/main"}


@pytest.mark.parametrize("sign", ["GITEA_ACTIONS", "FORGEJO_ACTIONS"])
def test_a_runner_that_says_who_it_is(sign: str) -> None:
    assert forge_of({**RUNNER, sign: "true"}).name == "gitea"
    assert forge_of(RUNNER).name == "github"
    assert build_of({**RUNNER, sign: "true"}).ref == "refs/heads/main"


def test_a_run_is_shown_at_its_own_server_and_no_other() -> None:
    asked = Request(forge="gitea", repository="octo/models", run_id="47", server_url="https://git.example/")
    assert STEP.run_url(asked) == "https://git.example/octo/models/actions/runs/47"
    assert STEP.run_url(Request(forge="gitea", repository="octo/models", run_id="47")) == ""
