from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from typing import Any, ClassVar

from ml_ci.changes import fingerprint as fingerprints
from ml_ci.changes.environment import Environment
from ml_ci.cli.main import call
from ml_ci.explain.values import Attribution, Explanation
from ml_ci.questions import explain
from ml_ci.reports.explanation import markdown, plain, to_json
from ml_ci.steps.causes.explain import Ask
from ml_ci.steps.progress import Progress, Silent

Table = Callable[[int], str]


def asked(project: Any, progress: Progress | None = None, **ask: Any) -> Explanation:
    (found,) = explain(project.options(progress=progress or Silent()), Ask(**ask))
    return found


def of(explanation: Explanation, metric: str) -> Attribution:
    return next(one for one in explanation.attributions if one.metric == metric)


def shares(attribution: Attribution) -> dict[str, Fraction]:
    return {share.part: share.share for share in attribution.shares}


def test_code_helps_and_data_hurt_by_known_amounts(project: Any, data: Table) -> None:
    project.edit("train.py", "BIAS = 4", "BIAS = 2")  # finds two of 20 positives more
    project.commit({"data/train.csv": data(26)})  # and loses six
    found = asked(project)
    fnr = of(found, "fnr")
    assert (fnr.baseline, fnr.candidate) == (Fraction(4, 20), Fraction(8, 20))
    assert shares(fnr) == {"code": Fraction(-2, 20), "data.train": Fraction(6, 20)}
    assert sum(shares(fnr).values()) == fnr.change
    assert fnr.interactions == ()
    assert found.effort.trainings == 2, "old code with new data, and new code with old data"
    assert "cut: FNR +20.0 points: data.train +30.0 points, code −10.0 points\n" in plain(found)


def test_a_second_time_takes_no_training_and_says_the_same(project: Any, data: Table) -> None:
    project.edit("train.py", "BIAS = 4", "BIAS = 2")
    project.commit({"data/train.csv": data(26)})
    first, trained = asked(project), project.trainings
    assert trained == 4
    again = asked(project)
    assert (again.effort.trainings, project.trainings) == (0, trained)
    assert again.attributions == first.attributions


def test_an_uncommitted_change_is_explained_and_the_index_stays_as_it_is(project: Any, data: Table) -> None:
    project.edit("train.py", "BIAS = 4", "BIAS = 2")
    (project.path / "data/train.csv").write_text(data(26))
    before = project.repository.git("status", "--porcelain")
    assert shares(of(asked(project), "fnr")) == {"code": Fraction(-2, 20), "data.train": Fraction(6, 20)}
    assert project.repository.git("status", "--porcelain") == before
    assert project.repository.git("worktree", "list").count("\n") == 0


def test_interactions_are_named_and_shared(project: Any, data: Table) -> None:
    # The code clips the cut, so that with the new code the new data do nothing.
    project.edit(
        "train.py",
        "    rows = list(csv.DictReader(open(h",
        "    at = min(at, 26)\n    rows = list(csv.DictReader(open(h",
    )
    project.edit("train.py", "BIAS = 4", "BIAS = 6")
    project.commit({"data/train.csv": data(26)})
    fnr = of(asked(project, anyway=True), "fnr")
    assert fnr.change == Fraction(2, 20)
    assert shares(fnr) == {"code": Fraction(-1, 20), "data.train": Fraction(3, 20)}
    (together,) = fnr.interactions
    assert (together.parts, together.effect) == (("code", "data.train"), Fraction(-6, 20))
    assert sum(shares(fnr).values()) == fnr.change


def test_params_and_seed_and_holdout(project: Any, data: Table) -> None:
    """The holdout is everybody's and no part; a seed that does nothing has a share of nothing."""
    project.edit("ml-ci.yaml", "{more: 0}", "{more: 3}")
    project.edit("ml-ci.yaml", "    label: y", "    seed: 7\n    label: y")
    project.edit("train.py", "BIAS = 4", "BIAS = 5")
    project.commit({"data/train.csv": data(21), "data/holdout.csv": data(20).replace("0,0\n", "0,0\n0,0\n", 1)})
    found = asked(project)
    fnr = of(found, "fnr")
    expected = {"code": Fraction(1, 20), "data.train": Fraction(1, 20), "params": Fraction(3, 20), "seed": 0}
    assert shares(fnr) == expected
    assert len(found.mixtures) == 16
    assert sum(expected.values()) == fnr.change == Fraction(5, 20)


def test_five_parts_become_four(project: Any, data: Table) -> None:
    project.edit("ml-ci.yaml", "{more: 0}", "{more: 3}")
    project.edit("ml-ci.yaml", "    label: y", "    seed: 7\n    budget: {rows: 1000}\n    label: y")
    project.edit("train.py", "BIAS = 4", "BIAS = 5")
    project.commit({"data/train.csv": data(21)})
    found = asked(project, dry=True)
    assert [part.name for part in found.parts] == ["code", "data.train", "params", "seed, budget"]
    assert found.effort.trainings == 14
    assert found.notes == ("seed, budget are taken together",)


def test_one_part_trains_nothing_more(project: Any, data: Table) -> None:
    project.commit({"data/train.csv": data(26)})
    found = asked(project)
    assert found.reason == "only data.train changed: it accounts for the whole difference"
    assert shares(of(found, "fnr")) == {"data.train": Fraction(6, 20)}
    assert project.trainings == 2


