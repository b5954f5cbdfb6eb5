"""Score a file of orders at night: python batch.py model.json orders.jsonl logs"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from orders.log import answer, write
from orders.model import load


def main(model: str, orders: str, logs: str) -> None:
    """Leave the answers to one file as one file of the log: the same file again is the same file of the log."""
    weights, source = load(Path(model)), Path(orders)
    rows = [answer(json.loads(line), weights) for line in source.read_text().splitlines()]
    write(Path(logs), f"batch-{source.stem}.jsonl", rows)


if __name__ == "__main__":
    main(*sys.argv[1:])
