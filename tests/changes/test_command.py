from __future__ import annotations

from typing import Any

import pytest

from ml_ci.changes.command import find_named
from ml_ci.changes.sources import Sources
from ml_ci.spec.values import CommandJob

FILES = {
    "train.py": "import features",
    "features.py": "",
    "starter/train_model.py": "",
    "jobs/run.sh": "#!/bin/sh\ncd jobs\npython step.py --config conf.yaml\n",
    "jobs/step.py": "",
    "jobs/conf.yaml": "a: 1",
    "jobs/empty.sh": "exec $TRAINER\n",
    "analysis/train.R": "source('analysis/clean.R')\nread.csv('words.txt')",
    "analysis/clean.R": "",
    "analysis/other.R": "",
    "words.txt": "",
    "main.go": "package main",
    "util.go": "package main",
    "pkg/__init__.py": "",
    "pkg/__main__.py": "",
    "Makefile": "train:\n\tpython train.py\n",
    "README.md": "",
    "docs/a.md": "",
    "tests/test_a.py": "",
    ".github/workflows/a.yml": "",
    "data/train.csv": "",
    "data/train.csv.dvc": "",
    "ml-ci.yaml": "",
}
CODE = frozenset(FILES) - {
    *("README.md", "docs/a.md", "tests/test_a.py", ".github/workflows/a.yml", "ml-ci.yaml"),
    *("data/train.csv", "data/train.csv.dvc"),
}


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("python train.py data/train.csv", {"train.py"}),
        ("python ./train.py --out={out}", {"train.py"}),
        (("python", "train.py", "{data.train}"), {"train.py"}),
        ("cd starter && python train_model.py", {"starter/train_model.py"}),
        ("python 'train.py' > log.txt; python starter/train_model.py", {"train.py", "starter/train_model.py"}),
        ("bash jobs/run.sh", {"jobs/run.sh", "jobs/step.py", "jobs/conf.yaml"}),
        ("Rscript analysis/train.R", {"analysis/train.R", "analysis/clean.R", "words.txt"}),
        ("go run main.go", {"main.go"}),  # what more it reads is seen when it runs
        ("bash jobs/empty.sh", {"jobs/empty.sh"}),
    ],
)
def test_the_files_that_a_command_names(tree: Any, command: Any, expected: set[str]) -> None:
    found = find_named(
        CommandJob(command).text, "", Sources(tree(FILES), None), ["data/train.csv", "data/train.csv.dvc"]
    )
    assert found.files == expected


@pytest.mark.parametrize("command", ["make train", "dvc repro", "bash jobs/empty.sh", "python $SCRIPT"])
def test_a_command_that_leads_nowhere_may_run_any_program(tree: Any, command: str) -> None:
    """What these import is its environment; none of them is its code before it was seen to be read."""
    found = find_named(
        CommandJob(command).text, "", Sources(tree(FILES), None), ["data/train.csv", "data/train.csv.dvc"]
    )
    assert found.perhaps == CODE
    assert found.files <= {"jobs/empty.sh"}


def test_words_are_looked_up_from_the_working_directory(tree: Any) -> None:
    found = find_named("python train_model.py", "starter", Sources(tree(FILES), None), [])
    assert found.files == {"starter/train_model.py"}


def test_a_module_run_by_its_name_is_given_by_its_name(tree: Any) -> None:
    found = find_named("python -m pkg --deep", "", Sources(tree(FILES), None), [])
    assert (found.files, found.modules, found.perhaps) == (frozenset(), ("pkg",), frozenset())
