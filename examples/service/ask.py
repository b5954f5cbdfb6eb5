"""Ask the service for the score of every row of a table: python ask.py rows.csv scores.csv

The service is started as in production, on a port of its own, and ended. A container is started in the same place.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import urllib.request
from pathlib import Path

BATCH = 100


def main(rows: str, scores: str) -> None:
    """Send the rows in batches and write the answers."""
    with Path(rows).open(newline="") as file:
        customers = [{name: row[name] for name in ("months", "calls", "price")} for row in csv.DictReader(file)]
    service = subprocess.Popen((sys.executable, "-m", "service", "0"), stdout=subprocess.PIPE, text=True)
    try:
        url = f"http://127.0.0.1:{int(service.stdout.readline())}/score"
        batches = (customers[at : at + BATCH] for at in range(0, len(customers), BATCH))
        answers = [score for batch in batches for score in ask(url, batch)]
    finally:
        service.terminate()
    Path(scores).write_text("".join(f"{line}\n" for line in ("score", *answers)))


def ask(url: str, batch: list[dict[str, str]]) -> list[float]:
    """Ask for one batch; an answer that is none ends the job, and the gate says so."""
    request = urllib.request.Request(url, json.dumps(batch).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


if __name__ == "__main__":
    main(*sys.argv[1:])
