"""One issue for each model in use, on every forge; what is sent is sent once for each alarm, whatever is killed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_ci.errors import UserError
from ml_ci.forges.errors import RefusedError, UnavailableError
from ml_ci.review.alerts.memory import InFile, InIssue, key_of
from ml_ci.review.alerts.tell import Deeds, Send, by_dispatch, context_of, set_status, tell
from ml_ci.review.alerts.told import CHANNELS, Told, decode
from ml_ci.review.alerts.values import Alarm, Alert

HEAD = "9d1e2f3a4b5c6d7e8f90a1b2c3d4e5f601234567"
FNR = Alarm("a" * 32, "fnr <= 0.10", "2026-03-01T00:00:00Z", "2026-03-08T00:00:00Z")
FPR = Alarm("b" * 32, "fpr <= 0.05", "2026-03-08T00:00:00Z", "2026-03-15T00:00:00Z")
QUIET = Alert("churn", "1", HEAD, "pass", (), "v1 holds its gates on live rows", "All is well.\n")
LOUD = replace(QUIET, verdict="fail", alarms=(FNR,), said="v1 no longer holds fnr <= 0.10", body="It misses more.\n")
WORSE = replace(LOUD, alarms=(FNR, FPR), body="It is wrong both ways.\n")
FILE = "retrain.yml"


def once(stand: Any, alert: Alert, *sends: Send, project: str = "") -> Deeds:
    return tell(alert, InIssue(stand.desk(), alert, project=project), sends)


@pytest.fixture
def issues(stand: Any) -> Callable[[], list[tuple[str, str, str]]]:
    """Let the token write issues; give their titles, states and bodies."""
    stand.server.permissions["issues"] = "write"
    return lambda: [(one["title"], one["state"], one["body"].split("-->\n")[-1].strip()) for one in stand.server.issues]


def test_opened_edited_closed_and_opened_again(stand: Any, issues: Callable[[], list[tuple[str, str, str]]]) -> None:
    assert once(stand, QUIET).said == [] and issues() == []

    assert once(stand, LOUD).said == [f"churn: issue #{stand.server.issues[0]['number']} opened"]
    title = "churn v1: fnr <= 0.10 no longer holds on live rows"
    assert issues() == [(title, "open", "It misses more.")]
    once(stand, LOUD)
    assert stand.server.issues[0]["edits"] == 0, "nothing changed"

    once(stand, WORSE)
    assert issues() == [(f"{title} (and 1 more)", "open", "It is wrong both ways.")]

    stand.server.issues[0]["state"] = "closed"  # by a person, who knows
    assert "left as it is" in once(stand, WORSE).said[0]
    assert issues()[0][1] == "closed"
    once(stand, replace(WORSE, alarms=(FNR, FPR, replace(FPR, id="c" * 32))))
    assert issues()[0][1] == "open", "another alarm"

    once(stand, replace(QUIET, version="", verdict="error", body="The registry did not answer."))
    assert issues()[0][1] == "open", "nobody knows the champion"
    assert once(stand, replace(QUIET, version="2")).said[0].endswith("closed")
    assert [one[1:] for one in issues()] == [("closed", "All is well.")]

    once(stand, replace(LOUD, version="2", alarms=(replace(FNR, id="d" * 32),)))
    assert [one[1] for one in issues()] == ["open"], "there is one issue for each model"
    once(stand, replace(LOUD, version="2", alarms=(replace(FNR, id="d" * 32),)), project="services/a")
    once(stand, replace(LOUD, model="fraud"))
    assert len(issues()) == 3


def test_an_issue_of_somebody_else_and_a_second_one(stand: Any, issues: Any) -> None:
    opening = f"<!-- ml-ci:alert key={key_of('churn')} digest= -->\n"
    stand.server.issue("forged", opening, "stranger")
    once(stand, LOUD)
    assert len(issues()) == 2
    second = stand.server.issue("of a job that was killed", stand.server.issues[1]["body"], stand.server.login)
    once(stand, LOUD)
    assert [one["state"] for one in stand.server.issues] == ["open", "open", "closed"]
    assert stand.server.issues[2]["number"] == second and stand.server.issues[0]["body"] == opening


def test_an_answer_that_is_lost_opens_no_second_issue(stand: Any, issues: Any) -> None:
    stand.server.slow = 0.1
    stand.server.trouble("POST", "/issues$", "late")
    once(stand, LOUD)
    assert len(issues()) == 1


def test_without_the_permission_nothing_is_sent_and_the_permission_is_named(stand: Any) -> None:
    sent: list[Alarm] = []
    with pytest.raises(RefusedError) as error:
        once(stand, LOUD, Send("webhook", sent.append, lambda alarm: None))
    assert error.value.status == 403 and "could not" in str(error.value)
    wanted = {"github": "issues: write", "gitlab": "scope `api`", "gitea": "issues"}[stand.name]
    assert wanted in error.value.hint and sent == []


def test_a_repository_without_issues(github_stand: Any) -> None:
    github_stand.server.permissions["issues"] = "write"
    github_stand.server.has_issues = False
    with pytest.raises(RefusedError, match="disabled") as error:
        once(github_stand, LOUD)
    assert "on_alarm: {issue: false}" in error.value.hint


def test_a_dispatch_is_sent_once_for_each_alarm(github_stand: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    server = github_stand.server
    server.permissions |= {"issues": "write", "actions": "write"}
    send = by_dispatch(github_stand.desk(), WORSE, FILE, "main")
    [problem, _] = once(github_stand, WORSE, send).problems
    assert "could not start retrain.yml" in problem.message and "ml-ci init --workflow retrain" in problem.hint

    server.workflow(FILE, lambda inputs: f"retrain {inputs['model']} ({inputs['alarm']})")
    once(github_stand, WORSE, send)
    once(github_stand, WORSE, send)
    assert [one["inputs"] for one in server.runs] == [{"model": "churn", "alarm": one.id} for one in (FNR, FPR)]
    assert {one["ref"] for one in server.runs} == {"main"}

    server.slow = 0.1  # it arrives, and the answer does not
    server.trouble("POST", "dispatches", "late")
    other = replace(LOUD, alarms=(replace(FNR, id="e" * 32),))
    assert once(github_stand, other, by_dispatch(github_stand.desk(), other, FILE, "main")).problems == []
    assert len(server.runs) == 3


def test_gitlab_has_no_workflow_to_start(lab: Any) -> None:
    lab.server.permissions["issues"] = "write"
    [problem] = once(lab, LOUD, by_dispatch(lab.desk(), LOUD, FILE, "main")).problems
    assert "GitLab has no workflow" in problem.message and "ML_CI_WEBHOOK" in problem.hint


def test_one_channel_that_fails_keeps_no_other_from_being_sent(stand: Any, issues: Any) -> None:
    sent: list[str] = []

    def refuse(alarm: Alarm) -> None:
        raise UnavailableError("could not reach the webhook")

    channels = [
        Send("webhook", refuse, lambda _: None),
        Send("dispatch", lambda one: sent.append(one.id), lambda _: None),
    ]
    done = once(stand, WORSE, *channels)
    assert sent == [FNR.id, FPR.id] and len(done.problems) == 2
    arrived: list[str] = []
    channels[0] = Send("webhook", lambda one: arrived.append(one.id), lambda _: None)
    once(stand, WORSE, *channels)
    assert (arrived, sent) == ([FNR.id, FPR.id],) * 2


def test_a_status_of_the_champions_commit_is_set_where_it_says_something_else(stand: Any) -> None:
    context = context_of("churn")
    said = [set_status(stand.desk(), alert, context, "") for alert in (QUIET, QUIET, LOUD, LOUD, QUIET)]
    states = ["success", "left", "failure", "left", "success"]
    assert all(state in one for one, state in zip(said, states, strict=True)), said
    assert stand.server.latest(HEAD) == {"ml-ci watch/churn": "success"}
    assert "not known" in set_status(stand.desk(), replace(LOUD, commit=""), context, "")


def test_in_a_file_where_there_is_no_issue(tmp_path: Path) -> None:
    file, sent = tmp_path / "state" / "alerts.json", []
    send = Send("webhook", lambda one: sent.append(one.id), lambda _: None)
    for alert in (QUIET, LOUD, WORSE, WORSE, replace(LOUD, model="fraud")):
        tell(alert, InFile(file, alert.model, bool(alert.alarms)), (send,))
    assert sent == [FNR.id, FPR.id, FNR.id]
    for damaged in ("", "[]", '{"format": 2}', '{"format": 1, "models": {"churn": {"version": 1, "alarms": {}}}}'):
        file.write_text(damaged)
        with pytest.raises(UserError, match="does not say what was told"):
            tell(LOUD, InFile(file, "churn", True), (send,))


_STEPS = st.dictionaries(st.sampled_from(CHANNELS), st.sampled_from(("begun", "done")))


@given(
    st.builds(
        Told,
        st.from_regex(r"\A[0-9a-z.]{0,9}\Z"),
        st.dictionaries(st.from_regex(r"\A[0-9a-f]{32}\Z"), _STEPS, max_size=5),
    )
)
def test_what_is_remembered_is_read_back(told: Told) -> None:
    assert decode(told.encode()) == told


@given(st.one_of(st.text(max_size=60), st.binary(max_size=60).map(lambda data: Told().encode()[:5] + data.hex())))
def test_what_is_no_memory_is_damaged_and_nothing_else(word: str) -> None:
    found = decode(word)
    assert found.damaged or found == decode(found.encode())


def test_a_damaged_memory_is_said_and_closes_nothing(stand: Any, issues: Any) -> None:
    once(stand, LOUD)
    body = stand.server.issues[0]["body"]
    stand.server.issues[0]["body"] = body.replace("<!-- ml-ci:told ", "<!-- ml-ci:told x")
    done = once(stand, replace(QUIET, version="2"))
    assert "could not be read" in " ".join(done.said)
    assert issues()[0][1] == "open"
    once(stand, replace(QUIET, version="3"))
    assert issues()[0][1] == "closed", "it was mended"


def test_no_more_is_remembered_than_an_issue_holds() -> None:
    told = Told("1")
    for number in range(1_000):
        for channel in CHANNELS:
            told = told.having(f"{number:032x}", channel, "done")
    assert len(told.encode()) < 20_000 and told.knows(f"{999:032x}") and decode(told.encode()) == told
    assert json.loads(json.dumps(dict(told.alarms)))
