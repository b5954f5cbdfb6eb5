"""What a service refuses for the time being is asked again, after as long as it says, and counted."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ml_ci.child import refused
from ml_ci.child.failures import JobFailed
from ml_ci.errors import Failure, StageFailed
from ml_ci.training import again

ROWS = "x\n0.1\n0.2\n0.9\n"


class HttpError(Exception):
    """An error as a client library makes it: with the attributes that are given."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__("refused")
        vars(self).update(attributes)


def of(**attributes: Any) -> Any:
    return SimpleNamespace(**attributes)


@pytest.mark.parametrize(
    ("error", "found"),
    [
        pytest.param(HttpError(code=429, headers={"Retry-After": "7"}), (429, 7.0), id="urllib"),
        pytest.param(HttpError(response=of(status_code=429, headers={"retry-after": "2"})), (429, 2.0), id="requests"),
        pytest.param(HttpError(status_code=503, response=of(headers={})), (503, None), id="a model's client"),
        pytest.param(HttpError(status=429, headers={}), (429, None), id="aiohttp"),
        pytest.param(
            HttpError(code=429, headers={"Retry-After": "soon"}), (429, None), id="neither seconds nor a date"
        ),
        pytest.param(HttpError(code=429, headers=None), (429, None), id="no headers"),
        pytest.param(HttpError(code=500), None, id="an error that is none of these"),
        pytest.param(HttpError(code="429"), None, id="a text"),
        pytest.param(HttpError(code=True), None, id="a truth"),
        pytest.param(ValueError("429"), None, id="no client's"),
    ],
)
def test_what_is_a_refusal(error: BaseException, found: object) -> None:
    assert refused.find_refusal(error) == found


def test_a_refusal_that_something_else_was_raised_from() -> None:
    try:
        try:
            raise HttpError(code=429)
        except HttpError as error:
            raise ValueError("no answer") from error
    except ValueError as error:
        assert refused.find_refusal(error) == (429, None)


def test_a_date_to_wait_for() -> None:
    found = refused.find_refusal(
        HttpError(code=429, headers={"Retry-After": formatdate(time.time() + 30, usegmt=True)})
    )
    assert found is not None
    assert found[1] == pytest.approx(30, abs=3)
    past = refused.find_refusal(HttpError(code=429, headers={"Retry-After": formatdate(0, usegmt=True)}))
    assert past == (429, 0.0)


@pytest.fixture
def waited(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[float]:
    """Note how long is waited, without waiting; what is asked again is noted in `asked-again`."""
    found: list[float] = []
    monkeypatch.setattr(time, "sleep", found.append)
    monkeypatch.setenv(refused.AGAIN, str(tmp_path / again.FILE))
    return found


def refusing(times: int, **attributes: Any) -> Callable[[], str]:
    left = [times]

    def ask() -> str:
        if left[0] == 0:
            return "answered"
        left[0] -= 1
        try:
            raise HttpError(**attributes)
        except HttpError:
            raise JobFailed("predict-raised", "it raised") from None

    return ask


@pytest.mark.parametrize(
    ("headers", "waits"), [({"Retry-After": "7"}, [7.0, 7.0, 7.0]), ({}, [1.0, 2.0, 4.0])], ids=["as it says", "longer"]
)
def test_it_is_waited_and_asked_again(
    waited: list[float], tmp_path: Path, headers: dict[str, str], waits: list[float]
) -> None:
    assert refused.ask_patiently(refusing(3, code=429, headers=headers), 40, "`own:score`") == "answered"
    assert waited == waits
    assert again.count_again(tmp_path) == 120


@pytest.mark.parametrize(
    ("times", "headers", "said", "waits"),
    [
        (6, {"Retry-After": "1"}, "refused 6 times (HTTP 429)", 5),
        (1, {"Retry-After": "3600"}, "wants 3600 s to be waited (HTTP 429, Retry-After)", 0),
    ],
)
def test_it_is_not_waited_for_ever(
    waited: list[float], times: int, headers: dict[str, str], said: str, waits: int
) -> None:
    with pytest.raises(JobFailed) as error:
        refused.ask_patiently(refusing(times, code=429, headers=headers), 40, "`own:score`")
    assert (error.value.code, len(waited)) == ("rate-limited", waits)
    assert said in error.value.message
    assert error.value.hint


def test_another_failure_is_raised_as_it_is(waited: list[float]) -> None:
    with pytest.raises(JobFailed) as error:
        refused.ask_patiently(refusing(1, code=500), 40, "`own:score`")
    assert (error.value.code, waited) == ("predict-raised", [])


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        (None, 0),
        ("", 0),
        ("3\n4\n", 7),
        (" 5 \n", 5),
        ("-3\nmany\n1.5\n2", 2),
        ("9" * 40 + "\n1\n", 1),
        ("999999999999999\n" * 3, 10**12),
    ],
)
def test_what_was_noted(tmp_path: Path, content: str | None, rows: int) -> None:
    if content is not None:
        (tmp_path / again.FILE).write_text(content)
    assert again.count_again(tmp_path) == rows


