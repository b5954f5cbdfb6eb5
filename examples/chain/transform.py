"""Make the features of every customer, by the library that was built."""

import csv
import sys
from pathlib import Path

CAP = 3.0  # a feature that is further off is an outlier


def transform(raw: Path, library: Path, out: Path) -> None:
    """Write a row of features, and whether the customer left, for each customer."""
    sys.path.insert(0, str(library))
    from customers import features

    with raw.open(newline="") as file, out.open("w", newline="") as made:
        writer = csv.writer(made)
        for row in csv.DictReader(file):
            writer.writerow([*(max(-CAP, min(CAP, value)) for value in features(row)), row["left"]])


transform(*map(Path, sys.argv[1:]))
