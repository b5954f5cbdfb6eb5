"""Compute the features of logged orders again, from the events: python compute.py orders.jsonl computed.csv"""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

from orders.features import NAMES, make_features


def main(orders: str, computed: str) -> None:
    """Write a row each, with the id of its order."""
    with open(computed, "w", newline="") as file:
        writer = csv.DictWriter(file, ("id", *NAMES))
        writer.writeheader()
        for line in Path(orders).read_text().splitlines():
            event = json.loads(line)
            writer.writerow({"id": event["id"], **make_features(event)})


if __name__ == "__main__":
    main(*sys.argv[1:])
