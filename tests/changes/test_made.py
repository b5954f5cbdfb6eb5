"""What builds on a job is known by what that left, once it was done, and by the job before."""

from __future__ import annotations

import pytest

from ml_ci.changes.values import FORETOLD, HOLDOUT, Fingerprint, say_result

LEFT = {"made/a.csv": "1", "made/folder": "2"}
JOB = Fingerprint({"code": "c"}, frozenset({"code"}))
DONE = JOB.with_reads({}, LEFT)
OTHER = Fingerprint({"code": "d"}, frozenset({"code"})).with_reads({}, LEFT)


@pytest.mark.parametrize(
    ("path", "known"),
    [("made/a.csv", "1"), ("made/folder", "2"), ("made/folder/part/b.csv", "2"), ("made/a.csv.gz", None), ("x", None)],
)
def test_what_is_taken_of_a_job_is_known_by_its_content(path: str, known: str | None) -> None:
    assert say_result(DONE, path) == ({"content": known} if known else {"training": DONE.training})


def test_whole_job_is_known_by_all_that_it_left_and_a_model_by_its_training() -> None:
    assert say_result(DONE) == say_result(OTHER) != say_result(DONE.with_reads({}, {**LEFT, "made/a.csv": "3"}))
    assert say_result(JOB) == {"training": JOB.training}


def _model(**holdout: object) -> Fingerprint:
    said = {"path": "made/a.csv", "job": "split", "columns": None, "training": "unknown"}
    details = {"data.train": said, "needs.split": {}, HOLDOUT: holdout}
    return Fingerprint(dict.fromkeys(details, "before"), frozenset(details), details)


def test_equal_content_gives_one_training_whichever_job_left_it() -> None:
    model = _model()
    one, other = (model.with_needs({"split": job}) for job in (DONE, OTHER))
    assert one.training == other.training != model.with_needs({"split": JOB}).training
    assert one.details["data.train"] == {"path": "made/a.csv", "job": "split", "columns": None, "content": "1"}
    assert one.with_needs({"split": JOB}).details["data.train"]["training"] == JOB.training
    assert one.with_needs({"split": DONE}) is one


def test_holdout_that_is_cut_out_of_what_a_job_left_follows_it() -> None:
    cut = _model(of="train", share=0.2)
    one, other = (cut.with_needs({"split": job}) for job in (DONE, JOB))
    assert "before" != one.parts[HOLDOUT] != other.parts[HOLDOUT]


@pytest.mark.parametrize("holdout", [{"of": "train"}, {"path": "made/a.csv", "job": "split"}])
def test_rows_that_another_side_says_stay_as_it_says(holdout: dict[str, object]) -> None:
    assert _model(**holdout, **{FORETOLD: True}).with_needs({"split": DONE}).parts[HOLDOUT] == "before"
