"""The stand-in itself: it has to notice what GitHub would not take."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from ml_ci.forges.errors import RefusedError
from ml_ci.forges.values import Token
from ml_ci.github.api import Api
from ml_ci.review.client import Call

FILE = Path(__file__).with_name("fake_github.py")


@pytest.fixture
def api(github: Any) -> Iterator[Api]:
    """Give the API of a GitHub whose violations are asked for."""
    yield Api(github.url, "octo/models", Token(github.token))
    github.violations.clear()


def post(path: str, **body: Any) -> Call:
    return Call("POST", path, "test", "statuses: write", body=body)


def test_a_state_that_there_is_not(github: Any, api: Api) -> None:
    api.send(post("/repos/{repo}/statuses/" + "9d1e2f3a4b5c6d7e8f90a1b2c3d4e5f601234567", state="good", context="x"))
    [violation] = github.violations
    assert "Request body validation error" in violation and "'good' is not one of" in violation


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("statuses/" + "9d1e2f3a4b5c6d7e8f90a1b2c3d4e5f601234567", {"description": "x" * 141}, "maximum is 140"),
        ("statuses/" + "e" * 40, {}, "No commit found for SHA"),
        ("issues/7/comments", {"body": "x" * 65_537}, "maximum is 65536"),
        ("issues/7/comments", {"body": " "}, "can't be blank"),
    ],
)
def test_what_the_description_lacks(api: Api, path: str, body: dict[str, str], said: str) -> None:
    with pytest.raises(RefusedError, match=said) as caught:
        api.send(post(f"/repos/{{repo}}/{path}", **{"state": "success", **body}))
    assert caught.value.status == 422


def test_a_page_has_at_most_a_hundred(github: Any, api: Api) -> None:
    for number in range(120):
        github.comment(7, str(number))
    call = Call("GET", "/repos/{repo}/issues/7/comments", "test", "", {"per_page": 100})
    answer = api.send(call)
    assert len(answer.data) == 100 and answer.more
    assert len(list(api.pages(Call("GET", call.path, "test", "")))) == 120


def test_a_read_only_token(github: Any, api: Api) -> None:
    github.permissions = {"statuses": "read"}
    with pytest.raises(RefusedError, match="403"):
        api.send(post("/repos/{repo}/statuses/" + "e" * 40, state="success"))


def test_it_runs_as_a_process(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    arguments = [sys.executable, str(FILE), "--state", str(state), "--pull-request", "3=" + "c" * 40]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        api = Api(told["url"], "octo/models", Token(told["token"]))
        api.send(post("/repos/{repo}/issues/3/comments", body="hello"))
        asked = requests.get(f"{told['url']}/_fake/state", timeout=60).json()
        process.terminate()
        assert process.wait(20) == 0
    kept = json.loads(state.read_text())
    assert kept == asked
    assert [one["body"] for one in kept["comments"]] == ["hello"] and kept["violations"] == []
