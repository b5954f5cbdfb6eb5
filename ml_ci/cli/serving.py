"""A front end over HTTP: what the last look at a canary found, for a controller of deployments that asks.

Argo Rollouts reads the JSON of `GET /`; Flagger posts to `/promote` and `/rollback`, and goes on at 200. What is not
known is 503: no verdict is given out that the last look did not confirm.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NoReturn, TypeAlias

from ml_ci.errors import StageFailed, UserError
from ml_ci.frozen import dataclass
from ml_ci.reports.text import label

# Where a controller asks whether to go on, or back, and the decision that says yes.
QUESTIONS: Mapping[str, str] = {"/promote": "promote", "/rollback": "roll back"}
# A decision is given out for so many times the time between two looks, should a look take long.
_STALE = 2.0
_MOST_BODY, _SECONDS = 1_000_000, 10.0


@dataclass(frozen=True)
class Look:
    """What a look found: the decision, and all of it as JSON."""

    decision: str
    document: str


Looking: TypeAlias = Callable[[], Look]


class VerdictServer(ThreadingHTTPServer):
    """Answer with the last look; `address` is host and port, port 0 lets the system choose one."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], every: float) -> None:
        self._every = every
        self._lock = threading.Lock()
        self._last: Look | None = None
        self._why_not, self._when = "there was no look yet", 0.0
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        super().__init__(address, _Handler)

    @property
    def url(self) -> str:
        """Where it answers."""
        host, port = self.server_address[:2]
        return f"http://{f'[{host!s}]' if ':' in str(host) else host!s}:{port}"

    def look(self, looking: Looking, *, first: bool = False) -> Look | None:
        """Look, and answer with it from now on; None where the look failed, which is answered with 503.

        What is wrong with the `first` is raised: a wrong stage or configuration would be 503 for ever.
        """
        found, why_not = None, ""
        try:
            found = looking()
        except (UserError, StageFailed) as error:
            if first:
                raise
            why_not = error.message if isinstance(error, UserError) else error.failure.message
        with self._lock:
            self._last, self._why_not, self._when = found, why_not, time.monotonic()
        return found

    def last(self) -> tuple[Look | None, str]:
        """Give the last look, or why there is none that counts."""
        with self._lock:
            if self._last is not None and time.monotonic() - self._when > _STALE * self._every:
                return None, "the last look is too long ago"
            return self._last, self._why_not


class _Handler(BaseHTTPRequestHandler):
    server: VerdictServer
    timeout = _SECONDS

    def do_GET(self) -> None:
        if self.path == "/healthz":
            self._answer(200, "ok\n")
        elif self.path == "/":
            found, why_not = self.server.last()
            document = json.dumps({"error": label(why_not, 500)}) if found is None else found.document
            self._answer(503 if found is None else 200, document, "application/json")
        else:
            self._ask()

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > _MOST_BODY:
            self._answer(413, "too much\n")
            return
        self.rfile.read(int(length))  # who asks is known; what it says of itself decides nothing
        self._ask()

    def _ask(self) -> None:
        wanted = QUESTIONS.get(self.path)
        found, why_not = self.server.last()
        if wanted is None:
            self._answer(404, f"there are /, /healthz, {' and '.join(QUESTIONS)}\n")
        elif found is None:
            self._answer(503, f"{label(why_not, 500)}\n")
        else:
            self._answer(200 if found.decision == wanted else 403, f"{found.decision}\n")

    def _answer(self, status: int, text: str, kind: str = "text/plain; charset=utf-8") -> None:
        body = text.encode("utf-8", "replace")
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing of each request: a controller asks every minute."""


def serve(server: VerdictServer, looking: Looking, every: float, say: Callable[[str], None]) -> NoReturn:
    """Look again and again, and answer meanwhile, until it is interrupted; `say` tells each decision that is new."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.2}, daemon=True)
    thread.start()
    said = ""
    try:
        while True:
            found = server.look(looking, first=not said)
            told = server.last()[1] if found is None else found.decision
            if told != said:
                say(label(told, 500))
                said = told
            time.sleep(every)
    finally:
        server.shutdown()
        server.server_close()


def read_address(text: str) -> tuple[str, int]:
    """Read `8080`, `0.0.0.0:8080` or `[::1]:8080`; a port alone is of this machine only. UserError for what is none."""
    host, colon, port = text.strip().rpartition(":")
    host = host.strip("[]") if colon else "127.0.0.1"
    if not host or not port.isdecimal() or not int(port) < 2**16:
        raise UserError(f"--serve {text[:80]}: no address", hint="For example --serve 8080, or --serve 0.0.0.0:8080.")
    return host, int(port)
