"""A service that scores customers: `POST /score` takes rows as JSON and answers with a score for each.

`python -m service 8000` starts it; with port 0 the system chooses one, and the first line printed says which.
"""

from __future__ import annotations

import json
import math
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

MODEL = json.loads(Path("model.json").read_text())


def score(row: dict[str, str]) -> float:
    """Give the probability that a customer leaves."""
    logit = MODEL["bias"] + sum(MODEL[name] * float(row[name]) for name in ("months", "calls", "price"))
    return 1 / (1 + math.exp(-logit))


class Handler(BaseHTTPRequestHandler):
    """Answer requests for scores."""

    def do_POST(self) -> None:
        rows = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        body = json.dumps([score(row) for row in rows]).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing of each request."""


if __name__ == "__main__":
    with ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler) as server:
        print(server.server_address[1], flush=True)
        server.serve_forever()
