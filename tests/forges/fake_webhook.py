"""A team's webhook: it takes events of CloudEvents 1.0 and remembers them, or answers as it is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

# What the specification asks of every event, and what else it knows.
_REQUIRED = {"specversion", "id", "source", "type"}
_KNOWN = {*_REQUIRED, "subject", "time", "datacontenttype", "dataschema", "data"}


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: Any) -> None:
        """Say nothing of a client that went away: that is what is tested."""


class FakeWebhook:
    """Listen on 127.0.0.1; `answers` are the next ones: status and headers, 0 for a connection that breaks."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.answers: list[tuple[int, dict[str, str]]] = []
        self.seen: list[dict[str, str]] = []
        self.before: Callable[[], None] = lambda: None

    def __enter__(self) -> FakeWebhook:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                fake.before()
                fake.seen.append({"path": self.path, **{name.lower(): value for name, value in self.headers.items()}})
                status, headers = fake.answers.pop(0) if fake.answers else (204, {})
                if status == 0:
                    self.close_connection = True
                    return
                if 200 <= status < 300:
                    fake.events.append(check(json.loads(body), self.headers["Content-Type"]))
                self.send_response(status)
                for name, value in {**headers, "Content-Length": "5" if status != 204 else "0"}.items():
                    self.send_header(name, value)
                self.end_headers()
                if status != 204:
                    self.wfile.write(b"\x1b[31mx")

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self.server = _Server(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hooks/s3cr3t-path?key=s3cr3t-key"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.server.shutdown()
        self.server.server_close()


def check(event: dict[str, Any], kind: str) -> dict[str, Any]:
    """Hold an event to CloudEvents 1.0 in structured mode."""
    assert kind == "application/cloudevents+json; charset=utf-8"
    assert _REQUIRED <= set(event) <= _KNOWN
    assert event["specversion"] == "1.0"
    assert all(isinstance(event[name], str) and event[name] for name in _KNOWN - {"data", "dataschema"})
    assert datetime.fromisoformat(event["time"]).tzinfo is not None
    return event
