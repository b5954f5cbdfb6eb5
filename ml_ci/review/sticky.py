"""Keep one comment per pull request and key: found by marker and author, edited in place, never a second."""

from __future__ import annotations

from typing import Literal, TypeAlias

from ml_ci.forges.errors import RefusedError, UnavailableError, UnclearError
from ml_ci.forges.values import Comment
from ml_ci.review.desk import Desk
from ml_ci.review.draft import Draft, is_of, is_same

Done: TypeAlias = Literal["created", "edited", "unchanged"]

_ROUNDS = 3


class _MovedError(Exception):
    """The comment that was found is gone: look again."""


def put(desk: Desk, number: int, wanted: Draft, author: str = "") -> Done:
    """Have one comment with the draft's substance; `author` is whose comments may be edited, asked for where "".

    Two runs at the same time both create one, look again, and the younger takes its own away: one is left whichever
    comes first.
    """
    login = author or desk.who()
    last: UnclearError | None = None
    for attempt in range(_ROUNDS):
        try:
            return _put(desk, number, wanted, login)
        except _MovedError:
            last = None
        except UnclearError as error:  # it may have been written: look before writing again
            last = error
            desk.sleep(2.0**attempt)
    raise last or UnavailableError(f"could not comment on pull request #{number}: the comment vanishes each time")


def _put(desk: Desk, number: int, wanted: Draft, login: str) -> Done:
    found = _own(desk, number, wanted, login)
    if found:
        for younger in found[1:]:  # left by a run that died before it could take it away
            _delete(desk, number, younger)
        return _edit(desk, number, found[0], wanted)
    created = desk.write(number, wanted.body)
    oldest = min([created, *_own(desk, number, wanted, created.author)], key=lambda one: one.id)
    if oldest.id == created.id:
        return "created"
    _delete(desk, number, created)
    return _edit(desk, number, oldest, wanted)


def _own(desk: Desk, number: int, wanted: Draft, login: str) -> list[Comment]:
    """Give the author's comments with the draft's key, the oldest first."""
    listed = [one for one in desk.comments(number) if one.author == login and is_of(one, wanted.key)]
    return sorted(listed, key=lambda one: one.id)


def _edit(desk: Desk, number: int, found: Comment, wanted: Draft) -> Done:
    if is_same(found, wanted):
        return "unchanged"
    try:
        desk.edit(number, found, wanted.body)
    except RefusedError as error:
        if error.status == 404:
            raise _MovedError from None
        raise
    return "edited"


def _delete(desk: Desk, number: int, created: Comment) -> None:
    try:
        desk.delete(number, created)
    except RefusedError as error:
        if error.status != 404:
            raise
