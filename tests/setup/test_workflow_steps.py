"""Which lines of a repository's workflows are taken for its training, and which are not."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from ml_ci.setup.source import parse
from ml_ci.setup.workflow_steps import find_steps

FIT = "from sklearn.svm import SVC\nSVC().fit([[1]], [1])\n"
FILES = {
    "train.py": FIT,
    "pkg/__init__.py": "",
    "pkg/train.py": FIT,
    "svc/train.py": FIT,
    "evaluate.py": "print(1)\n",
    "main.py": "import train\n",
    "train_by_hand.py": "print(sum([1, 2]))\n",
    "train_tools.py": "def split(rows):\n    return rows\n",
    "setup.py": "from setuptools import setup\n",
    "tests/test_train.py": FIT,
    "train.sh": "",
    "train.csv": "",
}


def find(workflow: Any, prefix: str = "", files: dict[str, str] | None = None) -> list[tuple[str, str]]:
    known = FILES if files is None else files
    sources = {path: parse(path, text) for path, text in known.items() if path.endswith(".py")}
    text = workflow if isinstance(workflow, str) else yaml.safe_dump(workflow)
    return [(one.text, one.cwd) for one in find_steps({"w.yml": text}, prefix, known, sources)]  # type: ignore[arg-type]


def steps(*runs: str, **job: Any) -> dict[str, Any]:
    return {"jobs": {"j": {**job, "steps": [{"uses": "actions/checkout@v4"}, *({"run": run} for run in runs)]}}}


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("python train.py", ("python train.py", ".")),
        ("python  train.py --seed 3", ("python train.py --seed 3", ".")),
        ("uv run python train.py", ("uv run python train.py", ".")),
        ("python -m pkg.train", ("python -m pkg.train", ".")),
        ("OMP_NUM_THREADS=1 python train.py", ("OMP_NUM_THREADS=1 python train.py", ".")),
        ("cd svc && python train.py", ("python train.py", "svc")),
        ("cd svc\npython train.py", ("python train.py", "svc")),
        ("bash train.sh", ("bash train.sh", ".")),
        ("pip install .\npytest\npython train.py\npython evaluate.py", ("python train.py", ".")),
        ("python evaluate.py", None),
        ("python train_by_hand.py", ("python train_by_hand.py", ".")),
        ("python train_tools.py", None),  # it does nothing when it is started
        ("python main.py", None),  # it trains by another's code, and is called nothing of the kind
        ("python setup.py install", None),
        ("python -m pytest tests/test_train.py", None),
        ("python tests/test_train.py", None),
        ("pip install -r train.csv", None),
        ("head -n 3 README.md", None),
        ("make train", None),  # read in the Makefile
        ("dvc repro train", None),
        ("python train.py ${{ matrix.seed }}", None),
        ("python train.py $SEED", None),
        ("python train.py > log.txt", None),
        ("# python train.py", None),
        ('python train.py "', None),
        ("python gone.py", None),
        ("", None),
    ],
)
def test_a_line(line: str, found: tuple[str, str] | None) -> None:
    assert find(steps(line)) == ([found] if found else [])


@pytest.mark.parametrize(
    ("workflow", "prefix", "found"),
    [
        (steps("python train.py", defaults={"run": {"working-directory": "svc"}}), "svc/", [("python train.py", ".")]),
        (
            {"defaults": {"run": {"working-directory": "./svc"}}} | steps("python train.py"),
            "svc/",
            [("python train.py", ".")],
        ),
        (steps("cd svc && python train.py"), "svc/", [("python train.py", ".")]),
        (steps("python svc/train.py"), "svc/", []),  # started above the project
        (steps("python train.py"), "svc/", []),
        (steps("python train.py", defaults={"run": {"working-directory": "other"}}), "svc/", []),
    ],
)
def test_a_project_of_a_monorepo(workflow: Any, prefix: str, found: list[tuple[str, str]]) -> None:
    assert find(workflow, prefix, {"train.py": FIT}) == found


def test_a_step_s_own_folder_comes_before_its_job_s() -> None:
    job = steps("python train.py", defaults={"run": {"working-directory": "elsewhere"}})
    job["jobs"]["j"]["steps"][1]["working-directory"] = "svc"
    assert find(job) == [("python train.py", "svc")]


def test_one_command_of_several_workflows_is_one() -> None:
    job = steps("python train.py")["jobs"]["j"]
    assert find({"jobs": {"a": job, "b": job, "c": steps("bash train.sh")["jobs"]["j"]}}) == [
        ("python train.py", "."),
        ("bash train.sh", "."),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "jobs: 3",
        "jobs: {j: 3}",
        "jobs: {j: {steps: 3}}",
        "jobs: {j: {steps: [3, {run: 4}]}}",
        "a: [",
        "x: 2020-13-45",
        "[" * 9000,
    ],
)
def test_a_file_that_is_no_workflow_has_none(text: str) -> None:
    assert find(text) == []
