"""Who gets an offer: what this software does around the model, which comes from elsewhere as a file."""

from __future__ import annotations

import csv
import json
import math
import sys
from pathlib import Path

CAP = 60  # months: the model was made for customers of five years and less


def features(row: dict[str, str]) -> dict[str, float]:
    """Prepare a customer for the model."""
    return {"months": min(float(row["months"]), CAP), "calls": float(row["calls"]), "price": float(row["price"])}


def score(model: dict[str, float], row: dict[str, str]) -> float:
    """Give the probability that a customer leaves."""
    known = features(row)
    return 1 / (1 + math.exp(-model["bias"] - sum(model[name] * known[name] for name in known)))


def main(model: str, rows: str, scores: str) -> None:
    """Score a table as the application scores a customer."""
    found = json.loads(Path(model).read_text())
    with Path(rows).open(newline="") as file, Path(scores).open("w") as out:
        out.writelines(f"{line}\n" for line in ("score", *(score(found, row) for row in csv.DictReader(file))))


if __name__ == "__main__":
    main(*sys.argv[1:])
