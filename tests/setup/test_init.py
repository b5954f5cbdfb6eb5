"""`ml-ci init` on repositories of different shapes: a configuration that runs, or the one line that is left."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from ml_ci.cli.main import call
from ml_ci.errors import UserError
from ml_ci.setup.choose import choose
from ml_ci.setup.values import Answers, DataFile, Found
from ml_ci.setup.writing import add_gates, flow, names
from ml_ci.spec.load import load
from ml_ci.spec.placeholders import PLACEHOLDER
from ml_ci.spec.values import CommandJob

CHOSEN = {
    "flat": {
        "run": "python train.py",
        "outputs": None,
        "data": {
            "train": "data/train_features.csv",
            "train_labels": "data/train_labels.csv",
            "test_features": "data/test_features.csv",
            "holdout": {"path": "data/test_labels.csv", "columns": ["label"]},
        },
        "label": "label",
        "positive": 1,
    },
    "nested": {
        "run": "python train_model.py",
        "cwd": "starter",
        "python": "python3.8",
        "outputs": {"model": "model"},
        "predict": None,
        "data": {"train": "data/census.csv", "holdout": {"of": "train", "share": 0.2}},
        "label": "salary",
        "positive": ">50K",
    },
    "package": {
        "train": "churn.train:train",
        "data": {"frame": "data/customers.csv", "holdout": "data/customers_holdout.csv"},
        "label": "churned",
        "positive": 1,
        "params": "params.yaml",
        "behaviours": {"id_matters": {"vary": "id"}},
    },
    "pipeline": {
        "run": "python src/fit.py data/loans.csv models/model.joblib",
        "outputs": {"model": "models/model.joblib"},
        "data": {"train": "data/loans.csv", "holdout": {"of": "train", "share": 0.2}},
        "label": "default",
        "positive": True,
    },
}


@pytest.mark.parametrize("shape", CHOSEN)
def test_what_it_finds(shape: str, shaped: Any, run_init: Any) -> None:
    shaped(shape)
    done = run_init("--yes")
    assert done.exit_code == 0, done.output
    text = Path("ml-ci.yaml").read_text()
    model = yaml.safe_load(text)["models"][shape]
    assert len(model.pop("gates")) == 2 + len(model.get("behaviours", ()))
    assert {**model, "positive": model["positive"]} == {**CHOSEN[shape], "positive": model["positive"]}
    assert str(model["positive"]).lower() in (str(CHOSEN[shape]["positive"]).lower(), "yes")


def test_live_rows_are_the_next_holdout(shaped: Any, run_init: Any) -> None:
    made = shaped("package")
    rows = (made.path / "data" / "customers_holdout.csv").read_text()
    made.commit({"data/live-holdout.csv": rows})  # as `ml-ci watch --rows` wrote it
    assert run_init("--yes").exit_code == 0
    model = yaml.safe_load(Path("ml-ci.yaml").read_text())["models"]["package"]
    assert model["data"] == {"frame": "data/customers.csv", "holdout": "data/live-holdout.csv"}


@pytest.mark.parametrize("shape", ["package", "pipeline"])
def test_what_is_whole_can_be_read(shape: str, shaped: Any, run_init: Any) -> None:
    shaped(shape)
    assert "left    ml-ci.yaml" not in run_init("--yes").output
    assert load(Path("ml-ci.yaml").read_text(), "ml-ci.yaml").models[shape].gates


@pytest.mark.parametrize(("shape", "key"), [("flat", "outputs"), ("nested", "predict")])
def test_the_one_line_that_is_left_is_named(
    shape: str, key: str, shaped: Any, run_init: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    shaped(shape)
    left = [line for line in run_init("--yes").output.splitlines() if line.startswith("left    ml-ci.yaml")]
    assert len(left) == 1
    number = next(n for n, line in enumerate(Path("ml-ci.yaml").read_text().splitlines(), 1) if f" {key}:" in line)
    assert left[0].startswith(f"left    ml-ci.yaml:{number}: {key}: ")
    assert call(["run"]) == 2
    assert f"ml-ci.yaml:{number}: models.{shape}.{key}: the key has no value; fill in " in capsys.readouterr().err


def test_answers_fill_the_line(shaped: Any, run_init: Any) -> None:
    shaped("flat")
    run_init("--predictions", "{out}/scores.csv", "--run", "python score.py {out}/scores.csv", "--name", "tumours")
    model = load(Path("ml-ci.yaml").read_text(), "ml-ci.yaml").models["tumours"]
    assert model.job.predictions == "{out}/scores.csv"  # type: ignore[union-attr]


def test_a_function_without_anything_left_runs(shaped: Any, run_init: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """From a repository without ml-ci to its first numbers, and the gate that they propose, without a line by hand."""
    repository = shaped("package")
    run_init("--yes")
    repository.commit(message="Add ml-ci")
    assert call(["run"]) == 5, capsys.readouterr().err
    said = capsys.readouterr().out
    assert "new model" in said and "Add a gate with a fixed limit to `gates:` in ml-ci.yaml, for example `f" in said


def test_gates_are_added_below_those_that_are_there_with_where_they_come_from(shaped: Any, run_init: Any) -> None:
    shaped("package")
    run_init("--yes")
    before = Path("ml-ci.yaml").read_text()
    after = add_gates(before, {"fnr <= 0.15": "measured 0.124 on 2026-01-02"})
    assert after == before + "      - fnr <= 0.15   # measured 0.124 on 2026-01-02\n"
    assert [gate.text for gate in load(after, "ml-ci.yaml").models["package"].gates][-1] == "fnr <= 0.15"


MADE_ELSEWHERE = """\
import joblib
import pandas as pd
from xgboost import XGBClassifier
df = pd.read_csv("data/cleaned.csv")
model = XGBClassifier().fit(df.drop("churned", axis=1), df["churned"])
joblib.dump(model, "models/churn.pkl")
print("Model saved as models/churn.pkl")
"""


def test_a_message_that_names_the_model_is_no_second_file(shaped: Any, run_init: Any) -> None:
    shaped("package").commit({"train.py": MADE_ELSEWHERE.replace("cleaned", "customers"), "churn/train.py": ""})
    run_init("--yes")
    model = yaml.safe_load(Path("ml-ci.yaml").read_text())["models"]["package"]
    assert model["outputs"] == {"model": "models/churn.pkl"}
    assert "predict" not in model


def test_a_table_that_is_not_there_is_named_and_no_other_taken_for_it(shaped: Any, run_init: Any) -> None:
    shaped("package").commit({"train.py": MADE_ELSEWHERE, "churn/train.py": ""})
    output = run_init("--yes").output
    assert "data: {train: FILE, holdout: FILE}: train.py reads data/cleaned.csv, which git does not have" in output
    assert yaml.safe_load(Path("ml-ci.yaml").read_text())["models"]["package"]["data"] is None


def test_it_overwrites_nothing(shaped: Any, run_init: Any) -> None:
    shaped("package")
    Path("ml-ci.yaml").write_text("mine\n")
    output = run_init("--yes").output
    assert "kept    ml-ci.yaml" in output
    assert Path("ml-ci.yaml").read_text() == "mine\n"


def test_a_dry_run_writes_nothing(shaped: Any, run_init: Any) -> None:
    repository = shaped("package")
    output = run_init("--dry-run").output
    assert "would write ml-ci.yaml" in output
    assert "would write .github/workflows/ml-ci.yml" in output
    assert repository.git("status", "--porcelain") == ""


def test_the_workflow_is_the_repositorys_own(shaped: Any, run_init: Any) -> None:
    repository = shaped("nested")
    repository.git("branch", "-m", "trunk")
    action = "acme/ml-ci@" + "a" * 40
    run_init("--yes", "--actions", action, "--workflow", "pull-request", "--workflow", "default-branch")
    text = Path(".github/workflows/ml-ci.yml").read_text()
    assert f"uses: acme/ml-ci/actions/gate@{'a' * 40}" in text
    gate = yaml.safe_load(text)["jobs"]["gate"]["steps"][0]
    assert gate["with"]["python-version"] == "3.8.13"
    report = yaml.safe_load(text)["jobs"]["report"]["steps"][0]
    assert report["with"] == {"results": "${{ join(needs.*.result, ' ') }}"}
    pushed = yaml.safe_load(Path(".github/workflows/ml-ci-default-branch.yml").read_text())
    assert pushed[True]["push"]["branches"] == ["trunk"]


def test_a_model_in_use_is_watched_and_trained_anew(shaped: Any, run_init: Any) -> None:
    shaped("nested")
    live = "{predictions: p.csv, id: i, time: t, gates: [fpr <= 0.1], on_alarm: {dispatch: ml-ci-retrain.yml}}"
    Path("ml-ci.yaml").write_text(
        "version: 1\nmodels:\n  m: {run: python x.py, outputs: {predictions: p.csv}, data: {holdout: h.csv}, label: y, "
        f"positive: 1, gates: [fpr <= 0.1], live: {live}}}\n"
    )
    run_init("--yes", "--actions", "acme/ml-ci@" + "a" * 40)
    written = {path.name: yaml.safe_load(path.read_text()) for path in Path(".github/workflows").iterdir()}
    assert {"ml-ci.yml", "ml-ci-watch.yml", "ml-ci-retrain.yml"} <= set(written)
    retrain = written["ml-ci-retrain.yml"]["jobs"]["retrain"]["steps"][0]
    assert retrain["with"]["python-version"] == "3.8.13"


def test_without_an_address_of_the_actions_the_line_is_named(shaped: Any, run_init: Any) -> None:
    shaped("package")
    said = "left    .github/workflows/ml-ci.yml: where ml-ci's actions are, then: ml-ci init --actions OWNER/ml-ci@SHA"
    assert said in run_init("--yes").output


def test_the_first_test_is_collected(shaped: Any, run_init: Any) -> None:
    shaped("package")
    run_init("--yes")
    text = Path("tests/test_package_model.py").read_text()
    compile(text, "test", "exec")
    assert '@pytest.mark.ml_model("package")' in text


def test_every_template_can_be_had(shaped: Any, run_init: Any) -> None:
    shaped("package")
    assert set(names()) >= {
        "pull-request",
        "pull-request-untrusted",
        "report",
        "default-branch",
        "default-branch-matrix",
        "merge-queue",
        "matrix",
    }
    with pytest.raises(UserError, match="there is no such template"):
        run_init("--yes", "--workflow", "nonsense")


def test_an_empty_repository_names_what_is_missing() -> None:
    choice = choose(Found("model", "main"), Answers())
    assert set(choice.missing) == {"run", "outputs", "data", "label", "positive"}


@pytest.mark.parametrize(
    ("values", "positive", "why"),
    [
        (("0", "1"), 1, ""),
        (("ham", "spam"), "spam", ""),
        (("cat", "dog"), "dog", "the rarer of cat and dog"),
        (("<=50K", ">50K"), ">50K", ""),
    ],
)
def test_which_label_is_positive(values: tuple[str, ...], positive: object, why: str) -> None:
    table = DataFile("t.csv", ("x", "label"), True, 10, {"label": values})
    choice = choose(Found("m", "main", tables=(table,)), Answers(run="x", predictions="p.csv"))
    assert choice.keys["positive"] == positive
    assert choice.why.get("positive", "").startswith(why)


@pytest.mark.parametrize(
    "text", ["yes", "on", "null", "~", "1", "1.5", "true", "a: b", "#x", ">50K", "é", "{x}", "x # y", "@a", "- a"]
)
def test_text_stays_text(text: str) -> None:
    assert yaml.safe_load(flow({"key": text}))["key"] == text


@pytest.mark.parametrize(
    "path",
    [
        "src/my train.py",
        "it's/train.py",
        "train$HOME.py",
        "a;b/train.py",
        "train (1).py",
        "x&y/train.py",
        "a*b/train.py",
        "-train.py",
        "{out}/train.py",
        "train.py",
    ],
)
def test_the_command_of_a_script_runs_it_whatever_it_is_called(
    path: str, make_repository: Any, run_init: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shell gets the very name; what ml-ci would fill in is none."""
    source = (
        "import joblib\nfrom sklearn.svm import SVC\njoblib.dump(SVC().fit([[0], [1]], [0, 1]), 'my model, 1.pkl')\n"
    )
    made = make_repository("odd")
    made.commit({path: source, "data/loans.csv": "amount,default\n1,yes\n2,no\n"})
    monkeypatch.chdir(made.path)
    run_init("--yes")
    (model,) = load((made.path / "ml-ci.yaml").read_text(), "ml-ci.yaml").models.values()
    assert isinstance(model.job, CommandJob)
    assert model.job.model == "my model, 1.pkl"
    command = PLACEHOLDER.sub("filled in", str(model.job.command)).replace("python", "printf '%s'", 1)
    shown = subprocess.run(("sh", "-c", command), capture_output=True, text=True, check=True, cwd=made.path).stdout
    assert (made.path / model.cwd / shown).resolve() == made.path / path
