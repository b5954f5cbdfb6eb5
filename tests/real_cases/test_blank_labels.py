"""A command that predicts sees no label of the holdout, wherever it looks for the rows."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from ml_ci.pipeline import plan, run
from ml_ci.steps.values import Options

pytestmark = pytest.mark.slow  # whole runs: `.ci/run` runs them apart

# It says what the label says, and 0 where there is none.
CHEAT = """\
import csv, os, sys
rows = list(csv.DictReader(open(PLACE)))
open(sys.argv[1] + "/p.csv", "w").write("prediction\\n" + "".join(f"{int(row['y'] == '1')}\\n" for row in rows))
"""
HONEST = """\
import csv, sys
rows = list(csv.DictReader(open("holdout.csv")))
open(sys.argv[1] + "/p.csv", "w").write("prediction\\n" + "".join(f"{int(int(row['x']) >= 20)}\\n" for row in rows))
"""
SPEC = """\
version: 1
models:
  m:
    run: python t.py {out} {data.holdout}
    outputs: {predictions: "{out}/p.csv"}
    data: DATA
    label: y
    positive: 1
    slices: [side]
    gates: [fnr <= 0.1]
"""
ROWS = "x,side,y\n" + "".join(f"{x},{'left' if x % 2 else 'right'},{int(x >= 20)}\n" for x in range(40))
ONLY = "{holdout: holdout.csv}"
PLACES = {
    "the token": "sys.argv[2]",
    "the variable": 'os.environ["ML_CI_DATA_HOLDOUT"]',
    "its place in the repository": '"holdout.csv"',
}


def options(repository: Any, **asked: Any) -> Options:
    return Options(start=Path(repository.path), environment=dict(os.environ), **asked)


def commit(repository: Any, code: str, data: str = ONLY) -> None:
    files = {"ml-ci.yaml": SPEC.replace("DATA", data), "t.py": code, "holdout.csv": ROWS, ".gitignore": ".ml_ci/\n"}
    repository.commit(files)


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_there_is_nothing_to_copy_labels_from(repository: Any, place: str) -> None:
    commit(repository, CHEAT.replace("PLACE", place))
    report = run(options(repository, baseline="none")).models["m"]
    assert report.candidate is not None and report.verdict == "fail"
    assert (report.candidate.confusion.fn, report.candidate.confusion.fp) == (20, 0)
    assert set(report.candidate.slices["side"]) == {"left", "right"}


def test_a_command_that_scores_rows_is_judged_as_before(repository: Any) -> None:
    commit(repository, HONEST)
    report = run(options(repository, baseline="none")).models["m"]
    assert report.candidate is not None and report.verdict == "pass"
    assert (report.candidate.confusion.fn, report.candidate.confusion.fp) == (0, 0)
    assert plan(options(repository, baseline="none"))["m"].action == "reuse"


def test_another_label_is_another_job_of_both_sides(repository: Any) -> None:
    """The column that is blank is another: what either side predicted before does not answer."""
    commit(repository, HONEST)
    repository.git("switch", "-q", "-c", "change")
    run(options(repository))
    spec = SPEC.replace("DATA", ONLY).replace("label: y", "label: z")
    rows = ROWS.replace("side,y", "side,z")
    repository.commit({"ml-ci.yaml": spec, "holdout.csv": rows})
    found = run(options(repository)).models["m"]
    assert [deed.side for deed in found.done or () if deed.kind == "train"] == ["candidate", "baseline"]
