"""What cannot be scored is told before anything is trained, with the library that is missing."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ml_ci.errors import UserError
from ml_ci.spec.values import CommandJob, FunctionJob, Job, Load
from ml_ci.steps.judging import scorable
from ml_ci.steps.judging.scorable import check_scorable
from ml_ci.training.asking import Answer


def leaves(name: str, predictions: str | None = None) -> CommandJob:
    return CommandJob("make", predictions, "{out}/" + name)


def check(folder: Path, job: Job, predict: str | None = None, load: Load | None = None) -> None:
    model: Any = SimpleNamespace(
        name="churn",
        job=job,
        predict=predict,
        predict_command=None,
        load=load or Load(),
        python=None,
        cwd=".",
        env=(),
        env_values={},
    )
    project: Any = SimpleNamespace(
        folder=folder,
        options=SimpleNamespace(environment=dict(os.environ)),
        repository=SimpleNamespace(top=folder),
        spec=SimpleNamespace(nodes={"churn": model}),
    )
    check_scorable(project, model)


@pytest.fixture
def nothing_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scorable, "ask", lambda *asked: Answer(dict.fromkeys(asked[-1]), ()))


@pytest.mark.usefixtures("nothing_is_installed")
@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("m.ubj", "is a model of XGBoost, and {python} has no `xgboost`", "pip install xgboost"),
        (
            "m.json",
            "is a model of XGBoost or CatBoost, and {python} has no `catboost` and `xgboost`",
            "pip install xgboost or catboost",
        ),
        ("m.txt", "is a model of LightGBM, and {python} has no `lightgbm`", "pip install lightgbm"),
        ("m.CBM", "is a model of CatBoost, and {python} has no `catboost`", "pip install catboost"),
        ("m.onnx", "is a model of ONNX, and {python} has no `onnxruntime`", "pip install onnxruntime"),
        ("m.skops", "is a model of skops, and {python} has no `skops`", "pip install skops"),
        ("m.keras", "is a model of Keras, and {python} has no `keras`", "pip install keras"),
        ("m.pt", "is a model of PyTorch, and {python} has no `torch`", "pip install torch"),
        ("m.pt2", "is a model of torch.export, and {python} has no `torch`", "pip install torch"),
        (
            "m.safetensors",
            "holds weights, and not the module that they belong to",
            "`load: {factory: module:function}`",
        ),
        ("m.rds", "is a file of R, which ml-ci cannot score", "predict: module:function"),
        ("m.pmml", "is a file of PMML, which ml-ci cannot score", "have the command leave predictions"),
    ],
)
def test_it_is_told_what_is_missing(tmp_path: Path, name: str, message: str, hint: str) -> None:
    with pytest.raises(UserError) as caught:
        check(tmp_path, leaves(name))
    assert f"model churn: `outputs: {{model: {name}}}` " + message.format(python=sys.executable) in caught.value.message
    assert hint in caught.value.hint
    assert "redict: module:function" in caught.value.hint


@pytest.mark.usefixtures("nothing_is_installed")
def test_weights_with_a_factory_need_both_libraries(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="has no `safetensors` and `torch`"):
        check(tmp_path, leaves("m.safetensors"), load=Load("net:build"))


@pytest.mark.usefixtures("nothing_is_installed")
@pytest.mark.parametrize(
    ("job", "predict"),
    [
        (leaves("m.pkl"), None),
        (leaves("model"), None),
        (leaves("m.bin"), None),
        (leaves("m.ubj"), "own:score"),
        (leaves("m.rds", "p.csv"), None),  # the command predicts by itself
        (CommandJob("make", "p.csv"), None),
        (FunctionJob("train:train"), None),
    ],
)
def test_what_may_be_scored_is_trained(tmp_path: Path, job: Job, predict: str | None) -> None:
    check(tmp_path, job, predict)


def test_the_jobs_python_is_asked(tmp_path: Path) -> None:
    pytest.importorskip("numpy")
    (tmp_path / "xgboost.py").write_text("raise SystemExit('it is looked for, and not imported')")
    check(tmp_path, leaves("m.ubj"))  # where the project is what has it
    with pytest.raises(UserError, match="has no `catboost`"):
        check(tmp_path, leaves("m.cbm"))


def test_a_python_that_gives_no_answer_is_no_reason_to_stop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scorable, "ask", lambda *asked: Answer({}, ()))
    check(tmp_path, leaves("m.ubj"))
