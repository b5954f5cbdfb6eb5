"""HTML that is escaped because of what it is made with."""

from __future__ import annotations

import json
import re

import pytest

from ml_ci.reports.page.markup import NOTHING, Html, code, data, join, named, quoted, sentence, tag, text
from ml_ci.reports.pieces import Code


@pytest.mark.parametrize(
    ("made", "shown"),
    [
        (tag("p", "a <b>"), "<p>a &lt;b&gt;</p>"),
        (tag("p", tag("b", "x"), " & y"), "<p><b>x</b> &amp; y</p>"),
        (tag("a", "x", href="#a", class_="c", aria_label='say "x" <y>'), None),
        (
            tag("input", type="range", hidden=True, disabled=False, min=0, step=None),
            '<input type="range" hidden min="0">',
        ),
        (tag("td", data_value=0.5), '<td data-value="0.5"></td>'),
        (text("  a\u202eb\x1b[31m "), " ab "),
        (text(" "), " "),
        (text(""), ""),
        (named("\u05d0<\u2028>"), "<bdi>\u05d0&lt; &gt;</bdi>"),
        (code(""), ""),
        (code("a`b<"), "<code><bdi>a`b&lt;</bdi></code>"),
        (sentence(("see ", Code("a.csv"), ".")), "see <code><bdi>a.csv</bdi></code>."),
        (quoted("`a` & b"), "<code><bdi>a</bdi></code> &amp; b"),
        (quoted("``` <"), "``` &lt;"),
        (join((NOTHING, "<", Html("<br>"))), "&lt;<br>"),
    ],
)
def test_what_is_made(made: Html, shown: str | None) -> None:
    expected = '<a href="#a" class="c" aria-label="say &quot;x&quot; &lt;y&gt;">x</a>' if shown is None else shown
    assert made == expected
    assert isinstance(made, Html)


def test_a_piece_that_lost_its_kind_is_escaped() -> None:
    """What a method of `str` gives is plain text again: forgetting it shows, and does nothing else."""
    assert tag("p", tag("b", "x").strip()) == "<p>&lt;b&gt;x&lt;/b&gt;</p>"


def test_no_text_in_a_script_ends_it() -> None:
    evil = "</script><!--<script>&\u2028\u2029]]>"
    made = data({"a": [evil, 1.5]}, "m1-data")
    inside = re.fullmatch(r'<script type="application/json" id="m1-data">(.*)</script>', made)
    assert inside is not None
    assert not set("<>&\u2028\u2029") & set(inside[1])
    assert json.loads(inside[1]) == {"a": [evil, 1.5]}


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="Out of range"):
        data([float("nan")], "x")
