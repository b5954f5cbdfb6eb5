"""What `ml-ci ask` prints: within its width, and nothing that a terminal would take for an order."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ml_ci.behaviours.flips import Change, Sway
from ml_ci.behaviours.told import Reply, Told
from ml_ci.reports.ask import as_json, lines

TOLD = Told(
    model="income",
    positive="'>50K'",
    row=None,
    start={},
    values=({"age": 40, "sex": "Male"}, {"age": 40, "sex": "Female"}),
    candidate=(Reply(True, 0.62), Reply(False, 0.41)),
    baseline=(Reply(True, 0.55), Reply(True, 0.55)),
    commit="189f2efabc",
    no_baseline="",
    changes=(Change("age", (39, 58), 40), Change("job", ("Sales",), "Clerk")),
    sways=(),
    notes=("age: 99 is outside of the holdout's 17 to 90",),
)
SAID = """\
income: the typical row (median, most frequent), with age=40
  positive means '>50K'

              candidate        baseline 189f2ef
  sex=Male    0.620 positive   0.550 positive
  sex=Female  0.410 negative   0.550 positive  ≠

One of these alone changes the candidate's decision of the
first row:
  age: 40 → 39 or 58
  job: Clerk → Sales

note: age: 99 is outside of the holdout's 17 to 90"""


def test_it_is_read_in_60_columns() -> None:
    assert "\n".join(lines(TOLD, 60)) == SAID


@pytest.mark.parametrize("width", [40, 60, 100])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    long = {f"a_column_of_a_long_name_{place}": "x" * 200 for place in range(4)}
    other = {**long, "a_column_of_a_long_name_0": "y" * 200}
    many = replace(
        TOLD,
        values=(long, other),
        row=3,
        start=long,
        no_baseline="z " * 100,
        candidate=(Reply(None, None, "e" * 300), Reply(True)),
        changes=(),
        sways=(Sway("n", 0.1, 0.2),),
    )
    for told in (many, replace(many, baseline=None, commit=None), replace(TOLD, changes=(), sways=(Sway("n", 0, 1),))):
        assert max(map(len, lines(told, width))) <= max(width, 57)


def test_one_row_needs_no_names_and_no_baseline_is_told_why() -> None:
    told = replace(TOLD, values=({},), candidate=(Reply(True),), baseline=None, commit=None, no_baseline="a new model")
    said = list(lines(told, 60))
    assert said[3:5] == ["  candidate", "  positive"]
    assert "no baseline: a new model" in said


def test_a_row_without_an_answer_says_why() -> None:
    told = replace(TOLD, candidate=(Reply(None, None, "`own:score` raised ValueError: old"), Reply(False, 0.4)))
    said = "\n".join(lines(told, 60))
    assert "sex=Male    no answer        0.550 positive  ≠" in said
    assert "row 1: `own:score` raised ValueError: old" in said
    assert "changes the candidate" not in said


def test_what_a_value_holds_is_no_order_to_the_terminal() -> None:
    told = replace(TOLD, values=({"job": "\x1b[31mred\n"}, {"job": "b"}), notes=("\x1b]0;x\x07",))
    assert "\x1b" not in "\n".join(lines(told, 60))
    assert all("\n" not in line for line in lines(told, 60))


def test_as_json() -> None:
    said = json.loads(json.dumps(as_json(TOLD), allow_nan=False))
    assert said["format"] == 1
    assert said["candidate"] == {"score": 0.62, "positive": True}
    assert said["baseline"] == {"score": 0.55, "positive": True}
    assert said["rows"][1] == {
        "values": {"age": 40, "sex": "Female"},
        "candidate": {"score": 0.41, "positive": False},
        "baseline": {"score": 0.55, "positive": True},
    }
    assert said["changes"][0] == {"column": "age", "now": 40, "values": [39, 58]}
    assert as_json(replace(TOLD, baseline=None))["baseline"] is None
