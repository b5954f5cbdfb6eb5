"""Hold what must be true of the model, whatever its rates: more calls to the hotline make nobody safer to stay."""

import csv
import json
import sys
from pathlib import Path

from service.answer import answer


def validate(model: Path, rows: Path) -> None:
    """Ask for every customer, and again with one call more."""
    weights = json.loads(model.read_text())
    with rows.open(newline="") as file:
        for row in csv.DictReader(file):
            more = {**row, "calls": str(float(row["calls"]) + 1)}
            if answer(weights, more) < answer(weights, row):
                sys.exit(f"one call more makes {row} safer to stay")


validate(*map(Path, sys.argv[1:]))
