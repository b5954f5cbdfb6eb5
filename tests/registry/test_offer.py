"""What a person finds in MLflow of a promotion."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from ml_ci.errors import UserError
from ml_ci.steps.promotion import offer_files
from ml_ci.steps.promotion.offer import Asked
from ml_ci.steps.promotion.promote import promote_model

WHEN = "2026-01-03T03:04:05+00:00"


@pytest.fixture
def client(first: Any) -> Any:
    from mlflow.tracking import MlflowClient

    return MlflowClient(tracking_uri=first.location.uri, registry_uri=first.location.uri)


def test_the_run_and_the_version_say_what_was_decided_by_whom_and_when(first: Any, client: Any) -> None:
    commit = first.change(0.55)
    first.run()
    promote_model(first.options(), first.model, Asked("Ada", WHEN))

    version = client.get_model_version(first.model, "2")
    told = (
        "Both gates hold. False alarms 0 of 20 (0.0%) as before, misses 4 → 2 of 20 (10.0%). "
        "No difference to the baseline can be told on 40 rows. Only code changed."
    )
    assert version.description == told
    run = client.get_run(version.run_id)
    tags = run.data.tags
    assert tags["mlflow.note.content"].startswith(f"### ✓ {first.model} passes\n")
    assert len(tags["mlflow.note.content"]) <= 5_000
    assert (tags["mlflow.user"], tags["mlflow.source.git.commit"]) == ("Ada", commit)
    (point,) = client.get_metric_history(run.info.run_id, "fnr")
    assert point.value == 0.1
    assert point.timestamp == datetime.fromisoformat(WHEN).timestamp() * 1000


def test_a_model_that_a_person_let_through_says_so_first(first: Any, client: Any) -> None:
    first.change(0.75)
    assert first.run().verdict == "fail"
    promote_model(first.options(), first.model, Asked("Ada", WHEN, "the rival is worse", frozenset({"verdict"})))
    assert client.get_model_version(first.model, "2").description.startswith("fail: ")


def test_a_record_that_cannot_be_copied_is_no_bug(tmp_path: Path) -> None:
    (tmp_path / "record").mkdir()
    (tmp_path / "record" / "model.pkl").symlink_to(tmp_path / "nowhere")
    with pytest.raises(UserError, match=r"model\.pkl cannot be copied: .*No such file") as error:
        offer_files._copy(tmp_path / "record", tmp_path / "copy")
    assert error.value.hint == "Is the disk full? Make room, and run it again."
