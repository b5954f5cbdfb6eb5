"""Speak with a forge's REST API: the one module that sends requests. Patient with servers, plain with people."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import field
from functools import cached_property
from itertools import islice
from typing import Any, ClassVar

import requests
from requests.auth import AuthBase

from ml_ci import __version__
from ml_ci.errors import UserError
from ml_ci.forges.errors import RefusedError, UnavailableError, UnclearError
from ml_ci.forges.values import Token
from ml_ci.frozen import dataclass
from ml_ci.reports.text import label

_MOST_PAGES = 300
# Seconds to connect, and to wait for the answer.
TIMEOUT = (10.0, 30.0)
_ATTEMPTS = 4
_LISTS = ("statuses", "workflow_runs")
_CHUNK = 2**16
_URL = re.compile(r"^https?://[^\s/?#@]+[^\s?#@]*$")
# Longer than this no step of a workflow should sleep: a message with the hour is better.
_PATIENCE = 60.0


@dataclass(frozen=True)
class Call:
    """One request: what it does in words, and what the token must be allowed (`pull-requests: write`).

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
    """What the forge answered: its JSON, and whether there is a further page."""

    data: Any
    more: bool = False


@dataclass(frozen=True)
class Client:
    """One repository at one server of a forge; `{repo}` in the path of a call stands for it.

    `url` is the API's. What differs between forges is below; the rest is patience and plain words.
    """

    url: str
    repository: str
    token: Token

    title: ClassVar[str]
    per_page: ClassVar[int] = 100
    follows: ClassVar[bool] = True  # where it redirects to; no header but Authorization is kept from other hosts
    size: ClassVar[str] = "per_page"  # the parameter that asks for so many items of a page
    headers: ClassVar[Mapping[str, str]] = {"Accept": "application/json"}
    later: ClassVar[str] = "Nothing is wrong with the change: run the job again."
    wrong_url: ClassVar[str] = "Is the API's URL right (--api-url)?"
    # How a repository is named there: as a pattern, in words, where it is said. Then an API's URL as an example, and
    # what to do without a token.
    pattern: ClassVar[re.Pattern[str]]
    called: ClassVar[str]
    unnamed: ClassVar[str]
    example: ClassVar[str]
    unknown: ClassVar[str]

    def __post_init__(self) -> None:
        if not self.pattern.match(self.repository) or ".." in self.repository:
            said = label(self.repository) or "no repository"
            raise UserError(f"{said}: a repository is named {self.called}", hint=self.unnamed)
        if not _URL.match(self.url):
            raise UserError(f"{label(self.url) or 'no URL'}: no URL of an API", hint=f"For example {self.example}.")
        if not self.token:
            raise UserError("there is no token", hint=self.unknown)

    def credentials(self) -> Mapping[str, str]:
        """Give the header that holds the token."""
        return {"Authorization": f"Bearer {self.token.value}"}

    def place(self) -> str:
        """Write the repository as a path of the API holds it."""
        return self.repository

    def hint(self, status: int, call: Call) -> str:
        """Say what to do about a refusal."""
        return "" if status == 422 else self.wrong_url

    def words(self, data: object) -> str:
        """Give what a refusal says, in the forge's own words; "" for none."""
        said = data.get("message") if isinstance(data, dict) else None
        return said if isinstance(said, str) else ""

    def send(self, call: Call) -> Answer:
        """Send a request; RefusedError for what the forge will not do, UnavailableError when it does not answer."""
        return self._answer(call, self._patient(call))

    def file(self, call: Call, most: int) -> bytes:
        """Give the first `most` bytes of a file, wherever the forge keeps it: nobody else is sent the token."""
        response = self._patient(call, whole=False)
        with response:
            if response.is_redirect:
                return self._elsewhere(call, response.headers.get("Location", ""), most)
            if not 200 <= response.status_code < 300:
                raise self._refused(call, response)
            return _first(response, most)

    def _elsewhere(self, call: Call, url: str, most: int) -> bytes:
        """Read a file at a storage that the forge names by an address which is the permission to read it."""
        try:
            with requests.get(url, timeout=TIMEOUT, stream=True) as response:
                if response.status_code != 200:
                    raise UnavailableError(
                        f"could not {call.doing}: the storage answered {response.status_code}", hint=self.later
                    )
                return _first(response, most)
        except requests.RequestException as error:
            raise UnavailableError(f"could not {call.doing}: {_named(error)}", hint=self.later) from None

    def _patient(self, call: Call, *, whole: bool = True) -> requests.Response:
        """Send a request until it is answered: a rate limit and a server that stumbles are waited for."""
        for attempt in range(_ATTEMPTS):
            try:
                response = self._sent(call, whole)
            except (requests.ConnectionError, requests.Timeout) as error:
                self._lost(call, _named(error), attempt)
                continue
            except requests.RequestException as error:
                raise UnavailableError(f"could not {call.doing}: {_named(error)}", hint=self.later) from None
            wait = _limited(response)
            if wait is not None:
                self._wait(call, response, wait, attempt)
            elif response.status_code >= 500:
                self._lost(call, f"{self.title} answered {response.status_code}", attempt)
            else:
                return response
        raise AssertionError("the last attempt raises")

    def pages(self, call: Call) -> Iterator[Any]:
        """Give the items of all pages as they are asked for, each page as large as it may be."""
        for page in range(1, _MOST_PAGES + 1):
            query = {**call.query, self.size: self.per_page, "page": page}
            answer = self.send(Call(call.method, call.path, call.doing, call.needs, query))
            yield from self._items(answer.data, call)
            if not answer.more:
                return

    def sleep(self, seconds: float) -> None:
        """Wait before asking again."""
        time.sleep(seconds)

    @cached_property
    def _session(self) -> requests.Session:
        session = requests.Session()
        session.auth = _Credentials(self)  # not a header: a ~/.netrc would take its place
        session.headers.update({**self.headers, "User-Agent": f"ml-ci/{__version__}"})
        return session

    def _sent(self, call: Call, whole: bool) -> requests.Response:
        return self._session.request(
            call.method,
            f"{self.url.rstrip('/')}{call.path.replace('{repo}', self.place())}",
            params=dict(call.query),
            json=call.body,
            timeout=TIMEOUT,
            allow_redirects=self.follows and whole and call.method == "GET",
            stream=not whole,
        )

    def _lost(self, call: Call, what: str, attempt: int) -> None:
        """Wait before the next attempt; raise after the last, and where a second attempt could do the thing twice."""
        if not call.twice:
            raise UnclearError(f"could not {call.doing}: {what}", hint=self.later)
        if attempt + 1 == _ATTEMPTS:
            raise UnavailableError(f"could not {call.doing}: {what}, {_ATTEMPTS} times", hint=self.later)
        self.sleep(2.0**attempt)

    def _wait(self, call: Call, response: requests.Response, wait: float, attempt: int) -> None:
        """Wait for a rate limit: what was asked was not done, so that it may be asked again."""
        if attempt + 1 == _ATTEMPTS or wait > _PATIENCE:
            said = self._said(response)
            raise UnavailableError(f"could not {call.doing}: {self.title}'s rate limit ({said})", hint=_wait_hint(wait))
        self.sleep(max(wait, 2.0**attempt))

    def _answer(self, call: Call, response: requests.Response) -> Answer:
        if not 200 <= response.status_code < 300:
            raise self._refused(call, response)
        if response.status_code == 204:
            return Answer(None)
        try:
            return Answer(response.json(), 'rel="next"' in response.headers.get("Link", ""))
        except ValueError:
            raise UnavailableError(f"could not {call.doing}: the answer is no JSON", hint=self.wrong_url) from None

    def _refused(self, call: Call, response: requests.Response) -> RefusedError:
        status = response.status_code
        message = f"could not {call.doing}: {self.title} answered {status} ({self._said(response)})"
        return RefusedError(status, message, hint=self.hint(status, call))

    def _said(self, response: requests.Response) -> str:
        """Give the forge's own words, on one line, without the token should they repeat it."""
        try:
            data = response.json()
        except ValueError:
            data = {}
        words = self.words(data) or response.reason or "no reason"
        return label(words.replace(self.token.value, "***"), 300)

    def _items(self, data: object, call: Call) -> list[Any]:
        """Give the list of a page, which some answers have under a name."""
        found = next((data[name] for name in _LISTS if name in data), None) if isinstance(data, dict) else data
        if not isinstance(found, list):
            raise UnavailableError(f"could not {call.doing}: the answer is no list", hint=self.wrong_url)
        return found


@dataclass(frozen=True)
class _Credentials(AuthBase):
    client: Client = field(repr=False)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers.update(self.client.credentials())
        return request


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


def _first(response: requests.Response, most: int) -> bytes:
    """Give the first bytes of an answer; the rest is not read."""
    return b"".join(islice(response.iter_content(_CHUNK), most // _CHUNK + 1))[:most]


def _wait_hint(wait: float) -> str:
    return f"Run the job again in {max(1, round(wait / 60)):,} min; fewer jobs at the same time ask for less."
