"""A gRPC service that scores customers: `Scoring/Score` takes a stream of rows and answers with a stream of scores.

`python -m scoring 8000` starts it; with port 0 the system chooses one, and the first line printed says which. Messages
are JSON here; what protoc generates from a .proto goes in the same place.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator
from concurrent import futures
from pathlib import Path
from typing import Any

import grpc

MODEL = json.loads(Path("model.json").read_text())
INPUTS = ("months", "calls", "price")
BATCH = 32


def score(row: dict[str, str]) -> float:
    """Give the probability that a customer leaves."""
    logit = MODEL["bias"] + sum(MODEL[name] * float(row[name]) for name in INPUTS)
    return 1 / (1 + math.exp(-logit))


def answer(rows: Iterator[dict[str, str]], context: Any) -> Iterator[dict[str, Any]]:
    """Score rows as they come, a batch at a time: of each batch the likeliest to leave first."""
    batch: list[dict[str, Any]] = []
    for row in rows:
        if missing := [name for name in (*INPUTS, "customer") if not row.get(name)]:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"a row has no {missing[0]}: {row}")
        batch.append({"customer": row["customer"], "score": score(row)})
        if len(batch) == BATCH:
            yield from sorted(batch, key=lambda one: -one["score"])
            batch = []
    yield from sorted(batch, key=lambda one: -one["score"])


def serve(port: int) -> None:
    """Answer until the process is ended."""
    method = grpc.stream_stream_rpc_method_handler(answer, json.loads, lambda one: json.dumps(one).encode())
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=2))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("Scoring", {"Score": method}),))
    print(server.add_insecure_port(f"127.0.0.1:{port}"), flush=True)
    server.start()
    server.wait_for_termination()


if __name__ == "__main__":
    serve(int(sys.argv[1]))
