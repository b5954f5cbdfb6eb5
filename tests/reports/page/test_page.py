"""The page of every kind of report: whole, its words the comment's, and nothing of a report more than text."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Callable
from html.parser import HTMLParser

import pytest

from ml_ci.reports import sentences
from ml_ci.reports.page.page import render
from ml_ci.reports.pieces import plain
from ml_ci.reports.values import Report

Reports = dict[str, Callable[[], Report]]
_VOID = {"meta", "br", "input", "link", "hr"}
_TAGS = {
    "html", "head", "meta", "title", "style", "body", "header", "main", "footer", "nav", "section", "article", "div",
    "h1", "h2", "h3", "p", "b", "a", "span", "ul", "li", "code", "pre", "bdi", "br", "button", "details", "summary",
    "table", "thead", "tbody", "tr", "th", "td", "svg", "path", "circle", "g",
    "defs", "use", "rect", "clippath", "script",
}  # fmt: skip


class Page(HTMLParser):
    """A page as a browser reads it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: Counter[str] = Counter()
        self.ids: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += attrs
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"style", "script"} & {*self.open}:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())


def test_it_is_whole_for_any_report(any_report: Report) -> None:
    made = render(any_report)
    page = Page(made)
    assert {*page.tags} <= _TAGS
    assert page.tags["h1"] == 1
    assert len({*page.ids}) == len(page.ids)
    assert not [name for name, _ in page.attributes if name.startswith("on") or name in ("style", "src", "srcset")]
    links = [value or "" for name, value in page.attributes if name == "href"]
    assert all(link.startswith("#") and link[1:] in page.ids for link in links)
    assert " ".join(sentences.overall(any_report).split()) in page.text
    assert render(any_report) == made


def test_it_says_what_the_comment_says(any_report: Report) -> None:
    said = _words(Page(render(any_report)).text)
    for name, model in any_report.models.items():
        for words in (sentences.verdict(name, model), plain(sentences.why(model))):
            assert _words(words) in said


def _words(said: str) -> str:
    """Give the words without the signs that quote code."""
    return " ".join(said.replace("`", "").split())


def test_its_policy_allows_its_own_script_and_style_and_nothing_else(reports: Reports) -> None:
    made = render(reports["hostile"]())
    head = made.index("Content-Security-Policy")
    assert head < made.index("<meta charset") < made.index("<title") < made.index("<style")
    policy = re.search(r'content="([^"]*)"', made[head:])
    assert policy is not None
    [script] = re.findall(r"<script>(.*?)</script>", made, re.DOTALL)
    [style] = re.findall(r"<style>(.*?)</style>", made, re.DOTALL)
    assert policy[1].replace("&#x27;", "'") == (
        f"default-src 'none'; script-src {_digest(script)}; style-src {_digest(style)}; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_no_name_turns_the_page_around(reports: Reports) -> None:
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", render(reports["hostile"]()))


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("failed_by_data", "FNR against the baseline"),
        ("failed_by_code", "FPR"),
        ("inconclusive", "FNR against the baseline"),
        ("forty_slices", "FNR, store = store 06"),
    ],
)
def test_the_gate_that_does_not_hold_comes_first(name: str, first: str, reports: Reports) -> None:
    made = render(reports[name]())
    gates = made[made.index('id="m1-gates"') :]
    row = re.search(r"<tbody>(<tr>.*?</tr>)", gates)
    assert row is not None
    assert Page(row[1]).text.lstrip("✗?✓ ").startswith(first)


def test_models_that_pass_are_folded_away(reports: Reports) -> None:
    made = render(reports["two_models"]())
    assert '<article id="m1" class="model">' in made
    assert '<details id="m2" class="model">' in made
    assert made.index('class="models"') < made.index('id="m1"') < made.index('id="m2"')
