"""What `ml-ci init` writes for the CI system of another forge than GitHub."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ml_ci.setup.recipes import choose_template
from tests.setup.conftest import PACKAGE


@pytest.mark.parametrize(
    ("origin", "files", "template"),
    [
        (None, (), "pull-request"),
        ("https://github.com/acme/churn.git", (".gitlab-ci.yml",), "pull-request"),
        ("git@gitlab.acme.io:ml/churn.git", (".github/workflows",), "gitlab-ci"),
        ("https://oauth2:secret@gitlab.com/ml/churn.git", (), "gitlab-ci"),
        ("ssh://git@codeberg.org/ml/churn.git", (), "gitea"),
        ("https://forgejo.acme.io/ml/churn", (), "gitea"),
        ("../gitlab-mirror/churn.git", (), "pull-request"),
        ("https://[not-a-host/churn", (), "pull-request"),
        ("https://code.acme.io/ml/churn.git", (".gitlab-ci.yml",), "gitlab-ci"),
        ("https://code.acme.io/ml/churn.git", (".forgejo/workflows",), "gitea"),
        ("https://code.acme.io/ml/churn.git", (".gitlab-ci.yml", ".github/workflows"), "pull-request"),
    ],
)
def test_the_forge_is_told_by_the_remote_and_then_by_its_files(
    origin: str | None, files: tuple[str, ...], template: str
) -> None:
    assert choose_template(origin, files) == template


def start(make_repository: Any, monkeypatch: pytest.MonkeyPatch, files: Any) -> Any:
    made = make_repository("churn")
    made.commit(files)
    monkeypatch.chdir(made.path)
    return made


def origin_is(made: Any, url: str) -> None:
    made.git("remote", "add", "origin", url)


def test_a_repository_on_gitlab_gets_a_job_that_gitlab_reads(
    make_repository: Any, monkeypatch: pytest.MonkeyPatch, run_init: Any
) -> None:
    made = start(make_repository, monkeypatch, PACKAGE)
    origin_is(made, "git@gitlab.com:acme/churn.git")
    output = run_init("--yes").output
    assert "wrote   .gitlab-ci.yml" in output and ".github" not in output and "actions" not in output
    job = yaml.safe_load(Path(".gitlab-ci.yml").read_text())["judge"]
    assert "ml-ci run" in job["script"]
    output = run_init("--yes").output
    assert "kept    .gitlab-ci.yml" in output and not Path(".gitlab").exists()


def test_a_pipeline_that_is_there_is_left_alone_and_includes_the_job(
    make_repository: Any, monkeypatch: pytest.MonkeyPatch, run_init: Any
) -> None:
    made = start(make_repository, monkeypatch, {**PACKAGE, ".gitlab-ci.yml": "test:\n  script: [make test]\n"})
    origin_is(made, "https://gitlab.com/acme/churn.git")
    output = run_init("--yes").output
    assert "wrote   .gitlab/ml-ci.yml" in output
    assert 'left    .gitlab-ci.yml: include: [{local: "/.gitlab/ml-ci.yml"}]' in output
    assert Path(".gitlab-ci.yml").read_text() == "test:\n  script: [make test]\n"


def test_a_project_of_a_monorepo_has_a_job_of_its_own_in_its_folder(
    make_repository: Any, run_init: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_repository("mono")
    made.commit({f"services/b/{path}": text for path, text in PACKAGE.items()})
    monkeypatch.chdir(made.path / "services" / "b")
    run_init("--yes", "--workflow", "gitlab-ci", "--workflow", "gitea")
    ((name, job),) = yaml.safe_load((made.path / ".gitlab/ml-ci-services-b.yml").read_text()).items()
    assert name == "judge-services-b"
    assert job["script"][0] == job["after_script"][0] == "cd services/b"
    assert job["artifacts"]["paths"] == ["services/b/.ml_ci/report.json"]
    assert set(job["artifacts"]["reports"].values()) == {
        f"services/b/ml-ci-{one}" for one in ("junit.xml", "codequality.json", "metrics.txt")
    }
    read = yaml.safe_load((made.path / ".gitea/workflows/ml-ci-services-b.yml").read_text())
    assert read["jobs"]["judge"]["defaults"]["run"]["working-directory"] == "services/b"
    assert read["name"] == "ml-ci services-b"
    assert "it judges this project already" in run_init("--yes", "--workflow", "pull-request").output


def test_what_training_needs_is_installed_as_the_repository_says_it(
    make_repository: Any, monkeypatch: pytest.MonkeyPatch, run_init: Any
) -> None:
    files = {path: text for path, text in PACKAGE.items() if path != "requirements.txt"}
    start(
        make_repository,
        monkeypatch,
        {**files, "pyproject.toml": '[project]\nname = "churn"\nversion = "1"\nrequires-python = ">=3.12"\n'},
    )
    run_init("--yes", "--workflow", "gitlab-ci")
    assert yaml.safe_load(Path(".gitlab-ci.yml").read_text())["judge"]["script"][0] == "pip install ml-ci ."
