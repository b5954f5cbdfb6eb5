"""What `ml-ci init` asks a person: choices by number, found things before questions, answers that are checked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from ml_ci.cli import init
from ml_ci.errors import UserError
from ml_ci.setup.questions import make_question
from ml_ci.setup.values import Choice, DataFile, Found, Script

COLUMNS = ("customer_id", "left_us", "vip", "late", "tenure", "spend")
ROWS = "".join(
    f"c{n},{int(n % 3 == 0)},{'yes' if n % 5 == 0 else 'no'},{'yes' if n % 2 else 'no'},{n % 4},{n}.5\n"
    for n in range(60)
)
FILES = {
    "train.py": "import joblib\nimport pandas as pd\nfrom sklearn.svm import SVC\n"
    'frame = pd.read_csv("data/customers.csv")\nmodel = SVC().fit(frame[["tenure"]], frame.iloc[:, 1])\n'
    'joblib.dump(model, "model.joblib")\n',
    "adapter.py": "def predict(model, rows):\n    return model.decision_function(rows)\n",
    "data/customers.csv": ",".join(COLUMNS) + "\n" + ROWS,
}


@pytest.fixture
def asked(make_repository: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run `ml-ci init` with a person at the terminal, who answers these lines; give the output and the model."""
    made = make_repository("churn")
    made.commit(FILES)
    monkeypatch.chdir(made.path)
    monkeypatch.setattr(init, "is_terminal", lambda: True)

    def run(*lines: str) -> tuple[str, dict[str, Any]]:
        done = CliRunner().invoke(
            init.command, [], input="".join(f"{line}\n" for line in (*lines, "n")), catch_exceptions=False
        )
        return done.output, yaml.safe_load(Path("ml-ci.yaml").read_text())["models"]["churn"]

    return run


def test_the_label_is_chosen_by_number_and_columns_of_two_values_come_first(asked: Any) -> None:
    output, model = asked("2", "")
    listed = output.partition("Which column is the label?")[2].partition("Number or answer")[0].split("\n")[1:-1]
    assert listed == ["  1  left_us (0/1)", "  2  vip (no/yes)", "  3  late (no/yes)", "  4  tenure (0/1/2/3)"]
    assert (model["label"], model["positive"]) == ("vip", "yes")


def test_what_was_found_is_said_before_anything_is_asked(asked: Any) -> None:
    output, _ = asked("", "")
    assert output.index("found programs") < output.index("found tables") < output.index("Which column")


@pytest.mark.parametrize(
    ("answers", "label", "positive"),
    [
        (("", "1"), "left_us", 1),
        (("", ""), "left_us", 1),
        (("1", "0"), "left_us", 0),
        (("vipp", "vip", "maybe", "no"), "vip", "no"),
        (("9", "3", "2"), "late", "no"),
        (("tenure", "7", ">= 3"), "tenure", ">= 3"),
        (("-", "-"), None, None),
    ],
)
def test_an_answer_is_taken_or_asked_again(
    answers: tuple[str, ...], label: object, positive: object, asked: Any
) -> None:
    _, model = asked(*answers)
    assert (model["label"], model["positive"]) == (label, positive)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("vipp", "there is no column 'vipp'; did you mean vip?"),
        ("0", "there are the numbers 1 to 4"),
        ("9" * 5000, f"{'9' * 40}: there are the numbers 1"),
    ],
)
def test_why_an_answer_is_not_taken(answer: str, said: str, asked: Any) -> None:
    assert f"Error: {said}" in asked(answer, "1", "1")[0].replace("0: there are", "there are")


TABLE = DataFile("t.csv", ("x", "y"), True, 4, {"y": ("0", "1")})
FOUND = Found(
    "m", "main", scripts=(Script("train.py", 9, scores=("out/predictions.csv",)),), tables=(TABLE,), idle=("lib.py",)
)
TEXTS = {"adapter.py": FILES["adapter.py"], "src/app/score.py": "def rate(model, rows): ...\n"}


@pytest.mark.parametrize(
    ("key", "text", "taken"),
    [
        ("run", "1", "python train.py"),
        ("run", "2", "python lib.py"),
        ("run", "make train", "make train"),
        ("outputs", "1", "out/predictions.csv"),
        ("outputs", "{out}/scores.csv", "{out}/scores.csv"),
        ("predict", "adapter:predict", "adapter:predict"),
        ("predict", "app.score:rate", "app.score:rate"),
        ("data", "1", "t.csv"),
        ("data", "0.3", "0.3"),
        ("label", "x", "x"),
        ("positive", "1", "1"),
        ("positive", "< 3", "< 3"),
    ],
)
def test_which_answers_are_taken(key: str, text: str, taken: str) -> None:
    choice = Choice("m", {"label": "y"}, judged=TABLE)
    assert make_question(key, choice, FOUND, TEXTS).read(text) == taken


@pytest.mark.parametrize(
    ("key", "text", "said"),
    [
        ("outputs", "/tmp/m.pkl", "a path inside the repository"),
        ("outputs", "../m.pkl", "a path inside the repository"),
        ("predict", "adapter.py", "expected module:function"),
        ("predict", "adaptr:predict", "there is no adaptr.py"),
        ("predict", "adapter:predct", "has no function predct; it has predict"),
        ("data", "u.csv", "there is no such table; did you mean t.csv?"),
        ("data", "1.5", "there is no such table"),
        ("label", "z", "there is no column 'z'"),
        ("positive", "2", "y is never '2'; it is 0, 1"),
    ],
)
def test_which_are_not(key: str, text: str, said: str) -> None:
    with pytest.raises(UserError, match=said.replace("?", r"\?")):
        make_question(key, Choice("m", {"label": "y"}, judged=TABLE), FOUND, TEXTS).read(text)
