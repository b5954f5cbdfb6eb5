"""Who let a run through: the reviewers of the environment that its job waited for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ml_ci.errors import UserError
from ml_ci.forges.errors import UnavailableError
from ml_ci.frozen import dataclass
from ml_ci.github.api import Api
from ml_ci.reports.text import label
from ml_ci.review.client import Call

_MOST_NAMES, _MOST_COMMENT = 200, 500


@dataclass(frozen=True)
class Approval:
    """Who approved a run, joined by `and` where several did, and what they wrote: one line each, "" without words."""

    by: str
    comment: str


def approval(api: Api, run_id: str, environment: str = "") -> Approval | None:
    """Ask who approved a run; None when nobody did.

    With `environment`, approvals of another one do not count. What people wrote is cleaned and clipped, and is still
    the text of others. RefusedError where the token may not ask, UnavailableError where GitHub does not answer.
    """
    if not run_id.isdigit():
        raise UserError("GITHUB_RUN_ID names no run", hint="Approvals are of a run of GitHub Actions.")
    call = Call("GET", f"/repos/{{repo}}/actions/runs/{run_id}/approvals", "ask who approved this run", "actions: read")
    data = api.send(call).data
    if not isinstance(data, list):
        raise UnavailableError("could not ask who approved this run: the answer is no list")
    found = [one for one in data if _counts(one, environment)]
    names = dict.fromkeys(name for one in found if (name := _login(one)))
    if not names:
        return None
    comments = dict.fromkeys(said for one in found if _login(one) and (said := label(_text(one.get("comment")), 1000)))
    return Approval(label(" and ".join(names), _MOST_NAMES), label(" / ".join(comments), _MOST_COMMENT))


def _counts(one: object, environment: str) -> bool:
    if not isinstance(one, Mapping) or one.get("state") != "approved":
        return False
    return not environment or environment.lower() in (name.lower() for name in _environments(one))


def _environments(one: Mapping[str, Any]) -> Iterator[str]:
    listed = one.get("environments")
    for environment in listed if isinstance(listed, list) else ():
        if isinstance(environment, Mapping):
            yield _text(environment.get("name"))


def _login(one: Mapping[str, Any]) -> str:
    user = one.get("user")
    return label(_text(user.get("login")), 100) if isinstance(user, Mapping) else ""


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
