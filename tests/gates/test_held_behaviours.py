"""A change is judged by the base's behaviours as by its gates: under their names, and beside what they say now."""

from __future__ import annotations

import pytest

from ml_ci.gates.held import held
from ml_ci.spec.load import load
from ml_ci.spec.values import ModelSpec

BASE = """\
version: 1
models:
  m:
    train: a:b
    data: {holdout: h.csv}
    label: y
    positive: 1
    slices: [a]
    behaviours: {blind: {vary: sex}, known: {cases: c.csv}}
    gates: [blind <= 0.01, "each(blind, by=a) <= baseline.blind + 0.02 @ 0.95", known <= 0]
"""


def read(*edits: tuple[str, str]) -> ModelSpec:
    text = BASE
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new)
    return load(text, "ml-ci.yaml").models["m"]


OLD = ["blind <= 0.01", "each(blind, by=a) <= baseline.blind + 0.02 @ 0.95", "known <= 0"]
TWINS = ["new_blind <= 0.01", "each(new_blind, by=a) <= baseline.new_blind + 0.02 @ 0.95"]


@pytest.mark.parametrize(
    ("edits", "behaviours", "gates", "said"),
    [
        ([], {"blind": "vary: sex", "known": "cases: c.csv"}, OLD, []),
        (
            [("{vary: sex}", "{vary: race}")],
            {"blind": "vary: sex", "known": "cases: c.csv", "new_blind": "vary: race"},
            [*OLD, *TWINS],
            [
                "`blind` was changed in this change (vary: sex → vary: race): judged by both; "
                "`new_blind` is what it says now."
            ],
        ),
        (
            [
                ("blind: {vary: sex}, ", ""),
                ('blind <= 0.01, "each(blind, by=a) <= baseline.blind + 0.02 @ 0.95", ', ""),
            ],
            {"known": "cases: c.csv", "blind": "vary: sex"},
            OLD,
            [
                "`blind <= 0.01` was removed in this change: judged by it all the same.",
                f"`{OLD[1]}` was removed in this change: judged by it all the same.",
                "`blind` (vary: sex) was removed in this change: judged by it all the same.",
            ],
        ),
        (
            [("{vary: sex}", "{vary: race}"), ("blind <= 0.01,", "blind <= 0.5,")],
            {"blind": "vary: sex", "known": "cases: c.csv", "new_blind": "vary: race"},
            [*OLD, *TWINS],
            [
                "`blind <= 0.01` was loosened in this change to `blind <= 0.5`: judged by the old.",
                "`blind` was changed in this change (vary: sex → vary: race): judged by both; "
                "`new_blind` is what it says now.",
            ],
        ),
        (
            [("{vary: sex}", "{vary: sex, rows: 10}")],
            {"blind": "vary: sex", "known": "cases: c.csv", "new_blind": "vary: sex, rows: 10"},
            [*OLD, *TWINS],
            [
                "`blind` was changed in this change (vary: sex → vary: sex, rows: 10): judged by both; `new_blind` is "
                "what it says now."
            ],
        ),
        (
            [("known: {cases", "fair: {vary: race}, known: {cases"), ("gates: [", "gates: [fair <= 0.1, ")],
            {"blind": "vary: sex", "fair": "vary: race", "known": "cases: c.csv"},
            [*OLD, "fair <= 0.1"],
            [],
        ),
    ],
)
def test_the_bases_behaviours_judge(
    edits: list[tuple[str, str]], behaviours: dict[str, str], gates: list[str], said: list[str]
) -> None:
    found = held(read(*edits), read())
    assert {name: one.text for name, one in found.model.behaviours.items()} == behaviours
    assert all(one.name == name for name, one in found.model.behaviours.items())
    assert [gate.text for gate in found.model.gates] == gates
    assert list(found.cautions) == said


def test_a_name_that_is_taken_gets_another() -> None:
    both = ("known: {cases", "new_blind: {vary: b}, known: {cases")
    found = held(read(both, ("{vary: sex}", "{vary: race}")), read(both))
    assert found.model.behaviours["new_new_blind"].text == "vary: race"
    assert found.model.behaviours["new_blind"].text == "vary: b"
