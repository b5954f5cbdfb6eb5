"""A server of the open inference protocol for tests: what it answers is given, what it was asked is kept."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeAlias

METADATA = {
    "name": "cut",
    "inputs": [
        {"name": "x", "datatype": "INT64", "shape": [-1]},
        {"name": "sex", "datatype": "BYTES", "shape": [-1, 1]},
    ],
    "outputs": [{"name": "score", "datatype": "FP64", "shape": [-1]}],
}
# From the decoded body to a status and what is answered: JSON, or bytes as they are.
Reply: TypeAlias = Callable[[Any], tuple[int, Any]]


class Served(ThreadingHTTPServer):
    """One model, `cut`, at `url`; `asked` are the bodies and `headers` the headers of the requests that came."""

    daemon_threads = True

    def __init__(self, reply: Reply, metadata: Any = METADATA) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.reply, self.metadata = reply, metadata
        self.asked: list[Any] = []
        self.headers: list[dict[str, str]] = []
        self.drip = 0.0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v2/models/cut"


class _Handler(BaseHTTPRequestHandler):
    server: Served

    def do_GET(self) -> None:
        self.server.headers.append(dict(self.headers))
        there = self.path == "/v2/models/cut" and self.server.metadata is not None
        self._answer(200 if there else 404, self.server.metadata if there else {"error": "there is nothing here"})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append(body)
        if self.path != "/v2/models/cut/infer":
            self._answer(404, {"error": "there is no such model"})
        else:
            self._answer(*self.server.reply(body))

    def _answer(self, status: int, content: Any) -> None:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", "http://127.0.0.1:9/elsewhere")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        for at in range(0, len(body), 1 if self.server.drip else len(body) or 1):
            if self.server.drip and threading.Event().wait(self.server.drip):
                return
            try:
                self.wfile.write(body[at : at + 1] if self.server.drip else body)
                self.wfile.flush()
            except OSError:  # who asked went away
                return

    def log_message(self, *_: object) -> None:
        """Say nothing of each request."""


@contextmanager
def serve(reply: Reply, metadata: Any = METADATA) -> Iterator[Served]:
    """Serve a model until the end of the block."""
    with Served(reply, metadata) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def output(values: list[Any], datatype: str = "FP64", shape: list[int] | None = None, name: str = "score") -> Any:
    """Write one output, as the protocol has it."""
    return {"name": name, "datatype": datatype, "shape": shape or [len(values)], "data": values}


def scoring(body: Any) -> tuple[int, Any]:
    """Score rows as the job of `test_ask.py` does: x / 40."""
    [x] = [one["data"] for one in body["inputs"] if one["name"] == "x"]
    return 200, {"model_name": "cut", "id": body["id"], "outputs": [output([min(1.0, one / 40) for one in x])]}
