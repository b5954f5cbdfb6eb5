"""What every Python of a job begins with: it is there however Python is started, and leaves the program as it was."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from ml_ci.training.told import TOLD, Line, read

SHOW = """\
import json, os, sys
main = sys.modules["__main__"]
path = [entry for entry in sys.path if "startup" not in entry]
names = {name for name in vars(main) if name not in ("json", "os", "sys", "main", "path", "names", "__builtins__")}
print(json.dumps([sys.argv, path[:2], sorted(names), str(main.__spec__ and main.__spec__.name), __name__,
    getattr(main, "__file__", None), type(main.__loader__).__name__, sys.flags.isolated, sys.flags.no_site,
    sys.flags.ignore_environment, sys.flags.optimize, sys.warnoptions, sys.stdin.read()]))
"""


@pytest.fixture
def python(jobs: Any) -> Any:
    """Give what runs a shell line with a job's environment in the project: its end and what it told."""
    jobs.command("true >{out}/model.txt; env -0 >{out}/../environment; echo 1 >{out}/model.txt")
    lines = (jobs.work / "environment").read_bytes().split(b"\0")
    environment = dict(line.decode().split("=", 1) for line in lines if line)
    told = jobs.work / TOLD

    def call(line: str, *, bare: bool = False, stdin: str = "") -> tuple[subprocess.CompletedProcess[str], list[Line]]:
        told.unlink(missing_ok=True)
        given = {**environment, "PATH": "/usr/bin:/bin"} if bare else environment
        done = subprocess.run(
            ("/bin/sh", "-c", line), cwd=jobs.folder, env=given, capture_output=True, text=True, input=stdin, timeout=60
        )
        return done, list(read(told))

    return call


def modules(lines: list[Line]) -> list[str]:
    return [Path(line.fields[0]).name for line in lines if line.kind == "module"]


@pytest.mark.parametrize(
    "arguments",
    [
        "show.py a -b",
        "package/show.py",
        "-c 'import show' -I x",
        "-m show --flag",
        "-m package.show",
        "package a",
        "-B show.py",
        "-OO -m package x",
        "- a b < show.py",
        "< show.py",
        "-Wignore show.py",
        "-W error::DeprecationWarning -X utf8 show.py",
        "-Xdev -bb show.py",
        "-c 'import sys; sys.exit(3)'",
        "-c 'raise SystemExit(\"ended\")'",
        "-m nowhere",
        "nowhere.py",
        "-c 'import sys; sys.stdin.read(); 1 / 0'",
        "broken.py",
        "-m broken",
        "wrong.py",
    ],
)
@pytest.mark.parametrize("option", ["-I", "-Es", "-BS"])
def test_a_program_is_the_same_and_is_looked_at(jobs: Any, python: Any, arguments: str, option: str) -> None:
    jobs.write("show.py", SHOW)
    jobs.write("package/__init__.py", "")
    jobs.write("package/__main__.py", SHOW)
    jobs.write("package/show.py", SHOW)
    jobs.write("broken.py", "def broken():\n    raise ValueError('so it is')\nbroken()\n")
    jobs.write("wrong.py", "x = = 1\n")
    line = f"{option} {arguments}"
    ours, lines = python(f"python {line}", stdin="in")
    plain, _ = python(f"env -u PYTHONPATH {python_of(jobs)} {line}", stdin="in")
    assert ours.returncode == plain.returncode
    assert ours.stdout == plain.stdout
    assert ours.stderr == plain.stderr
    assert [line.kind for line in lines][:1] == ["python"]
    assert "trouble" not in {line.kind for line in lines}


def python_of(jobs: Any) -> str:
    return str(jobs.request("jobs:train").interpreter.path)


@pytest.mark.parametrize(
    "line",
    [
        "python go.py",
        "python3 -m go",
        "PYTHONPATH=common python go.py",
        "PYTHONPATH= python go.py",
        'env -i PATH="$PATH" python go.py',
        "unset PYTHONPATH; python go.py",
        "python -I go.py",
        "python -IBX dev go.py",
        "PYTHONPATH=common python -c 'import subprocess, sys; subprocess.run([sys.executable, \"go.py\"])'",
        'python -c \'from multiprocessing import *; get_context("spawn").Process(None, __import__, None, ("go",)).start()\'',  # noqa: E501
        "python -c 'import os; os.fork() or (__import__(\"go\"), os._exit(0)); os.wait()'",
    ],
)
def test_it_is_told_which_files_ran(jobs: Any, python: Any, line: str) -> None:
    jobs.write("go.py", "import os\nos.close(2)\nimport part\nos._exit(0)\n")
    jobs.write("part.py" if "-I" not in line else "x.py", "")
    jobs.write("common/part.py", "")
    _, lines = python(line)
    assert "go.py" in modules(lines)
    if "-I" not in line:
        assert "part.py" in modules(lines)


def test_a_path_that_a_command_sets_is_kept(jobs: Any, python: Any) -> None:
    jobs.write("common/shared.py", "print('shared')\n")
    jobs.write("project/go.py", "import shared\n")
    done, lines = python("cd project; PYTHONPATH=../common python go.py")
    assert (done.stdout, modules(lines)) == ("shared\n", ["go.py", "shared.py"])


def test_a_name_with_a_tab_or_a_line_break_is_one_field(jobs: Any, python: Any) -> None:
    jobs.write("go\tthere\n\\n.py", "")
    _, lines = python("python 'go\tthere\n\\n.py'")
    assert modules(lines) == ["go\tthere\n\\n.py"]


def test_what_is_told_wrongly_is_left_out(tmp_path: Path) -> None:
    (tmp_path / TOLD).write_bytes(b"module\t1\t/a\nmodule\nmodule\tx\t/b\n\n\xff\t2\t\xfe\nmodule\t3\t/cut")
    assert [(line.pid, len(line.fields)) for line in read(tmp_path / TOLD)] == [(1, 1), (2, 1)]
    assert not list(read(tmp_path / "nowhere"))
