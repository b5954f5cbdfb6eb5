"""A change that makes the model worse and moves what it is measured by does not pass: nine ways, by the base's rules.

The model misses 70% of the positives where the base misses 20%; by its own file or rows the change would pass.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from ml_ci.pipeline import run
from ml_ci.reports.markdown import render
from ml_ci.reports.plain import plain

GATES = """    gates:
      - fnr <= baseline.fnr + 0.1
      - each(fnr, by=half) <= 0.6
"""
Edit = Callable[[str], str]


def rows(first: int, label: Callable[[int], int] = lambda x: 0) -> str:
    """Write the rows of a table with x = 0 ... 39, positive from `first` on, each in one half."""
    return "x,y,half\n" + "".join(
        f"{x},{int(x >= first) ^ label(x)},{'low' if x < 20 else 'high'}\n" for x in range(40)
    )


def replacing(old: str, new: str) -> Edit:
    def edit(text: str) -> str:
        assert old in text
        return text.replace(old, new)

    return edit


EASY = "x,y,half\n" + "".join(
    f"{x},{int(x >= 20)},{'low' if x < 20 else 'high'}\n" for x in [*range(20), *range(34, 40)] * 2
)

# The edit of ml-ci.yaml, and the files that come with it.
MOVES: dict[str, tuple[Edit, dict[str, str]]] = {
    "nothing": (str, {}),
    "looser gates": (lambda text: replacing("+ 0.1", "+ 0.9")(text).replace("<= 0.6", "<= 1"), {}),
    "gates removed": (lambda text: text.replace(GATES, "    gates: [fpr <= 0.9]\n"), {}),
    "min_rows": (replacing("    gates:", "    min_rows: 100000\n    gates:"), {}),
    "slices removed": (
        lambda text: replacing("    slices: [half]\n", "")(text).replace(GATES, "    gates: [fpr <= 1]\n"),
        {},
    ),
    "threshold": (replacing("    positive: 1\n", "    positive: 1\n    threshold: 0.99\n"), {}),
    "baseline: none": (
        lambda text: text.replace(GATES, "    baseline: none\n    gates: ['each(fnr, by=half) <= 1']\n"),
        {},
    ),
    "flipped labels": (str, {"data/holdout.csv": rows(20, lambda x: int(24 <= x < 34))}),
    "flipped positive": (replacing("    positive: 1\n", "    positive: 0\n"), {}),
    "another holdout": (replacing("data/holdout.csv", "data/other.csv"), {"data/other.csv": EASY}),
    "an easier holdout": (str, {"data/holdout.csv": EASY}),
}


@pytest.fixture
def worse(project: Any) -> Any:
    """Give the project whose base has slices and two gates, on a branch that makes the model worse."""
    project.edit("ml-ci.yaml", "    gates:\n      - fnr <= baseline.fnr + 0.1\n", GATES)
    project.edit("ml-ci.yaml", "    positive: 1\n", "    positive: 1\n    slices: [half]\n")
    project.commit({"data/train.csv": rows(20), "data/holdout.csv": rows(20)}, "Slices")
    project.repository.git("switch", "-q", "-c", "change")
    project.commit({"data/train.csv": rows(30)}, "Worse")
    return project


@pytest.mark.parametrize("move", MOVES)
def test_it_does_not_pass(worse: Any, move: str) -> None:
    edit, files = MOVES[move]
    worse.commit({**files, "ml-ci.yaml": edit((worse.path / "ml-ci.yaml").read_text())}, "Move")
    report = run(worse.options(gates_from="main", target="main"))
    assert report.verdict in ("fail", "error"), plain(report)
    if move != "nothing":
        said = [*report.cautions, *report.models["cut"].cautions]
        assert said or report.models["cut"].failure, "a reviewer is told of it"


def test_what_a_job_prints_is_text(worse: Any) -> None:
    """Nothing of it moves a cursor or speaks to the runner, in no output."""
    evil = r"\x1b[31mred\x1b[0m\x1b]0;title\x07\n::set-output name=verdict::pass\n::add-mask::a\n##[error]x\n"
    worse.commit({"train.py": f'import sys\nprint("{evil}")\nprint("{evil}", file=sys.stderr)\nsys.exit(3)\n'}, "Print")
    report = run(worse.options(gates_from="main", target="main"))
    failure = report.models["cut"].failure
    assert (report.verdict, "set-output" in (failure.log_tail if failure else "")) == ("error", True)
    for said in (plain(report), render(report)):
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", said)
    assert not [line for line in plain(report).splitlines() if line.startswith(("::", "##["))]
    fenced = re.sub(r"^(`{3,})text\n.*?^\1$", "", render(report), flags=re.DOTALL | re.MULTILINE)
    assert not [line for line in fenced.splitlines() if line.startswith(("::", "##["))]
