"""Speak with GitHub's REST API: the one module that sends requests. Patient with servers, plain with people."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import requests
from requests.auth import AuthBase

from ml_ci import __version__
from ml_ci.errors import UserError
from ml_ci.forges.errors import RefusedError, UnavailableError, UnclearError
from ml_ci.forges.values import Token
from ml_ci.reports.text import label

PER_PAGE = 100
_MOST_PAGES = 300
# Seconds to connect, and to wait for the answer.
TIMEOUT = (10.0, 30.0)
_ATTEMPTS = 4
# Longer than this no step of a workflow should sleep: a message with the hour is better.
_PATIENCE = 60.0
_NAME = re.compile(r"^[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}$")


@dataclass(frozen=True)
class Call:
    """One request: what it does in words, and the permission that it needs (`pull-requests: write`).

    `twice` says whether it may be sent again when nobody knows if it arrived.
    """

    method: str
    path: str
    doing: str
    needs: str
    query: Mapping[str, str | int] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    twice: bool = True


@dataclass(frozen=True)
class Answer:
    """What GitHub answered: its JSON, and whether there is a further page."""

    data: Any
    more: bool = False


@dataclass(frozen=True)
class Api:
    """One repository at one GitHub; `url` is GITHUB_API_URL, also of a GitHub Enterprise Server."""

    url: str
    repository: str
    token: Token

    def __post_init__(self) -> None:
        if not _NAME.match(self.repository) or ".." in self.repository:
            raise UserError(
                f"{label(self.repository) or 'no repository'}: a repository is named OWNER/NAME", hint=_NAMED
            )
        if not re.match(r"^https?://[^\s/?#@]+[^\s?#@]*$", self.url):
            raise UserError(f"{label(self.url)}: no URL of an API", hint="For example https://api.github.com.")
        if not self.token:
            raise UserError("there is no token", hint="Set GITHUB_TOKEN: `env: {GITHUB_TOKEN: ${{ github.token }}}`.")

    def send(self, call: Call) -> Answer:
        """Send a request; RefusedError for what GitHub will not do, UnavailableError when it does not answer."""
        for attempt in range(_ATTEMPTS):
            try:
                response = self._sent(call)
            except (requests.ConnectionError, requests.Timeout) as error:
                self._lost(call, _named(error), attempt)
                continue
            except requests.RequestException as error:
                raise UnavailableError(f"could not {call.doing}: {_named(error)}", hint=_LATER) from None
            wait = _limited(response)
            if wait is not None:
                self._wait(call, response, wait, attempt)
            elif response.status_code >= 500:
                self._lost(call, f"GitHub answered {response.status_code}", attempt)
            else:
                return self._answer(call, response)
        raise AssertionError("the last attempt raises")

    def pages(self, call: Call) -> Iterator[Any]:
        """Give the items of all pages, 100 a page, as they are asked for."""
        for page in range(1, _MOST_PAGES + 1):
            query = {**call.query, "per_page": PER_PAGE, "page": page}
            answer = self.send(Call(call.method, call.path, call.doing, call.needs, query))
            yield from _items(answer.data, call)
            if not answer.more:
                return

    def sleep(self, seconds: float) -> None:
        """Wait before asking again."""
        time.sleep(seconds)

    @cached_property
    def _session(self) -> requests.Session:
        session = requests.Session()
        session.auth = _Bearer(self.token)  # not a header: a ~/.netrc would take its place
        session.headers.update(
            {
                "Accept": "application/vnd.github+json",
                "User-Agent": f"ml-ci/{__version__}",
                "X-GitHub-Api-Version": "2022-11-28",
            }
        )
        return session

    def _sent(self, call: Call) -> requests.Response:
        return self._session.request(
            call.method,
            f"{self.url.rstrip('/')}{call.path.replace('{repo}', self.repository)}",
            params=dict(call.query),
            json=call.body,
            timeout=TIMEOUT,
            allow_redirects=call.method == "GET",
        )

    def _lost(self, call: Call, what: str, attempt: int) -> None:
        """Wait before the next attempt; raise after the last, and where a second attempt could do the thing twice."""
        if not call.twice:
            raise UnclearError(f"could not {call.doing}: {what}", hint=_LATER)
        if attempt + 1 == _ATTEMPTS:
            raise UnavailableError(f"could not {call.doing}: {what}, {_ATTEMPTS} times", hint=_LATER)
        self.sleep(2.0**attempt)

    def _wait(self, call: Call, response: requests.Response, wait: float, attempt: int) -> None:
        """Wait for a rate limit: GitHub did not do what was asked, so that it may be asked again."""
        if attempt + 1 == _ATTEMPTS or wait > _PATIENCE:
            said = self._said(response)
            raise UnavailableError(f"could not {call.doing}: GitHub's rate limit ({said})", hint=_wait_hint(wait))
        self.sleep(max(wait, 2.0**attempt))

    def _answer(self, call: Call, response: requests.Response) -> Answer:
        if not 200 <= response.status_code < 300:
            raise self._refused(call, response)
        if response.status_code == 204:
            return Answer(None)
        try:
            return Answer(response.json(), 'rel="next"' in response.headers.get("Link", ""))
        except ValueError:
            raise UnavailableError(f"could not {call.doing}: the answer is no JSON", hint=_URL) from None

    def _refused(self, call: Call, response: requests.Response) -> RefusedError:
        status = response.status_code
        message = f"could not {call.doing}: GitHub answered {status} ({self._said(response)})"
        return RefusedError(status, message, hint=_hint(status, call))

    def _said(self, response: requests.Response) -> str:
        """Give GitHub's own words, on one line, without the token should they repeat it."""
        try:
            data = response.json()
        except ValueError:
            data = {}
        said = data.get("message") if isinstance(data, dict) else None
        errors = [str(one.get("message") or one.get("code")) for one in _errors(data) if isinstance(one, dict)]
        words = ": ".join([said if isinstance(said, str) else response.reason or "no reason", *errors[:3]])
        return label(words.replace(self.token.value, "***"), 300)


