from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_ci.training.log import BoundedLog, Pump, tail
from ml_ci.variables.masks import Mask


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


SECRET = b"hunter22"


@given(st.lists(st.sampled_from([SECRET, b"hunt", b"er22", b"h", b"x", b"22", b"\n"]), max_size=40), st.integers(1, 9))
def test_no_value_and_no_part_of_one_is_kept(
    tmp_path_factory: pytest.TempPathFactory, words: list[bytes], size: int
) -> None:
    """However it comes in pieces, and whatever is dropped."""
    path, whole = tmp_path_factory.mktemp("log") / "log", b"".join(words)
    mask = Mask([SECRET.decode()])
    log = BoundedLog(path, head=20, tail=400 if len(whole) % 2 else 24, mask=mask)
    for at in range(0, len(whole), size):
        log.write(whole[at : at + size])
        assert "hunter22" not in log.last_line
        assert not (whole[: at + size].endswith(b"\nhunt") and log.last_line.endswith("hunt"))
    log.close()
    kept = path.read_bytes()
    assert SECRET not in kept
    if b"were dropped here" in kept:
        head, _, rest = kept.partition(b"\n[ml-ci: ")
        tail = rest.partition(b"dropped here]\n")[2]
        # Every piece is one of the log without the value: nothing is left of one that was cut through.
        assert whole.replace(SECRET, b"***").startswith(head)
        assert whole.replace(SECRET, b"***").endswith(tail)
    else:
        assert kept == whole.replace(SECRET, b"***")


def test_the_last_line_holds_no_part_of_a_value_that_began_in_a_line_too_long(tmp_path: Path) -> None:
    log = BoundedLog(tmp_path / "log", mask=Mask(["hunter22" * 30]))
    log.write(b"x" * 2000 + b"hunter22" * 15)
    log.write(b"hunter22" * 15 + b" and 10%")
    assert log.last_line.endswith("*** and 10%") and "hunter" not in log.last_line
    log.close()


@pytest.mark.parametrize(
    ("chunks", "last"),
    [
        ((b"epoch 2", b"\n"), "epoch 2"),
        ((b"epoch 1", b"\n", b"epoch 3", b" ", b"\n"), "epoch 3"),
        ((b"epoch 2",), "epoch"),
        ((b"epoch 2\n",), "epoch 2"),
    ],
)
def test_what_may_begin_a_value_waits_for_the_end_of_its_line(
    tmp_path: Path, chunks: tuple[bytes, ...], last: str
) -> None:
    log = BoundedLog(tmp_path / "log", mask=Mask(["2hunter2"]))
    for chunk in chunks:
        log.write(chunk)
    assert log.last_line == last
    log.close()
