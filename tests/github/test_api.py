from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ml_ci.errors import UserError
from ml_ci.forges.errors import UnavailableError
from ml_ci.forges.values import Request, Token
from ml_ci.github.api import Api
from ml_ci.review.client import Call

Run = Callable[..., tuple[int, str, str]]
Write = Callable[..., Path]

# Each call of the commands, with the command that makes it and what is said when it cannot be made.
CALLS = {
    "look up": ("GET", "pulls/7$", "comment", "could not look up pull request #7"),
    "list": ("GET", "issues/7/comments", "comment", "could not read the comments of pull request #7"),
    "create": ("POST", "issues/7/comments", "comment", "could not comment on pull request #7"),
    "edit": ("PATCH", "issues/comments", "comment", "could not edit the comment"),
    "set": ("POST", "statuses/", "status", "could not set the status"),
    "read": ("GET", "/status$", "status", "could not read the statuses of commit 9d1e2f3"),
}
REFUSALS = {401: "GITHUB_TOKEN is not valid", 404: "may the token see it", 422: "Something is not as it should be"}
NO_ANSWER = {
    500: "GitHub answered 500",
    "disconnect": "no connection",
    "limit": "GitHub's rate limit",
    "not-json": "the answer is no JSON",
    "timeout": "no answer in time",
}


@pytest.fixture
def again(github: Any, ml_ci: Run, write_report: Write) -> Callable[[str], tuple[int, str, str]]:
    """Run a command on a report that differs from the one before, so that everything is asked for."""
    ml_ci("github", "comment", "--report", write_report("passed"))
    ml_ci("github", "status", "--pending")

    def run(name: str) -> tuple[int, str, str]:
        method, _, command, _ = CALLS[name]
        if method == "POST" and command == "comment":
            github.comments.clear()
        return ml_ci("github", command, "--report", write_report("failed_by_data"))

    return run


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("status", REFUSALS)
def test_a_refusal_is_the_users_to_mend(
    github: Any, again: Callable[[str], tuple[int, str, str]], name: str, status: int
) -> None:
    method, path, _, said = CALLS[name]
    github.trouble(method, path, status, times=99)
    code, out, err = again(name)
    if (name, status) == ("edit", 404):  # it is listed and gone, each time
        assert code == 1 and "the comment vanishes each time" in err
        return
    assert (code, out) == (2, "")
    assert err.startswith(f"error: {said}") and REFUSALS[status] in err
    assert f"GitHub answered {status}" in err and github.token not in err


@pytest.mark.parametrize("name", CALLS)
def test_a_missing_permission_is_named_with_its_line(
    github: Any, again: Callable[[str], tuple[int, str, str]], name: str, tmp_path: Path
) -> None:
    method, path, command, said = CALLS[name]
    github.trouble(method, path, 403, times=99)
    (tmp_path / "STEP_SUMMARY").unlink(missing_ok=True)
    code, out, err = again(name)
    if name == "read":  # what is pending cannot be found then; the statuses are set all the same
        assert (code, github.latest()["ml-ci"]) == (0, "failure")
        return
    assert (code, out) == (2, "")
    assert err.startswith(f"error: {said}") and "Resource not accessible by integration" in err
    area = "statuses" if command == "status" else "pull-requests"
    assert f"\n    permissions:\n      {area}: " in err
    if command == "comment":
        assert "the report is in the job summary instead" in err
        assert "churn fails 1 of 4 gates" in (tmp_path / "STEP_SUMMARY").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("kind", NO_ANSWER, ids=str)
def test_no_answer_is_nobodys_mistake(
    github: Any,
    again: Callable[[str], tuple[int, str, str]],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    kind: int | str,
) -> None:
    if kind == "timeout":
        monkeypatch.setattr("ml_ci.review.client.TIMEOUT", (1.0, 0.1))
    method, path, _, said = CALLS[name]
    github.trouble(method, path, kind, times=99)
    code, out, err = again(name)
    assert (code, out) == (1, "")
    assert err.startswith(f"error: {said}") and NO_ANSWER[kind] in err
    assert github.token not in err


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("kind", [500, "disconnect", "secondary"], ids=str)
def test_what_passes_is_waited_for(
    github: Any, again: Callable[[str], tuple[int, str, str]], name: str, kind: int | str
) -> None:
    method, path, command, _ = CALLS[name]
    github.trouble(method, path, kind, times=2)
    code, out, err = again(name)
    assert (code, err) == (0, "")
    assert out.startswith("comment on" if command == "comment" else "status of commit 9d1e2f3: failure")
    assert len([one for one in github.comments if one["login"] == github.login]) == 1


@pytest.mark.parametrize(("kind", "code"), [(401, 2), (500, 1), (403, 0), (404, 0)])
def test_who_the_token_belongs_to(github: Any, ml_ci: Run, write_report: Write, kind: int, code: int) -> None:
    """The token of GitHub Actions may not ask, and comments all the same."""
    github.trouble("GET", "/user$", kind, times=99)
    assert ml_ci("github", "comment", "--report", write_report("passed"))[0] == code
    assert len(github.comments) == (not code)


