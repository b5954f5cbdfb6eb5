"""A small GitHub that remembers: comments, statuses, pull requests, merges behind them, approvals, issues, dispatches.

Every request and every answer is checked against GitHub's own description (`openapi.json`, cut by `cut_openapi.py`);
what does not fit stands in `violations`. It adds what the description lacks: authentication, permissions, 140
characters, the size of a comment, rate limits, and trouble on demand.

In a test:  with FakeGitHub() as github: ... github.url
As a process, for a runner:

    python tests/github/fake_github.py --pull-request 7=SHA --require ml-ci --state state.json

prints one line of JSON, {"url": ..., "port": ..., "token": ...}, and writes its state to the file after every
request. The same state is at GET /_fake/state; POST /_fake/seed takes {"pulls": [...], "comments": [...],
"permissions": {...}, "login": ...}, POST /_fake/trouble {"method", "path", "kind", "times"}. Ends on SIGTERM.
"""

from __future__ import annotations

import argparse
import json
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from openapi_core import OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.templating.responses.exceptions import ResponseNotFound
from openapi_core.testing import MockRequest, MockResponse

BOT = "github-actions[bot]"
TOKEN = "ghs_0123456789abcdefghijklmnopqrstuvwxyz"
REPOSITORY = "octo/models"
SHA = "9d1e2f3a4b5c6d7e8f90a1b2c3d4e5f601234567"
_MOST_BODY = 65_536
_MOST_DESCRIPTION = 140
_DESCRIPTION = Path(__file__).with_name("openapi.json")


@dataclass
class Trouble:
    """What goes wrong with the next requests that match: a status, or `timeout`, `disconnect`, `secondary`, `late`.

    `late` does what was asked, and then gives no answer.
    """

    method: str
    path: str
    kind: int | str
    times: int = 1

    def fits(self, method: str, path: str) -> bool:
        return self.times > 0 and method == self.method and re.search(self.path, path) is not None


@dataclass
class Answer:
    status: int
    data: Any = None
    headers: dict[str, str] = field(default_factory=dict)


