"""Ask the gRPC service for the score of every row of a table: python ask.py rows.csv scores.jsonl

The service is started as in production, on a port of its own, and ended. A container is started in the same place.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import grpc

INPUTS = ("customer", "months", "calls", "price")
SECONDS = 60


def main(rows: str, scores: str) -> None:
    """Send the rows as a stream, and write the answers as they come: each has its customer's number."""
    with Path(rows).open(newline="") as file:
        customers = [{name: row[name] for name in INPUTS} for row in csv.DictReader(file)]
    service = subprocess.Popen((sys.executable, "-m", "scoring", "0"), stdout=subprocess.PIPE, text=True)
    try:
        port = int(service.stdout.readline())
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel, Path(scores).open("w") as out:
            ask = channel.stream_stream("/Scoring/Score", lambda row: json.dumps(row).encode())
            # An answer that is none ends the job, and the gate says so.
            for answer in ask(iter(customers), timeout=SECONDS, wait_for_ready=True):
                out.write(answer.decode() + "\n")
    finally:
        service.terminate()
        service.wait(SECONDS)


if __name__ == "__main__":
    main(*sys.argv[1:])
