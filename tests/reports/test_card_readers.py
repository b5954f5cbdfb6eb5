"""The three readers of a card: each item is there, with where it comes from, or as not known to ml-ci."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from typing import Any

import cmarkgfm
import pytest

from ml_ci.changes.drift import ColumnDrift
from ml_ci.changes.values import Change
from ml_ci.evaluation.audit import Audit, AuditCell
from ml_ci.evaluation.confusion import Confusion
from ml_ci.evaluation.pictures import Pictures
from ml_ci.gates.values import GateResult
from ml_ci.registry.history import History
from ml_ci.registry.values import Lineage, Version
from ml_ci.reports import card_ai_act, card_audit, card_html, card_markdown, card_review
from ml_ci.reports.card import Facts, card
from ml_ci.reports.card_facts import ANSWERS, UNKNOWN
from ml_ci.reports.card_values import Card, Grid, Importance, Section
from ml_ci.reports.values import ModelReport, Side
from ml_ci.spec.values import Card as Said
from ml_ci.spec.values import Cost
from tests.reports.test_card import HOSTILE, facts

TITLES = (card_audit.TITLE, card_review.TITLE, card_ai_act.TITLE)
CELLS = (
    AuditCell("Female", "White", Confusion(10, 20, 50, 20), 40),
    AuditCell("Male", "White", Confusion(30, 20, 40, 10), 50),
    AuditCell("Male", "Other", Confusion(1, 0, 1, 0), 1),
    AuditCell("", "White", Confusion(2, 2, 2, 2), 4),
)
AUDIT = Audit("sex", "ethnicity", CELLS, 0.25)


def _section(made: Card, title: str) -> Section:
    return next(one for one in made.sections if one.title == title)


def _items(made: Card, title: str) -> dict[str, tuple[str, str]]:
    return {item: (answer, source) for item, answer, source in _section(made, title).grids[-1].rows}


def _with(**more: Any) -> Facts:
    given = facts()
    return replace(given, model=replace(given.model, **more))


def _nothing() -> Facts:
    """Give the facts of a version of which as little is known as can be."""
    made = {"commit": None, "training": None, "artifact": None, "parts": {}, "details": {}, "environment": {}}
    made |= {"dirty": False, "seed": None, "verdict": "unjudged", "gates": []}
    made |= {"baseline": {"source": "none", "training": None}}
    version = Version("m", "1")
    return Facts(
        Lineage(version, made), ModelReport("unjudged", "reuse"), Said(), History("m", (), None, False), Importance()
    )


AUDIT_ITEMS = """
Selection rates and impact ratios | Scoring rates and impact ratios | Rows of unknown sex or race | Categories under 2%
Tool | Distribution date (first use) | Source of the data | Explanation of the data | Period of the data
Data of real use, or test data | Evaluated on | Date of the latest bias audit | Auditor | Independence of the auditor
Notices to candidates and employees | Alternatives and accommodations | Retention of data
"""
REVIEW_ITEMS = """
Inventory: version and status | Owner | Purpose | Data: source, rows, balance, digest
Drift of the data since the version before | Method as it was run | Outcomes on the holdout | Outcomes by group
Costs of its mistakes | Benchmark, on the same rows | How often the holdout was looked at
Stability: what it relies on | Limits that its owner knows | Limits that the record shows | Change control: commit
Change control: what changed | Change control: gates | Approvals and overrides | Replication | Fallback
Monitoring since it is in use | Materiality: exposure and purpose | Rationale of the method, alternatives rejected
Fitness of the data for the use | Independence of who approved | Vendor models and parts | Use and reporting downstream
Aggregate risk | Date of the next validation | Back-testing
"""
AI_ACT_ITEMS = """
1: intended purpose | 1: provider | 1: version and its predecessor | 1: interfaces with other systems | 1: hardware
1: forms on the market | 1: user interface | 1: instructions for use | 2a: methods and steps of development
2c: resources used | 2d: data | 2d: how the holdout was cut | 2b: design choices and their rationale
2a: third-party and pre-trained parts | 2d: provenance of the data | 2d: labelling | 2d: cleaning
2e: human oversight (Art. 14) | 2f: bounds of a retraining | 2f: pre-determined changes | 2g: validation and testing
2g: who let it in | 2g: signature of the responsible person | 2h: cybersecurity | 3: accuracy by group (Art. 13(3)(b))
3: limitations | 3: unintended outcomes | 3: risks to health, safety and rights | 4: metrics: costs of mistakes
4: why these metrics | 5: risk management (Art. 9) | 10(2)(f, g): bias examined | 15(3): accuracy declared
15: robustness | 15(4): feedback loops | 6: changes through the life cycle | 6: history | 7: standards applied
8: declaration of conformity | 9: post-market plan | 11, 18: kept current | 18: retention for ten years
12, 19, 26(6): logs of the system in use | GDPR 13(2)(f), 15(1)(h): what is predicted | GDPR: how it is decided
GDPR: features it relies on, without direction | GDPR: the reasons of one person's decision
GDPR: consequences for the person | GDPR 22(3): human review | GDPR 22(3): how to contest it
"""
LISTED = {
    title: [item.strip() for line in items.strip().splitlines() for item in line.split("|")]
    for title, items in zip(TITLES, (AUDIT_ITEMS, REVIEW_ITEMS, AI_ACT_ITEMS), strict=True)
}


@pytest.mark.parametrize("title", TITLES)
@pytest.mark.parametrize("given", [_nothing(), facts(), _with(audit=AUDIT)], ids=["nothing", "much", "audited"])
def test_each_item_is_there_with_its_source_or_not_known(title: str, given: Facts) -> None:
    rows = _section(card(given), title).grids[-1]
    assert rows.head == ("item", "answer", "where from")
    assert [item for item, _, _ in rows.rows] == LISTED[title]
    assert all(answer and source for _, answer, source in rows.rows)


def test_of_nothing_nearly_nothing_is_known() -> None:
    known = {
        item for title in TITLES for item, (answer, _) in _items(card(_nothing()), title).items() if answer != UNKNOWN
    }
    assert known <= {
        "Tool",
        "Data of real use, or test data",
        "Inventory: version and status",
        "Limits that the record shows",
        "Replication",
        "Fallback",
        "1: version and its predecessor",
        "11, 18: kept current",
        "GDPR: how it is decided",
    }


@pytest.mark.parametrize("key", sorted(ANSWERS))
def test_what_only_a_person_knows_is_taken_from_the_file_word_by_word(key: str) -> None:
    said = f"{HOSTILE} {key}"
    made = card(replace(facts(), said=Said(answers={key: said})))
    found = [row for title in TITLES for row in _items(made, title).values()]
    assert (said, f"`card.answers.{key}` in ml-ci.yaml") in found
    silent = [row for title in TITLES for row in _items(card(facts()), title).values()]
    if key != "data-use":
        assert (UNKNOWN, f"say it as `card: {{answers: {{{key}: …}}}}`") in silent


def test_a_holdout_is_test_data_unless_its_owner_says_otherwise() -> None:
    item = "Data of real use, or test data"
    assert _items(card(facts()), TITLES[0])[item][0].startswith("test data")
    said = Said(answers={"data-use": "Data of real use"})
    assert _items(card(replace(facts(), said=said)), TITLES[0])[item][0] == "Data of real use"


def _table(made: Card, at: int) -> Grid:
    return _section(made, TITLES[0]).grids[at]


def test_the_tables_of_an_audit() -> None:
    made = card(_with(audit=AUDIT))
    section = _section(made, TITLES[0])
    assert [grid.head[:-5] for grid in section.grids[:-1]] == [("sex",), ("ethnicity",), ("sex", "ethnicity")] * 2
    assert _table(made, 0).head[1:] == ("rows", "selected", "selection rate", "impact ratio", "ratio with all")
    assert _table(made, 0).rows == (
        ("Female", "100", "30", "0.3000", "0.6000", "0.6000"),
        ("Male", "102", "51", "0.5000", "1.0000", "1.0000"),
    )
    assert _table(made, 1).rows[0] == ("Other", "2 (under 2%)", "1", "0.5000", "N/A", "1.0000")
    assert _table(made, 2).rows[1] == ("Male", "Other", "2 (under 2%)", "1", "0.5000", "N/A", "1.0000")
    assert _table(made, 3).head[2:4] == ("above the median", "scoring rate")
    said = " ".join(section.paragraphs)
    assert "Selected is whom the model calls positive." in said
    assert "strictly above 0.25, the median" in said
    assert "unknown sex (8) or race (0), 8 of 210 rows (3.8%)" in said
    items = _items(made, TITLES[0])
    assert items["Categories under 2%"][0] == "Other; Male and Other"
    assert items["Rows of unknown sex or race"][0] == "sex 8, race 0, either 8 (3.8%)"
    assert items["Distribution date (first use)"][0] == "2026-01-02"


def test_the_favourable_decision_is_named() -> None:
    made = card(_with(audit=replace(AUDIT, selected="negative")))
    assert "Selected is whom the model calls negative." in _section(made, TITLES[0]).paragraphs[0]
    assert _table(made, 0).rows[0][2] == "70"


def test_a_model_of_labels_and_an_audit_of_nobody() -> None:
    cells = tuple(replace(cell, above=None) for cell in CELLS)
    labels = card(_with(audit=replace(AUDIT, cells=cells, median=None)))
    assert len(_section(labels, TITLES[0]).grids) == 4
    assert "gives labels" in _items(labels, TITLES[0])["Scoring rates and impact ratios"][0]
    nobody = card(_with(audit=replace(AUDIT, unknown=("Female", "Male"))))
    assert len(_section(nobody, TITLES[0]).grids) == 1
    assert _items(nobody, TITLES[0])["Selection rates and impact ratios"][0] == UNKNOWN


def test_where_nobody_is_selected_a_ratio_is_undefined() -> None:
    cells = (AuditCell("f", "a", Confusion(0, 0, 5, 5), 0), AuditCell("m", "a", Confusion(0, 0, 5, 5), 0))
    made = card(_with(audit=Audit("sex", "race", cells, 0.5)))
    assert [row[4:] for row in _table(made, 0).rows] == [("undefined", "undefined")] * 2


def test_what_is_on_record_is_told() -> None:
    drift = (
        ColumnDrift("data.train", "age", 0.1, 0.001, told=True),
        ColumnDrift("data.train", "b", 0.0, 0.1, told=False),
    )
    given = _with(
        cost=Cost(5, 120, "USD"),
        changes=(Change("data.train", "30 → 40 rows (+10)"),),
        pictures=Pictures(drift=drift),
        baseline=Side("s", Confusion(10, 4, 13, 3), {}, {}, "champion v1"),
        notes=("Holdout: 3 of 32 looks were taken.", "another"),
        gates=(GateResult("fpr <= 0.3", "inconclusive"),),
    )
    found = _items(card(given), TITLES[1])
    for item, said in {
        "Inventory: version and status": "x v2 (champion); it replaced v1",
        "Owner": "x",
        "Drift of the data since the version before": "data.train: age (0.100 bits)",
        "Outcomes on the holdout": "FPR 23.5% (4 of 17; 95% interval 6.8% … 49.9%); FNR 15.4% (2 of 13; 95% interval",
        "Costs of its mistakes": "At 5 USD a false alarm",
        "Benchmark, on the same rows": "champion v1: FPR 23.5% (4 of 17;",
        "How often the holdout was looked at": "Holdout: 3 of 32 looks were taken.",
        "Stability: what it relies on": "x",
        "Limits that the record shows": "inconclusive: `fpr <= 0.3`; x",
        "Change control: what changed": "data.train: 30 → 40 rows (+10)",
        "Change control: gates": "`fpr <= 0.3`: inconclusive",
        "Approvals and overrides": "2026-01-02: let in by x, approved by x, allowed by hand: verdict, reason: x",
        "Replication": "`ml-ci reproduce x@2`",
        "Fallback": "v1: `ml-ci rollback x --reason 'why'`",
        "Data: source, rows, balance, digest": "holdout: 20% of train, 30 rows, 13 positive, digest x; train:",
    }.items():
        assert found[item][0].startswith(said), item
    assert found["Monitoring since it is in use"][0] == UNKNOWN
    act = _items(card(given), TITLES[2])
    assert act["11, 18: kept current"][0] == "this version is in use now"
    assert act["2c: resources used"][0] == "3 s, 90 MB at most"


def test_a_card_of_an_older_version_says_so() -> None:
    given = facts()
    newer = replace(given, history=replace(given.history, champion=Version("x", "9")))
    assert _items(card(newer), TITLES[2])["11, 18: kept current"][0] == "v9 is in use now: this card is of v2"


def _plain(text: str) -> str:
    return re.sub(r"[\s\u200b]+", "", unescape(re.sub(r"<[^>]+>", "", text)))


@pytest.mark.parametrize("word", ["Other", HOSTILE])
def test_both_forms_say_the_same_and_no_name_does_anything(word: str) -> None:
    cells = (replace(CELLS[0], sex=word), replace(CELLS[1], race=word))
    given = replace(_with(audit=Audit(word, f"{word}2", cells, 0.25)), said=Said(answers={"auditor": word}))
    made = card(given)
    page, marked = card_html.render(made), card_markdown.render(made)
    drawn = cmarkgfm.github_flavored_markdown_to_html(marked)
    assert "<script" not in page + drawn and '<a href="http' not in drawn
    for title in TITLES:
        for item, answer, _ in _section(made, title).grids[-1].rows:
            for form in (page, drawn):
                assert _plain(item) in _plain(form)
                if "x" not in word and "`" not in answer:
                    assert _plain(answer) in _plain(form), answer


@pytest.mark.parametrize("given", [_nothing(), _with(audit=AUDIT)], ids=["nothing", "audited"])
def test_it_judges_nobody(given: Facts) -> None:
    said = card_markdown.render(card(given)).lower() + card_html.render(card(given)).lower()
    for word in ("compliant", "passes the audit", "four-fifths", "adverse impact", "80%"):
        assert word not in said
    assert not re.search(
        r"(?<![\d.])0\.80?(?!\d)", said.partition("bias audit (new york")[2].partition("model-risk")[0]
    )


def test_the_same_record_gives_the_same_card() -> None:
    one, other = (card(_with(audit=AUDIT)) for _ in range(2))
    assert card_html.render(one) == card_html.render(other)
