"""Commit statuses at GitLab, where a status is a job of a pipeline: only what is open ends, and its setter ends it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from ml_ci.errors import UserError
from ml_ci.forges.errors import RefusedError
from ml_ci.forges.values import State, Status
from ml_ci.frozen import dataclass
from ml_ci.gitlab.activity import NO_STATUS
from ml_ci.gitlab.api import Api
from ml_ci.reports.text import label
from ml_ci.review.client import Call

_OURS: Mapping[str, State] = {"success": "success", "failed": "failure", "canceled": "error", "skipped": "error"}
_THEIRS: Mapping[State, str] = {"success": "success", "failure": "failed", "error": "failed", "pending": "pending"}
_OPEN = frozenset({"pending", "running", "created", "preparing", "waiting_for_resource", "scheduled", "manual"})
_MOST_URL = 255
_TRIES = 4
_NEEDS = "set commit statuses"


@dataclass(frozen=True)
class Statuses:
    """The statuses of one project's commits; `pipeline` is the id of the pipeline that they are to stand in, or ""."""

    api: Api
    pipeline: str = ""

    def latest(self, sha: str) -> Mapping[str, str]:
        """Give the newest state of every status, by its name."""
        newest = sorted(self._listed(sha), key=lambda one: int(one["id"]))
        return {str(one["name"]): _state(one) for one in newest}

    def history(self, sha: str) -> Iterator[Status]:
        """Give every status that a commit was given, the newest first."""
        for one in sorted(self._listed(sha, everything=True), key=lambda one: -int(one["id"])):
            yield Status(str(one["name"]), _state(one), str(one.get("description") or ""))

    def set(self, sha: str, status: Status) -> None:
        """Set a status; one that has this state already is left as it is.

        UserError where the commit has a pipeline of a merge request and none was named, and where somebody else's
        status of this name is open: only who set it can end it.
        """
        self._hold_that_none_is_hidden(sha)
        foreign = self._foreign(sha, status.context)
        self._send(sha, status)
        if foreign:
            raise UserError(
                f"the status `{label(status.context)}` of commit {sha[:7]} stays {foreign[0]}: `{label(foreign[1])}` "
                "set it, and GitLab lets nobody else end it",
                hint="Set and end statuses with one token, or let its owner cancel that one.",
            )

    def _hold_that_none_is_hidden(self, sha: str) -> None:
        """Hold that a status opens no second pipeline beside a merge request's, whose failure it would hide."""
        if self.pipeline:
            return
        query: dict[str, str | int] = {"sha": sha, "source": "merge_request_event"}
        call = Call("GET", "/projects/{repo}/pipelines", f"look for pipelines of commit {sha[:7]}", _NEEDS, query)
        if any(one.get("source", "merge_request_event") == "merge_request_event" for one in self.api.pages(call)):
            raise UserError(
                f"no status is set on commit {sha[:7]}: {NO_STATUS}",
                hint="Name the merge request's newest pipeline, for the status to stand in: --pipeline ID.",
            )

    def _foreign(self, sha: str, name: str) -> tuple[str, str] | None:
        """Give state and setter of a status of this name that is open and not the token's own; None without one."""
        opened = [one for one in self._listed(sha) if one.get("name") == name and one.get("status") in _OPEN]
        setters = [(str(one["status"]), str((one.get("author") or {}).get("username", ""))) for one in opened]
        if not setters:
            return None
        me = str(self.api.send(Call("GET", "/user", "ask who the token belongs to", "")).data["username"])
        return next((one for one in setters if one[1] != me), None)

    def _send(self, sha: str, status: Status) -> None:
        body: dict[str, Any] = {
            "state": _THEIRS[status.state],
            "name": status.context,
            "description": status.description,
        }
        if status.target_url and len(status.target_url) <= _MOST_URL:
            body["target_url"] = status.target_url
        if self.pipeline:
            body["pipeline_id"] = int(self.pipeline)
        doing = f"set the status `{status.context}` on commit {sha[:7]}"
        call = Call("POST", f"/projects/{{repo}}/statuses/{quote(sha, safe='')}", doing, _NEEDS, body=body)
        for attempt in range(_TRIES):
            try:
                self.api.send(call)
                return
            except RefusedError as error:
                if error.status == 409 and attempt + 1 < _TRIES:  # another one is being set at this moment
                    self.api.sleep(2.0**attempt)
                elif error.status != 400 or self._known(sha, status.context) != _THEIRS[status.state]:
                    raise
                else:  # "Cannot transition": it has this state
                    return

    def _known(self, sha: str, name: str) -> str:
        found = sorted((one for one in self._listed(sha) if one.get("name") == name), key=lambda one: int(one["id"]))
        return str(found[-1].get("status", "")) if found else ""

    def _listed(self, sha: str, *, everything: bool = False) -> list[Mapping[str, Any]]:
        path = f"/projects/{{repo}}/repository/commits/{quote(sha, safe='')}/statuses"
        query: dict[str, str | int] = {"all": "true"} if everything else {}
        if self.pipeline:
            query["pipeline_id"] = self.pipeline
        return list(self.api.pages(Call("GET", path, f"read the statuses of commit {sha[:7]}", "read statuses", query)))


def _state(one: Mapping[str, Any]) -> State:
    return _OURS.get(str(one.get("status")), "pending")
