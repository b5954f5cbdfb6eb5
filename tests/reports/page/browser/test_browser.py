"""The page in a real browser: what it loads, how it fits, what it does by mouse and keyboard, on paper, unstyled."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

Open = Callable[..., Any]
NAMES = [
    "drawn_fail", "drawn_zero",
    "drawn_pass", "drawn_inconclusive", "drawn_alone", "six_models", "hundred_slices", "crashed",
    "hostile", "two_models", "two_yardsticks", "unjudged", "no_model", "one_class",
    "watch_alarm", "watch_several", "watch_nothing", "canary_promote",
]  # fmt: skip
FIRST_GATE = "section[id$=-gates] tbody tr"


# 1. It loads nothing, says nothing, and begins with what matters.


@pytest.mark.parametrize("name", NAMES)
def test_it_loads_nothing_and_says_nothing(name: str, opened: Open) -> None:
    page = opened(name)
    page.wait_for_timeout(50)
    assert (len(page.requests), page.messages) == (1, [])


@pytest.mark.parametrize("width", [1280, 420])
@pytest.mark.parametrize("name", ["drawn_fail", "failed_by_data", "failed_by_code", "inconclusive", "forty_slices"])
def test_verdict_and_first_gate_begin_on_the_first_screen(name: str, width: int, opened: Open) -> None:
    page = opened(name, width=width)
    assert page.locator("h1").bounding_box()["y"] < 200
    assert page.locator(FIRST_GATE).first.bounding_box()["y"] < 900


# 2. It fits, and everybody can use it.


@pytest.mark.parametrize("width", [1280, 860, 420])
@pytest.mark.parametrize("name", NAMES)
def test_nothing_stands_out_of_the_window(name: str, width: int, opened: Open) -> None:
    page = opened(name, width=width)
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("name", "width"),
    [("drawn_fail", 1280), ("drawn_fail", 420), ("six_models", 1280), ("hundred_slices", 420), ("crashed", 860),
     ("two_yardsticks", 1280), ("no_model", 420), ("drawn_inconclusive", 860), ("watch_alarm", 1280),
     ("watch_too_few", 420), ("watch_several", 860), ("canary_roll back", 420)],
)  # fmt: skip
def test_axe_finds_nothing(name: str, width: int, scheme: str, opened: Open, axe: str) -> None:
    page = opened(name, width=width, scheme=scheme)
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    assert [(one["id"], one["nodes"][0]["html"][:200], one["nodes"][0]["failureSummary"]) for one in found] == []


# 3. Without JavaScript, and without styles.


def test_without_a_script_all_is_there_and_no_control_that_does_nothing(opened: Open) -> None:
    with_, without = opened("drawn_fail"), opened("drawn_fail", script=False)
    assert without.locator("h1").inner_text() == with_.locator("h1").inner_text()
    for seen in ("svg.chart", "svg.forest", "svg.squares", "tbody tr", ".s"):
        assert without.locator(f"main {seen}").count() == with_.locator(f"main {seen}").count() > 0
    for control in ("button", "input", "select", "output"):
        assert [one.is_visible() for one in without.locator(control).all()].count(True) == 0
    without.locator("summary").first.click()
    assert without.locator("details").first.get_attribute("open") is not None


def test_without_styles_the_words_are_the_same_and_filled_is_told_from_empty(
    opened: Open, pages: Callable[[str], Path], tmp_path: Path
) -> None:
    bare = tmp_path / "bare.html"
    made = pages("drawn_fail").read_text(encoding="utf-8")
    bare.write_text(re.sub(r"style-src &#x27;sha256-[^ ;]*", "style-src &#x27;none&#x27;", made), encoding="utf-8")
    plain, styled = opened(bare, script=False), opened("drawn_fail", script=False)
    assert plain.evaluate("getComputedStyle(document.body).marginTop") == "8px"  # no style of ours
    words = "document.body.textContent.replace(/\\s+/g, ' ')"
    assert plain.evaluate(words) == styled.evaluate(words)
    squares = "[...document.querySelectorAll('.squares')[1].children].map((one) => getComputedStyle(one).stroke)"
    assert len(set(plain.evaluate(squares))) == 2
    forest = "[...document.querySelectorAll('.forest')[0].children].map((one) => getComputedStyle(one).fill)"
    green, red, *_, dot = plain.evaluate(forest)
    assert len({green, red, dot, "rgb(0, 0, 0)"}) == 4


# 4. Whatever stands in a report does nothing.


def test_a_hostile_report_is_text(opened: Open) -> None:
    page = opened("hostile")
    assert page.locator("script").count() == 1 + page.locator("script[type='application/json']").count()
    assert (
        page.locator(
            "img, iframe, object, embed, base, form, [onerror], [onclick], [style], a:not([href^='#'])"
        ).count()
        == 0
    )
    assert "onerror=alert(1)" in page.locator("h1").inner_text()
    assert (len(page.requests), page.messages) == (1, [])


EVIL = (
    "</script><script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "<!--", "{{7*7}}", "a\u202eb", "a\u2028b",
    "' onmouseover=alert(1) x='", "${alert(1)}", "javascript:alert(1)", "<style>*{display:none}</style>",
)  # fmt: skip


@pytest.mark.parametrize("evil", EVIL, ids=range(len(EVIL)))
def test_a_trick_in_every_name_is_text(evil: str, opened: Open, tricked: Callable[[str], Path]) -> None:
    """In the names of model, slice, file, column and class, in a condition and in a summary: no element more."""
    page, plain = opened(tricked(evil)), opened(tricked("plain"))
    tags = "[...document.querySelectorAll('*')].map((one) => one.tagName).join()"
    page.wait_for_timeout(50)
    assert (len(page.requests), page.messages) == (1, [])
    assert page.evaluate(tags) == plain.evaluate(tags)
    assert page.locator("img, iframe, form, [onerror], [onmouseover], [style], main script:not([type])").count() == 0
    assert page.locator("style").count() == 1
    assert "49" not in page.locator("h1").inner_text()


def test_a_page_whose_script_was_changed_does_not_run_it(
    opened: Open, pages: Callable[[str], Path], tmp_path: Path
) -> None:
    changed = tmp_path / "changed.html"
    made = pages("drawn_fail").read_text(encoding="utf-8")
    changed.write_text(made.replace('"use strict";', 'document.title = "owned";', 1), encoding="utf-8")
    page = opened(changed)
    assert page.title() != "owned"
    assert any("Content Security Policy" in said for said in page.messages)
    assert not page.locator("#theme").is_visible()


# 5. The slider shows what was counted.


def test_at_every_fifth_cut_the_counts_are_those_of_the_rows(opened: Open, scored: Callable[[], Any]) -> None:
    truth, new, old, cuts = scored()
    page = opened("drawn_fail")
    shown = "[...document.querySelectorAll('.counted td')].map((one) => one.textContent)"
    at = page.evaluate("JSON.parse(document.getElementById('m1-cuts').textContent).at")
    assert len(cuts) == len(at) > 300
    for place in range(0, len(cuts), 5):
        page.evaluate(
            "(at) => { const one = document.querySelector('.slider input'); one.value = at; "
            "one.dispatchEvent(new Event('input')); }",
            place,
        )
        expected = []
        for score in (new, old):
            called = score >= cuts[place]
            fp, fn = int((called & ~truth).sum()), int((~called & truth).sum())
            expected += [_said(fp, int((~truth).sum())), _said(fn, int(truth.sum()))]
        assert page.evaluate(shown) == expected


def _said(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}% ({part:,})"


def test_the_judged_threshold_shows_the_reports_own_counts(opened: Open) -> None:
    page = opened("drawn_fail")
    counts = page.locator(".counted td").all_inner_texts()
    card = page.locator(".side b").all_inner_texts()
    told = [card[3], card[1], card[2], card[0]]  # candidate FPR, FNR, baseline FPR, FNR
    assert [one.split("(")[1].rstrip(")") for one in counts] == [one.split(" of ")[0] for one in told]
    page.locator(".slider input").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator(".slider button").get_attribute("aria-pressed") == "false"
    page.locator(".slider button").click()
    assert page.locator(".slider button").get_attribute("aria-pressed") == "true"
    assert page.locator(".counted td").all_inner_texts() == counts


def test_a_dot_lies_where_the_chart_has_its_own(opened: Open) -> None:
    """What the script places and what Python drew are one place: on the linear and on the normal scale."""
    page = opened("drawn_fail")
    for kind in ("roc", "det"):
        places = page.evaluate(
            """(kind) => [...document.querySelectorAll(`[data-chart=${kind}] circle`)].map((one) => {
              const box = one.getBoundingClientRect();
              return [one.classList.contains("dot"), box.x + box.width / 2, box.y + box.height / 2];
            })""",
            kind,
        )
        own = sorted((x, y) for dot, x, y in places if not dot)
        moved = sorted((x, y) for dot, x, y in places if dot)
        assert len(own) == len(moved) == 2
        assert (
            max(abs(a - b) for one, other in zip(own, moved, strict=True) for a, b in zip(one, other, strict=True))
            < 1.2
        )


def test_a_rate_of_0_lies_on_the_edge(opened: Open) -> None:
    """It has no place on a normal scale: every cut has one, the first and the last too, and nothing is said of NaN."""
    page = opened("drawn_zero")
    assert "0.0% (0)" in page.locator(".counted td").first.inner_text()
    last = int(page.locator(".slider input").get_attribute("max"))
    for at in (0, 1, last // 2, last):
        page.evaluate(
            "(at) => { const one = document.querySelector('.slider input'); one.value = at; "
            "one.dispatchEvent(new Event('input')); }",
            at,
        )
        places = page.locator("[data-chart=det] .dot").evaluate_all(
            "(all) => all.map((one) => [+one.getAttribute('cx'), +one.getAttribute('cy')])"
        )
        assert len(places) == 2
        assert all(50 <= x <= 322 and 8 <= y <= 222 for x, y in places)
    assert page.messages == []


# 6. By the keyboard alone, and on paper.


def _tab_to(page: Any, selector: str) -> None:
    for _ in range(120):
        page.keyboard.press("Tab")
        if page.evaluate(f"document.activeElement.matches({selector!r})"):
            return
    pytest.fail(f"the tabulator never comes to {selector}")


def test_all_is_done_by_the_keyboard(opened: Open) -> None:
    page = opened("drawn_fail")
    _tab_to(page, "#theme")
    page.keyboard.press("Enter")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(13, 17, 23)"
    page.keyboard.press("Enter")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    _tab_to(page, "summary")
    before = page.evaluate("document.activeElement.parentElement.open")
    page.keyboard.press("Space")
    assert page.evaluate("document.activeElement.parentElement.open") != before
    _tab_to(page, ".slider input")
    shown = page.locator("output").inner_text()
    page.keyboard.press("ArrowLeft")
    assert page.locator("output").inner_text() != shown
    assert page.locator(".slider input").get_attribute("aria-valuetext") == page.locator("output").inner_text()
    _tab_to(page, ".slices th button")
    names = page.locator(".slices tbody th").all_inner_texts()
    page.keyboard.press("Enter")
    assert page.locator(".slices thead th").first.get_attribute("aria-sort") == "ascending"
    assert page.locator(".slices tbody th").all_inner_texts() == sorted(names)
    page.keyboard.press("Enter")
    assert page.locator(".slices thead th").first.get_attribute("aria-sort") == "descending"
    assert page.locator(".slices tbody th").all_inner_texts() == sorted(names, reverse=True)
    assert page.locator(".slices [aria-sort]").count() == 1


def test_numbers_are_sorted_as_numbers(opened: Open) -> None:
    page = opened("hundred_slices")
    for column in (1, 2, 3):
        page.locator(".slices thead th").nth(column).locator("button").click()
        cells = page.locator(f".slices tbody tr td:nth-child({column + 1})")
        values = cells.evaluate_all(
            "(all) => all.map((one) => one.dataset.value ?? one.textContent.replaceAll(',', ''))"
        )
        numbers = [float(value) for value in values]
        assert numbers == sorted(numbers, reverse=True) and len(set(numbers)) > 5


def test_a_link_opens_the_model_that_is_folded_away(opened: Open) -> None:
    page = opened("two_models")
    page.locator(".models a").last.click()
    assert page.locator("details.model").first.get_attribute("open") is not None


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("script", [True, False])
def test_on_paper_it_is_light_short_and_whole(scheme: str, script: bool, opened: Open, tmp_path: Path) -> None:
    page = opened("drawn_fail", scheme=scheme, script=script)
    file = tmp_path / "page.pdf"
    page.pdf(path=str(file), format="A4", margin=dict.fromkeys(("top", "bottom", "left", "right"), "12mm"))
    assert 1 <= len(re.findall(rb"/Type\s*/Page\b", file.read_bytes())) <= 6
    page.emulate_media(media="print", color_scheme=scheme)
    if script:
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        tables = "[...document.querySelectorAll('details > table')]"
        folded = tables + ".map((one) => one.checkVisibility({contentVisibilityAuto: true}))"
        assert page.evaluate(folded) and all(page.evaluate(folded))
