"""Strings of users cannot steer a terminal, and fit."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_ci.reports.columns import columns_of, padded, total
from ml_ci.reports.text import clean, clip, label, log_lines, plural, short_source, to_ascii


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;new title\x07rest", "rest"),
        ("\x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x9b31mred", "31mred"),
        ("a\r\nb\tc\u2028d", "a b c d"),
        ("user\u202egnp.exe", "usergnp.exe"),
        ("null\x00byte", "nullbyte"),
        ("lone \ud800 surrogate", "lone  surrogate"),
        ("naïve 名前 é", "naïve 名前 é"),
    ],
)
def test_clean(text: str, shown: str) -> None:
    assert clean(text) == shown


@given(st.text())
def test_clean_leaves_no_control_character(text: str) -> None:
    assert not [sign for sign in clean(text) if unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp")]


@given(st.text(), st.integers(min_value=1, max_value=50))
def test_clip_and_label_keep_the_limit(text: str, most: int) -> None:
    assert len(clip(text, most)) <= most
    assert len(label(text, most)) <= most


def test_a_log_keeps_its_indentation_and_the_last_of_a_progress_line() -> None:
    log = "10%\r50%\r100%\r\n  File \x1b[1mx.py\x1b[0m\n\n" + "x" * 3000 + "\n"
    lines = log_lines(log)
    assert lines[:3] == ["100%", "  File x.py", ""]
    assert len(lines[3]) == 500
    assert log_lines("a\n" * 100, most=3) == ["a", "a", "a"]


def test_ascii_says_the_same() -> None:
    assert to_ascii("✓ 12.4% → 19.9%, limit ≤ −1.0 … ├─●┤┃") == "+ 12.4% -> 19.9%, limit <= -1.0 ... [-o]|"
    assert to_ascii("名") == "\\u540d"


def test_plural() -> None:
    assert [plural(number, "row") for number in (0, 1, 1200)] == ["0 rows", "1 row", "1,200 rows"]


def test_columns_know_wide_and_combining_signs() -> None:
    assert [columns_of(text) for text in ("abc", "名前", "e\u0301")] == [3, 4, 1]
    rows = padded([["a", "", "1"], ["名前", "", "12"]], "llr")
    assert rows == [["a   ", " 1"], ["名前", "12"]]
    assert total(rows) == 8
    assert padded([], "l") == [] and total([]) == 0


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("merge-base 3f2c1ab", "merge-base 3f2c1ab"),
        ("a" * 40, "aaaaaaa"),
        (f"{'a' * 40} aaaaaaa", "aaaaaaa"),
        ("b" * 64, "bbbbbbb"),
        ("champion v12", "champion v12"),
        ("x" * 200, "x" * 79 + "…"),
    ],
)
def test_short_source(source: str, said: str) -> None:
    assert short_source(source) == said
