"""The way of a model through stages: each in its turn, each by its own gates, and a person where one is asked for."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from ml_ci import pipeline
from ml_ci.cli.main import call
from ml_ci.errors import UserError
from ml_ci.registry.values import RefusedError
from ml_ci.reports.history import as_json, table
from ml_ci.steps.promotion.offer import Asked
from ml_ci.steps.promotion.promote import Done, approve_model, promote_model, read_history

STAGES = "stages: [staging, champion]"
STRICT = "stages: [{name: staging, gates: [fnr <= 0.15]}, champion]"


def _asked(stage: str = "champion", reason: str = "") -> Asked:
    return Asked("Ada", "2026-02-03T04:05:06+00:00", reason, stage=stage)


def _put(game: Any, stage: str) -> Done:
    return promote_model(game.options(), game.model, _asked(stage))


def _in(game: Any, stage: str) -> str | None:
    found = game.champion(stage)
    return None if found is None else found.version


def test_a_model_goes_through_its_stages(game: Any) -> None:
    game.more = STAGES
    game.change(0.6)
    assert game.run().verdict == "pass"
    with pytest.raises(RefusedError, match="is not in staging, which comes before champion: nothing is") as error:
        _put(game, "champion")
    assert "ml-ci promote cutter --stage staging" in error.value.hint
    assert (game.in_use(), game.audit()) == ((None, None), [])

    assert _put(game, "staging").promoted.moved
    assert (_in(game, "staging"), game.in_use()) == ("1", (None, None))
    assert not _put(game, "staging").promoted.moved
    assert _put(game, "champion").promoted.moved
    assert (_in(game, "staging"), game.in_use()) == ("1", ("2", None))
    assert [json.loads(line)["stage"] for line in game.audit()] == ["staging", "champion"]


def test_only_the_model_that_is_staged_becomes_champion(game: Any) -> None:
    game.more = STAGES
    game.change(0.6)
    game.run()
    _put(game, "staging")
    game.change(0.55)
    assert game.run().verdict == "pass"
    with pytest.raises(RefusedError, match=r"is not in staging, which comes before champion: v1 \("):
        _put(game, "champion")
    assert game.in_use() == (None, None)


def test_a_stage_has_gates_of_its_own(game: Any) -> None:
    game.more = STRICT
    game.change(0.6)
    assert game.run().verdict == "pass", "the model's own gates let it through"
    with pytest.raises(RefusedError) as error:
        _put(game, "staging")
    assert error.value.hint == "By the gates of staging: ml-ci run --baseline champion --stage staging"
    assert pipeline.run(game.options(baseline="champion", stage="staging")).verdict == "fail"
    with pytest.raises(RefusedError, match="is fail"):
        _put(game, "staging")
    assert (_in(game, "staging"), game.audit()) == (None, [])

    game.change(0.55)
    assert pipeline.run(game.options(baseline="champion", stage="staging")).verdict == "pass"
    assert _put(game, "staging").promoted.moved
    game.run()
    assert _put(game, "champion").promoted.moved


def test_a_stage_that_is_not_declared_is_a_mistake(first: Any) -> None:
    with pytest.raises(UserError, match="--stage staging: no model has this stage") as error:
        _put(first, "staging")
    assert error.value.hint is not None
    assert error.value.hint.startswith("There is: champion.")


def test_the_history_tells_stages_apart(game: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    game.more = STAGES
    game.change(0.6)
    game.run()
    _put(game, "staging")
    found = read_history(game.options(), game.model, datetime.now(UTC))
    assert (found.stays, found.foreign) == ((), False)
    commit = game.git("rev-parse", "HEAD")[:7]
    assert list(table(found)) == [
        "cutter was never promoted",
        f"staging: v1 ({commit}) since 2026-02-03 04:05, pass, by Ada",
    ]
    assert [one["stage"] for one in as_json(found)["staged"]] == ["staging"]
    monkeypatch.chdir(game.path)
    assert call(["lineage", "cutter@staging"]) == 0
    assert call(["promote", "cutter", "--stage", "champion"]) == 0


def test_the_file_may_require_an_approval(game: Any) -> None:
    game.more = "approval: required"
    game.change(0.6)
    game.run()
    with pytest.raises(RefusedError, match="nobody approved this model of cutter"):
        _put(game, "champion")
    assert game.in_use() == (None, None)
    approve_model(game.options(), game.model, Asked("Grace", "2026-02-03T04:05:06+00:00", "read the card"))
    assert _put(game, "champion").promoted.event.approved_by == "Grace"


def test_a_stage_may_require_an_approval_of_its_own(game: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    game.more = "stages: [{name: staging, approval: required}, champion]\n    approval: required"
    game.change(0.6)
    game.run()
    monkeypatch.chdir(game.path)
    with pytest.raises(RefusedError, match="nobody approved this model of cutter for staging") as error:
        _put(game, "staging")
    assert error.value.hint == "A person does: ml-ci approve cutter --stage staging --reason 'why'"
    assert _in(game, "staging") is None

    assert call(["approve", "cutter", "--stage", "staging", "--by", "Grace", "--reason", "read the card"]) == 0
    assert _put(game, "staging").promoted.event.approved_by == "Grace"
    with pytest.raises(RefusedError, match=r"nobody approved this model of cutter\n"):
        _put(game, "champion")
    assert game.in_use() == (None, None), "an approval is for one stage"
    assert call(["approve", "cutter", "--by", "Hedy", "--reason", "it did well in staging"]) == 0
    assert _put(game, "champion").promoted.event.approved_by == "Hedy"


def test_an_approval_of_what_is_champion_stands_at_the_stage_or_at_the_model(game: Any) -> None:
    game.more = "stages: [{name: champion, approval: required}]"
    game.change(0.6)
    game.run()
    with pytest.raises(RefusedError, match=r"nobody approved this model of cutter\n"):
        _put(game, "champion")
    approve_model(game.options(), game.model, Asked("Grace", "2026-02-03T04:05:06+00:00", "read the card"))
    assert _put(game, "champion").promoted.moved


def test_an_approval_for_no_stage_is_a_mistake(first: Any) -> None:
    with pytest.raises(UserError, match="--stage staging: no model has this stage"):
        approve_model(first.options(), first.model, _asked("staging", "why not"))
