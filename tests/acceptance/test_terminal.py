"""How it looks on a terminal, in a pipe that closes early, and without colour."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from typing import Any

import pytest

ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def on_terminal(project: Any, columns: int, interrupt: bool = False, **environment: str) -> tuple[int, str]:
    """Run ml-ci in a pseudo-terminal of that width; give exit code and everything that was drawn."""
    own, other = pty.openpty()
    fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", 20, columns, 0, 0))
    command = (sys.executable, "-m", "ml_ci", "run")
    values = {**os.environ, "TERM": "xterm-256color", **environment}
    process = subprocess.Popen(
        command, cwd=project.folder, stdin=other, stdout=other, stderr=other, env=values, start_new_session=True
    )
    os.close(other)
    drawn, until, sent = b"", time.monotonic() + 300, False
    while time.monotonic() < until:
        ready, _, _ = select.select([own], [], [], 0.1)
        if ready:
            try:
                chunk = os.read(own, 65536)
            except OSError:
                break
            if not chunk:
                break
            drawn += chunk
        if interrupt and not sent and project.trainings():
            time.sleep(0.3)
            process.send_signal(signal.SIGINT)
            sent = True
    os.close(own)
    return process.wait(60), drawn.decode()


@pytest.mark.parametrize("columns", [40, 60, 200])
def test_the_report_fits_the_terminal(known: Any, columns: int) -> None:
    known.edit("model.py", "SHIFT = 0.0", "SHIFT = 0.3")
    code, drawn = on_terminal(known, columns)
    assert code == 1
    assert "\x1b[" in drawn
    text = ESCAPE.sub("", drawn)
    assert "shop fails" in " ".join(text.split())
    final = text[text.index("✗ shop") :]
    assert max(len(line.rstrip("\r")) for line in final.split("\n")) <= columns
    assert drawn.count("\x1b[?25l") == drawn.count("\x1b[?25h"), "the cursor comes back"


def test_no_colour_where_none_is_wanted(known: Any) -> None:
    code, drawn = on_terminal(known, 80, NO_COLOR="1")
    assert code == 0
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]m", drawn)


def test_an_interrupt_gives_the_cursor_back(known: Any) -> None:
    known.edit("model.py", "    means = []", "    import time\n    time.sleep(600)\n    means = []")
    code, drawn = on_terminal(known, 60, interrupt=True)
    assert code == 130
    assert drawn.count("\x1b[?25l") == drawn.count("\x1b[?25h")
    assert "interrupted" in ESCAPE.sub("", drawn)
    assert "Traceback" not in drawn
    known.no_jobs()
    known.verify()


@pytest.mark.parametrize(("edit", "code"), [(("SHIFT = 0.0", "SHIFT = 0.01"), 0), (("SHIFT = 0.0", "SHIFT = 0.3"), 1)])
def test_a_reader_that_goes_away_changes_no_verdict(known: Any, edit: tuple[str, str], code: int) -> None:
    known.edit("model.py", *edit)
    for arguments in ("run", "run --json"):
        shell = f"'{sys.executable}' -m ml_ci {arguments} | true; exit ${{PIPESTATUS[0]}}"
        command = ("bash", "-c", shell)
        done = subprocess.run(command, cwd=known.path, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == code, done.stderr
        assert "BrokenPipe" not in done.stderr
        assert "Traceback" not in done.stderr
    known.verify()


def test_in_a_pipe_there_is_no_escape(known: Any) -> None:
    known.edit("model.py", "SHIFT = 0.0", "SHIFT = 0.3")
    answer = known.command("run")
    assert answer.code == 1
    assert "\x1b" not in answer.out + answer.err
    assert "shop: training the candidate …" in answer.err
