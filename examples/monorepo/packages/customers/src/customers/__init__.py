"""What several services know of a customer."""

import csv
import json


def read(path: str) -> list[dict[str, str]]:
    """Read the rows of a CSV file."""
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def features(row: dict[str, str], columns: str) -> list[float]:
    """Give the features that a JSON file names, with the middle and the scale of each, and a constant."""
    with open(columns) as file:
        named = json.load(file)
    return [1.0, *((float(row[name]) - middle) / scale for name, (middle, scale) in named.items())]
