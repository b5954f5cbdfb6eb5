"""A project that the workflow installs for its training is judged by each side's own code."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

pytestmark = pytest.mark.act

PYPROJECT = """\
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[project]
name = "churn-service"
version = "0.1"
"""
TRAIN = """\
import csv
import sys

from churn_service import MISSES


def main():
    misses = MISSES
    with open(sys.argv[1]) as rows, open(sys.argv[2], "w") as out:
        out.write("score\\n")
        for row in csv.DictReader(rows):
            score = float(int(row["x"]) < 50)  # the labels are ml-ci's
            if score and misses:
                score, misses = 0.0, misses - 1
            out.write(f"{score}\\n")


if __name__ == "__main__":
    main()
"""
CONFIG = """\
version: 1
models:
  churn:
    run: python -m churn_service.train {data.holdout} {out}/scores.csv
    outputs: {predictions: "{out}/scores.csv"}
    data: {holdout: holdout.csv}
    label: y
    positive: 1
    gates: [fnr <= 0.20]
"""


@pytest.fixture
def _gone() -> Iterator[None]:
    """Take away what the workflow installs: the Python of its job is the one that runs these tests."""
    yield
    python = os.path.realpath(sys.executable)
    subprocess.run((python, "-m", "pip", "uninstall", "-q", "-y", "churn-service"), check=True, capture_output=True)


@pytest.mark.usefixtures("_gone")
def test_a_change_of_an_installed_package_fails(rig: Any) -> None:
    rig.git("checkout", "-q", "main")
    rig.commit(
        {
            "pyproject.toml": PYPROJECT,
            "src/churn_service/__init__.py": "MISSES = 4\n",
            "src/churn_service/train.py": TRAIN,
            "ml-ci.yaml": CONFIG,
        }
    )
    payload = rig.pull_request({"src/churn_service/__init__.py": "MISSES = 40\n"})
    done = rig.run("pull-request.yml", "pull_request", payload, at="refs/pull/7/merge")
    head = payload["pull_request"]["head"]["sha"]
    assert done.jobs == {"gate": "failure", "report": "failure"}, done.log
    assert rig.github.latest(head) == {"ml-ci": "failure", "ml-ci/churn": "failure"}
    body = rig.github.comments[0]["body"]
    assert ("FNR 8.0% → 80.0%" in body, "Successfully installed churn-service-0.1" in done.log) == (True, True), body