def test_a_gate_that_holds_needs_no_explanation_unless_asked(project: Any, data: Table) -> None:
    project.edit("train.py", "BIAS = 4", "BIAS = 2")
    project.commit({"data/train.csv": data(21)})
    assert asked(project).reason.startswith("every gate holds")
    assert project.trainings == 2
    assert shares(of(asked(project, anyway=True), "fnr")) == {"code": Fraction(-2, 20), "data.train": Fraction(1, 20)}


def test_a_mixture_that_cannot_be_trained_is_named_and_nothing_is_shared_out(project: Any, data: Table) -> None:
    project.edit("train.py", 'row["x"]) for row in rows if', 'row["z"]) for row in rows if')
    project.commit({"data/train.csv": data(26).replace("x,y", "z,y")})
    found = asked(project)
    assert found.attributions == ()
    assert found.failure is not None
    assert "the model with new code and old data.train cannot be had" in found.failure.message
    assert "cannot be told" in plain(found)


def test_what_is_trained_next_is_told_by_what_is_new_in_it(project: Any, data: Table) -> None:
    class Told(Silent):
        notes: ClassVar[list[str]] = []

        def note(self, model: str, text: str) -> None:
            self.notes.append(f"{model}: {text}")

    project.edit("train.py", "BIAS = 4", "BIAS = 2")
    project.commit({"data/train.csv": data(26)})
    asked(project, progress=Told())
    assert sorted(Told.notes) == [
        "cut: next comes the model with the new code, and all else as in the baseline",
        "cut: next comes the model with the new data.train, and all else as in the baseline",
    ]


def test_the_budget_is_told_before_anything_is_trained(project: Any, data: Table) -> None:
    project.edit("train.py", "BIAS = 4", "BIAS = 2")
    project.commit({"data/train.csv": data(26)})
    told: list[tuple[str, int, int]] = []
    asked(project, tell=lambda model, effort: told.append((model, effort.trainings, project.trainings)))
    assert told == [("cut", 2, 2)]


def test_all_three_looks(project: Any, data: Table) -> None:
    project.edit("train.py", "BIAS = 4", "BIAS = 2")
    project.commit({"data/train.csv": data(26)})
    found = asked(project)
    said = to_json([found])["models"]["cut"]
    assert said["metrics"][1]["shares"]["data.train"] == {"share": 0.3, "alone": 0.3}
    assert len(said["mixtures"]) == 4
    assert json.loads(json.dumps(said, allow_nan=False)) == said
    assert "| `data.train` | +30.0 points | +30.0 points |" in markdown(found)
    assert "Shapley" in markdown(found)
    assert "new data.train  FPR" in plain(found)


def test_the_command(project: Any, data: Table, monkeypatch: Any, capsys: Any) -> None:
    project.edit("train.py", "BIAS = 4", "BIAS = 2")
    project.commit({"data/train.csv": data(26)})
    monkeypatch.chdir(project.path)
    assert call(["explain", "cut", "--json", "--report", "why.md"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["models"]["cut"]["trainings"] == 2
    assert "cut: training 2 mixtures of old and new parts, about" in err
    assert "### Which change did it: cut" in (project.path / "why.md").read_text()
    assert call(["explain", "cat"]) == 2
    assert "Did you mean `cut`?" in capsys.readouterr().err


def test_an_environment_that_is_not_here_any_more(project: Any, data: Table, monkeypatch: Any) -> None:
    """The baseline was trained under other versions: what training it again changes is theirs, and is told first."""
    with monkeypatch.context() as patch:
        patch.setattr(fingerprints, "environment", lambda *_: Environment("3.8", {"numpy": "1.19"}))
        project.run()
    project.edit("train.py", "BIAS = 4", "BIAS = 2")
    project.commit({"data/train.csv": data(26)})
    found = asked(project)
    fnr = of(found, "fnr")
    assert [part.name for part in found.parts] == ["code", "data.train", "environment"]
    assert shares(fnr) == {"code": Fraction(-2, 20), "data.train": Fraction(6, 20), "environment": 0}
    assert sum(shares(fnr).values()) == fnr.change
    assert "the environment that the baseline was trained in is not here" in plain(found)
    assert found.effort.trainings == 3, "the baseline once more, and two mixtures"


def test_where_nothing_moved_it_says_so_and_shows_no_tables_of_noughts(project: Any, data: Table) -> None:
    project.edit("train.py", "BIAS = 4", "BIAS = 2 + 2")
    project.edit("ml-ci.yaml", "fnr <= baseline.fnr + 0.1", "fnr <= 0.05")
    project.commit({"data/train.csv": data(20) + "40,1\n"})
    text = plain(asked(project))
    assert text.startswith("cut: no part changed any of FPR and FNR: what fails, fails for the baseline too")
    assert "alone" not in text


def test_a_project_below_the_top_of_its_repository(repository: Any, data: Table, below: Any) -> None:
    project = below("models/cut")
    project.edit("train.py", "BIAS = 4", "BIAS = 2")
    (project.path / "data/train.csv").write_text(data(26))
    repository.commit({"elsewhere.txt": "new\n"})
    assert shares(of(asked(project), "fnr")) == {"code": Fraction(-2, 20), "data.train": Fraction(6, 20)}


def test_nothing_to_compare_with(project: Any) -> None:
    assert asked(project, anyway=True).reason.startswith("there is nothing to compare with: new model")
