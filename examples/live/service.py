"""Score orders as they come: python service.py model.json 8000 logs; `POST /score` takes an order and gives its score.

Port 0 lets the system choose one, which is printed. A terminated service writes what it has not written yet.
"""

from __future__ import annotations

import json
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from orders.log import Log, answer
from orders.model import load


class Server(ThreadingHTTPServer):
    """Hold the model and the log."""

    def __init__(self, model: Path, port: int, logs: Path) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.weights, self.log = load(model), Log(logs)


class Handler(BaseHTTPRequestHandler):
    """Answer one order."""

    server: Server

    def do_POST(self) -> None:
        try:
            row = answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))), self.server.weights)
        except (ValueError, KeyError, TypeError) as error:
            self.reply(400, {"error": f"{type(error).__name__}: {error}"})
            return
        self.server.log.add(row)
        self.reply(200, {"id": row["id"], "score": row["score"]})

    def reply(self, status: int, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing of each request."""


def stop(*_: object) -> None:
    """End as by Ctrl-C."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, stop)
    with Server(Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])) as server:
        print(server.server_address[1], flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            server.log.close()
