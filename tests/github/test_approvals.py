"""Who approved a run, as GitHub tells it."""

from __future__ import annotations

from typing import Any

import pytest

from ml_ci.errors import UserError
from ml_ci.forges.errors import RefusedError, UnavailableError
from ml_ci.forges.values import Token
from ml_ci.github.api import Api
from ml_ci.github.approvals import Approval, approval


@pytest.fixture
def api(github: Any) -> Api:
    github.permissions["actions"] = "read"
    return Api(github.url, "octo/models", Token(github.token))


def test_nobody(api: Api) -> None:
    assert approval(api, "1") is None


def test_who_approved_and_why(github: Any, api: Api) -> None:
    github.approve("ada", "Looks right to me")
    github.approve("bob", run=2)
    assert approval(api, "1") == Approval("ada", "Looks right to me")
    assert approval(api, "2") == Approval("bob", "")


def test_two_attempts_name_each_person_once(github: Any, api: Api) -> None:
    for login, comment in (("ada", "go"), ("bob", "go on"), ("ada", "go")):
        github.approve(login, comment)
    assert approval(api, "1") == Approval("ada and bob", "go / go on")


@pytest.mark.parametrize("state", ["rejected", "pending"])
def test_what_is_no_approval(github: Any, api: Api, state: str) -> None:
    github.approve("eve", "no", state=state)
    assert approval(api, "1") is None


def test_another_environment_does_not_count(github: Any, api: Api) -> None:
    github.approve("eve", environment="docs")
    github.approve("ada", environment="Production")
    assert approval(api, "1", "production") == Approval("ada", "")
    assert approval(api, "1", "prod") is None


def test_hostile_words_are_one_line_and_short(github: Any, api: Api) -> None:
    github.approve("--allow-dirty\n::add-mask::x", "a\n::set-output name=x::y\x1b[31m\u202e" + "z" * 5000)
    found = approval(api, "1")
    assert found is not None
    assert found.by == "--allow-dirty ::add-mask::x"
    assert found.comment.startswith("a ::set-output name=x::yzz") and len(found.comment) == 500


def test_a_token_that_may_not_ask(github: Any, api: Api) -> None:
    del github.permissions["actions"]
    with pytest.raises(RefusedError, match="could not ask who approved this run: GitHub answered 403") as caught:
        approval(api, "1")
    assert "actions: read" in caught.value.hint


def test_a_run_that_is_none(api: Api) -> None:
    with pytest.raises(UserError, match="GITHUB_RUN_ID names no run"):
        approval(api, "1/../..")


@pytest.mark.parametrize(
    "data", [[None], [{}], [{"state": "approved"}], [{"state": "approved", "user": None}],
             [{"state": "approved", "user": {"login": 1}, "environments": 3, "comment": None}]]
)  # fmt: skip
def test_an_answer_of_another_shape_approves_nothing(
    api: Api, data: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Api, "send", lambda self, call: type("Answer", (), {"data": data}))
    assert approval(api, "1") is None
    assert approval(api, "1", "production") is None


def test_an_answer_that_is_no_list(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Api, "send", lambda self, call: type("Answer", (), {"data": {}}))
    with pytest.raises(UnavailableError, match="the answer is no list"):
        approval(api, "1")
