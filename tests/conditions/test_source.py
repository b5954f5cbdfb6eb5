"""What is read of a condition before Python's parser sees it: in one pass, whatever the text is."""

from __future__ import annotations

import re
import warnings
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ml_ci.conditions import parse
from ml_ci.conditions.errors import ConditionError
from ml_ci.conditions.source import _without_strings

# The definition, which takes quadratic time on text that is made for it.
STRING = re.compile(r"""(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""")


@given(st.text(alphabet="\"'\\ab= ", max_size=40))
@example('"\\"')
@example("'\"'\"")
@example('a"b\\')
def test_strings_are_what_the_definition_says(text: str) -> None:
    assert _without_strings(text) == STRING.sub(lambda match: "ა" * len(match[0]), text)


@pytest.mark.parametrize(
    "text",
    [
        "1" * 990 + " <= fpr",
        '"\\' * 495,
        "1 " * 490,
        ".1" * 490,
        "\\'" * 450,
        "1" * 400 + " " * 500 + "x",
        "'" * 901,
        "1." * 490 + "%",
        "9" * 500 + "." + "9" * 400 + "x",
    ],
    ids=lambda text: text[:8],
)
def test_text_that_is_made_to_take_long_is_refused(text: str) -> None:
    with pytest.raises(ConditionError):
        parse(text)


@pytest.mark.parametrize(
    ("text", "column", "suggestion"),
    [("fpr <= 5%", 8, "write 0.05"), ("fpr <= 12.5 %", 8, "write 0.125"), ("fpr <= .5%", 8, "write 0.005")],
)
def test_a_percentage_is_told_with_its_number(text: str, column: int, suggestion: str) -> None:
    with pytest.raises(ConditionError) as caught:
        parse(text)
    assert (caught.value.column, caught.value.suggestion) == (column, suggestion)


@pytest.mark.parametrize("text", ["worst(fnr, by='a\\d') <= 0.3", "0x1for x <= 1", "1if fpr else 2 <= 1"])
def test_what_python_warns_of_is_told_by_nobody(text: str) -> None:
    """Such as a digit that runs into a word: the text is somebody's gate, and no program of theirs."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with suppress(ConditionError):
            parse(text)
    assert caught == []
