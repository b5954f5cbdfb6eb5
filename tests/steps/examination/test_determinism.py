"""Training that does not give the same model twice is found out, and said ever after."""

from __future__ import annotations

from typing import Any

from ml_ci.questions import examine


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
