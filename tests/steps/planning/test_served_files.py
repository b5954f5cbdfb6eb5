"""What a service may be made of: any file of its side's repository but ml-ci.yaml, beside the project too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ml_ci.steps.opening.project import locate, open_project
from ml_ci.steps.planning.behaviours import digest_beside
from ml_ci.steps.planning.sides import Fingerprints

SERVED = """\
    outputs: {model: "{out}/model"}
    behaviours:
      served: {same: served, run: "sh ask.sh {rows} {out}/scores.csv"}
"""


def digested(project: Any) -> str:
    found = open_project(locate(project.options()), project.options())
    sides = Fingerprints(found).sides("cut")
    return digest_beside(found, sides, sides.candidate)["served"]


@pytest.mark.parametrize("folder", ["services/cut", "."])
def test_another_file_of_the_repository_asks_the_service_anew(below: Callable[[str], Any], folder: str) -> None:
    project = below(folder)
    project.edit("ml-ci.yaml", '    outputs: {predictions: "{out}/predictions.csv"}\n', SERVED)
    project.edit("ml-ci.yaml", " {data.holdout}", "")
    project.commit({"shared/units.txt": "hours"})
    project.repository.git("checkout", "-q", "-b", "change")
    first = digested(project)
    assert digested(project) == first
    project.edit("ml-ci.yaml", "baseline.fnr + 0.1", "baseline.fnr + 0.2")
    assert digested(project) == first  # a gate
    for path in ("shared/units.txt", f"{folder}/handler.py", "shared/new.txt"):
        (project.repository.path / path).write_text("days")
        changed = digested(project)
        assert changed != first, path
        first = changed
    project.repository.git("add", "-A")
    assert digested(project) == first
