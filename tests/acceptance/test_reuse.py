"""The least work: what is done again, and what is not."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


def test_a_second_run_trains_nothing(project: Any) -> None:
    first = project.run()
    assert (first.code, project.trainings(), project.model()["action"]) == (0, 1, "train"), first.err
    counts = project.model()["candidate"]["fp"], project.model()["candidate"]["fn"]
    assert counts == (10, 10)
    second = project.run()
    assert (second.code, project.trainings(), project.model()["action"]) == (0, 1, "reuse")
    assert "Nothing was trained" in second.out
    project.verify()


def test_both_sides_are_trained_once_when_both_are_new(project: Any) -> None:
    project.edit("model.py", "SHIFT = 0.0", "SHIFT = 0.01")
    answer = project.run()
    assert (answer.code, project.trainings()) == (0, 2)
    model = project.model()
    assert (model["candidate"]["action"], model["baseline"]["action"]) == ("train", "train")
    assert "Trained twice" in answer.out
    project.verify()


def test_the_baseline_is_found(known: Any) -> None:
    known.edit("model.py", "SHIFT = 0.0", "SHIFT = 0.3")
    answer = known.run()
    model = known.model()
    assert (answer.code, known.trainings(), model["verdict"]) == (1, 1, "fail")
    assert (model["candidate"]["action"], model["baseline"]["action"]) == ("train", "reuse")
    assert "baseline found (merge-base " in answer.out
    assert [change["part"] for change in model["changes"]] == ["code"]
    known.verify()


NO_CHANGES = {
    "documentation": ("README.md", "# Shop\n", "# The shop\n\nSells.\n"),
    "a docstring": ("model.py", "Buys who is above", "Everybody buys who is above"),
    "a comment": ("ml-ci.yaml", "version: 1\n", "version: 1\n# the shop's model\n"),
}


@pytest.mark.parametrize("case", NO_CHANGES)
def test_words_are_no_change(known: Any, case: str) -> None:
    known.edit(*NO_CHANGES[case])
    known.commit()
    answer = known.run()
    assert (answer.code, known.trainings(), known.model()["action"]) == (0, 0, "reuse"), answer.err
    assert known.model()["changes"] == []


def test_a_change_of_words_after_a_run_of_the_default_branch_is_reuse(known: Any) -> None:
    """The default branch was compared with its own parent: another comparison, and yet nothing to be done."""
    known.git("switch", "-q", "main")
    known.edit("model.py", "SHIFT = 0.0", "SHIFT = 0.01")
    known.commit()
    assert known.run().code == 0
    assert known.trainings() == 1
    known.git("switch", "-q", "-c", "words")
    known.edit("README.md", "Shop", "The shop")
    known.commit()
    answer = known.run("plan")
    assert "reuse" in answer.out
    answer = known.run()
    assert (answer.code, known.trainings(), known.model()["action"]) == (0, 1, "reuse")
    assert "nothing it depends on changed. Nothing was trained." in answer.out
    assert "Nothing was trained: the result was on record; baseline found" in known.run("run", "-v").out


def test_a_holdout_alone_is_scored_without_training(known: Any, make_table: Callable[..., str]) -> None:
    known.write({"data/holdout.csv": make_table(240)})
    answer = known.run()
    model = known.model()
    assert (answer.code, known.trainings(), model["action"]) == (0, 0, "evaluate"), answer.err
    assert (model["candidate"]["rows"], model["baseline"]["rows"]) == (240, 240)
    assert [change["part"] for change in model["changes"]] == ["data.holdout"]
    known.verify()


def test_gates_alone_are_judged_again(known: Any) -> None:
    known.edit("ml-ci.yaml", "fpr <= 0.2", "fpr <= 0.001")
    answer = known.run()
    assert (answer.code, known.trainings(), known.model()["action"]) == (1, 0, "reuse")
    assert known.model()["gates"][0]["verdict"] == "fail"
    assert "gates" in [change["part"] for change in known.model()["changes"]]
    known.edit("ml-ci.yaml", "fpr <= 0.001", "each(fpr, by=region) <= 0.3")
    assert (known.run().code, known.trainings()) == (0, 0)


def test_another_version_of_ml_ci_judges_again_and_trains_nothing(known: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    verdicts = known.path / ".ml_ci" / "records" / "verdicts"
    before = len(list(verdicts.iterdir()))
    monkeypatch.setattr("ml_ci.steps.planning.decide.__version__", "99")
    for _ in range(2):
        answer = known.run()
        assert (answer.code, known.trainings(), known.model()["action"]) == (0, 0, "reuse"), answer.err
        assert len(list(verdicts.iterdir())) == before + 1, "one verdict of the new version's own"


def test_the_baseline_is_scored_with_the_code_of_its_own_commit(known: Any, make_table: Callable[..., str]) -> None:
    """The candidate's `score` would give the baseline's model nothing but misses."""
    known.edit("model.py", "0.9 if float", "0.2 if float")
    known.write({"data/holdout.csv": make_table(240)})
    known.run()
    model = known.model()
    assert (model["candidate"]["metrics"]["fnr"], model["baseline"]["metrics"]["fnr"]) == (1.0, pytest.approx(0.1))


PART = {
    "ml-ci.yaml": """\
