"""A small GitLab: merge requests, notes with quick actions, statuses that are jobs of pipelines.

What it adds to a plain store is what GitLab's sources do (lib/gitlab/quick_actions/extractor.rb, lib/api/notes.rb,
lib/api/commit_statuses.rb): a raw line that is a command is executed on POST and on PUT and cut out of the text, a body
of nothing else is no note; a note may be edited by its author only; a status may end only what its own user left open,
and pending does not become pending.
"""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote


def _load_gitea() -> Any:
    name = "tests_fake_gitea"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name("fake_gitea.py"))
        assert spec is not None and spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


base = _load_gitea().base
Answer = base.Answer
REPOSITORY = base.REPOSITORY
_COMMANDS = "approve|assign|cc|close|due|label|lock|merge|reopen|spend|title|unapprove|react|todo|target_branch"
_QUICK = re.compile(
    rf"(?P<code>^```.+?\n```$)|(?P<inline>^.*`\n*.+?\n*`$)|(?P<html>^<[^>]+?>\n.+?\n</[^>]+?>$)|(?P<quote>^>>>.+?\n>>>$)"
    rf"|(?:^/(?P<cmd>{_COMMANDS})(?: (?P<arg>[^\n]*))?(?:\s*\n|$))",
    re.MULTILINE | re.DOTALL | re.IGNORECASE,
)
_OPEN = ("pending", "running")
_NUMBERS = {REPOSITORY: 5}


