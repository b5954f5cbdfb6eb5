"""A champion that somebody else registered, of any flavour: scored through pyfunc in the job's child process."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ml_ci import pipeline
from ml_ci.registry.mlflow_registry import MlflowRegistry
from ml_ci.steps.promotion.offer import Asked
from ml_ci.steps.promotion.promote import promote_model

pytest.importorskip("mlflow", reason="the extra `mlflow` is not installed")
pytest.importorskip("sklearn", reason="scikit-learn is not installed: pip install scikit-learn")

_YAML = """
version: 1
models:
  cutter:
    train: fitting:train
    data: {train: data/train.csv, holdout: data/holdout.csv}
    label: y
    positive: 1
    gates: [fpr <= 0.2, fnr <= baseline.fnr + 0.05]
"""
_CODE = """
from sklearn.linear_model import LogisticRegression

def train(train):
    return LogisticRegression(C=1000.0).fit(train[["x"]], train["y"])
"""


def _register(game: Any, model: Path) -> None:
    """Register a model as anybody does: with MLflow's client, and an alias set by hand."""
    from mlflow.tracking import MlflowClient

    client = MlflowClient(tracking_uri=game.location.uri, registry_uri=game.location.uri)
    experiment = client.create_experiment("by hand", artifact_location=(game.state / "elsewhere").as_uri())
    run = client.create_run(experiment).info
    client.log_artifacts(run.run_id, str(model), "model")
    client.create_registered_model("cutter")
    client.create_model_version("cutter", f"{run.artifact_uri}/model", run_id=run.run_id)
    client.set_registered_model_alias("cutter", "champion", "1")


def _sklearn_model(path: Path) -> None:
    import mlflow.sklearn
    import pandas
    from sklearn.linear_model import LogisticRegression

    rows = pandas.DataFrame({"x": [0.0, 0.2, 0.7, 1.0]})
    mlflow.sklearn.save_model(
        LogisticRegression(C=1000.0).fit(rows, [0, 0, 1, 1]),
        str(path),
        pip_requirements=["scikit-learn"],
        serialization_format="cloudpickle",
    )


def _python_model(answer: str) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        import mlflow.pyfunc

        script = path.parent / "own.py"
        script.write_text(
            "import mlflow, pandas\n"
            "class Own(mlflow.pyfunc.PythonModel):\n"
            "    def predict(self, context, model_input, params=None):\n"
            "        p = (model_input['x'] >= 0.7).astype(float)\n"
            f"        return {answer}\n"
            "mlflow.models.set_model(Own())\n"
        )
        mlflow.pyfunc.save_model(str(path), python_model=str(script), pip_requirements=["pandas"])

    return make


# What a model of MLflow's gives, and how many of 20 positives it misses.
MODELS: dict[str, tuple[Callable[[Path], None], int | None]] = {
    "sklearn": (_sklearn_model, None),
    "one value per row": (_python_model("p.to_numpy()"), 8),
    "a column per class, the positive first": (_python_model("pandas.DataFrame({'1': p, '0': 1 - p})"), 8),
    "a column per class, the positive last": (_python_model("pandas.DataFrame({0: 1 - p, 1: p})"), 8),
    "two columns without a name": (_python_model("pandas.concat([1 - p, p], axis=1).to_numpy()"), 8),
}


@pytest.mark.parametrize(("make", "misses"), list(MODELS.values()), ids=list(MODELS))
def test_a_foreign_champion_is_the_baseline(game: Any, tmp_path: Path, make: Any, misses: int | None) -> None:
    game.change(0.6)
    (game.path / "ml-ci.yaml").write_text(_YAML)
    (game.path / "fitting.py").write_text(_CODE)
    game.git("add", "-A")
    game.git("commit", "-qm", "Fit")
    make(tmp_path / "model")
    _register(game, tmp_path / "model")

    plan = pipeline.plan(game.options(baseline="champion"))["cutter"]
    assert (plan.action, plan.trainings, plan.baseline) == ("train", 1, "champion v1")
    report = game.run()
    found = report.models["cutter"]
    assert found.failure is None, found.failure
    assert found.changes[0].summary == "compared with champion v1, which ml-ci did not train"
    assert found.baseline.source == "champion v1"
    assert found.baseline.confusion.rows == 40
    if misses is not None:
        assert found.baseline.confusion.fn == misses
    assert found.verdict == "pass"
    again = game.run()
    assert again.models["cutter"].action == "reuse"

    promote_model(game.options(), "cutter", Asked("Ada", "2026-01-02T03:04:05+00:00"))
    assert game.in_use() == ("2", "1")
    _check_loads(game)


def _check_loads(game: Any) -> None:
    """What ml-ci promoted is a model that anybody loads with MLflow, with a signature and requirements."""
    import mlflow.pyfunc
    import pandas

    version = game.champion()
    at = MlflowRegistry(game.location).download(version, None, game.path.parent)
    model = mlflow.pyfunc.load_model(str(at))
    assert [str(one) for one in model.metadata.get_input_schema().input_names()] == ["x", "group"]
    outputs = model.metadata.get_output_schema()
    assert [(column.name, str(column.type)) for column in outputs.inputs] == [("y", "DataType.long")]
    rows = pandas.DataFrame({"x": [0.0, 1.0], "group": ["a", "b"]})
    with pytest.raises(Exception, match="x"):
        model.predict(rows[["group"]])
    assert "scikit-learn==" in (at / "requirements.txt").read_text()


def test_a_champion_needs_mlflow_in_the_jobs_interpreter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ml_ci.child.failures import JobFailed
    from ml_ci.child.storage import load_registered

    (tmp_path / "MLmodel").write_text("flavors: {}\n")
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(JobFailed) as caught:
        load_registered(str(tmp_path))
    assert caught.value.message.startswith("a model that MLflow stored needs MLflow in the job's interpreter")
    assert caught.value.hint == "Install it there: pip install mlflow"
