"""Lines on a narrow terminal."""

from __future__ import annotations

import pytest

from ml_ci.cli.narrow import wrap

LONG = "found   tables: data/test.csv (1,500 rows), data/train.csv (4,000 rows)"


def test_a_line_is_broken_between_words() -> None:
    assert wrap(LONG, 60).split("\n") == [
        "found   tables: data/test.csv (1,500 rows), data/train.csv",
        "        (4,000 rows)",
    ]


@pytest.mark.parametrize("width", [71, 80, 200])
def test_a_line_that_fits_is_as_it_was(width: int) -> None:
    assert wrap(LONG, width) == LONG


@pytest.mark.parametrize("width", [0, 1, 20, 40, 60])
@pytest.mark.parametrize("word", ["data/" + "very-long-" * 9 + "name.csv", "a\tb", "", "  ", "größe 模型"])
def test_no_word_is_broken_or_lost(width: int, word: str) -> None:
    line = f"left    {word}: git add -f {word} or so"
    assert wrap(line, width).split() == line.split()
