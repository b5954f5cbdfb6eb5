"""Which variables a job is handed, whatever kind of job it is."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ml_ci.errors import Failure
from ml_ci.training.interpreter import find
from ml_ci.training.values import Input, JobFailed
from ml_ci.variables.given import Env

Failed = Callable[[Callable[[], object]], Failure]
SECRETS = {"WANDB_API_KEY": "wandb-secret", "AWS_SECRET_ACCESS_KEY": "aws-secret", "HF_TOKEN": "hf-secret"}
SEEN = "sorted(set(os.environ) & {'WANDB_API_KEY', 'AWS_SECRET_ACCESS_KEY', 'HF_TOKEN', 'MODE'})"


@pytest.fixture(autouse=True)
def secrets(jobs: Any) -> None:
    for name in ("CI", "GITHUB_ACTIONS"):
        jobs.environment.pop(name, None)
    jobs.environment.update(SECRETS)


@pytest.mark.parametrize(
    ("env", "names"),
    [(Env(), []), (Env(("HF_TOKEN",)), ["HF_TOKEN"]), (Env(("HF_TOKEN",), {"MODE": "x"}), ["HF_TOKEN", "MODE"])],
)
def test_every_kind_of_job_gets_what_the_list_says(jobs: Any, tmp_path: Path, env: Env, names: list[str]) -> None:
    model = jobs.function(f"import os\ndef train(): return {SEEN}", env=env)
    assert pickle.loads(model.artifact.read_bytes()) == names
    jobs.write("own.py", f"import os\ndef score(model, rows): return [len({SEEN}) / 4] * len(rows)\n")
    scored = jobs.scored(model.artifact, "x\n1\n", entry="own:score", env=env)
    assert scored.predictions.read_text().split() == ["score", str(len(names) / 4)]
    jobs.write("metrics.py", f"import os\ndef seen(y_true, score): return len({SEEN})\n")
    assert jobs.measured({"seen": "metrics:seen"}, "y_true,score\n1,0.5\n", env=env) == {"seen": len(names)}
    code = f"import os, sys; open(sys.argv[1], 'w').write(repr({SEEN}))"
    assert jobs.command(("python", "-c", code, "{out}/model.txt"), env=env).artifact.read_text() == repr(names)


def test_a_value_that_the_file_sets_takes_the_place_of_the_environments(jobs: Any) -> None:
    jobs.environment["MODE"] = "theirs"
    found = jobs.command('echo "$MODE" > {out}/model.txt', env=Env((), {"MODE": "ours; $(exit 3)"}))
    assert found.artifact.read_text() == "ours; $(exit 3)\n"


@pytest.mark.parametrize(("variable", "is_error"), [("CI", True), ("GITHUB_ACTIONS", True), ("NEITHER", False)])
def test_a_name_that_nobody_set_is_an_error_in_ci(jobs: Any, failed: Failed, variable: str, is_error: bool) -> None:
    jobs.environment[variable] = "true"
    source, env = "def train(): return 1", Env(("NOWHERE", "HF_TOKEN"))
    if not is_error:
        assert jobs.function(source, env=env).artifact.is_file()
        return
    found = failed(lambda: jobs.function(source, env=env))
    assert found.code == "variable-missing"
    assert found.message == "`env:` of `churn` names `NOWHERE`, which is not set here"


@pytest.mark.parametrize(
    "source",
    [
        "import os\ndef train(): return os.environ['WANDB_API_KEY']",
        "def train(): raise ValueError('WANDB_API_KEY is not set')",
        "def train():\n    print('Please set WANDB_API_KEY', flush=True)\n    raise SystemExit(1)",
    ],
)
def test_a_job_that_lacked_a_variable_is_told_which(jobs: Any, source: str) -> None:
    with pytest.raises(JobFailed) as caught:
        jobs.function(source)
    assert "`WANDB_API_KEY` is set here and was withheld" in caught.value.failure.hint
    assert "`env: [WANDB_API_KEY]` gives it" in caught.value.failure.hint
    assert caught.value.lacks


@pytest.mark.parametrize(
    "said",
    [
        "ValueError: Input y_true contains NaN.",
        "ValueError: Input contains NaN, infinity or a value too large for dtype('float64').",
        "pandas.errors.IntCastingNaNError: Cannot convert non-finite values (NA or inf) to integer, NaN",
        "ValueError: could not convert string to float: ''",
        "ValueError: invalid literal for int() with base 10: ''",
        "ValueError: cannot convert float NaN to integer",
    ],
)
def test_a_job_that_measures_itself_is_told_that_it_has_no_labels(jobs: Any, said: str) -> None:
    command = ("python", "-c", f"raise SystemExit({said!r})")
    jobs.data["holdout"] = Input(str(jobs.write("holdout.csv", "x,y\n1,\n")))
    with pytest.raises(JobFailed) as caught:
        jobs.command(command)
    assert "finds the holdout's labels blank" in caught.value.failure.hint
    del jobs.data["holdout"]  # where a model is left and scored, the job never had the holdout
    with pytest.raises(JobFailed) as caught:
        jobs.command(command)
    assert "labels" not in caught.value.failure.hint


def test_another_failure_is_not_laid_to_the_labels(jobs: Any) -> None:
    jobs.data["holdout"] = Input(str(jobs.write("holdout.csv", "x,y\n1,\n")))
    with pytest.raises(JobFailed) as caught:
        jobs.command(("python", "-c", "raise SystemExit('KeyError: 7')"))
    assert caught.value.failure.hint == ""


def test_a_job_that_failed_by_itself_is_told_nothing(jobs: Any) -> None:
    with pytest.raises(JobFailed) as caught:
        jobs.function("def train(): raise ValueError('no rows')")
    assert "withheld" not in caught.value.failure.hint and not caught.value.lacks


def test_an_interpreter_of_the_change_is_no_way_to_the_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    fake = tmp_path / "python"
    fake.write_text(f'#!/bin/sh\nenv > "{tmp_path}/seen"\necho 3 11 0\n')
    fake.chmod(0o755)
    assert find("./python", tmp_path).version == (3, 11, 0)
    seen = (tmp_path / "seen").read_text()
    assert f"PATH={os.environ['PATH']}" in seen
    assert not any(value in seen for value in SECRETS.values())


@pytest.mark.parametrize(
    "source",
    [
        "import os\ndef train():\n    print('it is', os.environ['HF_TOKEN'], flush=True)\n    raise SystemExit(3)",
        "import os\ndef train(): raise ValueError(os.environ['HF_TOKEN'])",
        "import os\ndef train(): raise ValueError('wandb-secret')",
    ],
)
def test_no_secret_stands_in_what_a_job_leaves_behind(jobs: Any, failed: Failed, source: str) -> None:
    found = failed(lambda: jobs.function(source, env=Env(("HF_TOKEN",))))
    said = f"{found.message} {found.hint} {found.log_tail} {(jobs.work / 'job.log').read_text()}"
    assert "***" in said
    assert not any(value in said for value in SECRETS.values())
