"""What `ml-ci doctor` finds before a run does: functions and libraries that are not there."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner

from ml_ci.cli.doctor import command
from ml_ci.cli.main import call
from ml_ci.training.asking import Answer

CONFIG = """\
version: 1
models:
  m:
    run: python train.py
    outputs: {model: m.joblib}
    predict: adapter:predict
    metrics: {gain: measures:gain}
    data: {train: t.csv, holdout: {of: train, share: 0.2}}
    label: label
    positive: 1
    gates: [fnr <= 0.5]
"""
FUNCTION = CONFIG.replace("run: python train.py", "train: app.learn:train").replace(
    "    outputs: {model: m.joblib}\n", ""
)
FILES = {
    "ml-ci.yaml": CONFIG,
    "train.py": "import json\n",
    "app/__init__.py": "",
    "app/learn.py": "def train(train): ...\n",
    "adapter.py": "import numpy as np\n\ndef predict(model, rows):\n    return np.zeros(len(rows))\n",
    "measures.py": "from functools import partial\ngain = partial(max, 0)\n",
    "t.csv": "x,label\n" + "".join(f"{n},{n % 2}\n" for n in range(40)),
}


@pytest.fixture
def examined(repository: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Examine a project of these files; give the exit code and the findings of functions and libraries."""
    monkeypatch.chdir(repository.path)

    def run(files: dict[str, str]) -> tuple[int, list[dict[str, Any]]]:
        repository.commit({**FILES, **files})
        done = CliRunner().invoke(command, ["--json"], standalone_mode=False, catch_exceptions=False)
        found = json.loads(done.output[done.output.index("{") :])["checks"]
        return int(done.return_value or 0), [one for one in found if one["check"] in ("m: functions", "m: libraries")]

    return run


@pytest.mark.parametrize("config", [CONFIG, FUNCTION], ids=["command", "function"])
def test_all_is_there(config: str, examined: Any) -> None:
    code, found = examined({"ml-ci.yaml": config})
    assert code == 0 and all(one["good"] for one in found) and len(found) == 2


@pytest.mark.parametrize(
    ("config", "said", "hint"),
    [
        (CONFIG.replace("adapter:predict", "adaptr:predict"), "`predict: adaptr:predict`: there is no module `adaptr`",
         "Did you mean `predict: adapter:predict`?"),
        (CONFIG.replace("adapter:predict", "adapter:predct"), "`predict: adapter:predct`: adapter.py has no function",
         "Did you mean `predict: adapter:predict`?"),
        (CONFIG.replace("measures:gain", "measures:loss"), "`metrics.gain: measures:loss`: measures.py has no function",
         "It has gain, partial."),
        (FUNCTION.replace("app.learn", "app.lern"), "`train: app.lern:train`: there is no module `app.lern`",
         "Did you mean `train: app.learn:train`?"),
        (CONFIG.replace("adapter:predict", "nowhere:predict"), "there is no module `nowhere`", "Is the file there"),
    ],
    ids=["module", "function", "metric", "train", "nothing like it"],
)  # fmt: skip
def test_a_function_that_is_not_there(config: str, said: str, hint: str, examined: Any) -> None:
    code, found = examined({"ml-ci.yaml": config})
    [wrong] = [one for one in found if not one["good"]]
    assert code == 1
    assert wrong["check"] == "m: functions" and said in wrong["message"] and hint in wrong["hint"]


@pytest.mark.parametrize(
    "text",
    [
        "from elsewhere import *\n",
        "def __getattr__(name): ...\n",
        "globals()['predict'] = print\n",
        "try:\n    from json import dumps as predict\nexcept ImportError:\n    predict = None\n",
        "if True:\n    class predict: ...\n",
        "predict, other = print, print\n",
        "import json as predict\n",
        "def predict(:\n",
    ],
)
def test_what_may_be_there_is_no_error(text: str, examined: Any) -> None:
    _, found = examined({"adapter.py": text})
    assert [one for one in found if one["check"] == "m: functions" and not one["good"]] == []


@pytest.mark.parametrize("key", ["train.py", "adapter.py", "measures.py"])
@pytest.mark.parametrize("line", ["import nosuchlib", "from nosuchlib.part import it", "import json, nosuchlib as n"])
def test_a_library_that_the_job_does_not_have(key: str, line: str, examined: Any) -> None:
    code, found = examined({key: f"{line}\n{FILES[key]}"})
    [wrong] = [one for one in found if not one["good"]]
    assert code == 1
    assert wrong["check"] == "m: libraries" and f"has no `nosuchlib` ({key}, line 1)" in wrong["message"]
    assert "`python: PATH`" in wrong["hint"]


def test_a_library_that_the_code_can_do_without(examined: Any) -> None:
    code, found = examined({"train.py": "try:\n    import nosuchlib\nexcept ImportError:\n    nosuchlib = None\n"})
    assert code == 0
    assert any("nosuchlib" in one["message"] and "only on a condition" in one["message"] for one in found)


def test_a_module_of_the_repository_that_is_not_on_the_path(examined: Any) -> None:
    _, found = examined({"train.py": "import helper\n", "tools/deep/helper.py": ""})
    [wrong] = [one for one in found if not one["good"]]
    assert "`helper` is in `tools/deep/` of this repository" in wrong["hint"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "files",
    [{"train.py": "import nosuchlib\n"}, {"ml-ci.yaml": FUNCTION.replace("learn:train", "learn:trai")}],
    ids=["library", "function"],
)
def test_a_run_ends_with_the_same_code(files: dict[str, str], examined: Any) -> None:
    code, _ = examined(files)
    assert code == call(["run", "--baseline", "none"]) == 1


def test_the_library_of_a_models_file(examined: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ml_ci.steps.judging.scorable.ask", lambda *asked: Answer({"xgboost": None}, ()))
    config = CONFIG.replace("m.joblib", "m.ubj").replace("    predict: adapter:predict\n", "")
    code, found = examined({"ml-ci.yaml": config})
    (said,) = [one for one in found if not one["good"]]
    assert code == 2
    assert "`outputs: {model: m.ubj}` is a model of XGBoost" in said["message"]
    assert "pip install xgboost" in said["hint"]
