"""Ask a model that is served at a URL, by the open inference protocol: bounded in time and in what is read."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from functools import cached_property
from itertools import count
from queue import Empty, Queue
from threading import Thread
from typing import TYPE_CHECKING, Any

from ml_ci import __version__
from ml_ci.errors import UserError
from ml_ci.frozen import dataclass
from ml_ci.live.protocol import InputSpec, Said, Value, fail, read_answer, read_inputs, write_request

if TYPE_CHECKING:
    from requests import PreparedRequest

TOKEN = "ML_CI_SERVING_TOKEN"  # noqa: S105 the variable's name
SECONDS = 30.0
# So many rows are asked about in one request.
BATCH = 100
_URL = re.compile(r"(?P<model>https?://[^\s/?#]+(?:/[^\s?#]*)?/v2/models/(?P<name>[^\s/?#]+)(?:/versions/[^\s/?#]+)?)")
_CONNECT, _CHUNK = 10.0, 2**16
_MOST, _ROW = 1_000_000, 5_000  # bytes of an answer at most: of itself, and of each row
_WORDS = 300
_HINT = "For example https://models.example.org/v2/models/churn."


@dataclass(frozen=True)
class Endpoint:
    """A model at a URL; each request may take `seconds`. `token` is sent as a bearer's, and shown nowhere."""

    url: str
    seconds: float = SECONDS
    token: str = field(default="", repr=False)
    output: str | None = None
    _numbers: count[int] = field(default_factory=lambda: count(1), repr=False, compare=False)

    @classmethod
    def read(cls, url: str, seconds: float = SECONDS, token: str = "", output: str | None = None) -> Endpoint:
        """Read the URL of a served model; UserError for what is none, and for one with a password in it."""
        given = url.strip().rstrip("/")
        if "@" in given.split("://", 1)[-1].split("/", 1)[0]:
            raise UserError("the URL holds credentials", hint=f"Take them out; {TOKEN} holds a bearer's token.")
        found = _URL.fullmatch(given.removesuffix("/infer"))
        if found is None:
            raise UserError(f"{given[:200]}: no URL of a served model, which ends in /v2/models/NAME", hint=_HINT)
        return cls(found["model"], seconds, token, output)

    @property
    def model(self) -> str:
        """The model's name, as the URL has it."""
        found = _URL.fullmatch(self.url)
        return found["name"] if found else ""

    @cached_property
    def inputs(self) -> tuple[InputSpec, ...]:
        """What the model says that it takes; () where it does not say it. StageFailed where nobody answers."""
        metadata = self._send("GET", self.url, None, _MOST, may_lack=True)
        return () if metadata is None else read_inputs(metadata, self.url)

    def ask(self, columns: Mapping[str, Sequence[Value]]) -> Said:
        """Have some rows scored, given by column; all are of one length.

        StageFailed where nobody answers in time, for a refusal, and for an answer of another shape.
        """
        rows = len(next(iter(columns.values()), ()))
        parts = [
            self._ask({name: values[at : at + BATCH] for name, values in columns.items()})
            for at in range(0, rows, BATCH)
        ]
        if not parts:
            return Said("", (), None)
        first = parts[0]
        if any((one.scores is None) != (first.scores is None) for one in parts):
            raise fail("answer", f"{self.url} answers with scores, and then with classes")
        if first.scores is None:
            return replace(first, classes=tuple(value for one in parts for value in one.classes or ()))
        return replace(first, scores=tuple(score for one in parts for score in one.scores or ()))

    def _ask(self, columns: Mapping[str, Sequence[Value]]) -> Said:
        rows = len(next(iter(columns.values())))
        # The service's own log can tell these requests from the world's by their id.
        asked = write_request(self.inputs, columns, f"ml-ci-{next(self._numbers)}")
        answer = self._send("POST", f"{self.url}/infer", asked, _MOST + _ROW * rows)
        return read_answer(answer, rows, self.output, self.url)

    def _send(self, method: str, url: str, content: Any, most: int, *, may_lack: bool = False) -> Any:
        """Send a request and read its JSON; None for what is not there, where it may lack."""
        status, body = self._within(lambda: self._exchange(method, url, content, most))
        if may_lack and status in (404, 405, 501):
            return None
        if status != 200:
            raise self._refused(status, body)
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            raise fail("answer", f"{url} answers with what is no JSON", "Is it the URL of the model?") from None

    def _within(self, exchange: Callable[[], tuple[int, bytes]]) -> tuple[int, bytes]:
        """Wait for so long for an exchange, all in all: an answer that drips begins a socket's own limit anew."""
        done: Queue[tuple[int, bytes] | Exception] = Queue()

        def work() -> None:
            try:
                done.put(exchange())
            except Exception as error:  # handed to who waits
                done.put(error)

        Thread(target=work, daemon=True).start()
        try:
            found = done.get(timeout=self.seconds)
        except Empty:
            raise self._late() from None
        if isinstance(found, Exception):
            raise found
        return found

    def _exchange(self, method: str, url: str, content: Any, most: int) -> tuple[int, bytes]:
        import requests

        headers = {"Accept": "application/json", "User-Agent": f"ml-ci/{__version__}"}
        limits = (min(_CONNECT, self.seconds), self.seconds)
        try:
            with requests.request(
                method, url, json=content, headers=headers, timeout=limits, auth=self._authorize, stream=True,
                allow_redirects=False,
            ) as response:  # fmt: skip
                body = b""
                for chunk in response.iter_content(_CHUNK):
                    body += chunk
                    if len(body) > most:
                        raise fail("answer", f"{self.url} answers with more than {most / 1e6:,.1f} MB")
                return response.status_code, body
        except requests.Timeout:
            raise self._late() from None
        except requests.RequestException as error:
            message = f"{self.url} does not answer: {_name(error)}"
            raise fail("no-answer", message, "Are host and port right, and does it run?") from None

    def _authorize(self, request: PreparedRequest) -> PreparedRequest:
        """Send the token that was given, and none that a file of the home folder has for the host."""
        if self.token:
            request.headers["Authorization"] = f"Bearer {self.token}"
        return request

    def _late(self) -> Exception:
        hint = "Is it starting up? --timeout gives it more seconds."
        return fail("time-limit", f"{self.url} took longer than {self.seconds:g} s to answer", hint)

    def _refused(self, status: int, body: bytes) -> Exception:
        said = _words(body)
        said = said.replace(self.token, "***") if self.token else said
        message = f"{self.url} answered {status}" + (f": {said}" if said else "")
        if status in (401, 403):
            return fail("refused", message, f"The variable {TOKEN} holds the token that is sent.")
        if 300 <= status < 400:
            return fail("refused", f"{message}: it is elsewhere", "Give the URL that it redirects to.")
        hint = "Is the model's name in the URL right, and is it loaded?" if status == 404 else ""
        return fail("refused", message, hint)


def _words(body: bytes) -> str:
    """Give what a refusal says, as the protocol has it; "" for none."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    words = said.get("error") if isinstance(said, dict) else None
    return " ".join(words.split())[:_WORDS] if isinstance(words, str) else ""


def _name(error: Exception) -> str:
    """Name an error of the connection without its objects and addresses in memory."""
    text = str(error)
    for words in ("Connection refused", "Name or service not known", "CERTIFICATE_VERIFY_FAILED", "timed out"):
        if words in text:
            return words.lower().replace("_", " ")
    return type(error).__name__
