"""What the workers of one session share."""

from __future__ import annotations

from pathlib import Path

from ml_ci.errors import Failure


def test_a_failed_job_is_not_run_again_by_another_worker(tmp_path: Path) -> None:
    from pytest_ml_ci.results import failed
    from pytest_ml_ci.session_store import SessionStore

    made = []

    def make() -> object:
        made.append("training")
        return failed("churn", Failure("training", "job-raised", "it raised", log_tail="line"))

    first = SessionStore(tmp_path / "one").report("churn", make)
    again = SessionStore(tmp_path / "one").report("churn", make)
    assert made == ["training"]
    assert first == again
    assert SessionStore(tmp_path / "another session").report("churn", make) == first
    assert len(made) == 2
    SessionStore(tmp_path / "one").remove()
    assert not (tmp_path / "one").exists()
