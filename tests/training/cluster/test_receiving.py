"""What a machine of a cluster tells is not believed: it is taken, or named as what does not hold together."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ml_ci.errors import StageFailed
from ml_ci.training.cluster.receiving import Received, RefusedError
from ml_ci.training.process import Order
from ml_ci.training.progress import Silent
from ml_ci.variables.masks import Mask

HARDWARE = {"cpu": "A", "cores": 2, "gpus": ["B"]}
SEEN = {"opened": {"a": 1}, "folders": [""], "made": [], "whole": True}
OUTCOME = {"returncode": 0, "seconds": 1.0, "megabytes": 2.0, "limit": None, "opened": [[1, "nvidia0"]]}
OUTCOME |= {"hardware": HARDWARE, "seen": SEEN}
ENDED = {"event": "ended", "outcome": OUTCOME, "removed": {"copy": [], "work": []}, "sent": {}}


@pytest.fixture
def order(tmp_path: Path) -> Order:
    copy, work = tmp_path / "copy", tmp_path / "work"
    copy.mkdir()
    work.mkdir()
    (copy / "file").write_text("x")
    mask = Mask.of({"TOKEN": "hunter22"})
    return Order("m", copy, work / "request.json", work / "job.log", {}, 1.0, mask=mask, copy=copy)


def _event(said: Mapping[str, object], content: bytes = b"") -> bytes:
    return json.dumps(said).encode() + b"\n" + content


def _archive(name: str) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as made:
        member = tarfile.TarInfo(name)
        member.size = 3
        made.addfile(member, io.BytesIO(b"new"))
    return stream.getvalue()


def test_a_job_is_taken_as_it_is_told(order: Order) -> None:
    received, ticks = Received(order, 10**6, "try 2"), list[Any]()

    class Shown:
        def tick(self, *told: Any) -> None:
            ticks.append(told)

    tick = {"event": "tick", "seconds": 1.5, "megabytes": 3.0, "line": "is hunter22"}
    sent = _archive("out/a")
    events = [
        _event({"event": "began", "node": "n"}),
        _event(tick, b"first hun"),
        _event({"event": "log"}, b"ter22\nlast\n"),
        _event({"event": "left", "side": "work"}, sent),
    ]
    assert [received.take(one, Shown()) for one in events] == [None] * 4
    removed = {"copy": ["file", "gone"], "work": []}
    outcome = received.take(_event({**ENDED, "removed": removed, "sent": {"work": len(sent)}}), Shown())
    received.close()
    assert outcome is not None and outcome.seen is not None
    assert (outcome.hardware.cpu, outcome.hardware.gpus, outcome.opened) == ("A", ("B",), {(1, "nvidia0")})
    assert outcome.seen.opened == {"a": 1} and outcome.seen.whole
    assert ticks[0] == ("m", 1.5, 3.0, "is ***")
    assert order.log.read_text() == "[ml-ci: try 2]\nfirst ***\nlast\n"
    assert (order.request.parent / "out/a").read_text() == "new"
    assert order.copy is not None and list(order.copy.iterdir()) == []


DAMAGED: dict[str, list[bytes]] = {
    "no json": [b"\x80\x04pickle"],
    "no event": [_event({"event": "other"})],
    "another side": [_event({"event": "left", "side": "../x"}, b"x")],
    "too much": [_event({"event": "left", "side": "work"}, b"x" * 80_000_000)],
    "a part is missing": [_event({**ENDED, "sent": {"work": 7}})],
    "a path that leads out": [_event({"event": "left", "side": "work"}, _archive("../a"))],
    "removes above": [_event({**ENDED, "removed": {"copy": ["../work"], "work": []}})],
    "removes itself": [_event({**ENDED, "removed": {"copy": [""], "work": []}})],
    "another limit": [_event({**ENDED, "outcome": {**OUTCOME, "limit": "luck"}})],
    "no seconds": [_event({**ENDED, "outcome": {**OUTCOME, "seconds": "soon"}})],
    "deep": [b"[" * 100_000],
}


@pytest.mark.parametrize("name", DAMAGED)
def test_what_does_not_hold_together_is_named(name: str, order: Order) -> None:
    events = list(DAMAGED[name])
    if name == "a path that leads out":
        events.append(_event({**ENDED, "sent": {"work": len(_archive("../a"))}}))
    received = Received(order, 10**6)
    with pytest.raises(RefusedError) as caught:
        for event in events:
            received.take(event, Silent())
    received.close()
    assert caught.value.failure.code == "no-result" and "does not hold together" in caught.value.failure.message
    assert order.copy is not None and (order.copy / "file").is_file()
    assert {one.name for one in order.copy.parent.iterdir()} == {"copy", "work"}


def test_a_machine_that_cannot_do_it_says_why(order: Order) -> None:
    received = Received(order, 10**6)
    for said, code in (
        ({"event": "refused", "code": "interpreter", "message": "none", "hint": "install"}, "interpreter"),
        ({"event": "trouble", "message": "OSError: no space"}, "worker-trouble"),
    ):
        with pytest.raises(RefusedError) as caught:
            received.take(_event(said), Silent())
        assert caught.value.failure.code == code
    with pytest.raises(StageFailed, match="removed or replaced"):
        received.take(_event({"event": "spoilt"}), Silent())
    received.close()
