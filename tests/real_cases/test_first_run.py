"""`ml-ci init` to its end: a first run, and gates from its numbers, so that the first pull request is judged."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from ml_ci.cli import init
from ml_ci.cli.main import call
from ml_ci.errors import UserError
from ml_ci.spec.load import load
from tests.setup.kinds import KINDS

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("shared_imports")]
TABLE = "id,tenure,churned\n" + "".join(f"{n},{n % 10},{int(n % 10 < 3)}\n" for n in range(200))
TRAIN = """\
from sklearn.linear_model import LogisticRegression
def train(frame, params, seed):
    return LogisticRegression(random_state=seed).fit(frame.drop(columns="churned"), frame["churned"])
"""
FILES = {"churn/__init__.py": "", "churn/train.py": TRAIN, "data/train.csv": TABLE, "data/holdout.csv": TABLE}


@pytest.fixture
def project(make_repository: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    made = make_repository("churn")
    made.commit(FILES)
    monkeypatch.chdir(made.path)
    return made


def run_init(*arguments: str, answer: str | None = None) -> tuple[int, str]:
    said = None if answer is None else f"{answer}\n"
    done = CliRunner().invoke(init.command, arguments, input=said, standalone_mode=False, catch_exceptions=False)
    return int(done.return_value), done.output


def test_its_gates_judge_the_first_pull_request(project: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """There is no baseline yet to be compared with: the relative gates alone would judge nothing."""
    code, output = run_init("--yes", "--first-run")
    assert code == 0, output
    text = Path("ml-ci.yaml").read_text()
    gates = load(text, "ml-ci.yaml").models["churn"].gates
    assert [gate.text.split()[0] for gate in gates] == ["fpr", "fnr", "id_matters", "fpr", "fnr"]
    assert re.search(r"      - fnr <= 0\.\d+   # measured \d\.\d{3} on \d{4}-\d\d-\d\d\n", text)
    project.commit(message="Add ml-ci")
    assert call(["run"]) == 0, capsys.readouterr().out
    project.commit({"churn/train.py": TRAIN.replace('frame["churned"])', '1 - frame["churned"])')})
    assert call(["run"]) == 1


@pytest.mark.parametrize(("answer", "gates"), [("y", 5), ("", 5), ("n", 3)])
def test_a_person_is_offered_it(answer: str, gates: int, project: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(init, "is_terminal", lambda: True)
    code, output = run_init(answer=answer)
    assert code == 0, output
    assert len(yaml.safe_load(Path("ml-ci.yaml").read_text())["models"]["churn"]["gates"]) == gates


def test_a_training_that_fails_is_a_failure_and_adds_no_gate(project: Any) -> None:
    project.commit({"churn/train.py": TRAIN.replace("random_state=seed", "C=1 / 0")})
    code, output = run_init("--yes", "--first-run")
    assert code == 1
    assert "next    mend what is said above" in output
    assert len(yaml.safe_load(Path("ml-ci.yaml").read_text())["models"]["churn"]["gates"]) == 3


def test_a_gate_that_the_model_does_not_hold_says_so(project: Any) -> None:
    project.commit({"churn/train.py": TRAIN.replace('frame["churned"])', 'frame["id"] == 7)')})
    assert run_init("--yes", "--first-run")[0] == 0
    text = Path("ml-ci.yaml").read_text()
    assert re.search(r"      - fnr <= 0.5   # measured 1.000 on [\d-]+: it does not hold yet\n", text), text
    assert re.search(r"      - fpr <= 0\.\d+   # measured 0\.\d+ on [\d-]+\n", text), text


@pytest.mark.parametrize(
    "name",
    [
        "a console script",
        "a package with relative imports",
        "stages of DVC, one upon another",
        "a target of make that changes the folder",
        "settings in a module, paths from the file",
    ],
)
def test_what_it_wrote_trains_a_model_that_can_be_scored(
    name: str, make_repository: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_repository("kind")
    made.commit(KINDS[name].files)
    monkeypatch.chdir(made.path)
    code, output = run_init("--yes", "--first-run")
    assert code == 0 and "wrote   ml-ci.yaml: " in output, output


ENCODED = """\
import pickle
import pandas as pd
from sklearn.linear_model import LogisticRegression
rows = pd.read_csv("data/train.csv")
model = LogisticRegression().fit(rows[["tenure"]].values * 2, rows["churned"])
pickle.dump(model, open("model.pkl", "wb"))
"""


def test_a_model_that_cannot_score_the_rows_gets_a_function_with_one_line_to_fill_in(
    make_repository: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the program does to the rows before it fits, nobody but the program knows."""
    made = make_repository("churn")
    made.commit({"train.py": ENCODED, "data/train.csv": TABLE})
    monkeypatch.chdir(made.path)
    code, output = run_init("--yes", "--first-run")
    assert code == 1
    assert "wrote   adapter.py, and `predict:` in ml-ci.yaml" in output
    adapter = Path("adapter.py")
    adapter.write_text(adapter.read_text().replace("features = rows  #", 'features = rows[["tenure"]].values * 2  #'))
    code, output = run_init("--yes", "--first-run")
    assert code == 0, output
    assert "found   False alarms" in output and "next    commit these files" in output
    gates = load(Path("ml-ci.yaml").read_text(), "ml-ci.yaml").models["churn"].gates
    assert len(gates) == 4
    run_init("--yes", "--first-run")
    assert load(Path("ml-ci.yaml").read_text(), "ml-ci.yaml").models["churn"].gates == gates, "none is added twice"


def test_which_model_is_run_first_is_said_where_there_are_several(project: Any) -> None:
    run_init("--yes")
    text = Path("ml-ci.yaml").read_text()
    Path("ml-ci.yaml").write_text(text + text.partition("models:\n")[2].replace("  churn:", "  other:", 1))
    with pytest.raises(UserError, match="--first-run judges one model") as caught:
        run_init("--yes", "--first-run")
    assert "churn, other" in str(caught.value.hint)
    code, output = run_init("--yes", "--first-run", "--name", "other")
    assert code == 0, output
    assert "left    ml-ci.yaml: add to `gates:`: " in output
