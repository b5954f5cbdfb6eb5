"""What a pipeline of GitLab asks for: which commit, which merge request, what may be written. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from ml_ci.forges.values import Activity, read_commit
from ml_ci.gitlab.forge import CHANGE

_OF_BRANCHES = frozenset({"push", "schedule", "web", "api", "trigger", "pipeline", "parent_pipeline", "chat"})
# A status of a merge request's commit opens a second pipeline, which takes the place of the one that failed.
NO_STATUS = "in a pipeline of a merge request the exit code of the job is the gate: a status could take its place"
_FORK = (
    "a merge request from a fork runs with the fork's variables, and a token must not be there: the job's exit code "
    "and its reports say it all, and a scheduled pipeline on the default branch can write the note"
)


def activity(event_name: str, said: Mapping[str, str], sha: str = "") -> Activity:
    """Say what a pipeline asks for; `said` are its variables, `sha` is CI_COMMIT_SHA.

    A pipeline that is not known asks for nothing.
    """
    if event_name == CHANGE:
        return _merge_request(said, read_commit(sha))
    if event_name not in _OF_BRANCHES:
        named = f"a pipeline by `{event_name}`" if event_name else "a run outside of GitLab CI/CD"
        return Activity("other", why=f"{named} names no merge request and no commit")
    branch = said.get("CI_COMMIT_BRANCH", "")
    return Activity(
        "push" if event_name == "push" else "manual",
        sha=read_commit(sha),
        statuses=bool(read_commit(sha)),
        promotes=bool(branch) and branch == said.get("CI_DEFAULT_BRANCH"),
        why="this pipeline is of no merge request",
    )


def _merge_request(said: Mapping[str, str], here: str) -> Activity:
    """The head is the source branch's: in merged results the commit at hand is a merge that GitLab made."""
    number = said.get("CI_MERGE_REQUEST_IID", "")
    known = int(number) if number.isascii() and number.isdecimal() and int(number) > 0 else None
    fork = said.get("CI_MERGE_REQUEST_SOURCE_PROJECT_ID") != said.get("CI_MERGE_REQUEST_PROJECT_ID")
    return Activity(
        "fork" if fork else "pull-request",
        sha=read_commit(said.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", "")) or here,
        pull_request=known,
        gates_from=said.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", ""),
        here=here,
        comments=known is not None and not fork,
        why=_FORK if fork else NO_STATUS,
    )
