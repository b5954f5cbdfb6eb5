"""A champion's life, and a rollback, on each store."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from typing import Any

import pytest

from ml_ci.registry.values import RefusedError
from ml_ci.steps.lineage.registered import Registered
from ml_ci.steps.promotion.promote import read_history


def test_a_first_promotion_has_no_champion_to_replace(empty: Any) -> None:
    assert empty.champion() is None
    commit = empty.judge(0.6)
    done = empty.promote()
    assert (done.promoted.moved, done.same, done.completed) == (True, False, False)
    assert empty.in_use() == ("1", None)
    found = empty.champion()
    assert (found.commit, found.ours, found.finished) == (commit, True, True)
    (line,) = empty.audit()
    said = json.loads(line)
    assert (said["kind"], said["version"], said["replaced"], said["verdict"]) == ("promotion", "1", None, "pass")
    assert empty.counted == (1, 1, 1, 1)


def test_what_passes_takes_the_champions_place_once(begun: Any) -> None:
    begun.judge(0.55)
    assert begun.run().models[begun.model].baseline.source.startswith("champion v1 (")
    assert begun.promote().promoted.moved
    assert begun.in_use() == ("2", "1")
    before = begun.everything()
    assert not begun.promote().promoted.moved
    assert begun.everything() == before
    assert begun.counted == (2, 2, 2, 2)
    assert [json.loads(line)["replaced"] for line in begun.audit()] == [None, "1"]


def test_another_machine_has_what_the_registry_holds_and_no_more(begun: Any) -> None:
    shutil.rmtree(begun.state / "records")
    report = begun.run()
    assert report.models[begun.model].candidate.confusion.fn == 4
    begun.change(0.55)
    shutil.rmtree(begun.state / "records")
    found = begun.run().models[begun.model]
    assert (found.baseline.confusion.fn, found.baseline.action) == (4, "evaluate")
    begun.promote()
    assert begun.in_use() == ("2", "1")


def test_a_rollback_restores_what_was_before(begun: Any) -> None:
    for cut in (0.58, 0.55):
        begun.judge(cut)
        begun.promote()
    assert begun.in_use() == ("3", "2")
    begun.go_back()
    assert begun.in_use() == ("2", "1")
    begun.go_back()
    assert begun.in_use() == ("1", None)
    assert begun.counted == (3, 3, 5, 5)

    before = begun.everything()
    with pytest.raises(RefusedError, match="is the first: there is nothing to go back to"):
        begun.go_back()
    assert begun.everything() == before
    found = read_history(begun.game.options(), begun.model, datetime.now(UTC))
    assert [one.event.version for one in found.stays] == ["1", "2", "3", "2", "1"]


def test_what_was_rolled_back_comes_back_by_a_person_only(judged: Any) -> None:
    judged.promote()
    judged.go_back()
    judged.run()
    before = judged.everything()
    with pytest.raises(RefusedError, match="is this very model, and it was rolled back on "):
        judged.promote()
    assert judged.everything() == before
    assert judged.promote("rolled-back").promoted.moved
    assert judged.in_use() == ("3", "1")


def test_a_model_without_champion_cannot_go_back(empty: Any) -> None:
    empty.change(0.6)
    with pytest.raises(RefusedError, match="has no champion"):
        empty.go_back()
    assert empty.counted == (0, 0, 0, 0)


def test_a_model_goes_through_its_stages(empty: Any) -> None:
    empty.game.more = "stages: [staging, champion]"
    empty.judge(0.6)
    before = empty.everything()
    with pytest.raises(RefusedError, match="is not in staging, which comes before champion"):
        empty.promote()
    assert empty.everything() == before
    assert empty.promote(stage="staging").promoted.moved
    assert (empty.champion("staging").version, empty.in_use()) == ("1", (None, None))
    assert empty.promote().promoted.moved
    assert (empty.champion("staging").version, empty.in_use()) == ("1", ("2", None))


def test_the_lineage_and_the_files_of_a_version_come_back(begun: Any) -> None:
    opened = Registered.open(begun.game.options())
    found = opened.lineage(opened.version(begun.model))
    assert found.made["commit"] == begun.git("rev-parse", "HEAD")
    assert found.made["verdict"] == "pass"
    at = opened.registry.download(found.version, None, begun.path.parent)
    assert (at / "MLmodel").is_file()
