"""Whatever a report says, GitHub shows it as text."""

from __future__ import annotations

import html
import re

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_ci.reports.escaping import code, fence, text
from ml_ci.reports.text import label

_SIGNS = st.text(alphabet="ab1 |`\\<>@#*_~[]()!&;:/.$-+=\n\r\t\"'{}^w\u202e", max_size=40)


def rendered(markdown: str) -> str:
    """Render as GitHub does, with raw HTML let through, so that none can hide."""
    page: str = cmarkgfm.github_flavored_markdown_to_html(markdown, Options.CMARK_OPT_UNSAFE)
    return page


def shown(fragment: str) -> str:
    """Give the text that a reader sees, on one line."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", fragment)).replace("\u200b", "").split())


def tags(fragment: str) -> set[str]:
    return set(re.findall(r"<(\w+)", fragment))


def _seen(value: str) -> str:
    """Give what a reader is to see of a string: all of it, names in backticks without them."""
    return " ".join(re.sub(r"(?<!`)`([^`\s](?:[^`]*[^`\s])?)`(?!`)", r"\1", label(value, 1000)).split())


@given(_SIGNS)
@settings(max_examples=150, deadline=None)
def test_text_is_shown_and_does_nothing(value: str) -> None:
    page = rendered(f"x {text(value)} y")
    assert tags(page) <= {"p", "span", "code"}
    assert shown(page) == " ".join(f"x {_seen(value)} y".split())


@given(_SIGNS)
@settings(max_examples=150, deadline=None)
def test_text_at_the_beginning_of_a_line_is_no_block(value: str) -> None:
    page = rendered(f"- {text(value)}z")
    assert tags(page) <= {"ul", "li", "span", "code"}
    assert page.count("<li>") == 1


@given(_SIGNS, _SIGNS)
@settings(max_examples=150, deadline=None)
def test_cells_stay_in_their_table(one: str, two: str) -> None:
    page = rendered(f"| a | b |\n|---|---|\n| {text(one)} | {code(two)} |\n| {code(one)} | {text(two)} |\n")
    assert tags(page) <= {"table", "thead", "tbody", "tr", "th", "td", "span", "code"}
    cells = [shown(cell) for cell in re.findall(r"<td>(.*?)</td>", page, re.DOTALL)]
    plain = [" ".join(label(value, 300).split()) for value in (one, two)]
    assert cells == [_seen(one), plain[1], plain[0], _seen(two)]


@pytest.mark.parametrize(
    "hostile",
    [
        "@everyone",
        "see #12",
        "https://evil.example",
        "HTTPS://evil.example",
        "http://evil.example/a?b",
        "www.evil.example",
        "a@b.example",
        "mailto:a@b.example",
        "[a](http://evil.example)",
        "![a](http://evil.example/p.png)",
        "<img src=x onerror=alert(1)>",
        "<!-- hidden",
        "</details>",
        "\n\n# heading",
        "&lt;b&gt;",
        "\\| out",
        "`` ` ``",
    ],
)
def test_known_tricks(hostile: str) -> None:
    for escape in (text, code):
        page = rendered(f"| a |\n|---|\n| {escape(hostile)} |\n")
        assert tags(page) <= {"table", "thead", "tbody", "tr", "th", "td", "span", "code"}
        assert "href" not in page and "src=" not in re.sub(r"&lt;.*?&gt;", "", page)
    seen = html.unescape(re.sub(r"<[^>]+>", "", rendered(text(hostile))))
    assert not re.search(r"(?:^|\W)@\w|#\d|www\.|https?://", seen, re.IGNORECASE)


def test_names_in_backticks_become_code() -> None:
    assert text("`tenure` drifted most") == "`tenure` drifted most"
    assert text("3.1% (31 of 1,003), +1.0 points") == "3.1% (31 of 1,003), +1.0 points"
    assert code("") == ""
    assert code("a|b") == "<code>a&#124;b</code>"


@pytest.mark.parametrize("log", ["plain", "```\nout", "`````` x ```", "~~~\n</pre><b>", "a\n\n    b"])
def test_no_log_ends_its_fence(log: str) -> None:
    page = rendered(fence(log.split("\n")) + "\n\nafter")
    assert tags(page) == {"pre", "code", "p"}
    body = re.search(r"<code>(.*)</code>", page, re.DOTALL)
    assert body is not None and html.unescape(body.group(1)).rstrip("\n") == log
