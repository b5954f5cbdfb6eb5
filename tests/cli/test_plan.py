from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ml_ci.cli.main import call

HEAVY = ("numpy", "scipy", "mlflow", "pandas", "sklearn", "rich", "requests", "train")
SPEC = """\
version: 1
models:
  cut:
    train: train:train
    data: {train: train.csv, holdout: holdout.csv}
    label: y
    positive: 1
    gates: [fnr <= 0.1]
  other:
    train: other:train
    data: {train: train.csv, holdout: holdout.csv}
    label: y
    positive: 1
    gates: [fnr <= 0.1]
"""
TRAIN = """\
import importlib
raise SystemExit("a plan imports none of the project's code")
def train(train):
    importlib.import_module(train)
"""
ROWS = "x,y\n" + "".join(f"{number},{number % 2}\n" for number in range(50))


@pytest.fixture
def folder(repository: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give a repository on a branch with changed data, whose code cannot be imported."""
    repository.commit(
        {"ml-ci.yaml": SPEC, "train.py": TRAIN, "other.py": TRAIN, "train.csv": ROWS, "holdout.csv": ROWS}
    )
    repository.git("switch", "-q", "-c", "change")
    repository.commit({"train.csv": ROWS + "50,1\n"})
    monkeypatch.chdir(repository.path)
    return repository


def printed(capsys: Any, *arguments: str) -> str:
    assert call(["plan", *arguments]) == 0
    return str(capsys.readouterr().out)


def test_text(folder: Any, capsys: Any) -> None:
    text = printed(capsys, "--model", "cut")
    assert text.startswith("cut: train   (against merge-base ")
    assert "\n  data.train: 50 → 51 rows (+1)" in text
    assert "an import by a variable cannot be followed" in text


def test_what_is_said_of_two_models_is_said_once(folder: Any, capsys: Any) -> None:
    folder.commit({"other.py": "from train import train\n"})
    text = printed(capsys)
    assert text.count("cannot be followed") == 1


def test_json(folder: Any, capsys: Any) -> None:
    said = json.loads(printed(capsys, "--json"))
    assert said["format"] == 1
    assert list(said["models"]) == ["cut", "other"]
    assert said["models"]["cut"]["action"] == "train"
    assert [change["part"] for change in said["models"]["cut"]["changes"]] == ["data.train"]


def test_a_loosened_gate_is_said_before_anything_runs(folder: Any, capsys: Any) -> None:
    folder.commit({"ml-ci.yaml": SPEC.replace("fnr <= 0.1", "fnr <= 0.9")})
    said = "`fnr <= 0.1` was loosened in this change to `fnr <= 0.9`: judged by the old."
    text = printed(capsys, "--gates-from", "main")
    assert text.count(f"\n  caution: {said}\n") == 1
    found = json.loads(printed(capsys, "--gates-from", "main", "--json"))
    shared = [
        f"50 of the 50 rows of the holdout stand in {whose}data.train (train.csv)" for whose in ("", "the baseline's ")
    ]
    first, *more = found["models"]["cut"]["cautions"]
    assert (first, [one.partition(":")[0] for one in more]) == (said, shared)
    more = json.loads(printed(capsys, "--json"))["models"]["cut"]["cautions"]
    assert [one.partition(":")[0] for one in more] == shared


def test_other_rows_of_the_holdout_are_said_before_anything_runs(folder: Any, capsys: Any) -> None:
    folder.commit({"holdout.csv": ROWS + "50,0\n"})
    assert "  caution: The rows of the holdout changed in this change" in printed(capsys, "--gates-from", "main")


def test_github_matrix_is_one_line_of_the_models_that_need_work(folder: Any, capsys: Any) -> None:
    assert printed(capsys, "--github-matrix") == '{"model": ["cut", "other"]}\n'
    assert printed(capsys, "--github-matrix", "--model", "other") == '{"model": ["other"]}\n'


def test_names_cannot_move_the_cursor(folder: Any, capsys: Any) -> None:
    name = "wei\x1b[31mrd\x1b]0;title\x07"
    text = f"def {'train'}(train):\n    return 1\n"
    folder.commit({"train.py": f"import {'other'}\n{text}", f"{name}.py": "x = 1\n"})
    folder.commit({"ml-ci.yaml": SPEC.replace("    label: y", "    code: ['*.py']\n    label: y", 1)})
    out = printed(capsys)
    assert "weird.py" in out
    assert "\x1b" not in out
    assert "\x07" not in out


def test_nothing_heavy_and_nothing_of_the_project_is_imported(folder: Any) -> None:
    """Also where a table has to be described: DuckDB reads it, without numpy."""
    script = f"""\
import sys
from ml_ci.cli.main import call
code = call(["plan"])
print(code, [name for name in {HEAVY!r} if name in sys.modules], "duckdb" in sys.modules, file=sys.stderr)
"""
    root = str(Path(__file__).parents[2])
    asked = [sys.executable, "-c", script]
    done = subprocess.run(
        asked, cwd=folder.path, env={"PYTHONPATH": root, "PATH": "/usr/bin:/bin"}, capture_output=True, text=True
    )
    assert done.stderr.splitlines()[-1] == "0 [] True", done.stderr
    assert "data.train: 50 → 51 rows" in done.stdout


JOBS = """\
version: 1
jobs:
  clean: {run: "cp {data.raw} {out}/clean.csv", data: {raw: train.csv}, outputs: ["{out}/clean.csv"]}
  lint: {run: "false"}
models:
  cut:
    train: train:train
    data: {train: {job: clean, path: clean.csv}, holdout: holdout.csv}
    label: y
    positive: 1
    gates: [fnr <= 0.1]
"""


@pytest.fixture
def chain(folder: Any) -> Any:
    """Give the same repository with a job that the model builds on, and a check."""
    folder.commit({"ml-ci.yaml": JOBS})
    return folder


def test_the_tree_comes_first_then_jobs_and_models(chain: Any, capsys: Any) -> None:
    text = printed(capsys)
    assert text.startswith("clean (run)\n└─ cut (train)\nlint (run)\n\njob clean: run")
    assert text.index("job lint: run") < text.index("\ncut: train")


def test_jobs_as_json(chain: Any, capsys: Any) -> None:
    said = json.loads(printed(capsys, "--json"))
    assert {name: (one["action"], one["check"]) for name, one in said["jobs"].items()} == {
        "clean": ("run", False),
        "lint": ("run", True),
    }
    assert json.loads(printed(capsys, "--json", "cut"))["jobs"].keys() == {"clean"}
    assert json.loads(printed(capsys, "--json", "lint"))["models"] == {}


def test_github_matrix_has_the_checks(chain: Any, capsys: Any) -> None:
    assert json.loads(printed(capsys, "--github-matrix")) == {"model": ["cut", "lint"]}


@pytest.mark.parametrize(
    ("file", "begins"),
    [("p.svg", "<?xml"), ("p.mmd", "flowchart LR\n  n0["), ("p.json", "{"), ("p.txt", "clean (run)\n└─ cut (train)\n")],
)
def test_a_plan_is_written_as_its_ending_says(chain: Any, capsys: Any, file: str, begins: str) -> None:
    assert printed(capsys, "--output", file) == f"wrote {file}\n"
    assert (chain.path / file).read_text().startswith(begins)
    assert printed(capsys, "--mermaid").startswith("flowchart LR\n")


def test_a_job_after_the_promotion_is_told_and_is_no_work(folder: Any, capsys: Any) -> None:
    more = 'lint: {run: "false"}\n  deploy: {run: ./deploy.sh, needs: [cut], env: [TOKEN], after: promotion}'
    folder.commit({"ml-ci.yaml": JOBS.replace('lint: {run: "false"}', more)})
    text = printed(capsys)
    assert "   └─ deploy (after promotion)" in text.splitlines()
    assert "\njob deploy: after promotion" in text
    assert "note: no run does it: ml-ci promote cut does, once cut is champion, as the default branch declares" in text
    assert json.loads(printed(capsys, "--json", "cut"))["jobs"]["deploy"]["action"] == "after promotion"
    assert json.loads(printed(capsys, "--github-matrix")) == {"model": ["cut", "lint"]}
    assert "<svg" in printed(capsys, "--format", "svg")


@pytest.mark.parametrize("verb", ["plan", "run"])
def test_a_job_after_the_promotion_is_nobodys_to_ask_for(folder: Any, capsys: Any, verb: str) -> None:
    folder.commit({"ml-ci.yaml": JOBS.replace('run: "false"', "run: ./deploy.sh, needs: [cut], after: promotion")})
    assert call([verb, "lint"]) == 2
    said = capsys.readouterr().err
    assert (
        "the job `lint` is done after the promotion of cut, and by no run\nAfter the promotion: ml-ci deploy cut"
        in said
    )
