"""What lies in the state folder is believed: so nothing of it may come with a commit, or through a link."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ml_ci.errors import UserError
from ml_ci.pipeline import plan, run
from ml_ci.plan.plan import VERDICTS
from ml_ci.questions import explain, ledgers, power
from ml_ci.steps.keeping.stock import Stock


def seal(record: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Edit a record as somebody would who knows how records are sealed."""
    body = json.loads(record.read_text())
    change(body["content"])
    body.pop("digest")
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), allow_nan=False)
    record.write_text(json.dumps({**body, "digest": hashlib.sha256(text.encode()).hexdigest()}))


def worsened(project: Any, data: Callable[[int], str]) -> None:
    """Take the project onto a branch whose training data make the model worse: FNR 20% → 70%."""
    project.repository.git("switch", "-q", "-c", "change")
    project.commit({"data/train.csv": data(30), ".gitignore": ".ml_ci/\n"}, "Other data")
    assert project.run().verdict == "fail"


def forge_a_pass(content: dict[str, Any]) -> None:
    for gate in content["judged"]["gates"]:
        gate["verdict"] = "pass"


def test_an_edited_verdict_that_comes_with_a_commit_is_not_believed(project: Any, data: Callable[[int], str]) -> None:
    worsened(project, data)
    [verdict] = (project.path / ".ml_ci" / "records" / VERDICTS).rglob("record.json")
    seal(verdict, forge_a_pass)
    assert project.run().verdict == "pass"  # that is what a seal without a secret is worth
    project.repository.git("add", "-f", ".ml_ci")
    project.commit(message="And a forged record")
    with pytest.raises(UserError) as caught:
        project.run()
    assert "is in git: records, ledgers and caches are believed only where they were made" in caught.value.message
    assert "git rm -r --cached .ml_ci" in caught.value.hint
    shutil.rmtree(project.path / ".ml_ci")
    project.repository.git("rm", "-rq", "--cached", ".ml_ci")
    with pytest.raises(UserError, match="is in git"):
        project.run()  # HEAD still holds it: a fresh clone would have it
    project.commit(message="As the hint says")
    assert project.run().verdict == "fail"


@pytest.mark.parametrize(
    "path",
    [
        ".ml_ci/records/trainings/aa/aaaa/record.json",
        ".ml_ci/records/verdicts/aa/aaaa/record.json",
        ".ml_ci/ledgers/0123.jsonl",
        ".ml_ci/commits/0123.json",
        ".ml_ci/cache/spec-0123.json",
        ".ml_ci/report.json",
        ".ml_ci/audit.jsonl",
        ".ML_CI/records/verdicts/aa/aaaa/record.json",
    ],
)
def test_nothing_of_the_state_folder_may_be_in_git(project: Any, path: str) -> None:
    (project.path / path).parent.mkdir(parents=True, exist_ok=True)
    (project.path / path).write_text("{}")
    project.repository.git("add", "-f", path)  # staged is enough
    with pytest.raises(UserError, match=r"(?i)\.ml_ci.* is in git"):
        project.run()


def test_a_submodule_in_its_place_is_refused(project: Any) -> None:
    project.repository.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},.ml_ci")
    with pytest.raises(UserError, match=r"\.ml_ci is in git"):
        project.run()


@pytest.mark.parametrize("asked", ["run", "plan", "explain", "power", "ledgers", "records"])
def test_every_way_in_asks_first(project: Any, asked: str) -> None:
    ways: dict[str, Callable[[], object]] = {
        "run": lambda: run(project.options()),
        "plan": lambda: plan(project.options()),
        "explain": lambda: explain(project.options(), None),  # type: ignore[arg-type]
        "power": lambda: power(project.options()),
        "ledgers": lambda: ledgers(project.options()),
        "records": lambda: Stock.open(project.options()),
    }
    project.repository.write({".ml_ci/cache/spec-0.json": "{}"})
    project.repository.git("add", "-f", ".ml_ci")
    with pytest.raises(UserError, match="is in git"):
        ways[asked]()


def test_a_link_is_refused_and_nothing_is_written_through_it(project: Any, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "report.json").write_text("somebody else's")
    (project.path / ".ml_ci").symlink_to(victim)
    with pytest.raises(UserError, match="is a link to") as caught:
        project.run()
    assert "rm .ml_ci" in caught.value.hint
    assert [path.name for path in victim.iterdir()] == ["report.json"]
    assert (victim / "report.json").read_text() == "somebody else's"


def test_below_a_folder_it_is_the_projects_own_that_counts(below: Callable[[str], Any]) -> None:
    project = below("models/a")
    project.repository.write({"other/.ml_ci/records/x": "not ours"})
    project.repository.git("add", "-f", "other")
    assert project.run().verdict is not None
    project.repository.write({"models/a/.ml_ci/records/x": "ours"})
    project.repository.git("add", "-f", "models/a/.ml_ci/records/x")
    with pytest.raises(UserError, match=r"^\.ml_ci/records/x is in git"):
        project.run()


def test_a_folder_that_git_does_not_ignore_is_no_matter(project: Any) -> None:
    assert project.run() is not None
    (project.path / ".ml_ci" / ".gitignore").unlink(missing_ok=True)
    assert project.run() is not None


def test_what_the_base_has_there_is_not_read(project: Any, data: Callable[[int], str]) -> None:
    project.repository.write({".ml_ci/records/verdicts/aa/aaaa/record.json": "{}"})
    project.repository.git("add", "-f", ".ml_ci")
    project.commit(message="By mistake")
    project.repository.git("switch", "-q", "-c", "change")
    project.repository.git("rm", "-rq", ".ml_ci")
    project.commit({"data/train.csv": data(30)}, "Remove it")
    assert project.run().verdict == "fail"