def test_a_link_and_a_pipe_are_no_notes(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("5\n")
    (tmp_path / again.FILE).symlink_to(tmp_path / "other")
    assert again.count_again(tmp_path) == 0
    (tmp_path / again.FILE).unlink()
    os.mkfifo(tmp_path / again.FILE)
    assert again.count_again(tmp_path) == 0


def exiting(*codes: int) -> Callable[[], str]:
    left = list(codes)

    def ask() -> str:
        if not left:
            return "ended"
        code = left.pop(0)
        raise StageFailed(Failure("training", "job-exit", f"the job ended with exit code {code}: no answer"))

    return ask


def test_a_command_that_says_try_later(waited: list[float], tmp_path: Path) -> None:
    (tmp_path / again.FILE).write_text("2\n")
    assert again.ask_patiently(exiting(75, 75), tmp_path, 40) == ("ended", 86)
    assert waited == [1, 2]


@pytest.mark.parametrize(("codes", "waits"), [((1,), 0), ((7,), 0), ((75,) * 6, 5), ((75, 2), 1), ((750,), 0)])
def test_a_command_that_fails(waited: list[float], tmp_path: Path, codes: tuple[int, ...], waits: int) -> None:
    with pytest.raises(StageFailed) as error:
        again.ask_patiently(exiting(*codes), tmp_path, 40)
    assert f"exit code {codes[-1]}" in error.value.failure.message
    assert len(waited) == waits


class _Service(BaseHTTPRequestHandler):
    """Refuses the first two asks."""

    asked = 0

    def do_GET(self) -> None:
        type(self).asked += 1
        self.send_response(429 if self.asked <= 2 else 200)
        self.send_header("Retry-After", "0")
        self.end_headers()
        self.wfile.write(b"0.25")

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def service() -> Iterator[str]:
    _Service.asked = 0
    server = HTTPServer(("127.0.0.1", 0), _Service)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


ASKS = """\
import urllib.request


def score(model, rows: str):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    return [float(opener.open("URL").read()) for _ in range(3)]
"""


def test_a_service_that_refuses_at_first(jobs: Any, service: str, tmp_path: Path) -> None:
    """The function knows nothing of it: it raises what its client raised."""
    jobs.write("asks.py", ASKS.replace("URL", service))
    stored = tmp_path / "model.bin"
    stored.write_bytes(b"model")
    scored = jobs.scored(stored, ROWS, entry="asks:score", count=3)
    assert (scored.rows, scored.again) == (3, 6)
    assert _Service.asked == 5
    assert "HTTP 429, asked again in 0 s" in scored.log.read_text()


NOTES = """\
import os, sys

at = os.environ["ML_CI_ASKED_AGAIN"]
state = os.path.join(os.getcwd(), "tried")
if not os.path.exists(state):
    open(state, "w").close()
    sys.exit(75)
open(at, "a").write("1\\n1\\n")
open(os.path.join(sys.argv[1], "scores.csv"), "w").write("score\\n0.5\\n0.5\\n0.5\\n")
"""


def test_a_command_that_says_try_later_and_notes_what_it_asked_again(jobs: Any, tmp_path: Path) -> None:
    jobs.write("asks.py", NOTES)
    stored = tmp_path / "model.bin"
    stored.write_bytes(b"model")
    scored = jobs.scored(stored, ROWS, command="python asks.py {out}", count=3)
    assert scored.again == 5
