"""Say who will leave: a logistic regression, fitted by gradient descent; the features are another project's."""

import math
import sys

from customers import features, read

STEPS = 400
train, holdout, out = sys.argv[1:]


def score(weights: list[float], values: list[float]) -> float:
    """Give the probability that a customer leaves."""
    return 1 / (1 + math.exp(-sum(weight * value for weight, value in zip(weights, values))))


rows = [(features(row, "columns.json"), row["left"] == "yes") for row in read(train)]
weights = [0.0] * len(rows[0][0])
for _ in range(STEPS):
    slope = [0.0] * len(weights)
    for values, left in rows:
        wrong = left - score(weights, values)
        slope = [old + wrong * value / len(rows) for old, value in zip(slope, values)]
    weights = [weight + step for weight, step in zip(weights, slope)]

with open(out, "w") as file:
    file.write("score\n")
    file.writelines(f"{score(weights, features(row, 'columns.json'))}\n" for row in read(holdout))
