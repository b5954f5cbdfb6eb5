"""A scheduled pipeline of the default branch tells what the pipelines of merge requests found, as data."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from ml_ci.records.origin import Origin
from ml_ci.reports.as_json import dumps
from ml_ci.reports.values import Report

HEAD = "9d1e2f3a4b5c6d7e8f90a1b2c3d4e5f601234567"
FILE = ".ml_ci/report.json"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def second(lab: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Set the variables of a scheduled pipeline, with one of merge request 7 that ended."""
    values = {
        "GITLAB_CI": "true",
        "CI_API_V4_URL": lab.server.url,
        "CI_SERVER_URL": "https://gitlab.example",
        "CI_PROJECT_PATH": "octo/models",
        "CI_PROJECT_NAME": "models",
        "CI_PIPELINE_SOURCE": "schedule",
        "CI_PIPELINE_ID": "90",
        "CI_COMMIT_SHA": "0" * 40,
        "GITLAB_TOKEN": lab.server.token,
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    lab.server.pipeline(31)
    return lab.server


def left(server: Any, report: Report, pipeline: int = 31) -> None:
    server.artifacts[(10 * pipeline, FILE)] = json.loads(dumps(report))


@pytest.fixture
def report() -> Report:
    import sys

    found: Report = sys.modules["tests_reports_for_forges"].REPORTS["failed_by_data"]()
    return replace(found, origin=Origin("merge_request_event", "refs/mr/7", "31", "main"))


def test_note_and_status_stand_where_the_pipeline_of_the_merge_request_is(
    second: Any, ml_ci: Run, report: Report
) -> None:
    left(second, report)
    code, said, _ = ml_ci("gitlab", "tell-all", "--statuses")
    assert code == 0 and said.startswith("!7: comment on pull request #7: created; status of commit 9d1e2f3: failure")
    assert "churn fails 1 of 4 gates" in second.comments[0]["body"]
    assert {(one["name"], one["state"], one["pipeline"]) for one in second.statuses} == {
        ("ml-ci", "failed", 31),
        ("ml-ci/churn", "failed", 31),
    }
    assert "unchanged" in ml_ci("gitlab", "tell-all")[1]


FOREIGN = [
    (lambda report: replace(report, commit="c" * 40), "is of commit ccccccc"),
    (lambda report: replace(report, origin=replace(report.origin, run="30")), "is of run 30, not of run 31"),
    (lambda report: replace(report, origin=replace(report.origin, gates_from="mine")), "by the gates of `mine`"),
]


@pytest.mark.parametrize(("change", "said"), FOREIGN)
def test_a_report_of_something_else_is_an_error(
    second: Any, ml_ci: Run, report: Report, change: Callable[[Report], Report], said: str
) -> None:
    left(second, change(report))
    assert ml_ci("gitlab", "tell-all", "--statuses")[0] == 1
    assert said in second.comments[0]["body"] and second.latest()["ml-ci"] == "failed"


def test_a_report_that_was_not_left_is_an_error(second: Any, ml_ci: Run) -> None:
    code, said, _ = ml_ci("gitlab", "tell-all", "--statuses")
    assert code == 1 and "created" in said
    assert "there is no report" in second.comments[0]["body"] and second.latest()["ml-ci"] == "failed"


def test_a_model_that_the_trusted_file_has_is_missed(second: Any, ml_ci: Run, report: Report, tmp_path: Path) -> None:
    left(second, report)
    trusted = tmp_path / "trusted.yaml"
    trusted.write_text(
        "version: 1\nmodels:\n  fraud:\n    train: train:train\n    data: {train: a.csv, holdout: b.csv}\n"
        "    label: y\n    positive: 1\n    gates: [fnr <= 0.1]\n"
    )
    ml_ci("gitlab", "tell-all", "--expect", trusted)
    assert "fraud" in second.comments[0]["body"]


@pytest.mark.parametrize("status", ["running", "canceled"])
def test_what_has_not_ended_is_left_alone(second: Any, ml_ci: Run, report: Report, status: str) -> None:
    left(second, report)
    second.pipeline(32)
    second.pipelines[-1]["status"] = status
    assert ml_ci("gitlab", "tell-all") == (0, "!7: no pipeline of it has ended\n", "")
    assert second.comments == []


def test_one_that_fails_does_not_keep_the_others_from_being_told(second: Any, ml_ci: Run, report: Report) -> None:
    second.pull_request(8, "e" * 40, branch="other")
    second.pipeline(33, "e" * 40)
    left(second, report)
    left(second, replace(report, commit="e" * 40, origin=replace(report.origin, run="33")), 33)
    second.trouble("GET", "merge_requests/7/notes", 404)
    code, said, _ = ml_ci("gitlab", "tell-all")
    assert code == 2 and "!7: could not read the notes" in said and "!8: comment on pull request #8: created" in said


def test_the_token_is_not_sent_to_where_artifacts_lie(second: Any, ml_ci: Run, report: Report) -> None:
    seen: list[dict[str, str]] = []
    body = dumps(report).encode()

    class Storage(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(dict(self.headers))
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    storage = ThreadingHTTPServer(("127.0.0.1", 0), Storage)
    Thread(target=storage.serve_forever, daemon=True).start()
    second.artifacts[(310, FILE)] = f"http://127.0.0.1:{storage.server_address[1]}/signed?x=1"
    assert ml_ci("gitlab", "tell-all")[0] == 0
    storage.shutdown()
    storage.server_close()
    assert len(seen) == 1 and second.token not in json.dumps(seen)


def test_a_project_that_moved_is_told_and_the_token_stays(second: Any, ml_ci: Run) -> None:
    second.trouble("GET", "merge_requests$", 301)
    code, _, said = ml_ci("gitlab", "tell-all")
    assert code == 2 and "has moved" in said
