from __future__ import annotations

from dataclasses import replace

from ml_ci.suspicion.overlap import add_answers, cautions, judge_overlap, plainly
from ml_ci.tables.shared_rows import Compared, Shared

ONE = Shared(rows=100, found=10, others=400, repeated=0, distinct=400, alike=1e-9)


def test_what_is_found_of_each_fold_is_added() -> None:
    other = replace(ONE, rows=300, found=0, others=200)
    found = add_answers([[Compared(ONE, ONE)], [Compared(other, other)]])
    assert found == (Compared(replace(ONE, rows=400, found=10, others=250, distinct=400), found[0].features),)
    assert found[0].features == found[0].whole


def test_a_table_without_labels_and_an_answer_of_some_folds_only() -> None:
    found = add_answers([[Compared(None, ONE), Compared(ONE, ONE)], [Compared(ONE, ONE)]])
    assert [one.whole for one in found] == [None]
    assert found[0].features.found == 20
    assert add_answers([]) == ()


def test_a_caution_names_the_folds() -> None:
    judged = replace(judge_overlap([Compared(ONE, ONE)]), data="train", path="t.csv", cut=True, folds=5)
    [said] = cautions([judged])
    assert said.startswith("10 of the 100 rows of the holdout stand in other folds of data.train (t.csv)")
    assert "keep them in one fold: `folds: 5` with `by: COLUMN`" in said
    assert plainly(judged) == "10 of the 100 rows of the holdout stand in other folds of data.train."
