"""Asks and answers."""

from __future__ import annotations

import numpy as np

from ml_ci.behaviours.asks import Answers, Ask
from ml_ci.behaviours.pairs import Pair
from tests.behaviours.asking import columns_of


def test_an_ask_edits_nothing_unless_told() -> None:
    ask = Ask(np.array([3, 3, 0]))
    assert (dict(ask.edits), ask.alone) == ({}, False)


def test_a_row_without_a_score_is_answered_where_there_is_a_decision() -> None:
    answers = Answers(np.array([np.nan, np.nan, 0.2]), np.array([1, -1, 0], np.int8), {1: "ValueError: no"})
    assert answers.answered.tolist() == [True, False, True]


def test_a_traceback_shows_nobodys_values() -> None:
    holdout = columns_of({"name": ["Ada Lovelace", "Grace Hopper"]})
    pair = Pair(0, "name", "Grace Hopper", {"name": "Ada Lovelace"})
    shown = [holdout, holdout.columns["name"], Ask(np.array([0]), {"name": ["Ada Lovelace"]}), pair]
    assert not any(name in repr(one) for one in shown for name in ("Ada", "Grace"))
