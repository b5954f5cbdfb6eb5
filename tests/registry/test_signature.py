"""The signature of a promoted model: what it takes and what it gives, so that a server can check both."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest

from ml_ci.registry.mlflow_model import Signature, loadable, write_model
from ml_ci.steps.promotion.offer import Asked
from ml_ci.steps.promotion.promote import promote_model
from ml_ci.steps.promotion.signature import name_kind
from ml_ci.tables.table import Table

pytest.importorskip("mlflow", reason="the extra `mlflow` is not installed")


def _columns(schema: Any) -> list[tuple[str | None, str]]:
    return [(column.name, column.type.name) for column in schema.inputs]


def _signature(folder: Path) -> Any:
    from mlflow.models import Model

    return Model.load(str(folder / "MLmodel")).signature


@pytest.mark.parametrize(
    ("texts", "kind"),
    [
        (["1", "0"], "long"),
        (["1.0", "0.0"], "double"),
        (["1", ""], "double"),
        (["0.5", "-1e3"], "double"),
        (["yes", "no"], "string"),
        (["True", "False"], "boolean"),
    ],
)
def test_a_column_has_the_type_that_a_reader_gives_it(tmp_path: Path, texts: list[str], kind: str) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("x,y\n" + "".join(f"{text},a\n" for text in texts))
    assert name_kind(Table.open(path), "x") == kind


@pytest.mark.parametrize(
    ("given", "inputs", "outputs"),
    [
        (Signature((("x", "double"),), ("y", "long")), [("x", "double")], [("y", "long")]),
        (Signature((), ("score", "double")), None, [("score", "double")]),
        (Signature((("x", "string"),), None), [("x", "string")], None),
    ],
)
def test_a_signature_says_what_is_known(tmp_path: Path, given: Signature, inputs: Any, outputs: Any) -> None:
    write_model(tmp_path / "model", None, given, {}, {})
    found = _signature(tmp_path / "model")
    assert (inputs is None) is (found.inputs is None) and (outputs is None) is (found.outputs is None)
    if inputs is not None:
        assert _columns(found.inputs) == inputs
    if outputs is not None:
        assert _columns(found.outputs) == outputs


def test_nothing_known_is_no_signature(tmp_path: Path) -> None:
    write_model(tmp_path / "model", None, Signature(), {}, {})
    assert _signature(tmp_path / "model") is None


@pytest.mark.parametrize(
    ("name", "environment", "said"),
    [
        ("model.pkl", {"scikit-learn": "1.5.0"}, True),
        ("model.pkl", {}, False),
        ("model.pkl", {"scikit-learn": None}, False),
        ("model.onnx", {"scikit-learn": "1.5.0"}, False),
        (None, {"scikit-learn": "1.5.0"}, False),
    ],
)
def test_only_a_pickle_beside_scikit_learn_is_loaded_by_mlflow(name: Any, environment: Any, said: bool) -> None:
    assert loadable(None if name is None else Path(name), environment) is said


def test_what_the_signature_promises_is_what_the_loaded_model_gives(tmp_path: Path) -> None:
    """The output's name is the label's, its type the one of what `predict` answers."""
    import mlflow.pyfunc
    import pandas
    import sklearn
    from mlflow.models import infer_signature
    from sklearn.linear_model import LogisticRegression

    rows = pandas.DataFrame({"x": [0.0, 0.2, 0.7, 1.0]})
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(LogisticRegression().fit(rows, ["no", "no", "yes", "yes"])))
    given = Signature((("x", "double"),), ("churned", "string"))
    write_model(tmp_path / "model", tmp_path / "model.pkl", given, {"scikit-learn": sklearn.__version__}, {})
    model = mlflow.pyfunc.load_model(str(tmp_path / "model"))
    answer = model.predict(rows)
    inferred = infer_signature(rows, pandas.Series(answer, name="churned")).outputs
    assert _columns(model.metadata.get_output_schema()) == _columns(inferred) == [("churned", "string")]


def test_a_promoted_model_that_mlflow_cannot_load_gives_the_score_that_was_judged(first: Any) -> None:
    from ml_ci.registry.mlflow_registry import MlflowRegistry

    version = first.champion()
    found = _signature(MlflowRegistry(first.location).download(version, None, first.path.parent))
    assert _columns(found.inputs) == [("x", "double"), ("group", "string")]
    assert _columns(found.outputs) == [("score", "double")]


def test_labels_are_told_from_scores(game: Any) -> None:
    game.change(0.6)
    path = game.path / f"{game.package}.py"
    path.write_text(path.read_text().replace("0.9 if float", "1 if float").replace("else 0.1", "else 0"))
    game.git("commit", "-qam", "Predict labels")
    assert game.run().verdict == "pass"
    promote_model(game.options(), "cutter", Asked("Ada", "2026-01-02T03:04:05+00:00"))
    from ml_ci.registry.mlflow_registry import MlflowRegistry

    found = _signature(MlflowRegistry(game.location).download(game.champion(), None, game.path.parent))
    assert _columns(found.outputs) == [("prediction", "long")]
