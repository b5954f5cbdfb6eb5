"""What git can be like: no repository, no commit, no base, dirty, shallow, detached, a subfolder, a worktree."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest


def test_no_repository(project: Any) -> None:
    shutil.rmtree(project.path / ".git")
    answer = project.run()
    assert answer.code == 2
    assert "is not in a git repository" in answer.err
    assert "git init" in answer.err


def test_no_commit_yet(project: Any) -> None:
    shutil.rmtree(project.path / ".git")
    project.git("init", "-q", "-b", "main")
    answer = project.run()
    assert answer.code == 0, answer.err
    assert "there is no commit yet" in answer.out
    report = project.report()
    assert (report["commit"], report["base_commit"], project.model()["baseline"]) == (None, None, None)
    project.verify()


def test_no_merge_base(project: Any) -> None:
    project.git("checkout", "-q", "--orphan", "island")
    project.commit()
    answer = project.run()
    assert answer.code == 2
    assert "HEAD and `main` have no commit in common" in answer.err
    assert "--baseline REF" in answer.err
    assert project.run("run", "--baseline", "main").code == 0
    project.verify()


def test_no_default_branch(project: Any) -> None:
    project.git("branch", "-m", "main", "one")
    answer = project.run()
    assert answer.code == 2
    assert "the default branch was not found" in answer.err


def test_a_dirty_tree_works_and_is_said(known: Any) -> None:
    known.edit("model.py", "SHIFT = 0.0", "SHIFT = 0.01")
    answer = known.run()
    assert (answer.code, known.report()["dirty"]) == (0, True)
    assert "uncommitted" in answer.out.lower()
    known.commit()
    answer = known.run()
    assert (answer.code, known.report()["dirty"], known.trainings()) == (0, False, 1)
    assert "uncommitted" not in answer.out.lower()


@pytest.mark.parametrize("left", ["build/lib/model.py", "churn.egg-info/PKG-INFO", "report.html"])
def test_what_no_job_reads_makes_no_tree_dirty(known: Any, left: str) -> None:
    """An install beside the checkout leaves such files, and whoever reads the comment has never heard of them."""
    path = known.path / left
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("SHIFT = 9.0\n", encoding="utf-8")
    answer = known.run()
    assert (answer.code, known.report()["dirty"]) == (0, False)
    assert "uncommitted" not in answer.out.lower()


def test_an_untracked_file_that_only_the_job_is_seen_to_read_makes_it_dirty(known: Any) -> None:
    known.edit("model.py", "SHIFT = 0.0", 'SHIFT = float(open("shift.txt").read())')
    known.commit()
    (known.path / "shift.txt").write_text("0.0", encoding="utf-8")
    answer = known.run()
    assert (answer.code, known.report()["dirty"]) == (0, True), answer.out + answer.err


def test_an_untracked_module_is_part_of_the_candidate(known: Any) -> None:
    known.edit("model.py", "SHIFT = 0.0", "from shift import SHIFT")
    known.write({"shift.py": "SHIFT = 0.3\n"})
    assert known.run().code == 1
    assert "shift.py" in str(known.model()["changes"])


def test_a_broken_configuration_in_the_base_commit(project: Any) -> None:
    project.git("switch", "-q", "main")
    project.edit("ml-ci.yaml", "    label:", "    labl:")
    project.commit()
    project.git("switch", "-q", "-C", "change")
    project.edit("ml-ci.yaml", "    labl:", "    label:")
    project.commit()
    answer = project.run()
    assert answer.code == 1
    failure = project.model()["failure"]
    assert failure["code"] == "baseline-spec"
    assert "labl" in answer.out
    assert "--baseline REF" in answer.out
    project.verify()


def test_a_model_that_the_base_does_not_declare_is_new(known: Any) -> None:
    known.edit("ml-ci.yaml", "  shop:", "  store:")
    answer = known.run()
    assert answer.code == 0
    assert "new model" in answer.out
    gate = known.model()["gates"][1]
    assert (gate["verdict"], gate["baseline"]) == ("unjudged", None)


def test_from_a_subfolder(known: Any) -> None:
    (known.path / "deep" / "er").mkdir(parents=True)
    known.folder = known.path / "deep" / "er"
    assert known.run().code == 0
    assert not (known.folder / ".ml_ci").exists()
    known.folder = known.path
    assert known.model()["verdict"] == "pass"


def test_a_project_in_a_subfolder_of_the_repository(make: Any, files: dict[str, str]) -> None:
    project = make({f"services/shop/{name}": content for name, content in files.items()} | {"train.py": "raise\n"})
    project.folder = project.path / "services" / "shop"
    project.edit("services/shop/model.py", "SHIFT = 0.0", "SHIFT = 0.01")
    answer = project.run()
    assert answer.code == 0, answer.err
    assert project.model()["baseline"]["rows"] == 200
    project.write({"README.md": "elsewhere\n"})
    project.commit()
    assert project.run().code == 0
    assert (project.trainings(), project.model()["action"]) == (2, "reuse")
    project.verify()
    project.folder = project.path
    assert project.run("run", "--config", "services/shop/ml-ci.yaml").code == 0


def test_a_detached_head_and_a_named_baseline(known: Any) -> None:
    known.edit("model.py", "SHIFT = 0.0", "SHIFT = 0.01")
    commit = known.commit()
    known.git("checkout", "-q", "--detach")
    answer = known.run()
    assert answer.code == 0, answer.err
    report = known.report()
    assert (report["commit"], report["base_commit"]) == (commit, known.git("rev-parse", "main"))
    assert known.run("run", "--baseline", "main").code == 0
    assert known.report()["base_commit"] == report["base_commit"]


def test_a_linked_worktree(known: Any, tmp_path: Path) -> None:
    at = tmp_path / "linked"
    known.git("worktree", "add", "-q", str(at), "-b", "other")
    shutil.copytree(known.path / ".ml_ci", at / ".ml_ci")
    known.folder = at
    answer = known.run()
    assert answer.code == 0, answer.err
    assert known.trainings() == 0
    (at / "model.py").write_text((at / "model.py").read_text().replace("SHIFT = 0.0", "SHIFT = 0.01"))
    assert known.run().code == 0
    assert known.trainings() == 1
    assert len(known.git("worktree", "list").splitlines()) == 2


def test_a_shallow_clone(known: Any, tmp_path: Path) -> None:
    for number in range(3):
        known.edit("README.md", "# Shop\n", f"# Shop\n\n{number}\n")
        known.commit()
    known.edit("model.py", "SHIFT = 0.0", "SHIFT = 0.01")
    known.commit()
    base = known.git("rev-parse", "main")
    known.git("switch", "-q", "main")
    clone = tmp_path / "clone"
    command = ("git", "clone", "-q", "--depth=1", "-b", "change", known.path.as_uri(), str(clone))
    subprocess.run(command, check=True, env={**os.environ, "GIT_ALLOW_PROTOCOL": "file"})
    known.folder = clone
    answer = known.run()
    assert answer.code == 0, answer.err
    assert known.report()["base_commit"] == base
