"""Keep one comment per pull request and key: found by marker and author, edited in place, never a second."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, TypeAlias

from ml_ci.github.api import Api, Call, RefusedError, UnavailableError, UnclearError
from ml_ci.github.draft import Draft, is_of, is_same
from ml_ci.github.values import Comment

Done: TypeAlias = Literal["created", "edited", "unchanged"]

_NEEDS = "pull-requests: write"
_ROUNDS = 3
# Who writes with the token of GitHub Actions, which may not ask who it is.
_ACTIONS = "github-actions[bot]"


class _MovedError(Exception):
    """The comment that was found is gone: look again."""


def put(api: Api, number: int, wanted: Draft, author: str = "") -> Done:
    """Have one comment with the draft's substance; `author` is whose comments may be edited, asked for where "".

    Two runs at the same time both create one, look again, and the younger takes its own away: one is left whichever
    comes first.
    """
    login = author or who(api)
    last: UnclearError | None = None
    for attempt in range(_ROUNDS):
        try:
            return _put(api, number, wanted, login)
        except _MovedError:
            last = None
        except UnclearError as error:  # it may have been written: look before writing again
            last = error
            api.sleep(2.0**attempt)
    raise last or UnavailableError(f"could not comment on pull request #{number}: the comment vanishes each time")


def who(api: Api) -> str:
    """Give the login that the token writes as; the bot of GitHub Actions where the token may not ask."""
    try:
        data = api.send(Call("GET", "/user", "ask who the token belongs to", "")).data
    except RefusedError as error:
        if error.status in (403, 404):
            return _ACTIONS
        raise
    return str(data["login"])


def _put(api: Api, number: int, wanted: Draft, login: str) -> Done:
    found = _own(api, number, wanted, login)
    if found:
        for younger in found[1:]:  # left by a run that died before it could take it away
            _delete(api, younger)
        return _edit(api, found[0], wanted)
    created = _create(api, number, wanted)
    oldest = min([created, *_own(api, number, wanted, created.author)], key=lambda one: one.id)
    if oldest.id == created.id:
        return "created"
    _delete(api, created)
    return _edit(api, oldest, wanted)


def _own(api: Api, number: int, wanted: Draft, login: str) -> list[Comment]:
    """Give the author's comments with the draft's key, the oldest first."""
    listed = [one for one in comments(api, number) if one.author == login and is_of(one, wanted.key)]
    return sorted(listed, key=lambda one: one.id)


def comments(api: Api, number: int) -> Iterator[Comment]:
    """Give every comment of a pull request, the oldest first, page after page."""
    path = f"/repos/{{repo}}/issues/{number}/comments"
    for data in api.pages(Call("GET", path, f"read the comments of pull request #{number}", "pull-requests: read")):
        yield _comment(data)


def _create(api: Api, number: int, wanted: Draft) -> Comment:
    path = f"/repos/{{repo}}/issues/{number}/comments"
    doing = f"comment on pull request #{number}"
    return _comment(api.send(Call("POST", path, doing, _NEEDS, body={"body": wanted.body}, twice=False)).data)


def _edit(api: Api, found: Comment, wanted: Draft) -> Done:
    if is_same(found, wanted):
        return "unchanged"
    try:
        api.send(Call("PATCH", _path(found), "edit the comment", _NEEDS, body={"body": wanted.body}))
    except RefusedError as error:
        if error.status == 404:
            raise _MovedError from None
        raise
    return "edited"


def _delete(api: Api, created: Comment) -> None:
    try:
        api.send(Call("DELETE", _path(created), "take a second comment away", _NEEDS))
    except RefusedError as error:
        if error.status != 404:
            raise


def _path(comment: Comment) -> str:
    return f"/repos/{{repo}}/issues/comments/{comment.id}"


def _comment(data: Mapping[str, Any]) -> Comment:
    user = data.get("user") or {}
    return Comment(int(data["id"]), str(user.get("login", "")), str(data.get("body") or ""))
