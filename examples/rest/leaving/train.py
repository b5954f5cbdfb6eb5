"""Train: a logistic regression by gradient descent."""

from __future__ import annotations

import csv
import json
from math import exp
from pathlib import Path

from leaving.features import features

STEPS, RATE = 200, 0.5


def train(train: Path, out: Path) -> Path:
    """Give the file of the model."""
    with open(train, newline="") as file:
        customers = list(csv.DictReader(file))
    rows = [[1.0, *features(customer)] for customer in customers]
    left = [customer["left"] == "yes" for customer in customers]
    weights = [0.0] * len(rows[0])
    for _ in range(STEPS):
        errors = [chance(weights, row) - y for row, y in zip(rows, left)]
        slopes = [sum(e * row[place] for e, row in zip(errors, rows)) / len(rows) for place in range(len(weights))]
        weights = [weight - RATE * slope for weight, slope in zip(weights, slopes)]
    (out / "model.json").write_text(json.dumps(weights))
    return out / "model.json"


def chance(weights: list[float], row: list[float]) -> float:
    """Give the probability that a customer leaves."""
    return 1 / (1 + exp(-sum(weight * value for weight, value in zip(weights, row))))
