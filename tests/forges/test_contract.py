"""One contract for every forge: one comment, edited in place; statuses; the change found by its head."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from ml_ci.errors import UserError
from ml_ci.forges.errors import RefusedError, UnavailableError
from ml_ci.forges.values import Head, Status, Token
from ml_ci.review import sticky
from ml_ci.review.draft import Draft

HEAD = "9d1e2f3a4b5c6d7e8f90a1b2c3d4e5f601234567"


def drafted(text: str, key: str = "ml-ci") -> Draft:
    return Draft(key, text, f"<!-- ml-ci:comment key={key} digest={text} -->\n{text}")


def bodies(stand: Any) -> list[str]:
    return [one["body"] for one in stand.server.comments]


def who(stand: Any) -> str:
    return str(stand.server.login)


def test_created_edited_and_left(stand: Any) -> None:
    assert [sticky.put(stand.desk(), 7, drafted(text)) for text in ("one", "two", "two")] == [
        "created",
        "edited",
        "unchanged",
    ]
    assert bodies(stand) == [drafted("two").body]


def test_among_101_comments_there_is_no_second_one(stand: Any) -> None:
    for number in range(101):
        stand.server.comment(7, f"comment {number}")
    for text in ("one", "two"):
        sticky.put(stand.desk(), 7, drafted(text))
    assert len(bodies(stand)) == 102 and bodies(stand)[-1] == drafted("two").body


def test_a_strangers_comment_with_our_marker_is_not_edited(stand: Any) -> None:
    stand.server.comment(7, drafted("forged").body, "stranger")
    assert sticky.put(stand.desk(), 7, drafted("mine")) == "created"
    assert bodies(stand) == [drafted("forged").body, drafted("mine").body]


def test_two_runs_at_once_leave_one_comment(stand: Any) -> None:
    both_looked = threading.Barrier(2, timeout=60)
    stand.server.before = lambda method, path: both_looked.wait() if method == "POST" else None
    done: list[str] = []
    runs = [
        threading.Thread(target=lambda text=text: done.append(sticky.put(stand.desk(), 7, drafted(text))))  # type: ignore[misc]
        for text in ("one", "two")
    ]
    for run in runs:
        run.start()
    for run in runs:
        run.join(120)
    assert len(bodies(stand)) == 1 and sorted(done) == ["created", "edited"]


def test_gone_between_looking_and_editing_it_is_made_anew(stand: Any) -> None:
    first = stand.server.comment(7, drafted("old").body, who(stand))

    def delete(method: str, path: str) -> None:
        kept = [one for one in stand.server.comments if method not in ("PATCH", "PUT") or one["id"] != first]
        stand.server.comments[:] = kept

    stand.server.before = delete
    assert sticky.put(stand.desk(), 7, drafted("new")) == "created"


def test_an_answer_that_is_lost_makes_no_second_comment(stand: Any) -> None:
    stand.server.slow = 0.1
    stand.server.trouble("POST", "comments|notes", "late")
    assert sticky.put(stand.desk(), 7, drafted("x")) == "unchanged"
    assert len(bodies(stand)) == 1


def test_the_change_is_found_by_its_head_alone(stand: Any) -> None:
    stand.server.pulls.clear()
    for number in range(100, 161):  # a forge that ignores what it is asked lists these first
        stand.server.pull_request(number, f"{number:040x}", branch=f"other-{number}")
    stand.server.pull_request(8, branch="change", base="release")
    stand.server.pull_request(9, branch="change")
    stand.server.pull_request(10, head="stranger/models")
    desk = stand.desk()
    found = desk.by_head(Head("octo/models", "change", HEAD), "main")
    assert found is not None and (found.number, found.sha, found.base, found.open) == (9, HEAD, "main", True)
    assert desk.by_head(Head("octo/models", "another", "d" * 40)) is None
    assert {one.number for one in desk.neighbours(HEAD)} == {8, 9, 10}
    assert desk.by_number(8).base == "release"
    with pytest.raises(RefusedError) as error:
        desk.by_number(999)
    assert error.value.status == 404


def test_a_merge_commits_second_parent(stand: Any) -> None:
    stand.server.merge_commit("f" * 40, "a" * 40, HEAD)
    stand.server.merge_commit("e" * 40, "a" * 40)
    desk = stand.desk()
    assert [desk.second_parent(one * 40) for one in "fe0"] == [HEAD, "", ""]


@pytest.mark.parametrize(
    "path", [".github/workflows/ci.yml", ".gitlab-ci.yml", ".gitea/workflows/ci.yml", "ml-ci.yaml"]
)
def test_a_change_of_what_judges_is_told(stand: Any, path: str) -> None:
    stand.server.pulls.clear()
    stand.server.pull_request(7, files=["train.py", (path, "old.yml")])
    said = stand.desk().touched(7, "main")
    own = {"github": ".github", "gitlab": ".gitlab", "gitea": ".git"}[stand.name]
    expected = path == "ml-ci.yaml" or (path.startswith(own) and (stand.name != "gitea" or "gitlab" not in path))
    assert bool(said) is expected and all(path in one for one in said)


def test_statuses_are_set_read_and_set_again(stand: Any) -> None:
    desk = stand.desk()
    assert dict(desk.latest(HEAD)) == {}
    for state in ("pending", "pending", "failure"):
        desk.set_status(HEAD, Status("ml-ci", state, f"said {state}", "https://ci.example/1"))  # type: ignore[arg-type]
    desk.set_status(HEAD, Status("ml-ci/churn", "success", "said"))
    assert dict(desk.latest(HEAD)) == {"ml-ci": "failure", "ml-ci/churn": "success"}
    newest = [(one.context, one.description) for one in desk.history(HEAD)]
    assert newest[0] == ("ml-ci/churn", "said")
    assert next(said for context, said in newest if context == "ml-ci") == "said failure"


@pytest.mark.parametrize(
    ("status", "said"), [(401, "not valid, or has expired"), (403, "token"), (404, "may the token see it")]
)
def test_a_refusal_says_what_to_do(stand: Any, status: int, said: str) -> None:
    stand.server.trouble("GET", "comments|notes", status, times=9)
    with pytest.raises(RefusedError) as error:
        list(stand.desk().comments(7))
    assert said in error.value.hint and stand.server.token not in str(error.value)
    assert f"answered {status}" in error.value.message


@pytest.mark.parametrize("kind", [500, "disconnect", "not-json"])
def test_no_answer_is_nobodys_mistake(stand: Any, kind: Any) -> None:
    stand.server.trouble("GET", "comments|notes", kind, times=9)
    with pytest.raises(UnavailableError):
        list(stand.desk().comments(7))


@pytest.mark.parametrize(
    "given", [{"repository": "no"}, {"repository": "a/../b"}, {"api_url": "file:///x"}, {"token": Token()}]
)
def test_what_no_desk_can_be_opened_with(stand: Any, given: dict[str, Any]) -> None:
    with pytest.raises(UserError):
        stand.desk(**given)


def test_the_token_is_in_no_repr(stand: Any) -> None:
    assert stand.server.token not in repr(stand.desk())
