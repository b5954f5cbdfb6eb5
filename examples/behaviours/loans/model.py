"""Who pays a loan back: a logistic regression in plain Python, by rows of a CSV file."""

import csv
import json
import math
from pathlib import Path

STEPS, RATE = 300, 0.05


def features(row: dict[str, str]) -> dict[str, float]:
    """Give the numbers that the model sees: neither the sex nor the region."""
    job = (row["job"] or "none").strip().lower()
    income, debt = float(row["income"]), float(row["debt"] or 0)  # without an income nobody is judged: an error
    return {"bias": 1.0, "income": math.log1p(max(income, 0) / 3000), "debt": max(debt, 0) / 10000, f"job {job}": 1.0}


def probability(weights: dict[str, float], row: dict[str, str]) -> float:
    """Give the probability of `repaid`; a job that no row had counts as none."""
    total = sum(weights.get(name, 0.0) * value for name, value in features(row).items())
    return 1 / (1 + math.exp(-total))


def train(train: Path, out: Path) -> Path:
    """Train, and leave the weights as a file."""
    rows = list(csv.DictReader(train.open()))
    weights: dict[str, float] = {}
    for step in range(STEPS):
        for row in rows:
            missed = (row["repaid"] == "yes") - probability(weights, row)
            for name, value in features(row).items():
                weights[name] = weights.get(name, 0.0) + RATE / (1 + step / 20) * missed * value
    (out / "weights.json").write_text(json.dumps(weights))
    return out / "weights.json"


def score(model: Path, rows: Path) -> list[float]:
    """Score the rows of a file; what is asked about edited rows comes by the same way."""
    weights = json.loads(model.read_text())
    return [probability(weights, row) for row in csv.DictReader(rows.open())]
