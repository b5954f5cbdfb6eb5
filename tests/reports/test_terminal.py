"""The terminal: any width, any signs, with and without colour, and no string that steers it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import pytest
from rich.console import Console

from ml_ci.reports.columns import columns_of
from ml_ci.reports.plain import plain
from ml_ci.reports.terminal import has_signs, render, show
from ml_ci.reports.values import Report

Reports = dict[str, Callable[[], Report]]
_COLOR = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.parametrize("width", [20, 40, 72, 80, 140, 200])
@pytest.mark.parametrize("ascii_only", [False, True])
def test_no_line_is_wider_than_the_terminal(any_report: Report, width: int, ascii_only: bool) -> None:
    shown = render(any_report, width, ascii_only=ascii_only)
    assert max(columns_of(line) for line in shown.split("\n")) <= width
    assert shown.isascii() or not ascii_only


@pytest.mark.parametrize("color", [False, True])
def test_no_control_character_but_our_colours(any_report: Report, color: bool) -> None:
    shown = render(any_report, 100, color=color)
    assert ("\x1b[" in shown) == color
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", _COLOR.sub("", shown))
    assert "[bold]" not in shown


def test_colours_change_no_sign(any_report: Report) -> None:
    assert _without_ends(_COLOR.sub("", render(any_report, 90, color=True))) == render(any_report, 90)


def _without_ends(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.split("\n"))


def test_the_sentence_the_bar_and_the_diff(reports: Reports) -> None:
    shown = render(reports["failed_by_data"](), 140)
    assert (
        "Misses 50 → 80 (+30 of 402), false alarms 30 → 31 (+1 of 1,003): FNR 12.4% → 19.9%, limit +1.0 points."
        in shown
    )
    assert "No line of code changed; data/train.csv did." in shown
    assert re.search(
        r"FNR against the baseline +12.4% → +19.9% .*≤ \+1.0 points +\+5.1 … \+10.0 points \(90%\) +┃ +├────●────┤",
        shown,
    )
    assert re.search(r"FNR +12.4% → +19.9% +\+7.5 points +▲ worse", shown)


def test_a_narrow_terminal_says_the_same(reports: Reports) -> None:
    words = " ".join(render(reports["failed_by_data"](), 40).split())
    for said in (
        "Misses 50 → 80 (+30 of 402)",
        "data/train.csv did.",
        "12.4% → 19.9% (80 of 402)",
        "┃ ├────●────┤",
        "▲ worse",
        "140 more",
    ):
        assert said in words


def test_ascii_marks(reports: Reports) -> None:
    shown = render(reports["failed_by_data"](), 100, ascii_only=True)
    assert "x churn fails 1 of 4 gates" in shown
    assert "Misses 50 -> 80 (+30 of 402)" in shown
    assert "|        [----o----]" in shown


def test_the_log_of_a_failed_job(reports: Reports) -> None:
    shown = render(reports["crashed"](), 80)
    assert "│ ValueError: Input X contains NaN." in shown
    assert '│   File "churn/train.py", line 41, in train' in shown
    assert "epoch 1/3" not in shown and "epoch 3/3" in shown


@pytest.mark.parametrize(
    ("encoding", "signs"), [("utf-8", True), ("ascii", False), ("latin-1", False), ("nonsense", False)]
)
def test_signs_of_an_encoding(encoding: str, signs: bool) -> None:
    assert has_signs(encoding) is signs


def test_show_falls_back_to_ascii(reports: Reports) -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="latin-1")
    show(reports["failed_by_data"](), Console(file=stream, width=80, color_system=None))
    stream.flush()
    assert raw.getvalue().startswith(b"x churn fails 1 of 4 gates")


def test_plain_has_a_line_per_gate_and_nothing_that_steers(any_report: Report) -> None:
    shown = plain(any_report)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", shown)
    assert shown.endswith("\n") and plain(any_report, ascii_only=True).isascii()


def test_plain_lines(reports: Reports) -> None:
    lines = plain(reports["failed_by_data"]()).split("\n")
    assert lines[:3] == [
        "✗ churn fails 1 of 4 gates",
        "  Misses 50 → 80 (+30 of 402), false alarms 30 → 31 (+1 of 1,003): FNR 12.4% → 19.9%, limit +1.0 points.",
        "  No line of code changed; data/train.csv did.",
    ]
    gate = "  ✓ FPR                       3.1% (31 of 1,003), baseline 3.0%, limit ≤ 5.0%, 90% interval 2.1% … 4.4%"
    assert gate in lines
    assert "  next: Look at what changed in data/train.csv, or undo it, and run again." in lines
