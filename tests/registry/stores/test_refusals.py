"""What is refused, and that the registry is then as it was, on each store: every version, alias and tag."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from typing import Any

import pytest

from ml_ci.registry.values import RefusedError


def _fail(desk: Any) -> None:
    desk.change(0.9)
    assert desk.run().verdict == "fail"


def _alarms(desk: Any) -> None:
    """Fail without a champion to be worse than."""
    desk.change(0.2)
    assert desk.run().verdict == "fail"


def _forged(desk: Any) -> None:
    _fail(desk)
    path = desk.state / "report.json"
    said = json.loads(path.read_text())
    said["verdict"] = said["models"][desk.model]["verdict"] = "pass"
    for gate in said["models"][desk.model]["gates"]:
        gate["verdict"] = "pass"
    path.write_text(json.dumps(said))


def _inconclusive(desk: Any) -> None:
    desk.game.more = "confidence: 0.95"
    desk.change(0.52)
    assert desk.run().verdict == "inconclusive"


def _error(desk: Any) -> None:
    desk.change(0.55)
    _write(desk, "return Model(CUT)", "raise ValueError('no')")
    desk.git("commit", "-qam", "Break it")
    assert desk.run().verdict == "error"


def _unjudged(desk: Any) -> None:
    desk.judge(0.55)
    (desk.state / "report.json").unlink()


def _stale_verdict(desk: Any) -> None:
    desk.judge(0.55)
    shutil.rmtree(desk.state / "records" / "verdicts")


def _stale_training(desk: Any) -> None:
    desk.judge(0.55)
    shutil.rmtree(desk.state / "records" / "trainings")


def _outside_git(desk: Any, name: str) -> None:
    """Judge a commit whose data git does not keep, and alter them."""
    desk.judge(0.55)
    (desk.path / ".gitignore").write_text(f"{name}\n__pycache__/\n")
    desk.git("rm", "-q", "--cached", name)
    desk.git("commit", "-qam", "Keep data out of git")
    assert desk.run().verdict == "pass"
    path = desk.path / name
    path.write_text(path.read_text() + "0.9,a,1\n")


def _stale_holdout(desk: Any) -> None:
    _outside_git(desk, "data/holdout.csv")


def _stale_data(desk: Any) -> None:
    _outside_git(desk, "data/train.csv")


def _later_commit(desk: Any) -> None:
    desk.judge(0.55)
    desk.git("commit", "-q", "--allow-empty", "-m", "Words")


def _other_model(desk: Any) -> None:
    desk.judge(0.55)
    desk.change(0.58)


def _earlier_commit(desk: Any) -> None:
    desk.change(0.58)
    desk.judge(0.55)
    desk.git("checkout", "-q", "HEAD~1")


def _outside(desk: Any) -> None:
    desk.git("checkout", "-q", "--detach")
    desk.judge(0.55)


def _branch(desk: Any) -> None:
    desk.git("checkout", "-q", "-b", "feature")
    desk.judge(0.55)


def _pull_request(desk: Any) -> None:
    desk.judge(0.55)
    desk.game.environment = {**desk.environment, "GITHUB_EVENT_NAME": "pull_request"}


def _dirty(desk: Any) -> None:
    desk.judge(0.55)
    _write(desk, "class Model", "# more\nclass Model")


def _other_baseline(desk: Any) -> None:
    desk.change(0.58)
    desk.change(0.55)
    desk.run(baseline=None)


def _moved(desk: Any) -> None:
    """Another machine, with an audit log of its own, promotes between the judgement and the promotion."""
    desk.judge(0.55)
    other = desk.elsewhere("other")
    other.judge(0.58)
    other.promote()
    desk.git("fetch", "-q", str(other.path), "main")


def _moved_back(desk: Any) -> None:
    desk.judge(0.58)
    desk.promote()
    desk.judge(0.55)
    desk.elsewhere("other").go_back()


def _write(desk: Any, old: str, new: str) -> None:
    code = desk.path / f"{desk.package}.py"
    code.write_text(code.read_text().replace(old, new))


def _named(given: object) -> str | None:
    return given.__name__.strip("_") if callable(given) else None


_STALE = r"the verdict is stale: it is of commit \w{7}, and HEAD is \w{7}"


@pytest.mark.parametrize(
    ("spoil", "message", "verdict"),
    [
        (_fail, "the verdict on `.*` is fail\n", "fail"),
        (_forged, "the verdict on `.*` is fail\n", "fail"),
        (_inconclusive, "the verdict on `.*` is inconclusive\n", "inconclusive"),
        (_error, "the verdict on `.*` is error: ", "error"),
        (_unjudged, "nothing was judged here yet", ""),
        (_stale_verdict, "the verdict on `.*` is stale: there is no record of it", ""),
        (_stale_training, "the record of the training of `.*` is not here any more", ""),
        (_stale_holdout, "the verdict on `.*` is stale: there is no record of it for this tree and its data", ""),
        (_stale_data, "`.*` changed after it was judged", ""),
        (_later_commit, _STALE, ""),
        (_other_model, _STALE, ""),
        (_earlier_commit, _STALE, ""),
        (_outside, "the commit .* is not in heads/main", ""),
        (_branch, "the branch is `feature`, and models are promoted from `main`", ""),
        (_pull_request, "this run belongs to a pull request", ""),
        (_dirty, "the tree has changes that are in no commit", ""),
        (_other_baseline, "was judged against first parent .*, and the champion is v1", ""),
    ],
    ids=_named,
)
def test_a_refusal_changes_nothing(begun: Any, spoil: Callable[[Any], None], message: str, verdict: str) -> None:
    spoil(begun)
    before = begun.everything()
    with pytest.raises(RefusedError, match=message) as error:
        begun.promote()
    assert error.value.verdict == verdict
    assert begun.everything() == before


@pytest.mark.parametrize(("spoil", "was", "now"), [(_moved, 1, 2), (_moved_back, 2, 1)], ids=("on", "back"))
def test_a_champion_that_moved_meanwhile_stays(begun: Any, spoil: Callable[[Any], None], was: int, now: int) -> None:
    spoil(begun)
    before = begun.everything()
    said = f"the champion of .* moved: it was judged against champion v{was} .*, and the champion is v{now}"
    with pytest.raises(RefusedError, match=said):
        begun.promote()
    assert begun.everything() == before


@pytest.mark.parametrize(
    ("spoil", "message"),
    [(_alarms, "is fail\n"), (_unjudged, "nothing was judged here yet"), (_dirty, "in no commit")],
    ids=_named,
)
def test_a_refusal_of_a_first_promotion_makes_nothing(empty: Any, spoil: Callable[[Any], None], message: str) -> None:
    spoil(empty)
    before = empty.everything()
    with pytest.raises(RefusedError, match=message):
        empty.promote()
    assert empty.everything() == before
    assert empty.counted == (0, 0, 0, 0)


def test_only_a_pass_by_the_stages_own_gates_is_staged(begun: Any) -> None:
    begun.game.more = "stages: [{name: staging, gates: [fnr <= 0.05]}, champion]"
    begun.judge(0.58)
    before = begun.everything()
    with pytest.raises(RefusedError) as error:
        begun.promote(stage="staging")
    assert error.value.hint == "By the gates of staging: ml-ci run --baseline champion --stage staging"
    assert begun.everything() == before
