"""Ask the service for the score of every row: python ask.py rows|single|protocol model.json rows.csv scores.csv

The service is started as in production, on a port of its own, and ended. A container is started in the same place.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

NAMES = ("months", "calls", "price")
BATCH = 100
Row = dict[str, Any]


def main(how: str, model: str, rows: str, scores: str) -> None:
    """Send the rows in one of three ways and write the answers."""
    with open(rows, newline="") as file:
        customers = [{name: number(row[name]) for name in NAMES} for row in csv.DictReader(file)]
    service = subprocess.Popen((sys.executable, "-m", "service", model, "0"), stdout=subprocess.PIPE, text=True)
    try:
        url = f"http://127.0.0.1:{int(service.stdout.readline())}"
        answers = WAYS[how](url, customers)
    finally:
        service.terminate()
        service.wait()
    with open(scores, "w") as file:
        file.writelines(f"{line}\n" for line in ("score", *answers))


def number(text: str) -> float | None:
    """Give a number as JSON has it, null for a missing one."""
    return float(text) if text else None


def in_rows(url: str, customers: Sequence[Row]) -> list[float]:
    """Ask for a hundred rows at a time."""
    batches = (customers[at : at + BATCH] for at in range(0, len(customers), BATCH))
    return [score for batch in batches for score in ask(f"{url}/score", batch)]


def single(url: str, customers: Sequence[Row]) -> list[float]:
    """Ask for each row by itself, many at the same time: the service scores them in micro-batches."""
    with ThreadPoolExecutor(16) as threads:
        return list(threads.map(lambda row: ask(f"{url}/score", row), customers))


def by_protocol(url: str, customers: Sequence[Row]) -> list[float]:
    """Ask by the open inference protocol."""
    inputs = [
        {"name": name, "datatype": "FP64", "shape": [len(customers)], "data": [row[name] for row in customers]}
        for name in NAMES
    ]
    [output] = ask(f"{url}/v2/models/leaving/infer", {"id": "all", "inputs": inputs})["outputs"]
    return output["data"]


WAYS: dict[str, Callable[[str, Sequence[Row]], list[float]]] = {
    "rows": in_rows,
    "single": single,
    "protocol": by_protocol,
}


def ask(url: str, content: Any) -> Any:
    """Ask once; an answer that is none ends the program, and ml-ci says so."""
    request = urllib.request.Request(url, json.dumps(content).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


if __name__ == "__main__":
    main(*sys.argv[1:])
