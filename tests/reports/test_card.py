"""The model card from values: its order, its words, and that hostile ones do nothing."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options

from ml_ci.evaluation.confusion import Confusion
from ml_ci.gates.values import GateResult
from ml_ci.registry.history import History, Stay
from ml_ci.registry.values import Event, Lineage, Version
from ml_ci.reports import card_html, card_markdown
from ml_ci.reports.card import Facts, card
from ml_ci.reports.card_rates import interval, rates
from ml_ci.reports.card_values import Card, Classes, Importance, Moved, Section
from ml_ci.reports.values import ModelReport, Side
from ml_ci.spec.values import Card as Said
from ml_ci.spec.values import Cost
from ml_ci.suspicion.overlap import Overlap, plainly

HOSTILE = "<script>alert(1)</script>\x1b[31m\u202e|`x`](http://evil)"
MOVE = Event("1", "promotion", "churn", "2026-01-02T03:04:05+00:00", "Ada", "2", replaced="1", commit="3f2c1ab")
GROUPS = {
    "age": {">=45": Confusion(1, 1, 7, 1), "<25": Confusion(8, 1, 1, 0), "[25, 45)": Confusion(2, 2, 5, 1)},
    "sex": {"f": Confusion(5, 2, 3, 0), "m": Confusion(5, 1, 9, 2), "": Confusion(1, 1, 1, 0)},
}


def facts(word: str = "x", **more: Any) -> Facts:
    made = {
        "commit": word,
        "dirty": True,
        "training": word,
        "artifact": word,
        "parts": {"data.train": word, "data.holdout": word, "seed": word},
        "details": {
            "data.train": {"path": word, "content": word},
            "data.holdout": {"of": "train", "share": 0.2},
            "metrics": {"label": word, "positive": [word, "b"], "threshold": "fpr=0.01"},
            "params": {word: word},
            "job": {"run": [word, "train.R"]},
            "code": {word: "1"},
        },
        "baseline": {"source": word, "training": None},
        "gates": [],
        "verdict": "pass",
        "seed": 0,
        "seconds": 3.0,
        "megabytes": 90.0,
        "environment": {"python": "3.12", "numpy": word},
    }
    side = Side("r", Confusion(11, 4, 13, 2), {"auc": 0.9}, GROUPS)
    gate = GateResult("fpr <= 0.3", "pass", slice=None, value=0.2, limit=0.3, reason=word)
    event = replace(MOVE, by=word, approved_by=word, reason=word, overrides=("verdict",))
    version = Version(word, "2", 0.0, "s3://x")
    given: dict[str, Any] = {
        "lineage": Lineage(version, made, ("champion",), (event,)),
        "model": ModelReport("pass", "train", candidate=side, gates=(gate,), notes=(word,), cautions=(word,)),
        "said": Said(word, word, word),
        "history": History(word, (Stay(event, 90.0, True),), version, False, (replace(event, stage="staging"),)),
        "relied": Importance((Moved(word, 0.01, None, -0.2),), 10, 3),
        "classes": {"train": Classes(30, 10)},
    }
    return Facts(**(given | more))


def section(made: Card, title: str) -> Section:
    return next(one for one in made.sections if one.title == title)


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [(0, 10, "0.0% … 30.8%"), (5, 10, "18.7% … 81.3%"), (10, 10, "69.2% … 100.0%"), (0, 0, "undefined")],
)
def test_intervals_are_clopper_and_pearsons(part: int, whole: int, said: str) -> None:
    assert interval(part, whole) == said  # R: binom.test(5, 10)$conf.int


def test_the_sections_answer_what_who_on_what_how_good_for_whom_and_how_to_take_it_back() -> None:
    assert [one.title for one in card(facts(model=replace(facts().model, cost=Cost(5, 120, "USD")))).sections] == [
        "The model",
        "Where it comes from",
        "Data",
        "How good it is",
        "For whom it is wrong",
        "Selection rates and impact ratios",
        "Cost",
        "What the model relies on",
        "Gates",
        "Training",
        "History",
        "How to take it back",
        "How to make it again",
        "Bias audit (New York City, Local Law 144)",
        "Model-risk review (SR 26-2; formerly SR 11-7)",
        "EU AI Act (Regulation 2024/1689, annex IV) and GDPR",
    ]


def test_what_a_person_allowed_is_on_the_first_page() -> None:
    rows = dict(section(card(facts()), "The model").grids[0].rows)
    assert (rows["Allowed by hand"], rows["Reason"]) == ("verdict", "x")
    assert rows["Predicts"] == "`x` = x or b (positive)"
    assert rows["Commit"] == "x, with changes in no commit"
    assert rows["In use"] == "1 min 30 s until now"


def test_data_are_told_with_their_shares() -> None:
    (grid,) = section(card(facts()), "Data").grids
    assert grid.rows == (
        ("holdout", "20% of train", "30", "13 (43.3%)", "x"),
        ("train", "x", "40", "10 (25.0%)", "x"),
    )
    _, uncounted = section(card(facts(classes={"train": Classes(why="no table")})), "Data").grids[0].rows
    assert uncounted[2:4] == ("no table", "")


def test_bins_stand_in_the_order_of_their_edges_and_a_missing_value_is_named() -> None:
    ages, sexes = section(card(facts()), "For whom it is wrong").grids
    assert [row[0] for row in ages.rows] == ["<25", "[25, 45)", ">=45"]
    assert [row[0] for row in sexes.rows] == ["f", "m", "(missing)"]
    assert ages.rows[0][1:] == (
        "10 (33.3%)",
        "8 (80.0%)",
        "50.0% (1 of 2)",
        "1.3% … 98.7%",
        "0.0% (0 of 8)",
        "0.0% … 36.9%",
    )


def test_impact_ratios_divide_by_the_highest_rate_of_the_column() -> None:
    found = section(card(facts()), "Selection rates and impact ratios")
    assert [row[4] for row in found.grids[0].rows] == ["1.000", "0.444", "0.222"]
    assert found.paragraphs[1] == "Pairs of groups are counted where `slices:` names them, such as `[age, sex]`."
    none = {"sex": {"f": Confusion(0, 0, 5, 5), "m": Confusion(0, 0, 5, 5)}}
    side = Side("r", Confusion(0, 0, 10, 10), {}, none)
    nobody = {one.title: one for one in rates(ModelReport("pass", "train", candidate=side))}[found.title]
    assert [row[4] for row in nobody.grids[0].rows] == ["undefined", "undefined"], "nobody was selected"


def test_pairs_that_are_counted_are_no_gap() -> None:
    side = Side("r", Confusion(1, 1, 1, 1), {}, {**GROUPS, "age,sex": {"<25,f": Confusion(1, 1, 1, 1)}})
    found = {one.title: one for one in rates(ModelReport("pass", "train", candidate=side))}
    assert len(found["Selection rates and impact ratios"].paragraphs) == 1
    assert found["For whom it is wrong"].grids[2].head[0] == "age and sex"
    assert found["For whom it is wrong"].grids[2].rows[0][0] == "<25, f"


def test_a_price_is_told() -> None:
    model = replace(facts().model, cost=Cost(5, 120, "USD"))
    said = "At 5 USD a false alarm and 120 USD a miss this model costs 8.67 USD a row."
    assert section(card(facts(model=model)), "Cost").paragraphs == (said,)


def test_no_section_is_empty_and_what_there_is_not_is_said_at_the_end() -> None:
    model = facts().model
    assert model.candidate is not None
    made = card(facts(model=replace(model, candidate=replace(model.candidate, slices={}))))
    assert not {"For whom it is wrong", "Selection rates and impact ratios", "Cost"} & {
        one.title for one in made.sections
    }
    assert made.sections[-1].title == "What this card does not tell"
    assert made.sections[-1].paragraphs == (
        "For whom it is wrong; Selection rates and impact ratios: no groups were compared (`slices:` in ml-ci.yaml).",
        "Cost: nothing has a price (`cost:` in ml-ci.yaml).",
    )
    whole = card(facts(model=replace(model, cost=Cost(5, 120, "USD"))))
    assert "What this card does not tell" not in {one.title for one in whole.sections}


def test_what_was_not_measured_says_why() -> None:
    found = section(card(facts(relied=Importance(why="the holdout is another"))), "What the model relies on")
    assert found.paragraphs == ("Not measured: the holdout is another.",)
    told = section(card(facts()), "What the model relies on")
    assert "3 further features were not shuffled" in told.paragraphs[0]
    assert told.grids[0].rows == (("x", "+1.0 points", "undefined", "−0.200"),)


@pytest.mark.parametrize(
    ("aliases", "replaced", "champion", "said"),
    [
        (("champion",), "1", "2", "This makes v1 champion again, which was in use before; who, when and why are kept."),
        (("champion",), None, "2", "No version was in use before it: there is nothing to go back to."),
        (("previous",), "1", "3", "It is not in use: v3 is in use."),
        ((), "1", None, "It is not in use: nothing is in use."),
    ],
)
def test_how_to_take_it_back(aliases: tuple[str, ...], replaced: str | None, champion: Any, said: str) -> None:
    given = facts()
    lineage = replace(given.lineage, aliases=aliases, moves=(replace(MOVE, replaced=replaced),))
    held = None if champion is None else Version("x", champion)
    found = section(card(replace(given, lineage=lineage, history=replace(given.history, champion=held))), _BACK)
    assert found.paragraphs == (said,)
    assert bool(found.code) is said.startswith("This makes")


_BACK = "How to take it back"


class _Elements(HTMLParser):
    """Collect the elements of a page and where its links and references go."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes += attrs
        if tag not in ("meta", "rect", "path"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("word", ["x", HOSTILE, "W" * 3000], ids=["plain", "hostile", "endless"])
def test_a_page_is_whole_and_holds_nothing_active_nor_from_elsewhere(word: str) -> None:
    page = card_html.render(card(facts(word)))
    seen = _Elements()
    seen.feed(page)
    assert seen.open == []
    assert not seen.names & {"script", "img", "link", "iframe", "object", "form", "foreignobject"}
    assert all(not name.startswith("on") for name, _ in seen.attributes)
    places = [value or "" for name, value in seen.attributes if name in ("href", "src", "xlink:href")]
    assert places and all(place.startswith("#s") for place in places)
    assert "url(" not in page and "@import" not in page
    assert "\x1b" not in page and "\u202e" not in page


def test_markdown_shows_hostile_words_as_text() -> None:
    plain, hostile = (card_markdown.render(card(facts(word))) for word in ("x", HOSTILE + "\n```\n"))
    page = cmarkgfm.github_flavored_markdown_to_html(hostile, Options.CMARK_OPT_UNSAFE)
    assert "<script" not in page and "<a " not in page
    assert "\x1b" not in hostile and "\u202e" not in hostile
    for tag in ("<tr>", "<h2>", "<pre", "<table>"):
        assert page.count(tag) == cmarkgfm.github_flavored_markdown_to_html(plain).count(tag), tag


def test_a_card_follows_the_reader_and_prints() -> None:
    page = card_html.render(card(facts()))
    for expected in ("light-dark(", "prefers-color-scheme:dark", "@media print", 'name="viewport"'):
        assert expected in page


def test_a_card_has_the_policy_of_a_page_and_its_parts() -> None:
    page = card_html.render(card(facts()))
    [style] = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = html.unescape(page.partition('content="')[2].partition('"')[0])
    assert policy.startswith(f"default-src 'none'; script-src 'none'; style-src 'sha256-{digest}';")
    assert page.count('class="squares"') == 2 and " style=" not in page


def test_the_drawing_fits_the_page() -> None:
    """It is 1,000 pixels wide, and the page's text 988: the last box was cut off."""
    page = card_html.render(card(facts()))
    assert re.search(r"\.wide > svg \{[^}]*max-width: 100%;[^}]*height: auto;", page)


def test_the_history_of_a_card_says_what_is_in_use_now() -> None:
    found = section(card(facts()), "History")
    assert found.grids[0].rows[0][:3] == ("now", "v2", "2026-01-02 03:04")
    assert found.paragraphs == ("staging: v2 (3f2c1ab) since 2026-01-02 03:04, None, by x",)
    empty = History("x", (), None, False)
    assert section(card(facts(history=empty)), "History").paragraphs == ("It was never promoted.",)


@pytest.mark.parametrize(
    ("overlaps", "said"),
    [
        (None, "Whether rows of it stand in what the model was trained on was not looked for, or could not be."),
        ((), "Whether rows of it stand in what the model was trained on was not looked for, or could not be."),
        ((0, 0, "", 0.0), "None of the 1,500 rows of the holdout stands in data.train."),
        ((1500, 1500, "more", 0.0), "1,500 of the 1,500 rows of the holdout stand in data.train."),
        ((3, 9, "more", 0.0), "3 of the 1,500 rows of the holdout stand in data.train; 6 more stand there but for the"),
        ((None, 1, "more", 0.0), "1 of the 1,500 rows of the holdout stands in data.train, which has no label column."),
        ((0, 40, "", 38.2), "None of the 1,500 rows of the holdout stands in data.train; 40 stand there but for"),
    ],
)
def test_the_rows_of_the_holdout_in_the_training_are_counted(overlaps: Any, said: str) -> None:
    if overlaps:
        same, features, odd, chance = overlaps
        overlaps = (Overlap("candidate", "train", "t.csv", 1500, same, features, odd, odd, chance),)
    made = facts()
    (text,) = section(card(replace(made, model=replace(made.model, overlaps=overlaps))), "Data").paragraphs
    assert said in text
    assert "none of those rows" not in text


def test_rows_that_chance_explains_are_called_that() -> None:
    found = Overlap("candidate", "train", "t.csv", 1500, 0, 40, "", "", 38.2)
    assert plainly(found).endswith("Its rows repeat one another so often that about 38 are to be expected.")
