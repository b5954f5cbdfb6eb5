"""Rows that a command scores, in any language: judged, asked when they are edited, and answered by a service."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ml_ci.behaviours.asks import Ask
from ml_ci.errors import StageFailed
from ml_ci.steps.opening.project import locate, open_project
from ml_ci.steps.planning.sides import Fingerprints
from ml_ci.steps.working.ask import open_asker, open_service
from ml_ci.steps.working.score import score_side
from ml_ci.steps.working.workshop import open_workshop

# The model is a file of one number, the score x divided by it: a shell and awk, no Python anywhere.
SCORE = """\
awk -F, -v by="$(cat "$1")" 'NR == 1 { print "score" } NR > 1 { print ($1 ~ /^("")?$/ ? "NaN" : $1 / by) }' "$2" > "$3"
"""
SPEC = """\
version: 1
models:
  cut:
    run: echo 40 > {out}/by
    outputs: {model: "{out}/by"}
    predict: {run: "sh score.sh {model} {rows} {out}/scores.csv"}
    data: {holdout: data/holdout.csv}
    label: y
    positive: 1
    gates: [fnr <= 0.1]
"""


@pytest.fixture
def scored(project: Any) -> Any:
    project.commit({"score.sh": SCORE, "ml-ci.yaml": SPEC}, "A model that awk reads")
    return project


def _open(project: Any) -> Any:
    found = open_project(locate(project.options()), project.options())
    return open_workshop(found, Fingerprints(found).sides("cut"))


def test_a_command_scores_the_holdout_and_its_program_is_part_of_what_changes(scored: Any) -> None:
    first = scored.run(baseline="none").models["cut"]
    assert first.verdict == "pass"
    assert [gate.value for gate in first.gates] == [0.0]  # x / 40 >= 0.5 from 20 on
    scored.repository.git("checkout", "-q", "-b", "change")
    scored.edit("score.sh", "$1 / by", "$1 / by / 2")
    scored.commit()
    changed = scored.run().models["cut"]
    assert (changed.verdict, changed.action) == ("fail", "evaluate")
    assert "score.sh" in str(changed.changes)


def test_edited_rows_are_asked_in_a_file_like_the_holdouts(scored: Any) -> None:
    with _open(scored) as shop, open_asker(shop, shop.sides.candidate) as ask:
        found = ask(Ask(np.array([39, 0, 0, 1]), {"x": [39, 30, None, 4.0]}))
        alone = ask(Ask(np.array([10, 30]), alone=True))
        none = ask(Ask(np.array([], np.int64)))
        with pytest.raises(StageFailed) as caught:
            ask(Ask(np.array([0]), {"xx": [1]}))
    assert found.scores.tolist()[:2] == [0.975, 0.75]
    assert found.decisions.tolist() == [1, 1, -1, 0]
    assert list(found.errors) == [2]
    assert (alone.scores.tolist(), alone.decisions.tolist()) == ([0.25, 0.75], [0, 1])
    assert len(none.scores) == 0
    assert (caught.value.failure.code, caught.value.failure.hint) == ("unknown-column", "Did you mean `x`?")


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("false {rows} {out}", "job-exit"),
        ("true {rows} {out}", "no-output"),
        ("sleep 60; true {rows} {out}", "ask-limit"),
        ("sh score.sh {model} {rows} {out}/all; head -n 3 {out}/all > {out}/scores.csv", "row-count"),
        ("(echo x,score; tail -n +2 {rows} | sort -rn | sed s/$/,0.5/) > {out}/scores.csv", "rows-differ"),
        ("mkfifo {out}/scores.csv; true {rows}", "output-kind"),
        ("(echo score; tail -n +2 {rows} | sed 's/.*/high/') > {out}/scores.csv", "score-not-number"),
    ],
)
def test_a_service_that_does_not_answer_row_by_row_fails_by_name(scored: Any, command: str, code: str) -> None:
    with _open(scored) as shop:
        service = open_service(shop, shop.sides.candidate, command).within(2.0 if code == "ask-limit" else 60.0)
        with pytest.raises(StageFailed) as caught:
            service(Ask(np.arange(8)))
    assert caught.value.failure.code == code
    assert caught.value.failure.stage == "evaluation"


def test_a_service_serves_the_sides_own_model(scored: Any) -> None:
    scored.repository.git("checkout", "-q", "-b", "change")
    scored.edit("ml-ci.yaml", "echo 40", "echo 80")
    with _open(scored) as shop:
        command = 'sh score.sh "$ML_CI_MODEL" {rows} {out}/scores.csv'
        sides = [shop.sides.candidate, shop.sides.baseline]
        found = [open_service(shop, side, command)(Ask(np.array([20]))).scores.tolist() for side in sides if side]
    assert found == [[0.25], [0.5]]


MARGINS = """\
import csv, math, pickle
from pathlib import Path

class Model:
    classes_ = [0, 1]
    def decision_function(self, rows):
        return [(x - 20) / 4 for x in rows.x]

def train(train: Path):
    return Model()
"""
SERVE = """\
awk -F, 'NR == 1 { print "score" } NR > 1 { print 1 / (1 + exp(-($1 - 20) / 4)) }' "$1" > "$2"
"""


@pytest.mark.parametrize(("threshold", "first"), [("", 20), ("threshold: 0.9", 29), ("threshold: fpr=0.1", 18)])
def test_a_service_of_a_model_of_margins_decides_as_it_does(project: Any, threshold: str, first: int) -> None:
    pytest.importorskip("pandas", reason="pandas is not installed")
    spec = SPEC.replace("run: echo 40 > {out}/by", "train: own:train").replace(
        "data: {", "data: {train: data/train.csv, "
    )
    lines = [line for line in spec.splitlines() if "outputs:" not in line and "predict:" not in line]
    text = "\n".join(lines).replace("holdout.csv}", f"holdout.csv, validation: data/train.csv}}\n    {threshold}")
    project.commit({"own.py": MARGINS, "serve.sh": SERVE, "ml-ci.yaml": text + "\n"}, "Margins")
    with _open(project) as shop:
        side = shop.sides.candidate
        score_side(shop, side)
        with open_asker(shop, side) as ask:
            batch = ask(Ask(np.arange(40)))
        served = open_service(shop, side, "sh serve.sh {rows} {out}/scores.csv")(Ask(np.arange(40)))
    assert batch.decisions.tolist() == served.decisions.tolist() == [int(x >= first) for x in range(40)]
    np.testing.assert_allclose(batch.scores, served.scores, atol=1e-5)
