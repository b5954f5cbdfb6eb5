"""What a model knows of a customer: the library that the transform, the model and the service share."""

COLUMNS = {"months": (36, 20), "calls": (4.5, 3), "price": (52, 22)}


def features(row: dict[str, str]) -> list[float]:
    """Give the features of a row, each about zero and one, and a constant."""
    return [1.0, *((float(row[name]) - middle) / scale for name, (middle, scale) in COLUMNS.items())]
