"""The graph of a plan as a tree of lines and as a picture."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from ml_ci.changes.values import Change
from ml_ci.plan.values import JobPlan, ModelPlan, Plans
from ml_ci.reports.lineage import flowchart
from ml_ci.reports.lineage_svg import drawing
from ml_ci.reports.plan_graph import draw_lines, draw_picture

CHANGED = (Change("code", "features.py: SHIFT"),)


def plans(**needs: str) -> Plans:
    """Make plans: models have names in capitals; `b="a"` says that b builds on a."""
    jobs = {name: JobPlan("run" if name == "b" else "reuse", CHANGED) for name in needs if name.islower()}
    models = {name: ModelPlan("train", CHANGED, "", 1) for name in needs if name.isupper()}
    return Plans(models, jobs, {name: tuple(on.split()) for name, on in needs.items()})


@pytest.mark.parametrize(
    ("found", "lines"),
    [
        (plans(A="", b=""), []),
        (plans(a="", b="a", M="b"), ["a (reuse)", "└─ b (run)", "   └─ M (train)"]),
        (
            plans(a="", b="a", c="a", M="b c", N="M"),
            [
                "a (reuse)",
                "├─ b (run)",
                "│  └─ M (train)",
                "│     └─ N (train)",
                "└─ c (reuse)",
                "   └─ M (train) …",
            ],
        ),
        (plans(M="a", a="", N=""), ["a (reuse)", "└─ M (train)", "N (train)"]),
    ],
)
def test_tree(found: Plans, lines: list[str]) -> None:
    assert list(draw_lines(found)) == lines


def test_columns_are_the_steps_away_from_what_builds_on_nothing() -> None:
    found = draw_picture(plans(a="", b="a", M="a b", N="M"))
    assert {box.title: box.column for box in found.boxes} == {"a": 0, "b": 1, "M": 2, "N": 3}
    assert len(found.widths) == 4
    named = {box.name: box.title for box in found.boxes}
    arrows = [(named[start], named[end]) for start, end in found.arrows]
    assert arrows == [("a", "b"), ("a", "M"), ("b", "M"), ("M", "N")]


def test_only_what_takes_work_says_why() -> None:
    said = {box.title: [line.text for line in box.lines] for box in draw_picture(plans(a="", b="a")).boxes}
    assert said == {"a": ["job: reuse"], "b": ["job: run", "code: features.py: SHIFT"]}


def test_mermaid_takes_any_name_and_text_as_text() -> None:
    odd = Plans({}, {'a"]-->x': JobPlan("run", (Change("code", "<b>"),))}, {'a"]-->x': ()})
    assert list(flowchart(draw_picture(odd))) == [
        "flowchart LR",
        '  n0["a#34;]--#62;x<br/>job: run<br/>code: #60;b#62;"]',
    ]


def test_svg_is_as_wide_as_its_columns() -> None:
    drawn = ElementTree.fromstring(drawing(draw_picture(plans(a="", b="a", M="b"))))
    assert drawn.get("width") == "638"  # three columns of 190, two gaps of 24, margins of 10
    assert drawn.get("aria-label") == "What a run would do"