class FakeGitHub:
    """One repository with its pull requests, comments and statuses, behind HTTP on 127.0.0.1."""

    def __init__(self, *, prefix: str = "", token: str = TOKEN, login: str = BOT, slow: float = 3.0) -> None:
        self.prefix, self.token, self.login, self.slow = prefix, token, login, slow
        self.permissions = {"pull-requests": "write", "statuses": "write", "contents": "read"}
        self.pulls: list[dict[str, Any]] = []
        self.comments: list[dict[str, Any]] = []
        self.statuses: list[dict[str, Any]] = []
        self.approvals: list[dict[str, Any]] = []
        self.issues: list[dict[str, Any]] = []
        self.has_issues, self.actions_may_propose = True, True
        self.workflows: dict[str, Callable[[Mapping[str, str]], str]] = {}
        self.runs: list[dict[str, Any]] = []
        self.app_token = "ghs_app0123456789abcdefghijklmnopqrstuv"
        self.find_head: Callable[[str], str] = lambda branch: SHA
        self.commits: dict[str, tuple[str, ...]] = {}
        self.required: list[str] = []
        self.requests: list[dict[str, Any]] = []
        self.violations: list[str] = []
        self.troubles: list[Trouble] = []
        self.before: Callable[[str, str], None] = lambda method, path: None
        self.state_file: Path | None = None
        self._lock = threading.RLock()
        self._next = 1
        self._stop = threading.Event()

    def __enter__(self) -> FakeGitHub:
        fake = self

        class Handler(_Handler):
            github = fake

        _api()  # takes a moment, which no request should wait for
        self.server = _Server(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}{self.prefix}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop.set()
        self.server.shutdown()
        self.server.server_close()

    def pull_request(
        self,
        number: int,
        sha: str = SHA,
        *,
        branch: str = "change",
        head: str = REPOSITORY,
        state: str = "open",
        base: str = "main",
        files: Sequence[str | tuple[str, str]] = ("train.py",),
    ) -> None:
        """Add a pull request of a branch of the repository `head`; of a renamed file, `files` has both names."""
        made = {"number": number, "sha": sha, "branch": branch, "head": head, "state": state, "base": base}
        self.pulls.append({**made, "merged": False, "files": list(files)})

    def merge_commit(self, sha: str, *parents: str) -> None:
        """Add a commit with these parents, as GitHub makes one for each pull request."""
        self.commits[sha] = parents

    def comment(self, number: int, body: str, login: str = "somebody") -> int:
        """Add a comment and give its id."""
        with self._lock:
            found = {"id": self._id(), "number": number, "body": body, "login": login, "edits": 0}
            self.comments.append(found)
            return int(found["id"])

    def approve(
        self, login: str, comment: str = "", *, run: int = 1, environment: str = "production", state: str = "approved"
    ) -> None:
        """Let a person review a run that waits for its environment."""
        given = {"run": run, "login": login, "comment": comment, "environment": environment, "state": state}
        self.approvals.append(given)

    def issue(self, title: str, body: str, login: str = "somebody", state: str = "open") -> int:
        """Add an issue and give its number, which no pull request has."""
        with self._lock:
            number = 100 + self._id()
            made = {"number": number, "title": title, "body": body, "login": login, "state": state, "edits": 0}
            self.issues.append(made)
            return number

    def workflow(self, file: str, name: Callable[[Mapping[str, str]], str] = lambda inputs: "") -> None:
        """Add a workflow that may be dispatched; `name` makes its runs' names of their inputs, as `run-name:` does."""
        self.workflows[file] = name

    def trouble(self, method: str, path: str, kind: int | str, times: int = 1) -> None:
        """Let the next `times` requests that match fail."""
        self.troubles.append(Trouble(method, path, kind, times))

    def latest(self, sha: str = SHA) -> dict[str, str]:
        """Give the newest state of each context of a commit."""
        return {one["context"]: one["state"] for one in self.statuses if one["sha"] == sha}

    def sent(self, method: str, path: str = "") -> list[dict[str, Any]]:
        """Give the requests of a method whose path matches."""
        return [one for one in self.requests if one["method"] == method and re.search(path, one["path"])]

    def state(self) -> dict[str, Any]:
        """Give everything that is remembered, as JSON."""
        return {
            "pulls": self.pulls,
            "comments": self.comments,
            "statuses": self.statuses,
            "issues": self.issues,
            "runs": self.runs,
            "requests": self.requests,
            "violations": self.violations,
        }

    def answer(self, method: str, path: str, query: dict[str, str], headers: Mapping[str, str], body: bytes) -> Answer:
        """Answer one request, and check both against the description."""
        with self._lock:
            self._check_request(method, path, query, headers, body)
            answer = self._refused(method, path, headers) or self._routed(method, path, query, body)
            self._check_answer(method, path, query, answer)
            self.requests.append({"method": method, "path": path, "query": query, "status": answer.status})
            return answer

    def take_trouble(self, method: str, path: str) -> Trouble | None:
        """Give the trouble that this request has, once."""
        with self._lock:
            found = next((one for one in self.troubles if one.fits(method, path)), None)
            if found:
                found.times -= 1
                self.requests.append({"method": method, "path": path, "query": {}, "status": found.kind})
            return found

    def wait(self) -> None:
        """Keep a request waiting, as a server that has gone away does."""
        self._stop.wait(self.slow)

    def dump(self) -> None:
        if self.state_file:
            self.state_file.write_text(json.dumps(self.state(), indent=1), encoding="utf-8")

    def seed(self, data: Mapping[str, Any]) -> None:
        for sha, parents in data.get("commits", {}).items():
            self.merge_commit(sha, *parents)
        for pull in data.get("pulls", ()):
            self.pull_request(**pull)
        for comment in data.get("comments", ()):
            self.comment(**comment)
        self.permissions = data.get("permissions", self.permissions)
        self.login = data.get("login", self.login)

    def _id(self) -> int:
        self._next += 1
        return self._next - 1

    def _refused(self, method: str, path: str, headers: Mapping[str, str]) -> Answer | None:
        self._app = headers.get("Authorization") == f"Bearer {self.app_token}"
        if self._app:  # what an app may do, it may
            return None
        if headers.get("Authorization") != f"Bearer {self.token}":
            return _error(401, "Bad credentials")
        area = _area(path)
        level = self.permissions.get("contents" if path.endswith("/merge") else area)
        if path != "/user" and (level is None or (level == "read" and method != "GET")):
            return _error(403, "Resource not accessible by integration")
        return None

    def _routed(self, method: str, path: str, query: dict[str, str], body: bytes) -> Answer:
        if path == "/user":
            return self._user()
        start = f"/repos/{REPOSITORY}/"
        if not path.lower().startswith(start):
            return _error(404, "Not Found")
        for wanted, pattern, action in self._routes():
            found = re.fullmatch(pattern, path[len(start) :])
            if found and wanted == method:
                return action(*(unquote(one) for one in found.groups()), query, json.loads(body or b"{}"))
        return _error(404, "Not Found")

    def _routes(self) -> Iterator[tuple[str, str, Callable[..., Answer]]]:
        yield "GET", r"issues/(\d+)/comments", self._list_comments
        yield "POST", r"issues/(\d+)/comments", self._create_comment
        yield "PATCH", r"issues/comments/(\d+)", self._edit_comment
        yield "DELETE", r"issues/comments/(\d+)", self._delete_comment
        yield "GET", r"issues", self._list_issues
        yield "POST", r"issues", self._create_issue
        yield "PATCH", r"issues/(\d+)", self._edit_issue
        yield "POST", r"actions/workflows/([^/]+)/dispatches", self._dispatch
        yield "GET", r"actions/workflows/([^/]+)/runs", self._list_runs
        yield "POST", r"pulls", self._create_pull
        yield "POST", r"statuses/([^/]+)", self._create_status
        yield "GET", r"commits/([^/]+)/status", self._combined_status
        yield "GET", r"commits/([^/]+)/statuses", self._list_statuses
        yield "GET", r"git/commits/([^/]+)", self._git_commit
        yield "GET", r"commits/([^/]+)/pulls", self._pulls_of_commit
        yield "GET", r"actions/runs/(\d+)/approvals", self._list_approvals
        yield "GET", r"pulls", self._list_pulls
        yield "GET", r"pulls/(\d+)", self._get_pull
        yield "GET", r"pulls/(\d+)/files", self._list_files
        yield "PUT", r"pulls/(\d+)/merge", self._merge

    def _user(self) -> Answer:
        if self.login.endswith("[bot]"):
            return _error(403, "Resource not accessible by integration")
        return Answer(200, sample(_of("private-user")) | _login(self.login, "User") | {"user_view_type": "private"})

    def _list_comments(self, number: str, query: dict[str, str], _: Any) -> Answer:
        if not self._pull(number):
            return _error(404, "Not Found")
        return self._page([self._shown(one) for one in self.comments if one["number"] == int(number)], query)

    def _create_comment(self, number: str, _: Any, body: dict[str, Any]) -> Answer:
        if not self._pull(number):
            return _error(404, "Not Found")
        problem = _bad_body(body)
        if problem:
            return problem
        made = self.comment(int(number), body["body"], self.login)
        return Answer(201, self._shown(self._found(made)))

    def _edit_comment(self, number: str, _: Any, body: dict[str, Any]) -> Answer:
        found, problem = self._found(int(number)), _bad_body(body)
        if found is None:
            return _error(404, "Not Found")
        if found["login"] != self.login:
            return _error(403, "Resource not accessible by integration")
        if problem:
            return problem
        found["body"], found["edits"] = body["body"], found["edits"] + 1
        return Answer(200, self._shown(found))

    def _delete_comment(self, number: str, *_: Any) -> Answer:
        found = self._found(int(number))
        if found is None:
            return _error(404, "Not Found")
        self.comments.remove(found)
        return Answer(204)

    def _list_issues(self, query: dict[str, str], _: Any) -> Answer:
        """As GitHub does, list pull requests among the issues."""
        state, found = query.get("state", "open"), self.issues[::-1]
        pulls = [
            {"number": one["number"], "login": "somebody", "state": one["state"], "pull": True} for one in self.pulls
        ]
        listed = [one for one in [*pulls, *found] if query.get("creator") in (None, one["login"])]
        return self._page([_issue(one) for one in listed if state in ("all", one["state"])], query)

    def _create_issue(self, _: Any, body: dict[str, Any]) -> Answer:
        if not self.has_issues:
            return _error(410, "Issues has been disabled in this repository.")
        problem = _bad_body(body)
        if problem:
            return problem
        made = self.issue(body["title"], body["body"], self.login)
        return Answer(201, _issue(next(one for one in self.issues if one["number"] == made)))

    def _edit_issue(self, number: str, _: Any, body: dict[str, Any]) -> Answer:
        found = next((one for one in self.issues if one["number"] == int(number)), None)
        if found is None:
            return _error(404, "Not Found")
        problem = _bad_body(body)
        if problem:
            return problem
        found.update({name: body[name] for name in ("title", "body", "state") if name in body})
        found["edits"] += 1
        return Answer(200, _issue(found))

    def _dispatch(self, file: str, _: Any, body: dict[str, Any]) -> Answer:
        """Start a run, whoever asks: `workflow_dispatch` is what GITHUB_TOKEN may start."""
        if file not in self.workflows:
            return _error(404, "Not Found")
        inputs = body.get("inputs", {})
        if any(not isinstance(value, str) for value in inputs.values()):
            return _invalid("Invalid value for input")
        self._start("workflow_dispatch", file, body["ref"], self.workflows[file](inputs) or file, inputs=inputs)
        return Answer(204)

    def _start(self, event: str, file: str, ref: str, title: str, **more: Any) -> None:
        run = {"id": self._id(), "event": event, "workflow": file, "ref": ref, "display_title": title, **more}
        self.runs.append(run)

    def _list_runs(self, file: str, query: dict[str, str], _: Any) -> Answer:
        if file not in self.workflows:
            return _error(404, "Not Found")
        mine = {"workflow": file, **({"event": query["event"]} if "event" in query else {})}
        found = [one for one in reversed(self.runs) if mine.items() <= one.items()]
        page = self._page([_run(one) for one in found], query)
        return Answer(200, {"total_count": len(found), "workflow_runs": page.data}, page.headers)

    def _create_pull(self, _: Any, body: dict[str, Any]) -> Answer:
        """Open a pull request; one by GITHUB_TOKEN starts nothing, as on GitHub, and one by an app's token does."""
        if not (self._app or self.actions_may_propose):
            return _error(403, "GitHub Actions is not permitted to create or approve pull requests.")
        if any(one["branch"] == body["head"] and one["state"] == "open" for one in self.pulls):
            return _invalid(f"A pull request already exists for octo:{body['head']}.")
        number = 1 + max((one["number"] for one in self.pulls), default=0)
        self.pull_request(number, self.find_head(body["head"]), branch=body["head"], base=body["base"], files=())
        self.pulls[-1] |= {"title": body["title"], "body": body.get("body", "")}
        if self._app:
            self._start("pull_request", "", body["head"], body["title"], number=number)
        return Answer(201, _pull(self.pulls[-1], "pull-request"))

    def _create_status(self, sha: str, _: Any, body: dict[str, Any]) -> Answer:
        if len(body.get("description") or "") > _MOST_DESCRIPTION:
            return _invalid("description is too long (maximum is 140 characters)")
        if not any(one["sha"] == sha for one in self.pulls) and sha != SHA:
            return _invalid(f"No commit found for SHA: {sha}")
        status = {"sha": sha, **{name: body.get(name) for name in ("state", "context", "description", "target_url")}}
        self.statuses.append(status)
        return Answer(201, _status(status))

    def _combined_status(self, sha: str, query: dict[str, str], _: Any) -> Answer:
        newest = {one["context"]: one for one in self.statuses if one["sha"] == sha}
        page = self._page([_simple_status(one) for one in newest.values()], query)
        whole = sample(_of("combined-commit-status"))
        return Answer(200, whole | {"sha": sha, "statuses": page.data, "total_count": len(newest)}, page.headers)

    def _list_statuses(self, sha: str, query: dict[str, str], _: Any) -> Answer:
        return self._page([_status(one) for one in reversed(self.statuses) if one["sha"] == sha], query)

    def _git_commit(self, sha: str, *_: Any) -> Answer:
        if sha not in self.commits:
            return _error(404, "Not Found")
        url = "https://example.org/x"
        parents = [{"sha": one, "url": url, "html_url": url} for one in self.commits[sha]]
        return Answer(200, sample(_of("git-commit")) | {"sha": sha, "parents": parents})

    def _list_approvals(self, run: str, *_: Any) -> Answer:
        return Answer(200, [_approval(one) for one in self.approvals if one["run"] == int(run)])

    def _list_pulls(self, query: dict[str, str], _: Any) -> Answer:
        """As GitHub does, ignore a `head` without an owner."""
        owner, _, branch = query.get("head", "").partition(":")
        wanted = [
            one
            for one in self.pulls
            if one["state"] == query.get("state", "open")
            and (not branch or (one["head"].split("/")[0], one["branch"]) == (owner, branch))
        ]
        return self._page([_pull(one) for one in wanted], query)

    def _pulls_of_commit(self, sha: str, query: dict[str, str], _: Any) -> Answer:
        return self._page([_pull(one) for one in self.pulls if one["sha"] == sha], query)

    def _get_pull(self, number: str, *_: Any) -> Answer:
        found = self._pull(number)
        return Answer(200, _pull(found, "pull-request")) if found else _error(404, "Not Found")

    def _list_files(self, number: str, query: dict[str, str], _: Any) -> Answer:
        """As GitHub does, list no more than 3,000 files."""
        found = self._pull(number)
        return self._page([_file(one) for one in found["files"][:3000]], query) if found else _error(404, "Not Found")

    def _merge(self, number: str, *_: Any) -> Answer:
        found = self._pull(number)
        if not found:
            return _error(404, "Not Found")
        state = self.latest(found["sha"])
        missing = [name for name in self.required if state.get(name) != "success"]
        if missing:
            return _error(405, f'Required status check "{missing[0]}" is {state.get(missing[0], "expected")}.')
        found["merged"], found["state"] = True, "closed"
        return Answer(200, {"sha": found["sha"], "merged": True, "message": "Pull Request successfully merged"})

    def _page(self, items: list[Any], query: dict[str, str]) -> Answer:
        size, page = min(int(query.get("per_page", 30)), 100), int(query.get("page", 1))
        more = len(items) > size * page
        link = {"Link": f'<{self.url}/further?page={page + 1}>; rel="next"'} if more else {}
        return Answer(200, items[size * (page - 1) : size * page], link)

    def _pull(self, number: str) -> dict[str, Any] | None:
        return next((one for one in self.pulls if one["number"] == int(number)), None)

    def _found(self, number: int) -> Any:
        return next((one for one in self.comments if one["id"] == number), None)

    def _shown(self, comment: Mapping[str, Any]) -> dict[str, Any]:
        kind = "Bot" if comment["login"].endswith("[bot]") else "User"
        user = sample(_of("simple-user")) | _login(comment["login"], kind)
        return sample(_of("issue-comment")) | {"id": comment["id"], "body": comment["body"], "user": user}

    def _check_request(
        self, method: str, path: str, query: dict[str, str], headers: Mapping[str, str], body: bytes
    ) -> None:
        if not headers.get("User-Agent") or "application/vnd.github+json" not in headers.get("Accept", ""):
            self.violations.append(f"{method} {path}: User-Agent or Accept is missing")
        self._check(lambda: _api().validate_request(_mock(method, path, query, body)), f"{method} {path}")

    def _check_answer(self, method: str, path: str, query: dict[str, str], answer: Answer) -> None:
        data = b"" if answer.data is None else json.dumps(answer.data).encode()
        response = MockResponse(data, answer.status, dict(answer.headers), "application/json")
        try:
            self._check(
                lambda: _api().validate_response(_mock(method, path, query, b""), response),
                f"{answer.status} to {method} {path}",
            )
        except ResponseNotFound:
            if answer.status < 400:  # of errors the description leaves out many
                self.violations.append(f"{answer.status} to {method} {path}: no such answer is described")

    def _check(self, check: Callable[[], object], what: str) -> None:
        try:
            check()
        except ResponseNotFound:
            raise
        except OpenAPIError as error:
            if "404" not in what.split()[:1]:
                self.violations.append(f"{what}: {error} {getattr(error, '__cause__', '')}"[:1500])


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: Any) -> None:
        """Say nothing of a client that went away: that is what is tested."""


