"""Where `ml-ci init` writes: workflows at the root of a monorepo, nothing twice, nothing that git does not see."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ml_ci.setup.files import name_project
from ml_ci.setup.writing import names
from tests.setup.conftest import PACKAGE
from tests.setup.kinds import KINDS

ACTION = "acme/ml-ci@" + "a" * 40


@pytest.fixture
def monorepo(make_repository: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Make a repository with two projects, and go into the first."""
    made = make_repository("mono")
    made.commit({f"{folder}/{path}": text for folder in ("a", "services/b") for path, text in PACKAGE.items()})
    monkeypatch.chdir(made.path / "a")
    return made


def test_a_project_of_a_monorepo_has_its_workflow_at_the_root(monorepo: Any, run_init: Any) -> None:
    output = run_init("--yes", "--actions", ACTION).output
    assert "wrote   ../.github/workflows/ml-ci-a.yml" in output
    assert not Path(".github").exists()
    read = yaml.safe_load((monorepo.path / ".github/workflows/ml-ci-a.yml").read_text())
    for job in ("gate", "report"):
        assert read["jobs"][job]["steps"][0]["with"]["working-directory"] == "a"
    assert Path("ml-ci.yaml").is_file() and Path("tests/test_a_model.py").is_file()


@pytest.mark.parametrize("template", names())
def test_runs_of_two_projects_do_not_cancel_each_other(
    template: str, monorepo: Any, run_init: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_init("--yes", "--actions", ACTION, "--workflow", template)
    monkeypatch.chdir(monorepo.path / "services" / "b")
    run_init("--yes", "--actions", ACTION, "--workflow", template)
    texts = [file.read_text() for file in sorted((monorepo.path / ".github" / "workflows").iterdir())]
    assert len(texts) == 2
    first, second = (yaml.safe_load(text) for text in texts)
    assert first["name"] != second["name"]
    assert first["concurrency"]["group"] != second["concurrency"]["group"]
    assert 'working-directory: "a"' in texts[0] and 'working-directory: "services/b"' in texts[1]
    assert not any(re.search(r"`ml-ci[`/]", text) for text in texts), "the statuses' names have the folder"


def test_the_second_stage_follows_the_first_of_its_own_project(monorepo: Any, run_init: Any) -> None:
    run_init("--yes", "--workflow", "pull-request-untrusted", "--workflow", "report")
    folder = monorepo.path / ".github" / "workflows"
    first = yaml.safe_load((folder / "ml-ci-a.yml").read_text())
    second = yaml.safe_load((folder / "ml-ci-a-report.yml").read_text())
    assert second[True]["workflow_run"]["workflows"] == [first["name"]]


@pytest.mark.parametrize(
    ("prefix", "name"),
    [
        ("", ""),
        ("a/", "a"),
        ("services/My Model/", "services-my-model"),
        ("x/_y-/", "x-_y"),
        ("büro/模型/", "büro-模型"),
    ],
)
def test_how_a_project_is_called_in_a_file_name(prefix: str, name: str) -> None:
    assert name_project(prefix) == name


def test_a_second_init_changes_nothing(shaped: Any, run_init: Any) -> None:
    repository = shaped("package")
    run_init("--yes")
    repository.commit(message="Add ml-ci")
    output = run_init("--yes").output
    assert "found   ml-ci.yaml: package" in output and "wrote" not in output
    assert repository.git("status", "--porcelain") == ""


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, True),
        ({"environment.yml": "name: x\n"}, True),
        ({"pyproject.toml": "[tool.poetry]\nname = 'x'\n"}, True),
        ({"pyproject.toml": "[project]\nname = 'x'\n"}, False),
        ({"requirements.txt": "pandas\n"}, False),
        ({"setup.py": "import setuptools\n"}, False),
    ],
)
def test_a_workflow_that_would_install_nothing_is_said(
    files: dict[str, str], said: bool, make_repository: Any, monkeypatch: pytest.MonkeyPatch, run_init: Any
) -> None:
    """As the gate looks for it: the training would end there with `No module named 'pandas'`."""
    made = make_repository("kind")
    made.commit({**KINDS["a flat script"].files, **files})
    monkeypatch.chdir(made.path)
    assert ("left    requirements.txt" in run_init("--yes").output) == said
    assert "left    requirements.txt" not in run_init("--yes").output, "no workflow was written this time"