class FakeGitLab(base.FakeGitHub):  # type: ignore[misc]
    """One project, below `/api/v4` on 127.0.0.1; `executed` are the quick actions that notes held."""

    def __init__(self, **given: Any) -> None:
        super().__init__(
            **{"prefix": "/api/v4", "login": "project_5_bot", "token": "glpat-0123456789abcdefghij", **given}
        )
        self.executed: list[str] = []
        self.pipelines: list[dict[str, Any]] = []
        self.jobs: list[str] = []
        self.artifacts: dict[tuple[int, str], Any] = {}

    def pipeline(self, number: int, sha: str = base.SHA, source: str = "merge_request_event") -> None:
        """Add a pipeline of a commit."""
        self.pipelines.append({"id": number, "sha": sha, "source": source, "status": "failed"})

    def _refused(self, method: str, path: str, headers: Mapping[str, str]) -> Any:
        if headers.get("PRIVATE-TOKEN") != self.token:
            return Answer(401, {"message": "401 Unauthorized"})
        area = "statuses" if "/statuses" in path else "issues" if "/issues" in path else "pull-requests"
        if method != "GET" and self.permissions.get(area) != "write":
            return Answer(403, {"message": "403 Forbidden"})
        return None

    def _routed(self, method: str, path: str, query: dict[str, str], body: bytes) -> Any:
        if path == "/user":
            return Answer(200, {"id": 9, "username": self.login})
        start = f"/projects/{quote(REPOSITORY, safe='')}/"
        if method == "GET" and path.startswith("/projects/") and path.count("/") == 2:
            number = _NUMBERS.get(unquote(path[len("/projects/") :]))
            return Answer(200, {"id": number}) if number else _missing("Project")
        if not path.startswith(start):
            return _missing("Project")
        for wanted, pattern, action in self._routes():
            found = re.fullmatch(pattern, path[len(start) :])
            if found and wanted == method:
                return action(*(unquote(one) for one in found.groups()), query, json.loads(body or b"{}"))
        return _missing("Thing")

    def _routes(self) -> Iterator[tuple[str, str, Callable[..., Any]]]:
        one = r"merge_requests/(\d+)"
        commit = r"repository/commits/([^/]+)"
        yield "GET", rf"{one}/notes", self._list_notes
        yield "POST", rf"{one}/notes", self._create_note
        yield "PUT", rf"{one}/notes/(\d+)", self._edit_note
        yield "DELETE", rf"{one}/notes/(\d+)", self._delete_note
        yield "GET", rf"{one}/diffs", self._list_diffs
        yield "GET", one, self._get_request
        yield "GET", "merge_requests", self._list_requests
        yield "GET", rf"{commit}/merge_requests", self._requests_of_commit
        yield "GET", rf"{commit}/statuses", self._list_statuses
        yield "GET", commit, self._get_commit
        yield "POST", r"statuses/([^/]+)", self._create_status
        yield "GET", "issues", self._list_issues
        yield "POST", "issues", self._create_issue
        yield "PUT", r"issues/(\d+)", self._edit_issue
        yield "GET", "pipelines", self._list_pipelines
        yield "GET", rf"{one}/pipelines", self._pipelines_of_request
        yield "GET", r"pipelines/(\d+)/jobs", self._list_jobs
        yield "GET", r"jobs/(\d+)/artifacts/(.+)", self._artifact

    def _list_notes(self, number: str, query: dict[str, str], _: Any) -> Any:
        if not self._pull(number):
            return _missing("Merge Request")
        found = [one for one in self.comments if one["number"] == int(number)]
        if query.get("activity_filter") != "only_comments":
            found = [{"id": 0, "body": "changed the description", "login": "somebody", "system": True}, *found]
        return self._page([_note(one) for one in (found if query.get("sort") == "asc" else found[::-1])], query)

    def _create_note(self, number: str, _: Any, body: dict[str, Any]) -> Any:
        text = self._performed(str(body.get("body", "")))
        if not text.strip():  # nothing but commands: 202 and no note
            return Answer(202, {"commands_changes": {}, "summary": ["Commands applied"]})
        return Answer(201, _note(self._found(self.comment(int(number), text, self.login))))

    def _edit_note(self, number: str, note: str, _: Any, body: dict[str, Any]) -> Any:
        found = self._found(int(note))
        if found is None or found["number"] != int(number):
            return _missing("Note")
        if found["login"] != self.login:
            return Answer(403, {"message": "403 Forbidden"})
        found["body"], found["edits"] = self._performed(body["body"]), found["edits"] + 1
        if not found["body"].strip():
            self.comments.remove(found)
        return Answer(200, _note(found))

    def _delete_note(self, number: str, note: str, *_: Any) -> Any:
        found = self._found(int(note))
        if found is None:
            return _missing("Note")
        self.comments.remove(found)
        return Answer(204)

    def _performed(self, text: str) -> str:
        """Execute the quick actions of a text and cut them out of it."""

        def perform(found: re.Match[str]) -> str:
            if found["cmd"] is None:
                return found[0]
            self.executed.append(found[0].strip())
            return ""

        return _QUICK.sub(perform, text.replace("\r", "")).rstrip()

    def _list_issues(self, query: dict[str, str], _: Any) -> Any:
        """Without `scope=all` there are only those of the token's user."""
        author = query.get("author_username")
        found = [one for one in self.issues[::-1] if author in (None, one["login"])]
        if query.get("scope") != "all":
            found = [one for one in found if one["login"] == self.login]
        return self._page([_issue(one) for one in found], query)

    def _create_issue(self, _: Any, body: dict[str, Any]) -> Any:
        made = self.issue(body["title"], self._performed(body["description"]), self.login)
        return Answer(201, _issue(next(one for one in self.issues if one["number"] == made)))

    def _edit_issue(self, number: str, _: Any, body: dict[str, Any]) -> Any:
        found = next((one for one in self.issues if one["number"] == int(number)), None)
        if found is None:
            return _missing("Issue")
        state = {"close": "closed", "reopen": "open"}[body["state_event"]]
        text = self._performed(body["description"])
        found.update({"title": body["title"], "body": text, "state": state, "edits": found["edits"] + 1})
        return Answer(200, _issue(found))

    def _create_status(self, sha: str, query: Any, body: dict[str, Any]) -> Any:
        if body["name"] in self.jobs:
            return Answer(400, {"message": {"name": ["is the name of a job"]}})
        if len(body.get("target_url") or "") > 255:
            return Answer(400, {"message": {"target_url": ["is too long (maximum is 255 characters)"]}})
        mine = {"sha": sha, "name": body["name"], "pipeline": body.get("pipeline_id"), "login": self.login}
        same = next((one for one in self.statuses if one["state"] in _OPEN and mine.items() <= one.items()), None)
        if same is None:
            same = {"id": self._id(), **mine, "state": body["state"]}
            self.statuses.append(same)
            if not body.get("pipeline_id") and not any(one["sha"] == sha for one in self.pipelines):
                self.pipeline(900 + len(self.pipelines), sha, "external")
        elif same["state"] == body["state"]:
            return Answer(400, {"message": f"Cannot transition status via :enqueue from :{same['state']}"})
        same["state"], same["description"] = body["state"], body.get("description")
        return Answer(201, _job(same))

    def _list_statuses(self, sha: str, query: dict[str, str], _: Any) -> Any:
        found = [one for one in self.statuses if one["sha"] == sha]
        if query.get("pipeline_id"):
            found = [one for one in found if str(one["pipeline"]) == query["pipeline_id"]]
        if query.get("all") != "true":
            found = list({(one["name"], one["login"]): one for one in found}.values())
        return self._page([_job(one) for one in found], query)

    def _list_pipelines(self, query: dict[str, str], _: Any) -> Any:
        wanted = {name: query[name] for name in ("sha", "source") if name in query}
        return self._page([one for one in self.pipelines if wanted.items() <= one.items()], query)

    def _list_requests(self, query: dict[str, str], _: Any) -> Any:
        branch = query.get("source_branch")
        found = [one for one in self.pulls if one["state"] == "open" and branch in (None, one["branch"])]
        return self._page([_request(one) for one in found], query)

    def _requests_of_commit(self, sha: str, query: dict[str, str], _: Any) -> Any:
        return self._page([_request(one) for one in self.pulls if one["sha"] == sha], query)

    def _get_request(self, number: str, *_: Any) -> Any:
        found = self._pull(number)
        return Answer(200, _request(found)) if found else _missing("Merge Request")

    def _list_diffs(self, number: str, query: dict[str, str], _: Any) -> Any:
        found = self._pull(number)
        return self._page([_diff(one) for one in found["files"]], query) if found else _missing("Merge Request")

    def _pipelines_of_request(self, number: str, query: dict[str, str], _: Any) -> Any:
        found = self._pull(number)
        mine = [one for one in self.pipelines if found and one["sha"] == found["sha"]]
        return self._page([{**one, "project_id": one.get("project_id", 5)} for one in reversed(mine)], query)

    def _list_jobs(self, pipeline: str, query: dict[str, str], _: Any) -> Any:
        return self._page([{"id": 10 * int(pipeline), "name": "judge"}], query)

    def _artifact(self, job: str, path: str, *_: Any) -> Any:
        found = self.artifacts.get((int(job), path))
        if found is None:
            return _missing("File")
        if isinstance(found, str):
            return Answer(302, None, {"Location": found})
        return Answer(200, found)

    def _get_commit(self, sha: str, *_: Any) -> Any:
        if sha not in self.commits:
            return _missing("Commit")
        return Answer(200, {"id": sha, "parent_ids": list(self.commits[sha])})

    def latest(self, sha: str = base.SHA) -> dict[str, str]:
        return {one["name"]: one["state"] for one in self.statuses if one["sha"] == sha}

    def _check_request(self, method: str, path: str, query: Any, headers: Mapping[str, str], body: bytes) -> None:
        if "Authorization" in headers:
            self.violations.append(f"{method} {path}: a second header with a login")

    def _check_answer(self, *_: Any) -> None:
        """There is no description of GitLab's that may stand here."""


