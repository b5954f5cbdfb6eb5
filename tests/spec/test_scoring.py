"""`predict:`: a function, or a command in any language; and a sentence for whatever is neither."""

from __future__ import annotations

import pytest

from ml_ci.errors import UserError
from ml_ci.spec.load import load

BASE = """\
version: 1
models:
  churn:
    run: Rscript train.R {out}
    outputs: {model: '{out}/model.rds'}
    data: {holdout: data/holdout.csv}
    label: churned
    positive: 1
    predict: """
EXAMPLE = "predict: {run: 'Rscript predict.R {model} {rows} {out}/scores.csv'}"


@pytest.mark.parametrize(
    ("text", "function", "command"),
    [
        ("own.score:predict", "own.score:predict", None),
        ("{run: 'Rscript p.R {model} {rows} {out}'}", None, "Rscript p.R {model} {rows} {out}"),
        ("{run: [./p, '{model}', '{rows}', '{out}']}", None, ("./p", "{model}", "{rows}", "{out}")),
        (
            "{run: 'cat ${HOME} {model} {rows} > {out}/scores.csv'}",
            None,
            "cat ${HOME} {model} {rows} > {out}/scores.csv",
        ),
    ],
)
def test_reads(text: str, function: str | None, command: object) -> None:
    found = load(BASE + text, "ml-ci.yaml").models["churn"]
    assert (found.predict, found.predict_command) == (function, command)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "Rscript p.R {model}",
            f"expected module:function, got 'Rscript p.R {{model}}'; a command stands under run: {EXAMPLE}",
        ),
        (
            "own.predict",
            "expected module:function such as churn.train:train, got 'own.predict', did you mean 'own:predict'?",
        ),
        ("{runs: x}", "expected module:function such as churn.score:predict, or predict: {run:"),
        ("{run: 'p {rows} {out}'}", "the command is not told the model; write {model} into it"),
        ("{run: 'p {model} {out}'}", "the command is not told the rows to score; write {rows} into it"),
        ("{run: 'p {model} {rows}'}", "the command is not told the folder for the scores; write {out} into it"),
        (
            "{run: 'p {model} {rows} {out} {seed}'}",
            "unknown placeholder {seed} in run:; here only {model}, {rows} and {out}",
        ),
        ("{run: ''}", "expected a command such as"),
        ("[a, b]", "expected module:function such as churn.score:predict"),
    ],
)
def test_refuses(text: str, said: str) -> None:
    with pytest.raises(UserError) as caught:
        load(BASE + (f"'{text}'" if text.startswith("Rscript") else text), "ml-ci.yaml")
    assert said in str(caught.value)
    assert "ml-ci.yaml:9" in str(caught.value)


def test_a_command_needs_a_model_too() -> None:
    text = BASE.replace("{model: '{out}/model.rds'}", "{predictions: '{out}/p.csv'}")
    with pytest.raises(UserError, match="there is no model for it to score"):
        load(text + "{run: 'p {model} {rows} {out}'}", "ml-ci.yaml")
