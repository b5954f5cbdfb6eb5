"""Score: customers in, probabilities out."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from leaving.features import features
from leaving.train import chance


def score(model: Path, rows: Path) -> list[float]:
    """Score a table of customers, as ml-ci asks for it."""
    with open(rows, newline="") as file:
        return Scorer(model).score(csv.DictReader(file))


class Scorer:
    """A model that was loaded."""

    def __init__(self, model: Path) -> None:
        self.weights: list[float] = json.loads(model.read_text())

    def score(self, customers: Iterable[Mapping[str, object]]) -> list[float]:
        """Give the probability that each customer leaves."""
        return [chance(self.weights, [1.0, *features(customer)]) for customer in customers]