@pytest.mark.parametrize(("kind", "code"), [(403, 2), (422, 2), (500, 1), ("disconnect", 1), (404, 0)], ids=str)
def test_taking_a_second_comment_away(github: Any, ml_ci: Run, write_report: Write, kind: int | str, code: int) -> None:
    for _ in range(2):
        github.comment(7, "<!-- ml-ci:comment key=Model-CI digest=x -->", github.login)
    github.trouble("DELETE", "comments/", kind, times=99)
    got, _, err = ml_ci("github", "comment", "--report", write_report("passed"))
    assert got == code
    assert ("could not take a second comment away" in err) is bool(code)


@pytest.mark.parametrize(
    ("kind", "code"), [(401, 2), (403, 2), (404, 2), (422, 2), (500, 1), ("secondary", 1)], ids=str
)
def test_finding_the_pull_request(
    github: Any, ml_ci: Run, actions: Callable[..., None], write_report: Write, kind: int | str, code: int
) -> None:
    run = {"event": "pull_request", "head_sha": "a" * 40, "head_branch": "b", "head_repository": {"full_name": "x/y"}}
    actions("workflow_run", {"workflow_run": run})
    github.trouble("GET", "pulls$", kind, times=99)
    got, _, err = ml_ci("github", "comment", "--report", write_report("passed"))
    assert got == code and err.startswith("error: could not find the pull request")


def test_it_waits_as_long_as_github_asks(github: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr("time.sleep", waited.append)
    github.trouble("GET", "pulls/7", "secondary")
    github.trouble("GET", "pulls/7", 502, times=2)
    api = Api(github.url, "octo/models", Token(github.token))
    api.send(Call("GET", "/repos/{repo}/pulls/7", "look", "pull-requests: read"))
    assert waited == [1.0, 2.0, 4.0]


def test_it_does_not_wait_for_half_an_hour(github: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr("time.sleep", waited.append)
    github.trouble("GET", "pulls/7", "limit")
    api = Api(github.url, "octo/models", Token(github.token))
    with pytest.raises(UnavailableError, match="rate limit") as caught:
        api.send(Call("GET", "/repos/{repo}/pulls/7", "look", "pull-requests: read"))
    assert waited == [] and "in 30 min" in caught.value.hint


@pytest.mark.parametrize("prefix", ["/api/v3"])
def test_an_enterprise_server_has_its_own_urls(
    github: Any, ml_ci: Run, write_report: Write, monkeypatch: pytest.MonkeyPatch, prefix: str
) -> None:
    github.prefix = prefix
    monkeypatch.setenv("GITHUB_API_URL", f"{github.url}{prefix}/")
    monkeypatch.setenv("GITHUB_SERVER_URL", "https://git.example/")
    assert ml_ci("github", "comment", "--report", write_report("passed"))[0] == 0
    assert "https://git.example/octo/models/actions/runs/4711" in github.comments[0]["body"]


@pytest.mark.parametrize(
    ("url", "repository", "token", "said"),
    [
        ("https://api.github.com", "octo", "t", "a repository is named OWNER/NAME"),
        ("https://api.github.com", "", "t", "a repository is named OWNER/NAME"),
        ("https://api.github.com", "octo/../x", "t", "a repository is named OWNER/NAME"),
        ("https://api.github.com", "../..", "t", "a repository is named OWNER/NAME"),
        ("ftp://api.github.com", "octo/models", "t", "no URL of an API"),
        ("https://user:secret@api.github.com", "octo/models", "t", "no URL of an API"),
        ("https://api.github.com", "octo/models", "", "there is no token"),
    ],
)
def test_what_cannot_be_spoken_with(url: str, repository: str, token: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        Api(url, repository, Token(token))


def test_a_secret_is_nowhere_to_be_seen(github: Any) -> None:
    token = Token("ghp_secret")
    shown = [repr(token), str(token), f"{token}", repr(Request(token=token)), repr(Api(github.url, "o/n", token))]
    assert not any("ghp_secret" in one for one in shown)


def test_a_server_that_repeats_the_token_is_not_quoted(github: Any, ml_ci: Run, write_report: Write) -> None:
    original = github._refused

    def refused(method: str, path: str, headers: Any) -> Any:
        answer = original(method, path, {})
        answer.data["message"] = f"Bad credentials: {headers['Authorization']}"
        return answer

    github._refused = refused
    code, out, err = ml_ci("github", "comment", "--report", write_report("passed"))
    assert code == 2 and "Bad credentials: Bearer ***" in err
    assert github.token not in out + err


def test_a_netrc_does_not_take_the_tokens_place(
    github: Any, ml_ci: Run, write_report: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    assert ml_ci("github", "comment", "--report", write_report("passed"))[0] == 0
