"""Fit a logistic regression on the features; the model is a file of weights."""

import csv
import json
import math
import sys
from pathlib import Path

STEPS = 400


def score(weights: list[float], values: list[float]) -> float:
    """Give the probability that a customer leaves."""
    return 1 / (1 + math.exp(-sum(weight * value for weight, value in zip(weights, values))))


def train(made: Path, out: Path) -> None:
    """Descend, and write the weights."""
    with made.open(newline="") as file:
        rows = [([float(value) for value in values], left == "yes") for *values, left in csv.reader(file)]
    weights = [0.0] * len(rows[0][0])
    for _ in range(STEPS):
        slope = [0.0] * len(weights)
        for values, left in rows:
            wrong = left - score(weights, values)
            slope = [old + wrong * value / len(rows) for old, value in zip(slope, values)]
        weights = [weight + step for weight, step in zip(weights, slope)]
    out.write_text(json.dumps(weights))


if __name__ == "__main__":
    train(*map(Path, sys.argv[1:]))
