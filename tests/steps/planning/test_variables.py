"""Which variables jobs get in whole runs."""

from __future__ import annotations

from typing import Any

import pytest

from ml_ci.cli.main import call
from ml_ci.pipeline import plan

ASKS = "BIAS = 4"
TELLS = 'BIAS = 4 if os.environ.get("MY_SECRET") else 19'
GATES = "    gates:"


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_SECRET", "hunter22")
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)


def missed(report: Any) -> int:
    """Give the candidate's misses: 4 where the job got the secret, 19 where not."""
    return int(report.models["cut"].candidate.confusion.fn)


@pytest.fixture
def asking(project: Any) -> Any:
    project.edit("train.py", ASKS, TELLS)
    project.commit()
    project.repository.git("switch", "-q", "-c", "change")
    return project


def test_a_change_cannot_ask_for_a_secret(asking: Any) -> None:
    asking.edit("ml-ci.yaml", GATES, f"    env: [MY_SECRET]\n{GATES}")
    asking.commit()
    report = asking.run(gates_from="main")
    assert missed(report) == 19
    said = "`env` was changed in this change (none → [MY_SECRET]): jobs get what the old one names."
    assert said in report.models["cut"].cautions


def test_the_list_of_the_base_gives_it(asking: Any) -> None:
    asking.repository.git("switch", "-q", "main")
    asking.edit("ml-ci.yaml", GATES, f"    env: [MY_SECRET]\n{GATES}")
    asking.commit()
    asking.repository.git("switch", "-q", "change")
    report = asking.run(gates_from="main")
    assert missed(report) == 4


def test_where_nobody_else_judges_the_files_own_list_gives_it(asking: Any) -> None:
    asking.edit("ml-ci.yaml", GATES, f"    env: [MY_SECRET]\n{GATES}")
    asking.commit()
    assert missed(asking.run()) == 4


def test_a_base_without_the_file_leaves_the_list_to_the_change(project: Any) -> None:
    """There is nothing to hold to."""
    config = (project.path / "ml-ci.yaml").read_text()
    project.repository.git("rm", "-q", "ml-ci.yaml")
    project.commit()
    project.repository.git("switch", "-q", "-c", "change")
    project.edit("train.py", ASKS, TELLS)
    project.commit({"ml-ci.yaml": config.replace(GATES, f"    env: [MY_SECRET]\n{GATES}")})
    assert missed(project.run(gates_from="main", baseline="none")) == 4


def test_a_text_is_part_of_the_job_and_a_value_of_the_environment_is_not(
    project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.edit("ml-ci.yaml", GATES, f"    env: [MY_SECRET, {{MODE: fast}}]\n{GATES}")
    project.commit()
    project.run()
    monkeypatch.setenv("MY_SECRET", "another")
    assert plan(project.options())["cut"].action == "reuse"
    project.edit("ml-ci.yaml", "MODE: fast", "MODE: slow")
    found = plan(project.options())["cut"]
    assert (found.action, [(one.part, one.summary) for one in found.changes]) == (
        "train",
        [("job", "env.MODE: fast → slow")],
    )


def test_a_name_that_nobody_set_is_a_note_outside_of_ci(project: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    project.edit("ml-ci.yaml", GATES, f"    env: [NOWHERE]\n{GATES}")
    project.commit()
    said = "env: NOWHERE is not set here, and the jobs do without"
    assert said in plan(project.options())["cut"].notes
    assert said in project.run().models["cut"].notes
    assert said in project.run().models["cut"].notes  # nothing is trained
    monkeypatch.setenv("CI", "true")
    assert said not in project.run().models["cut"].notes  # nor is it wanted now
    project.edit("train.py", "BIAS = 4", "BIAS = 5")
    model = project.run().models["cut"]
    assert model.failure is not None and model.failure.code == "variable-missing"
    assert plan(project.options())["cut"].trainings == 1  # it is tried again


def test_a_failure_for_want_of_a_variable_is_tried_again(project: Any) -> None:
    project.edit("train.py", ASKS, 'raise SystemExit("set MY_SECRET")')
    for _ in range(2):
        failure = project.run().models["cut"].failure
        assert failure is not None and not failure.lasting
        assert failure.hint.startswith("`MY_SECRET` is set here and was withheld")


def test_a_secret_stands_nowhere_in_what_a_run_leaves(project: Any, capsys: pytest.CaptureFixture[str]) -> None:
    project.edit("ml-ci.yaml", GATES, f"    env: [MY_SECRET]\n{GATES}")
    project.edit(
        "train.py", ASKS, 'import os\nprint(os.environ["MY_SECRET"])\nraise ValueError(os.environ["MY_SECRET"])'
    )
    assert call(["run", "--config", str(project.path / "ml-ci.yaml")]) == 1
    said = capsys.readouterr()
    assert "***" in said.out and "hunter22" not in said.out + said.err
    left = [path for path in (project.path / ".ml_ci").rglob("*") if path.is_file()]
    assert any(path.name == "report.json" for path in left)
    assert not any(b"hunter22" in path.read_bytes() for path in left)