@dataclass(frozen=True)
class _Bearer(AuthBase):
    token: Token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.token.value}"
        return request


_NAMED = "Give --repository OWNER/NAME, or set GITHUB_REPOSITORY."
_LATER = "Nothing is wrong with the change: run the job again, and see https://www.githubstatus.com."
_URL = "Is the API's URL right? For a GitHub Enterprise Server it ends with /api/v3 (--api-url, GITHUB_API_URL)."


def _named(error: Exception) -> str:
    """Name what happened to a connection; the library's own words hold URLs and are long."""
    return "no answer in time" if isinstance(error, requests.Timeout) else f"no connection ({type(error).__name__})"


def _limited(response: requests.Response) -> float | None:
    """Give the seconds that a rate limit asks to wait; None where the answer is none of a rate limit."""
    if response.status_code not in (403, 429):
        return None
    after = response.headers.get("Retry-After", "")
    if after.isdecimal():
        return float(after)
    if response.headers.get("X-RateLimit-Remaining") == "0":
        reset = response.headers.get("X-RateLimit-Reset", "")
        return max(float(reset) - time.time(), 1.0) if reset.isdecimal() else _PATIENCE
    if response.status_code == 429 or "secondary rate limit" in response.text[:2000].lower():
        return 1.0
    return None


def _wait_hint(wait: float) -> str:
    return f"Run the job again in {max(1, round(wait / 60)):,} min; fewer jobs at the same time ask for less."


def _hint(status: int, call: Call) -> str:
    if status == 401:
        return "GITHUB_TOKEN is not valid, or has expired."
    if status == 403:
        return permission_hint(call.needs)
    if status in (301, 307, 308):
        return "The repository has moved: name it as it is now (--repository)."
    if status == 404:
        return f"Is the repository right, and may the token see it? It needs `{call.needs}`."
    return "" if status == 422 else _URL


def permission_hint(needs: str) -> str:
    """Name the lines of YAML that are missing for a permission such as `statuses: write`."""
    return (
        f"Add to the job in the workflow:\n    permissions:\n      {needs}\n"
        "A pull request from a fork has a read-only token whatever the file says: it needs the two-stage workflow."
    )


def _errors(data: object) -> list[Any]:
    found = data.get("errors") if isinstance(data, dict) else None
    return found if isinstance(found, list) else []


def _items(data: object, call: Call) -> list[Any]:
    """Give the list of a page, which some answers have under `statuses`."""
    found = data.get("statuses") if isinstance(data, dict) else data
    if not isinstance(found, list):
        raise UnavailableError(f"could not {call.doing}: the answer is no list", hint=_URL)
    return found