ACTIONS = "acme/ml-ci@" + "a" * 40


def test_a_second_init_fills_in_where_the_actions_are(shaped: Any, run_init: Any) -> None:
    shaped("package")
    run_init("--yes")
    output = run_init("--yes", "--actions", ACTIONS).output
    assert "wrote   .github/workflows/ml-ci.yml" in output
    assert "kept    ml-ci.yaml" in output
    text = Path(".github/workflows/ml-ci.yml").read_text()
    assert f"uses: acme/ml-ci/actions/gate@{'a' * 40}" in text and "OWNER" not in text
    again = run_init("--yes", "--actions", ACTIONS).output
    assert "kept    .github/workflows/ml-ci.yml" in again


def test_but_not_in_a_workflow_that_somebody_changed(shaped: Any, run_init: Any) -> None:
    shaped("package")
    run_init("--yes")
    path = Path(".github/workflows/ml-ci.yml")
    path.write_text(path.read_text().replace("ubuntu-latest", "ubuntu-22.04"))
    output = run_init("--yes", "--actions", ACTIONS).output
    assert "kept    .github/workflows/ml-ci.yml" in output and "OWNER/ml-ci" in path.read_text()


def test_a_second_init_adds_what_belongs_to_the_models_that_are_there(shaped: Any, run_init: Any) -> None:
    """A test of a model that ml-ci.yaml does not have ends pytest with an error."""
    repository = shaped("package")
    run_init("--yes", "--name", "churn", "--workflow", "none")
    repository.git("rm", "-qrf", "--ignore-unmatch", "tests")
    Path("tests/test_churn_model.py").unlink()
    run_init("--yes")
    assert [path.name for path in Path("tests").iterdir()] == ["test_churn_model.py"]
    assert Path(".github/workflows/ml-ci.yml").is_file()


def test_a_model_that_a_test_names_gets_no_second_one(shaped: Any, run_init: Any) -> None:
    shaped("package").commit(
        {"checks/test_own.py": "import pytest\n@pytest.mark.ml_model('package')\ndef test_it(): ...\n"}
    )
    run_init("--yes")
    assert not Path("tests").exists()


@pytest.mark.parametrize(("folder", "kept"), [("", True), ("working-directory: other\n", False)])
def test_a_workflow_that_judges_this_project_is_kept(folder: str, kept: bool, shaped: Any, run_init: Any) -> None:
    text = f"on: [pull_request]\njobs:\n  g:\n    steps:\n      - uses: {ACTION.replace('@', '/actions/gate@')}\n"
    with_folder = f"        with:\n          {folder}" if folder else ""
    shaped("package").commit({".github/workflows/judge.yml": text + with_folder})
    output = run_init("--yes").output
    assert ("kept    .github/workflows/judge.yml: it judges this project already" in output) is kept
    assert Path(".github/workflows/ml-ci.yml").is_file() is not kept


def test_a_configuration_that_cannot_be_read_is_said_and_kept(shaped: Any, run_init: Any) -> None:
    shaped("package")
    Path("ml-ci.yaml").write_text("mine\n")
    output = run_init("--yes").output
    assert "left    ml-ci.yaml" in output and "kept    ml-ci.yaml" in output
    assert not Path("tests").exists()


@pytest.mark.parametrize(
    ("ignored", "hidden"),
    [
        ("*.yaml\n", "ml-ci.yaml"),
        (".github/\n", ".github/workflows/ml-ci.yml"),
        ("*.yaml\n.github/\ntests/\n", ".github/workflows/ml-ci.yml ml-ci.yaml tests/test_pipeline_model.py"),
    ],
)
def test_files_that_git_ignores_are_named(ignored: str, hidden: str, shaped: Any, run_init: Any) -> None:
    repository = shaped("pipeline")
    repository.commit({".gitignore": ignored})
    output = run_init("--yes").output
    assert f"left    git ignores {hidden}: git add -f {hidden} (or " in output
    repository.git("add", "-f", *hidden.split())
    assert repository.git("diff", "--cached", "--name-only").split() == hidden.split()


def test_nothing_is_said_of_gitignore_where_nothing_is_hidden(shaped: Any, run_init: Any) -> None:
    shaped("pipeline").commit({".gitignore": "*.pkl\n"})
    assert "git ignores" not in run_init("--yes").output
