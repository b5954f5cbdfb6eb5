from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_ci.training.log import BoundedLog, Pump, tail


@given(st.lists(st.binary(max_size=40), max_size=30))
def test_head_and_tail_are_kept(tmp_path_factory: pytest.TempPathFactory, chunks: list[bytes]) -> None:
    path = tmp_path_factory.mktemp("log") / "log"
    log = BoundedLog(path, head=16, tail=32)
    for chunk in chunks:
        log.write(chunk)
    log.close()
    whole, kept = b"".join(chunks), path.read_bytes()
    if len(whole) <= 48:
        assert kept == whole
    else:
        note = f"\n[ml-ci: {len(whole) - 48:,} bytes of the log were dropped here]\n".encode()
        assert kept == whole[:16] + note + whole[-32:]


@pytest.mark.parametrize(
    ("written", "last"),
    [(b"", ""), (b"one\ntwo\n", "two"), (b"one\ntwo\n\n  \n", "two"), (b"10%\r20%\r", "20%"), (b"\xff\n", "\ufffd")],
)
def test_last_line(tmp_path: Path, written: bytes, last: str) -> None:
    log = BoundedLog(tmp_path / "log")
    log.write(written)
    assert log.last_line == last
    log.close()


def test_a_pipe_that_never_ends_is_left(tmp_path: Path) -> None:
    read, write = os.pipe()
    log = BoundedLog(tmp_path / "log")
    pump = Pump(read, log)
    pump.start()
    os.write(write, b"before the end\n")
    while not log.last_line:
        time.sleep(0.01)
    pump.finish(patience=0.2)  # returns, for the other end stays open
    assert (tmp_path / "log").read_bytes() == b"before the end\n"
    os.close(write)
    assert pump not in threading.enumerate()


def test_tail(tmp_path: Path) -> None:
    path = tmp_path / "log"
    assert tail(path) == ""
    path.write_text("\n".join(map(str, range(100))) + "\n\n")
    assert tail(path, 3) == "97\n98\n99"
    assert len(tail(path).splitlines()) == 40