version: 1
models:
  shop:
    train: model:train
    predict: model:score
    data:
      train: data/all.csv
      holdout: {of: train, share: 0.3, seed: SEED}
    label: bought
    positive: "yes"
    gates: [fpr <= 0.4]
    env: [TRAININGS]
""",
}


def test_a_changed_cut_keeps_the_new_holdout_out_of_the_baselines_training(
    make: Any, files: dict[str, str], make_table: Callable[..., str]
) -> None:
    """Each training writes what it saw: neither side's may hold a row of the candidate's holdout."""
    spy = files["model.py"].replace(
        "    means = []",
        "    with open(os.environ['TRAININGS'] + '.seen', 'a') as seen:\n"
        "        seen.write(','.join(sorted(row['x'] for row in rows)) + '\\n')\n    means = []",
    )
    config = PART["ml-ci.yaml"]
    project = make({"model.py": spy, "ml-ci.yaml": config.replace("SEED", "0"), "data/all.csv": make_table(300)})
    assert project.run().code == 0
    project.edit("ml-ci.yaml", "seed: 0", "seed: 7")
    project.edit("model.py", "SHIFT = 0.0", "SHIFT = 0.01")
    project.commit()
    answer = project.run()
    assert answer.code == 0, answer.err + answer.out
    *_, own, other = [set(line.split(",")) for line in project.marks.with_name("marks.seen").read_text().splitlines()]
    assert own == other
    assert len(own) == 300 - project.model()["candidate"]["rows"]
    assert project.model()["candidate"]["rows"] == project.model()["baseline"]["rows"]
    project.verify()


def test_two_runs_at_once_train_once_and_say_that_they_wait(known: Any, tmp_path: Path) -> None:
    until = (
        "    import time\n    while not os.path.exists(os.environ['TRAININGS'] + '.go'):\n        time.sleep(0.02)\n"
    )
    known.edit("model.py", "    means = []", until + "    means = []")
    first = known.start("run")
    known.wait_for(lambda: known.trainings() == 1)
    said, told = tmp_path / "said", tmp_path / "told"
    with said.open("wb") as errors, told.open("wb") as out:
        command = (sys.executable, "-m", "ml_ci", "run")
        second = subprocess.Popen(command, cwd=known.folder, stdout=out, stderr=errors)
    known.wait_for(lambda: "shop: waiting for another run that trains the candidate …" in said.read_text())
    known.marks.with_name("marks.go").touch()
    assert (first.wait(120), second.wait(120), known.trainings()) == (0, 0, 1), said.read_text()
    assert "Nothing was trained here: another run did it meanwhile (waited " in told.read_text()
    assert known.run().code == 0
    known.verify()


@pytest.mark.parametrize("gate", ["each(fpr, by=region) <= 0.3", "recall_at(fpr=0.2) >= 0.5"])
def test_a_new_gate_may_ask_for_what_was_not_counted(make: Any, files: dict[str, str], gate: str) -> None:
    project = make({**files, "ml-ci.yaml": files["ml-ci.yaml"].replace("    slices: [region]\n", "")})
    assert project.run().code == 0
    project.edit("ml-ci.yaml", "      - fpr <= 0.2\n", f"      - fpr <= 0.2\n      - {gate}\n")
    answer = project.run()
    assert answer.code == 0, answer.out + answer.err
    assert {one["verdict"] for one in project.model()["gates"] if one["condition"] == gate} == {"pass"}
    assert project.trainings() == 1
