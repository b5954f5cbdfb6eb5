"""A service that scores customers: `python -m service model.json 8000`; port 0 lets the system choose one.

`POST /score` takes a list of rows, or one row, as JSON, and answers with their scores; `POST /v2/models/leaving/infer`
is the open inference protocol, by columns. Requests that come at the same time are scored together: `batches.py`.
"""

from __future__ import annotations

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from leaving.score import Scorer

from service import protocol
from service.batches import Batches


class Server(ThreadingHTTPServer):
    """Hold the model, and what scores many requests together."""

    request_queue_size = 128

    def __init__(self, model: Path, port: int) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.batches = Batches(Scorer(model).score)


class Handler(BaseHTTPRequestHandler):
    """Answer requests for scores."""

    server: Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        known = {"/v2/health/ready": {"ready": True}, protocol.PATH: protocol.METADATA}
        self.answer(200 if self.path in known else 404, known.get(self.path, {"error": "there is nothing here"}))

    def do_POST(self) -> None:
        given = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            self.answer(200, self.score(json.loads(given)))
        except (ValueError, KeyError, TypeError) as error:
            self.answer(400, {"error": f"{type(error).__name__}: {error}"})

    def score(self, asked: Any) -> Any:
        if self.path == f"{protocol.PATH}/infer":
            return protocol.write(asked, self.server.batches.score(protocol.read(asked)))
        if isinstance(asked, dict):
            return self.server.batches.score([asked])[0]
        return self.server.batches.score(asked)

    def answer(self, status: int, content: Any) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing of each request."""


if __name__ == "__main__":
    with Server(Path(sys.argv[1]), int(sys.argv[2])) as server:
        print(server.server_address[1], flush=True)
        server.serve_forever()
