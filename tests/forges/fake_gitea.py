"""A small Gitea: the stand-in for GitHub, with what differs: header, pages, names of fields, what is ignored.

From Gitea's sources (modules/structs, routers/api/v1): a status has its state under `status`, `limit` is at most 50,
the `head` of the pull requests is ignored, comments are one page, and no path lists the pull requests of a commit.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any


def load_github() -> Any:
    """Load the stand-in for GitHub once, whoever asks first."""
    name = "tests_fake_github"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).parents[1] / "github" / "fake_github.py")
        assert spec is not None and spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


base = load_github()
_MOST_PAGE = 50


class FakeGitea(base.FakeGitHub):  # type: ignore[misc]
    """One repository with its pull requests, comments and statuses, below `/api/v1` on 127.0.0.1."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**{"prefix": "/api/v1", "login": "model-bot", **given})

    def _refused(self, method: str, path: str, headers: Mapping[str, str]) -> Any:
        if headers.get("Authorization") != f"token {self.token}":
            return base.Answer(401, {"message": "user does not exist [uid: 0, name: ]", "url": "/api/swagger"})
        area = base._area(path)
        if method != "GET" and self.permissions.get(area) != "write":
            return base.Answer(403, {"message": "token does not have at least one of required scope(s)"})
        return None

    def _routes(self) -> Iterator[tuple[str, str, Callable[..., Any]]]:
        gone = r"commits/([^/]+)/(pulls|status)"
        for method, pattern, action in super()._routes():
            if "commits/([^/]+)/pulls" not in pattern and pattern != r"commits/([^/]+)/status":
                yield method, pattern, action
        yield "GET", gone, lambda *_: base.Answer(404, {"message": "Not Found"})

    def _user(self) -> Any:
        return base.Answer(200, {"login": self.login})

    def _list_comments(self, number: str, query: dict[str, str], _: Any) -> Any:
        if not self._pull(number):
            return base.Answer(404, {"message": "issue does not exist"})
        return base.Answer(200, [self._shown(one) for one in self.comments if one["number"] == int(number)])

    def _shown(self, comment: Mapping[str, Any]) -> dict[str, Any]:
        return {"id": comment["id"], "body": comment["body"], "user": {"login": comment["login"]}}

    def _list_issues(self, query: dict[str, str], _: Any) -> Any:
        """Without `type=issues` pull requests are among them."""
        pulls = [{"number": one["number"], "login": "x", "state": one["state"], "pull": True} for one in self.pulls]
        listed = [*self.issues[::-1], *(() if query.get("type") == "issues" else pulls)]
        state = query.get("state", "open")
        return self._page([base._issue(one) for one in listed if state in ("all", one["state"])], query)

    def _list_runs(self, *_: Any) -> Any:
        return base.Answer(404, {"message": "Not Found"})

    def _create_status(self, sha: str, _: Any, body: dict[str, Any]) -> Any:
        status = {"sha": sha, **{name: body.get(name) for name in ("state", "context", "description", "target_url")}}
        self.statuses.append(status)
        return base.Answer(201, _status(status))

    def _list_statuses(self, sha: str, query: dict[str, str], _: Any) -> Any:
        found = [_status(one) for one in self.statuses if one["sha"] == sha]
        return self._page(found[::-1] if query.get("sort") == "highestindex" else found, query)

    def _list_pulls(self, query: dict[str, str], _: Any) -> Any:
        wanted = [one for one in self.pulls if one["state"] == query.get("state", "open")]
        return self._page([base._pull(one) for one in wanted], query)

    def _page(self, items: list[Any], query: dict[str, str]) -> Any:
        size, page = min(int(query.get("limit", 30)), _MOST_PAGE), int(query.get("page", 1))
        more = len(items) > size * page
        link = {"Link": f'<{self.url}/further?page={page + 1}>; rel="next"'} if more else {}
        return base.Answer(200, items[size * (page - 1) : size * page], link)

    def _check_request(self, method: str, path: str, query: Any, headers: Mapping[str, str], body: bytes) -> None:
        if "X-GitHub-Api-Version" in headers or "per_page" in query:
            self.violations.append(f"{method} {path}: asked as GitHub is")

    def _check_answer(self, *_: Any) -> None:
        """Gitea's description says nothing that the sources do not."""


def _status(one: Mapping[str, Any]) -> dict[str, Any]:
    names = ("context", "description", "target_url")
    return {"id": 1, "status": one["state"], **{name: one[name] for name in names}}
