"""An interrupt ends a command with 130 and a sentence, however early it comes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest


@pytest.mark.parametrize("module", ["click", "ml_ci.cli.commands", "ml_ci.errors", "ml_ci.cli.main"])
def test_an_interrupt_while_it_is_still_being_loaded(module: str, tmp_path: Path) -> None:
    """The signal comes while a module is imported that the entry point needs; none of it is a traceback."""
    (tmp_path / "early.py").write_text(
        textwrap.dedent(f"""\
        import os, signal, sys

        class Early:
            def find_spec(self, name, path=None, target=None):
                if name == {module!r}:
                    sys.meta_path.remove(self)
                    os.kill(os.getpid(), signal.SIGINT)
                return None

        sys.meta_path.insert(0, Early())
        from ml_ci.cli.entry import main
        sys.argv = ["ml-ci", "--version"]
        main()
        """)
    )
    done = subprocess.run((sys.executable, tmp_path / "early.py"), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (130, ""), done.stderr
    assert done.stderr.startswith("interrupted")
    assert "Traceback" not in done.stderr


def test_the_installed_command_is_that_entry() -> None:
    text = (Path(__file__).parents[2] / "pyproject.toml").read_text()
    assert 'ml-ci = "ml_ci.cli.entry:main"' in text


def test_what_ignores_interrupts_goes_on_ignoring_them() -> None:
    """A shell has what it starts in the background ignore them: that is kept."""
    code = "import signal as s; s.signal(2, s.SIG_IGN); import ml_ci.cli.entry; print(s.getsignal(2) is s.SIG_IGN)"
    done = subprocess.run((sys.executable, "-c", code), capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"


def test_a_command_is_interrupted_as_before(tmp_path: Path) -> None:
    code = "import os, signal; from ml_ci.cli.entry import main; os.kill(os.getpid(), signal.SIGINT); main()"
    done = subprocess.run((sys.executable, "-c", code), capture_output=True, text=True, check=False, env={**os.environ})
    assert done.returncode == 130
    assert signal.SIGINT == 2
