"""The function that `ml-ci init` writes where a model cannot score the table's rows by itself. Pure."""

from __future__ import annotations

import re

from ml_ci.setup.writing import find_line

ADAPTER = "adapter.py"
_ENTRY = "adapter:predict"


def name_adapter(text: str) -> str | None:
    """Name the function in a configuration that `writing.configuration` wrote; None where it names one already."""
    at = find_line("data", text)
    if at is None or find_line("predict", text) is not None or find_line("train", text) is not None:
        return None
    lines = text.splitlines()
    lines.insert(at - 1, f"    predict: {_ENTRY}")
    return "\n".join(lines) + "\n"


def write_adapter(text: str) -> str:
    """Write the function for a configuration: what it cannot know is one line."""
    run = _read_value("run", text) or "the program"
    positive = _read_value("positive", text)
    column = f"list(model.classes_).index({positive})" if positive and not re.match(r"['\"]?[<>=\[]", positive) else "1"
    return f'''"""How rows are scored: `predict:` of ml-ci.yaml names it."""


def predict(model, rows):
    """Give the probability of {positive or "the positive"} for each row; `rows` has every column but the label."""
    features = rows  # fill in: what `{run}` does to the rows before it fits
    return model.predict_proba(features)[:, {column}]
'''


def _read_value(key: str, text: str) -> str | None:
    """Read a scalar of one line, a text in quotes, without its comment."""
    at = find_line(key, text)
    if at is None:
        return None
    said = text.splitlines()[at - 1].partition(":")[2].partition("   #")[0].strip()
    plain = re.fullmatch(r"-?\d+(\.\d+)?|\".*\"|'.*'", said)
    return said if plain or key == "run" or not said else repr(said)
