"""Training that does not give the same model twice is found out, and said ever after."""

from __future__ import annotations

from typing import Any

import pytest

from ml_ci.questions import examine
from ml_ci.spec.load import load as load_spec
from ml_ci.steps.telling.unsteady import advise_scoring

pytestmark = pytest.mark.usefixtures("shared_imports")


def _checks(project: Any, **asked: Any) -> dict[str, Any]:
    return {one.check: one for one in examine(project.options(), **asked)}


def test_a_set_up_that_is_right(project: Any) -> None:
    found = _checks(project)
    assert found["configuration"].good
    assert "determinism" not in found
    assert project.trainings == 0


def test_a_configuration_with_a_mistake_is_a_finding(project: Any) -> None:
    project.edit("ml-ci.yaml", "label: y", "lable: y")
    (found,) = _checks(project, determinism=True).values()
    assert (found.check, found.good) == ("configuration", False)
    assert "lable" in found.message


def test_a_training_that_repeats_itself(project: Any) -> None:
    found = _checks(project, determinism=True)["determinism"]
    assert (found.good, found.message) == (True, "cut: trained twice, the same prediction for each of 40 rows")
    assert project.trainings == 1, "the second one leaves no record"
    assert not project.run().models["cut"].notes


def test_a_training_that_does_not_is_named_in_every_later_report(project: Any) -> None:
    counter = project.path.parent / "counter"
    counter.write_text("0")
    project.edit(
        "train.py", "BIAS = 4", f"BIAS = int(open({str(counter)!r}).read())\nopen({str(counter)!r}, 'w').write('4')"
    )
    found = _checks(project, determinism=True)["determinism"]
    assert not found.good
    assert found.message == (
        "cut: training is not deterministic: FNR moves by ±20.0 points by itself, 4 of 40 rows are decided differently"
    )
    assert "seeds: 5" in found.hint
    (note,) = [note for note in project.run().models["cut"].notes if "deterministic" in note]
    assert note.startswith("Training is not deterministic: FNR moves by ±20.0 points by itself")
    project.edit("data/train.csv", "x,y\n0,0\n", "x,y\n0,0\n1,0\n")
    assert any("not deterministic" in note for note in project.run().models["cut"].notes)


def test_a_training_that_fails_is_a_finding(project: Any) -> None:
    project.edit("train.py", "BIAS = 4", "raise SystemExit(3)")
    found = _checks(project, determinism=True)["determinism"]
    assert not found.good
    assert found.message.startswith("cut: ")


SCORED = """\
version: 1
models:
  cut:
    train: job:train
    predict: job:score
    data: {train: data/train.csv, holdout: data/holdout.csv}
    label: y
    positive: 1
    baseline: none
    gates: [fnr <= 0.5]
"""
NOISY = """\
import os
import pandas


def train(train):
    return 20


def score(model, rows):
    noise = [os.urandom(1)[0] % 9 - 4 for _ in range(len(rows))]
    return [0.9 if x + more >= model else 0.1 for x, more in zip(rows["x"], noise)]
"""


def _noisy(project: Any, more: str = "", job: str = NOISY) -> dict[str, Any]:
    files = {"job.py": job, "data/holdout.csv": "x,y\n" + "".join(f"{x},{int(x >= 20)}\n" for x in range(40)) * 20}
    project.commit({**files, "ml-ci.yaml": SCORED.replace("    gates:", f"{more}    gates:")})
    return _checks(project, determinism=True)


def test_a_model_that_answers_alike_is_said_to(project: Any) -> None:
    found = _noisy(project, job=NOISY.replace("os.urandom(1)[0] % 9 - 4", "0"))
    assert found["scoring"].good
    assert found["scoring"].message == "cut: scored twice, the same answer for each of 800 rows"
    assert found["determinism"].good
    assert project.trainings == 1


def test_a_model_that_does_not_is_found_until_it_is_judged_by_its_spread(project: Any) -> None:
    found = _noisy(project)
    assert not found["scoring"].good
    assert found["scoring"].message.startswith("cut: scoring is not deterministic: F")
    assert "repeats: 5" in found["scoring"].hint
    assert found["determinism"].good, "what scoring moves by itself is no fault of the training"
    assert "hides whether its training gives the same model twice" in found["determinism"].message
    (note,) = [note for note in project.run().models["cut"].notes if "deterministic" in note]
    assert note.startswith("Scoring is not deterministic")
    assert "`repeats: 5`" in note


def test_noise_that_a_seed_fixes_is_found_too(project: Any) -> None:
    job = NOISY.replace("import os", "import random").replace("os.urandom(1)[0] % 9 - 4", "random.randrange(9) - 4")
    assert not _noisy(project, job=job)["scoring"].good


@pytest.mark.parametrize("advice", ["repeats: 5", "seeds: 5"])
def test_the_advice_helps_when_it_is_followed(project: Any, advice: str) -> None:
    found = _noisy(project, f"    {advice}\n")
    assert all(one.good for one in found.values())
    assert "it is judged by the spread of 5" in found["scoring"].message
    report = project.run().models["cut"]
    assert report.verdict == "pass"
    assert not [note for note in report.notes if "deterministic" in note]


@pytest.mark.parametrize(
    ("more", "advice"),
    [
        ("", "repeats: 5"),
        ("    weight: x\n", "seeds: 5"),
        ("    method: anytime\n", "seeds: 5"),
    ],
)
def test_the_advice_is_one_that_ml_ci_yaml_takes(project: Any, more: str, advice: str) -> None:
    (project.path / "ml-ci.yaml").write_text(SCORED.replace("    gates:", f"{more}    gates:"))
    model = load_spec((project.path / "ml-ci.yaml").read_text(), "ml-ci.yaml").models["cut"]
    assert f"`{advice}`" in advise_scoring(model)
    load_spec(SCORED.replace("    gates:", f"{more}    {advice}\n    gates:"), "ml-ci.yaml")


def test_a_training_that_does_not_repeat_itself_is_judged_by_seeds(project: Any) -> None:
    job = NOISY.replace("os.urandom(1)[0] % 9 - 4", "0").replace("return 20", "return 15 + os.urandom(1)[0] % 11")
    found = _noisy(project, "    seeds: 5\n", job)
    assert found["determinism"].good
    assert found["scoring"].good