class _Handler(BaseHTTPRequestHandler):
    github: FakeGitHub

    def _handle(self) -> None:
        split = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if split.path.startswith("/_fake/"):
            self._control(split.path, body)
            return
        if not split.path.startswith(self.github.prefix):
            self._send(_error(404, "Not Found"))
            return
        path = split.path[len(self.github.prefix) :]
        self.github.before(self.command, path)
        query = {name: values[-1] for name, values in parse_qs(split.query).items()}
        trouble = self.github.take_trouble(self.command, path)
        if trouble is None or trouble.kind == "late":
            answer = self.github.answer(self.command, path, query, self.headers, body)  # type: ignore[arg-type]
            if trouble is None:
                self._send(answer)
        if trouble is not None:
            self._fail(trouble)
        self.github.dump()

    do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = _handle  # noqa: N815

    def _fail(self, trouble: Trouble) -> None:
        if trouble.kind in ("timeout", "late"):
            self.github.wait()
            self.close_connection = True
        elif trouble.kind == "disconnect":
            self.close_connection = True
        elif trouble.kind == "secondary":
            message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
            self._send(Answer(403, {"message": message, "documentation_url": ""}, {"Retry-After": "1"}))
        elif trouble.kind == "limit":
            headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(time.time()) + 1800)}
            self._send(Answer(403, {"message": "API rate limit exceeded for installation."}, headers))
        elif trouble.kind == "not-json":
            self._send_bytes(200, b"<html>a proxy</html>", {"Content-Type": "text/html"})
        elif trouble.kind == 422:
            self._send(_invalid("Something is not as it should be"))
        else:
            words = {403: "Resource not accessible by integration", 404: "Not Found", 401: "Bad credentials"}
            self._send(_error(int(trouble.kind), words.get(int(trouble.kind), "Server Error")))

    def _control(self, path: str, body: bytes) -> None:
        if path == "/_fake/state":
            self._send(Answer(200, self.github.state()))
        elif path == "/_fake/seed":
            self.github.seed(json.loads(body))
            self._send(Answer(200, {}))
        elif path == "/_fake/trouble":
            self.github.trouble(**json.loads(body))
            self._send(Answer(200, {}))
        else:
            self._send(_error(404, "Not Found"))

    def _send(self, answer: Answer) -> None:
        data = b"" if answer.data is None else json.dumps(answer.data).encode()
        self._send_bytes(answer.status, data, {"Content-Type": "application/json; charset=utf-8", **answer.headers})

    def _send_bytes(self, status: int, data: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def sample(schema: Mapping[str, Any]) -> Any:
    """Make the smallest value that fits a schema: only what is required."""
    if "$ref" in schema:
        return sample(_of(schema["$ref"].rpartition("/")[2]))
    if schema.get("nullable"):
        return None
    for choice in ("oneOf", "anyOf"):
        if choice in schema:
            return sample(schema[choice][0])
    if "allOf" in schema:
        return {name: value for part in schema["allOf"] for name, value in sample(part).items()}
    if "enum" in schema:
        return schema["enum"][0]
    return _plain_sample(schema)


def _plain_sample(schema: Mapping[str, Any]) -> Any:
    kind = schema.get("type", "object")
    if kind == "object":
        required = set(schema.get("required", ()))
        return {name: sample(part) for name, part in schema.get("properties", {}).items() if name in required}
    formats = {"uri": "https://example.org/x", "date-time": "2026-01-01T00:00:00Z", "email": "a@example.org"}
    words = formats.get(schema.get("format", ""), "x" * max(1, schema.get("minLength", 1)))
    return {"string": words, "integer": 1, "number": 1, "boolean": False, "array": []}[kind]


@cache
def _described() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(_DESCRIPTION.read_text(encoding="utf-8"))
    return data


@cache
def _api() -> OpenAPI:
    return OpenAPI.from_dict(_described())  # type: ignore[arg-type]


def _of(name: str) -> Mapping[str, Any]:
    schema: Mapping[str, Any] = _described()["components"]["schemas"][name]
    return schema


def _mock(method: str, path: str, query: dict[str, str], body: bytes) -> MockRequest:
    return MockRequest(
        "https://api.github.com",
        method.lower(),
        unquote(path),
        args=query,
        data=body or None,
        content_type="application/json",
    )


def _login(login: str, kind: str) -> dict[str, str]:
    return {"login": login, "type": kind}


def _status(status: Mapping[str, Any]) -> dict[str, Any]:
    return {**sample(_of("status")), **{name: value for name, value in status.items() if name != "sha"}}


def _simple_status(status: Mapping[str, Any]) -> dict[str, Any]:
    return {**sample(_of("simple-commit-status")), **{name: value for name, value in status.items() if name != "sha"}}


def _approval(given: Mapping[str, Any]) -> dict[str, Any]:
    user = sample(_of("simple-user")) | _login(given["login"], "User")
    environments = [{"name": given["environment"]}]
    said = {"state": given["state"], "comment": given["comment"], "user": user, "environments": environments}
    return {**sample(_of("environment-approvals")), **said}


def _area(path: str) -> str:
    """Name the permission that a path asks for."""
    if re.search(r"/issues(/\d+)?$", path):
        return "issues"
    areas = (("/git/", "contents"), ("/actions/", "actions"), ("status", "statuses"))
    return next((area for sign, area in areas if sign in path), "pull-requests")


def _issue(one: Mapping[str, Any]) -> dict[str, Any]:
    user = sample(_of("simple-user")) | _login(one["login"], "User")
    url = f"https://github.example/{REPOSITORY}/issues/{one['number']}"
    said = {"number": one["number"], "state": one["state"], "user": user, "html_url": url}
    if one.get("pull"):
        addresses = dict.fromkeys(("url", "html_url", "diff_url", "patch_url"), url)
        return {**sample(_of("issue")), **said, "pull_request": addresses}
    return {**sample(_of("issue")), **said, "title": one["title"], "body": one["body"]}


def _run(one: Mapping[str, Any]) -> dict[str, Any]:
    said = {"id": one["id"], "event": one["event"], "display_title": one["display_title"], "head_branch": one["ref"]}
    return {**sample(_of("workflow-run")), **said}


def _file(changed: str | tuple[str, str]) -> dict[str, Any]:
    now, before = changed if isinstance(changed, tuple) else (changed, None)
    said = {"filename": now, "status": "renamed" if before else "modified"}
    return {**sample(_of("diff-entry")), **said, **({"previous_filename": before} if before else {})}


def _pull(pull: Mapping[str, Any], schema: str = "pull-request-simple") -> dict[str, Any]:
    whole = sample(_of(schema))
    whole |= {"number": pull["number"], "state": pull["state"]}
    sides = (("head", pull["head"], pull["branch"], pull["sha"]), ("base", REPOSITORY, pull["base"], "0" * 40))
    for side, repository, ref, sha in sides:
        whole[side] |= {"ref": ref, "sha": sha}
        whole[side]["repo"] = whole[side].get("repo") or sample(_of("repository"))
        whole[side]["repo"] |= {"full_name": repository, "name": repository.split("/")[1]}
    return dict(whole)


def _bad_body(body: Mapping[str, Any]) -> Answer | None:
    if not str(body.get("body", "")).strip():
        return _invalid("body can't be blank")
    if len(body["body"]) > _MOST_BODY:
        return _invalid("body is too long (maximum is 65536 characters)")
    return None


def _error(status: int, message: str) -> Answer:
    return Answer(
        status, {"message": message, "documentation_url": "https://docs.github.com/rest", "status": str(status)}
    )


def _invalid(message: str) -> Answer:
    error = {"resource": "Thing", "code": "custom", "field": "field", "message": message}
    url = "https://docs.github.com/rest"
    return Answer(422, {"message": "Validation Failed", "errors": [error], "documentation_url": url, "status": "422"})


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(description="A stand-in for GitHub's API.")
    parser.add_argument("--state", type=Path, help="write the state to this file after every request")
    parser.add_argument(
        "--pull-request", action="append", default=[], metavar="N=SHA", help="a pull request to begin with"
    )
    parser.add_argument("--require", action="append", default=[], metavar="CONTEXT", help="merges need this status")
    parser.add_argument("--prefix", default="", help="/api/v3, as a GitHub Enterprise Server")
    given = parser.parse_args()
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with FakeGitHub(prefix=given.prefix) as github:
        github.state_file, github.required = given.state, given.require
        for one in given.pull_request:
            number, _, sha = one.partition("=")
            github.pull_request(int(number), sha or SHA)
        github.dump()
        print(json.dumps({"url": github.url, "port": github.port, "token": github.token}), flush=True)
        ended.wait()
        github.dump()


if __name__ == "__main__":
    main()
