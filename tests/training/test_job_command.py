"""Commands: what is filled in, what they leave, and each way to fail."""

# ruff: noqa: E501 (a row of a table stays on its line)

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ml_ci.errors import Failure
from ml_ci.spec.values import Budget
from ml_ci.training.values import Input, Interpreter

Failed = Callable[[Callable[[], object]], Failure]
SHOW = "printf '%s\\n' "


def test_fills_in_tokens_quoted_and_leaves_other_braces(jobs: Any, tmp_path: Path) -> None:
    jobs.data["train"] = Input("/data/it's here.csv")
    model = jobs.command(
        SHOW + "{data.train} {needs.base} {seed} {params} '{x} ${HOME}' > {out}/model.txt",
        needs={"base": tmp_path / "base model"},
        seed=5,
        params={"depth": 3},
    )
    lines = model.artifact.read_text().splitlines()
    assert lines[:3] == ["/data/it's here.csv", str(tmp_path / "base model"), "5"]
    assert json.loads(Path(lines[3]).read_text()) == {"depth": 3}
    assert lines[4] == "{x} ${HOME}"


def test_a_list_is_started_without_a_shell(jobs: Any) -> None:
    jobs.write("a.csv", "x")
    jobs.write("b.csv", "x")
    jobs.data["many"] = Input(str(jobs.folder / "*.csv"))
    code = "import sys; open(sys.argv[1], 'w').write(repr(sys.argv[2:]))"
    model = jobs.command(("python", "-c", code, "{out}/model.txt", "{data.many}", "--seed={seed}", "$HOME"))
    given = [str(jobs.folder / "a.csv"), str(jobs.folder / "b.csv"), "--seed=0", "$HOME"]
    assert model.artifact.read_text() == repr(given)


def test_the_values_stand_in_the_environment_too(jobs: Any) -> None:
    jobs.data["train-set.1"] = Input("/data/train.csv")
    command = (
        SHOW
        + '"$ML_CI_DATA_TRAIN_SET_1" "$ML_CI_SEED" "$PYTHONHASHSEED" > "$ML_CI_OUT/model.txt"; test -f "$ML_CI_PARAMS"'
    )
    assert jobs.command(command, seed=9).artifact.read_text() == "/data/train.csv\n9\n9\n"


def test_a_command_runs_in_cwd_and_its_outputs_are_the_projects(jobs: Any) -> None:
    (jobs.folder / "src").mkdir()
    model = jobs.command("pwd > where.txt; echo 0.5 > ../scores.csv", {"predictions": "scores.csv"}, cwd="src")
    assert model.predictions.read_text() == "0.5\n"
    assert model.artifact is None
    assert (jobs.folder / "src/where.txt").read_text().strip() == str((jobs.folder / "src").resolve())


def test_both_outputs_and_a_folder(jobs: Any) -> None:
    command = "mkdir net && echo w > net/weights && echo 1 > {out}/p.csv"
    model = jobs.command(command, {"predictions": "{out}/p.csv", "model": "net"})
    assert (model.artifact / "weights").read_text() == "w\n"
    assert model.predictions.read_text() == "1\n"


def test_python_programs_of_a_command_are_seeded(jobs: Any) -> None:
    jobs.write(
        "t.py", "import random, numpy, sys\nopen(sys.argv[1], 'w').write(f'{random.random()} {numpy.random.rand()}')"
    )
    first, second, other = (jobs.command("python t.py {out}/model.txt", seed=s).artifact.read_text() for s in (3, 3, 4))
    assert first == second != other


def test_python_means_the_jobs_interpreter(jobs: Any, old_python: str) -> None:
    jobs.write("t.py", "import sys; open(sys.argv[1], 'w').write('%d.%d' % sys.version_info[:2])")
    interpreter = Interpreter(Path(old_python), (3, 8, 0))
    assert jobs.command("python t.py {out}/model.txt", interpreter=interpreter).artifact.read_text() == "3.8"
    jobs.table("train", "age\n30\n")
    source = "from pathlib import Path\nimport sys, random\ndef train(train: Path, seed):\n    return [sys.version_info[:2], train.name]\n"
    import pickle

    model = jobs.function(source, interpreter=interpreter)
    assert pickle.loads(model.artifact.read_bytes()) == [(3, 8), "train.csv"]


