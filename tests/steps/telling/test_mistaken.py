"""A mistake in one of several models is that model's: the others are judged, and the report has all."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ml_ci.cli.main import call
from ml_ci.errors import UserError
from ml_ci.steps.telling.outcome import MistakenError

HEAD = "version: 1\nmodels:\n"
MODEL = """\
  {name}:
    run: python train.py {{data.train}} {{data.holdout}} {{out}}
    outputs: {{predictions: "{{out}}/predictions.csv"}}
    data: {{train: data/train.csv, holdout: data/holdout.csv}}
    label: {label}
    positive: 1
    params: {{more: 0}}
    gates: [fnr <= 0.5]
    baseline: none
"""


def ten(*wrong: str) -> str:
    names = [f"m{place}" for place in range(10)]
    return HEAD + "".join(MODEL.format(name=name, label="z" if name in wrong else "y") for name in names)


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_others_are_judged(project: Any, jobs: int) -> None:
    project.commit({"ml-ci.yaml": ten("m3")})
    with pytest.raises(MistakenError) as caught:
        project.run(jobs=jobs)
    assert caught.value.message.startswith("m3: data/holdout.csv: there is no column 'z'")
    assert caught.value.hint.endswith("The others were judged.")
    report = caught.value.report
    assert report.verdict == "error"
    assert {name: one.verdict for name, one in report.models.items()} == {
        f"m{place}": "error" if place == 3 else "pass" for place in range(10)
    }
    failure = report.models["m3"].failure
    assert failure is not None and failure.code == "user-error" and "no column 'z'" in failure.message


def test_each_mistake_is_named(
    project: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project.commit({"ml-ci.yaml": ten("m3", "m7")})
    monkeypatch.chdir(project.path)
    code = call(["run", "--json"])
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert code == 2
    assert [name for name, one in found["models"].items() if one["verdict"] == "error"] == ["m3", "m7"]
    assert "m3: data/holdout.csv: there is no column 'z'" in err
    assert "Mistakes were found in m7, too." in err
    assert json.loads((project.path / ".ml_ci/report.json").read_text())["models"].keys() == found["models"].keys()


def test_where_one_model_is_asked_for_it_is_the_runs(project: Any) -> None:
    project.commit({"ml-ci.yaml": ten("m3")})
    with pytest.raises(UserError) as caught:
        project.run(models=("m3",))
    assert not isinstance(caught.value, MistakenError)
    assert project.run(models=("m0", "m1")).verdict == "pass"
