"""The function that `ml-ci init` writes where a model alone cannot score the table's rows."""

from __future__ import annotations

import pytest
import yaml

from ml_ci.setup.adapter import name_adapter, write_adapter
from ml_ci.setup.values import Choice
from ml_ci.setup.writing import configuration

KEYS = {
    "run": "python train.py",
    "outputs": {"model": "m.pkl"},
    "data": {"train": "a.csv", "holdout": {"of": "train", "share": 0.2}},
    "label": "churned",
    "positive": 1,
    "gates": ["fpr <= 0.1"],
}


def _write(**keys: object) -> str:
    given = {key: value for key, value in {**KEYS, **keys}.items() if value is not None}
    return configuration(Choice("churn", given, why={"data": "cut out", "run": "as dvc.yaml says"}))


def test_it_is_named_before_the_data() -> None:
    text = name_adapter(_write())
    assert text is not None
    model = yaml.safe_load(text)["models"]["churn"]
    assert model == {**KEYS, "predict": "adapter:predict"}
    assert text.index("predict:") < text.index("data:")


@pytest.mark.parametrize(
    "text",
    [
        _write(predict="own:score"),
        _write(run=None, outputs=None, train="churn:train"),
        _write() + _write().partition("models:\n")[2].replace("churn:", "fraud:"),
        "version: 1\nmodels: {churn: {run: python train.py}}\n",
        "",
    ],
    ids=["a function of its own", "a training function", "several models", "another style", "empty"],
)
def test_a_configuration_that_is_not_to_be_changed_is_not(text: str) -> None:
    assert name_adapter(text) is None


@pytest.mark.parametrize(
    ("positive", "labels", "scores"),
    [
        (1, [0, 1], [0.9, 0.2]),
        ("yes", ["no", "yes"], [0.9, 0.2]),
        ("fraud", ["fraud", "ok"], [0.1, 0.8]),
        ("it's", ["it's", "ok"], [0.1, 0.8]),
        (">50K", ["<=50K", ">50K"], [0.9, 0.2]),
        (">= 7", [0, 1], [0.9, 0.2]),
        ("a # b", ["a # b", "c"], [0.1, 0.8]),
    ],
)
def test_it_gives_the_positive_class(positive: object, labels: list[object], scores: list[float]) -> None:
    np = pytest.importorskip("numpy")

    class Model:
        classes_ = labels

        def predict_proba(self, rows: object) -> object:
            return np.array([[0.1, 0.9], [0.8, 0.2]])

    names: dict[str, object] = {}
    exec(write_adapter(_write(positive=positive)), names)
    predict = names["predict"]
    assert callable(predict)
    assert list(predict(Model(), [1, 2])) == scores


def test_it_says_which_program_it_has_to_follow() -> None:
    assert "# fill in: what `python train.py` does to the rows before it fits" in write_adapter(_write())