@pytest.mark.parametrize(
    ("command", "code", "message", "hint"),
    [
        ("echo 'no such column' >&2; exit 3", "job-exit", "ended with exit code 3: no such column", ""),
        ("printf 'said = no answer\\n>\\n\\n' >&2; exit 3", "job-exit", "ended with exit code 3: said = no answer", ""),
        ("echo \"ModuleNotFoundError: No module named 'sklearn'\" >&2; exit 1", "job-exit", "named 'sklearn'", "Install `scikit-learn` for"),
        ("python -c 'import pnadas.io'", "job-exit", "No module named 'pnadas'", "Install `pnadas` for the Python"),
        ("nowhere_to_be_found", "job-exit", "exit code 127", "is it installed, and on PATH?"),
        (("nowhere_to_be_found",), "job-exit", "could not be started: nowhere_to_be_found", "on PATH?"),
        ("kill -9 $$", "job-killed", "killed by SIGKILL", "out of memory"),
        ("sh -c 'kill -9 $$'; exit $?", "job-killed", "killed by SIGKILL", "out of memory"),
        ("kill -15 $$", "job-killed", "killed by SIGTERM", "outside of ml-ci"),
        ("true", "no-output", "`outputs.model`: the command ended well and left nothing at {out}/model.txt", "catch its own errors, and end well all the same? Look into its log. `{out}/` does not exist or is empty."),
        ("mkdir -p {out}/deep; echo 1 > {out}/deep/model.txt", "no-output", "left nothing at {out}/model.txt", "It left {out}/deep/model.txt: write `outputs: {model: {out}/deep/model.txt}`"),
        ("echo 1 > model.txt", "no-output", "left nothing at {out}/model.txt", "It left model.txt: write `outputs: {model: model.txt}`. Paths there are relative to the folder of ml-ci.yaml, not to `cwd:`."),
        (": > {out}/model.txt", "no-output", "left at {out}/model.txt is empty", ""),
        ("touch -d '2001-01-01' {out}/model.txt; echo x > {out}/y; cp -p /bin/sh {out}/model.txt", "no-output", "is older than the job", ""),
        ("echo {data.trian}", "unknown-parameter", "asks for {data.trian}", "It may ask for: {data.train}."),
        ("echo {needs.x}", "unknown-parameter", "asks for {needs.x}", "no {needs.…}"),
        ("cat", "no-output", "left nothing", ""),
    ],
)  # fmt: skip
def test_names_how_a_command_failed(
    jobs: Any, failed: Failed, command: str | tuple[str, ...], code: str, message: str, hint: str
) -> None:
    jobs.data["train"] = Input("/data/train.csv")
    found = failed(lambda: jobs.command(command))
    assert (found.stage, found.code) == ("training", code)
    assert message in found.message
    assert hint in found.hint


def test_time_limit_of_a_command_that_ignores_sigterm(jobs: Any, failed: Failed) -> None:
    started = time.monotonic()
    found = failed(lambda: jobs.command("trap '' TERM; sleep 600 & sleep 600; true", budget=Budget(seconds=0.3)))
    assert (found.code, "its limit is 0.3 s" in found.message) == ("time-limit", True)
    assert time.monotonic() - started < 60


def test_an_earlier_result_is_not_taken_for_this_one(jobs: Any, failed: Failed) -> None:
    jobs.command("echo 1 > {out}/model.txt")
    found = failed(lambda: jobs.command("true"))
    assert found.code == "no-output"


def test_an_output_that_is_a_link_is_kept_as_what_it_shows(jobs: Any) -> None:
    model = jobs.command("echo 1 > real.txt; ln -s $PWD/real.txt {out}/model.txt")
    assert not model.artifact.is_symlink()
    assert model.artifact.read_text() == "1\n"


def test_git_hooks_variables_do_not_reach_the_job(jobs: Any) -> None:
    jobs.environment["GIT_INDEX_FILE"] = "/somewhere/index"
    assert jobs.command('echo "[$GIT_INDEX_FILE]" > {out}/model.txt').artifact.read_text() == "[]\n"


def test_the_environment_is_not_in_a_repr(jobs: Any) -> None:
    jobs.environment["TOKEN"] = "hunter2"
    assert "hunter2" not in repr(jobs.request("jobs:train"))


def test_an_output_that_lies_where_cwd_is_is_named_by_its_path(jobs: Any, failed: Failed) -> None:
    (jobs.folder / "job").mkdir()
    found = failed(lambda: jobs.command("mkdir m; echo 1 > m/x.pkl", {"model": "m/x.pkl"}, cwd="job"))
    assert found.hint.startswith("It left job/m/x.pkl: write `outputs: {model: job/m/x.pkl}`.")


def test_files_beside_a_missing_output_are_named_with_their_folder(jobs: Any, failed: Failed) -> None:
    (jobs.folder / "job").mkdir()
    jobs.write("models/old.pkl", "x")
    found = failed(lambda: jobs.command("true", {"model": "models/new.pkl"}, cwd="job"))
    assert found.hint.endswith("`models/` holds: old.pkl.")
    assert "Look into its log" in found.hint


def test_a_traceback_names_files_as_the_repository_does(jobs: Any, failed: Failed) -> None:
    """The copy that a job ran in is gone by the time that its log is read."""
    jobs.write("src/churn/features.py", "def add(): raise ValueError(__file__)\n")
    jobs.write("train.py", "import sys; sys.path.insert(0, 'src')\nfrom churn.features import add\nadd()\n")
    found = failed(lambda: jobs.command("python $PWD/train.py"))
    assert 'File "train.py", line 3' in found.log_tail
    assert 'File "src/churn/features.py", line 1' in found.log_tail
    assert found.message.endswith("ValueError: src/churn/features.py")
    assert str(jobs.folder) not in found.log_tail + found.message
