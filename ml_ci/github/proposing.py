"""Bring what a retraining changed to a pull request: what the action `propose` does.

The change is data: a patch that another job left. It is applied to git's index and to no file, so that nothing of it
can be run or followed here, and what starts jobs is no part of it.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from ml_ci.errors import UserError
from ml_ci.forges.errors import RefusedError
from ml_ci.forges.values import Head, PullRequest, Request
from ml_ci.frozen import dataclass
from ml_ci.github import pull
from ml_ci.github.api import Api
from ml_ci.github.desk import Desk
from ml_ci.reports.escaping import code
from ml_ci.reports.text import label
from ml_ci.repository.git import GitError, git
from ml_ci.review.statuses import name_whole, pending

# What starts jobs with tokens, or names other repositories, is changed by people only.
_KEPT = (".github/", ".gitea/", ".forgejo/", ".gitlab-ci", ".gitmodules")
_FILES = ("100644", "100755")
_BOT = "github-actions[bot]"
_MAIL = "41898282+github-actions[bot]@users.noreply.github.com"
_MOST_PATHS = 3_000


@dataclass(frozen=True)
class Proposal:
    """What is proposed: the patch of a model's retraining on the branch `base`, and why.

    `own` says that the token is the workflow's own, whose pull requests start no run: then the workflow file `gate` is
    started on the branch. `project` is the folder of ml-ci.yaml, "" for the root.
    """

    patch: Path
    model: str
    alarm: str
    base: str
    gate: str
    own: bool
    project: str = ""

    @property
    def branch(self) -> str:
        """The branch of the model's retraining: there is one, however many alarms it has."""
        slug = re.sub(r"[^A-Za-z0-9]+", "-", f"{self.project} {self.model}").strip("-").lower()[:60]
        return f"ml-ci-retrain/{slug or 'all'}"


def propose(request: Request, asked: Proposal, folder: Path) -> Iterator[str]:
    """Open a pull request of the patch, and see to it that it is judged; say each thing that was done.

    Where one of the model is open it is left as it is, and its gate is started where a run that was killed did not.
    UserError for what may not be proposed, RefusedError where a permission is missing.
    """
    if asked.own and not asked.gate:
        raise UserError(
            "a pull request of a workflow's own token starts no run, so that nothing would judge it",
            hint="Name the workflow that judges by the input `gate`, or give the token of a GitHub App.",
        )
    api = Api(request.api_url, request.repository, request.token)
    desk = Desk(api)
    found = pull.by_head(api, Head(request.repository, asked.branch, ""), asked.base)
    if found is None:
        sha = commit(asked, folder)
        push(sha, asked.branch, folder, request)
        found = _opened(api, asked, sha)
        yield f"pull request #{found.number} of {asked.branch}: opened"
    else:
        yield f"pull request #{found.number} of {asked.branch} is open: it is left as it is"
    if asked.own:
        yield _judged(desk, asked, found)


def commit(asked: Proposal, folder: Path) -> str:
    """Commit the patch on what is checked out; give the commit's id. No file is written but git's own."""
    try:
        empty = not asked.patch.stat().st_size
    except OSError:
        raise UserError("the retraining left no change", hint="Look at the log of the job before this one.") from None
    if empty:
        raise UserError("the retraining changed no file, so that there is nothing to propose", hint=_CHANGES)
    with TemporaryDirectory() as own:  # an index of its own: what is checked out stays as it is
        call = _git(folder, {"GIT_INDEX_FILE": str(Path(own) / "index")})
        call("read-tree", "HEAD")
        call("apply", "--cached", "--binary", "--whitespace=nowarn", "-p1", str(asked.patch.resolve()))
        _hold(call("diff", "--cached", "--raw", "-z", "--no-renames", "HEAD"))
        tree = call("write-tree").strip()
        return call("commit-tree", "-p", "HEAD", "-m", _title(asked), tree).strip()


def _hold(raw: str) -> None:
    """Hold that a change is one of ordinary files, and of none that starts jobs."""
    parts = raw.split("\0")[:-1]
    for said, path in zip(parts[::2], parts[1::2], strict=True):
        old, new = said.removeprefix(":").split()[:2]
        shown = label(path, 200)
        if path.lower().startswith(_KEPT):
            raise UserError(f"{shown}: a retraining may not change it", hint="Change it in a pull request of your own.")
        if {old, new} - {*_FILES, "000000"}:
            raise UserError(f"{shown}: a retraining changes files, and no link or submodule", hint=_CHANGES)
    if len(parts) // 2 > _MOST_PATHS:
        raise UserError(f"the retraining changed {len(parts) // 2:,} files", hint="Add what it makes to .gitignore.")


def push(sha: str, branch: str, folder: Path, request: Request) -> None:
    """Push a commit to the branch; what a pull request before left there is replaced.

    The token is in the environment of git, not in its configuration or its command line.
    """
    login = base64.b64encode(f"x-access-token:{request.token.value}".encode()).decode()
    given = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"http.{request.server_url.rstrip('/')}/.extraheader",
        "GIT_CONFIG_VALUE_0": f"AUTHORIZATION: basic {login}",
    }
    try:
        _git(folder, given)("push", "--quiet", "--force", "origin", f"{sha}:refs/heads/{branch}")
    except UserError as error:
        said = error.message.replace(request.token.value, "***").replace(login, "***")
        raise UserError(said, hint="The job needs `contents: write`.") from None


def _opened(api: Api, asked: Proposal, sha: str) -> PullRequest:
    of = f"`{label(asked.model, 100)}`" if asked.model else "The models"
    why = f" after the alarm {code(label(asked.alarm, 64))}" if asked.alarm else ""
    body = f"{of} on today's data{why}. ml-ci judges it as any other change; nothing is promoted before it passes.\n"
    try:
        return pull.create(api, asked.branch, asked.base, _title(asked), body)
    except RefusedError as error:
        if error.status == 403 and "not permitted to create" in error.message:
            raise RefusedError(403, error.message, hint=_SETTING) from None
        raise


def _title(asked: Proposal) -> str:
    return f"Retrain {label(asked.model, 100) or 'the models'}"


def _judged(desk: Desk, asked: Proposal, found: PullRequest) -> str:
    """Start the gate on the branch, where nothing says yet that it was started."""
    whole = name_whole(asked.project)
    if whole in desk.latest(found.sha):
        return f"{asked.gate} was started on {asked.branch} before"
    desk.dispatch(asked.gate, asked.branch, {})
    for status in pending((), project=asked.project):
        desk.set_status(found.sha, status)
    return f"{asked.gate} started on {asked.branch}: it sets the status `{whole}` on {found.sha[:7]}"


def _git(folder: Path, given: Mapping[str, str] | None = None) -> Callable[..., str]:
    who = {f"GIT_{role}_{what}": said for role in ("AUTHOR", "COMMITTER") for what, said in _WHO.items()}

    def run(*arguments: str) -> str:
        try:  # the hooks of a repository are programs
            done = git(folder, "-c", f"core.hooksPath={os.devnull}", *arguments, more={**who, **(given or {})})
        except GitError as error:
            said = label(error.message or f"exit code {error.status}", 400)
            raise UserError(f"git {arguments[0]} failed: {said}") from None
        return done.decode("utf-8", "replace")

    return run


_WHO = {"NAME": _BOT, "EMAIL": _MAIL}
_CHANGES = "What it brings has to lie in files that git tracks: tables, or the pointers of DVC or Git LFS."
_SETTING = (
    "Settings, Actions, General: let GitHub Actions create and approve pull requests; or give the token of a GitHub "
    "App."
)
