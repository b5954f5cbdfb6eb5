"""The webhook: the event as CloudEvents has it, patience, and an address that nobody is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ml_ci.errors import UserError
from ml_ci.forges.errors import RefusedError, UnavailableError
from ml_ci.forges.values import Token
from ml_ci.review.alerts.values import Alarm, Alert
from ml_ci.review.alerts.webhook import Webhook, event

ALARM = Alarm("a" * 32, "fnr <= 0.10", "2026-03-01T00:00:00Z", "2026-03-08T00:00:00Z")
ALERT = Alert("churn", "1", "9" * 40, "fail", (ALARM,), "", "")
EVENT = event(ALERT, ALARM, "https://github.example/octo/models")


def test_an_event_is_sent_as_cloudevents_has_it(webhook: Any) -> None:
    Webhook(Token(webhook.url)).send(EVENT)
    assert webhook.events == [EVENT]
    assert (EVENT["id"], EVENT["subject"], EVENT["time"]) == (ALARM.id, "churn", ALARM.end)
    window = {"begin": ALARM.begin, "end": ALARM.end}
    assert EVENT["data"] == {
        "model": "churn",
        "version": "1",
        "commit": "9" * 40,
        "gate": "fnr <= 0.10",
        "window": window,
    }


def test_it_is_patient_with_a_server_that_stumbles(webhook: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    webhook.answers = [(503, {}), (429, {"Retry-After": "20"}), (0, {})]
    Webhook(Token(webhook.url)).send(EVENT)
    assert len(webhook.events) == 1 and slept == [1.0, 20.0, 4.0]

    webhook.answers = [(502, {"Retry-After": "86400"})] * 4
    with pytest.raises(UnavailableError, match="it answered 502, 4 times") as error:
        Webhook(Token(webhook.url)).send(EVENT)
    assert max(slept) == 30.0 and "the next look sends it" in error.value.hint


@pytest.mark.parametrize(
    ("status", "hint"), [(400, "still right"), (401, "still right"), (404, "still right"), (302, "leads elsewhere")]
)
def test_a_refusal_is_not_repeated_and_not_repeated_to_anybody(webhook: Any, status: int, hint: str) -> None:
    webhook.answers = [(status, {"Location": "http://127.0.0.1:1/elsewhere"})]
    with pytest.raises(RefusedError, match=f"the webhook answered {status}") as error:
        Webhook(Token(webhook.url)).send(EVENT)
    assert len(webhook.seen) == 1 and hint in error.value.hint
    assert "s3cr3t" not in str(error.value) and "\x1b" not in str(error.value)


def test_no_login_of_a_netrc_goes_along(webhook: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "netrc"
    file.write_text("machine 127.0.0.1 login somebody password something\n")
    monkeypatch.setenv("NETRC", str(file))
    Webhook(Token(webhook.url)).send(EVENT)
    assert "authorization" not in webhook.seen[0]


@pytest.mark.parametrize("url", ["", "s3cr3t", "ftp://host/s3cr3t", "file:///s3cr3t", "https://user:s3cr3t@host/"])
def test_what_is_no_address_is_refused_without_being_shown(url: str) -> None:
    with pytest.raises(UserError, match="ML_CI_WEBHOOK holds no URL") as error:
        Webhook(Token(url))
    assert "s3cr3t" not in str(error.value)


def test_nobody_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    webhook = Webhook(Token("http://127.0.0.1:9/s3cr3t"))
    with pytest.raises(UnavailableError, match="no connection") as error:
        webhook.send(EVENT)
    assert "s3cr3t" not in str(error.value) + repr(webhook) + str(error.value.__cause__)
