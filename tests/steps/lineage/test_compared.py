"""Two commits are compared on today's rows; what is on record is neither trained nor scored again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ml_ci.cli.main import call
from ml_ci.errors import UserError
from ml_ci.plan.plan import PREDICTIONS
from ml_ci.questions import compare
from ml_ci.records.store import Store
from ml_ci.reports.as_json import dumps, loads
from ml_ci.reports.forms import write

SCORES = (
    """lines = ["prediction", *(str(int(int(row["x"]) >= at)) for row in rows)]""",
    """lines = ["score", *(str(1 / (1 + 2.718 ** ((at - x) / 5 + x % 3 * (BIAS - 4)))) for x in
        (int(row["x"]) for row in rows))]""",
)


def _predictions(project: Any) -> int:
    return sum(kind == PREDICTIONS for kind, _, _ in Store(Path(project.path) / ".ml_ci").records())


@pytest.fixture
def judged(project: Any) -> Any:
    """Give a project with three commits, of which each was judged against the one before."""
    project.edit("train.py", *SCORES)
    project.commit({}, "scores")
    project.run()
    project.edit("train.py", "BIAS = 4", "BIAS = 6")
    project.commit({}, "another bias")
    project.run()
    return project


def test_what_is_on_record_is_not_done_again(judged: Any) -> None:
    run = judged.run().models["cut"]
    before = (judged.trainings, _predictions(judged))
    ledgers = sorted((judged.path / ".ml_ci").rglob("ledgers/**/*.json"))
    looks = [one.read_bytes() for one in ledgers]
    found = compare(judged.options(), "HEAD~1", "HEAD")
    assert (judged.trainings, _predictions(judged)) == before
    assert [one.read_bytes() for one in ledgers] == looks
    model = found.models["cut"]
    assert (model.action, model.verdict) == ("reuse", run.verdict)
    assert model.candidate.confusion == run.candidate.confusion
    assert model.baseline.confusion == run.baseline.confusion
    assert model.pictures is not None and model.pictures == run.pictures
    assert [change.part for change in model.changes] == ["code"]
    assert found.base_commit == judged.repository.git("rev-parse", "HEAD~1")
    assert found.commit == judged.repository.git("rev-parse", "HEAD")
    assert model.baseline.source == f"HEAD~1 ({found.base_commit[:7]})"
    assert loads(dumps(found)) == found
    assert "another bias" in write("html", found) or "HEAD~1" in write("html", found)


def test_the_other_way_round_each_side_is_the_other(judged: Any) -> None:
    there, back = (compare(judged.options(), *refs).models["cut"] for refs in (("HEAD~1", "HEAD"), ("HEAD", "HEAD~1")))
    assert there.candidate.confusion == back.baseline.confusion
    assert there.baseline.confusion == back.candidate.confusion
    flips = there.pictures.flips, back.pictures.flips
    assert (flips[0].new_fn, flips[0].new_fp) == (flips[1].gone_fn, flips[1].gone_fp)


def test_a_commit_that_was_never_judged_is_trained_once(judged: Any) -> None:
    judged.edit("train.py", "BIAS = 6", "BIAS = 8")
    judged.commit({}, "a third bias")
    before, actions = judged.trainings, []
    for _ in range(2):
        actions.append(compare(judged.options(), "HEAD~2", "HEAD").models["cut"].action)
        assert judged.trainings == before + 1
    assert actions == ["train", "reuse"]


def test_what_cannot_be_compared_is_an_error_by_name(judged: Any) -> None:
    model = compare(judged.options(), "HEAD~2", "HEAD").models["cut"]
    assert model.verdict == "error" and model.failure.code == "kinds-differ"


@pytest.mark.parametrize(
    ("refs", "said"),
    [
        (("nowhere", "HEAD"), "--compare nowhere names no commit here"),
        (("HEAD", "other@3"), "--compare other@3 names no commit here"),
    ],
)
def test_what_names_nothing_is_refused(judged: Any, refs: tuple[str, str], said: str) -> None:
    with pytest.raises(UserError, match=said) as raised:
        compare(judged.options(), *refs)
    assert "MODEL@3" in str(raised.value.hint)


def test_the_command_writes_a_page_and_any_other_form(
    judged: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(judged.path)
    trainings = judged.trainings
    assert call(["report", "--html", "page.html", "--compare", "HEAD~1", "HEAD"]) == 0
    assert "wrote page.html" in capsys.readouterr().out
    assert "<h1" in (judged.path / "page.html").read_text(encoding="utf-8")
    assert call(["report", "--format", "json", "--compare", "HEAD~1", "HEAD"]) == 0
    assert loads(capsys.readouterr().out).models["cut"].baseline.source.startswith("HEAD~1 (")
    assert call(["report", "--compare", "HEAD", "nowhere"]) == 2
    assert judged.trainings == trainings