def _missing(what: str) -> Any:
    return Answer(404, {"message": f"404 {what} Not Found"})


def _note(one: Mapping[str, Any]) -> dict[str, Any]:
    system = bool(one.get("system"))
    return {"id": one["id"], "body": one["body"], "author": {"username": one["login"]}, "system": system}


def _issue(one: Mapping[str, Any]) -> dict[str, Any]:
    state = {"open": "opened"}.get(one["state"], one["state"])
    said = {"iid": one["number"], "title": one["title"], "description": one["body"], "state": state}
    return {**said, "author": {"username": one["login"]}, "web_url": f"https://gitlab.example/-/issues/{one['number']}"}


def _job(one: Mapping[str, Any]) -> dict[str, Any]:
    said = {"id": one["id"], "name": one["name"], "status": one["state"], "description": one.get("description")}
    return {**said, "author": {"username": one["login"]}, "pipeline_id": one["pipeline"]}


def _request(one: Mapping[str, Any]) -> dict[str, Any]:
    state = {"open": "opened"}.get(one["state"], one["state"])
    source = _NUMBERS.get(one["head"], 77)
    said = {"iid": one["number"], "sha": one["sha"], "state": state, "source_branch": one["branch"]}
    return {**said, "source_project_id": source, "target_project_id": 5, "target_branch": one["base"]}


def _diff(changed: str | tuple[str, str]) -> dict[str, Any]:
    now, before = changed if isinstance(changed, tuple) else (changed, changed)
    return {"new_path": now, "old_path": before, "diff": ""}
