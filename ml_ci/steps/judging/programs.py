"""Whether the program and the script that a command begins with are there; only what is certain is said."""

from __future__ import annotations

import os
import posixpath
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from ml_ci.spec.values import ModelSpec, Node, StageJob
from ml_ci.steps.judging.entries import Gone, find_interpreter
from ml_ci.steps.planning.variables import list_variables
from ml_ci.steps.values import Project
from ml_ci.variables.given import give

_NAME = re.compile(r"[A-Za-z_][\w.+-]*")
_LITERAL = re.compile(r"[\w./+-]+")
_ASSIGNED = re.compile(r"([A-Za-z_]\w*)=")
_PYTHON = re.compile(r"(?:python|pypy)[\d.]*")
_READS_SCRIPTS = re.compile(r"(?:python|pypy)[\d.]*|Rscript|node(?:js)?|(?:ba|z|k|da)?sh|perl|ruby|julia|php|lua")
_SCRIPT = re.compile(r"\.(?:pyw?|[rR]|[mc]?js|(?:ba|z|k)?sh|pl|rb|jl|php|lua)$")
_SECONDS = 20


def find_gone_programs(at: Project, node: Node) -> Iterator[Gone]:
    """Find what the commands of an entry begin with and that is not there: the program, or the script that it reads.

    What a shell does before, what stands behind the first command, and what a job, `data:` or a variable may bring
    is not looked at: the job says it.
    """
    if node.job.command and not isinstance(node.job, StageJob):
        yield from _look(at, node, "run", node.job.command)
    if isinstance(node, ModelSpec) and node.predict_command:
        yield from _look(at, node, "predict", node.predict_command)


def _look(at: Project, node: Node, key: str, command: str | tuple[str, ...]) -> Iterator[Gone]:
    words = list(command) if not isinstance(command, str) else _list_first(command)
    if not words:
        return
    program, *rest = words
    if "/" in program:
        gone = _find_gone_file(at, node, program)
    else:
        gone = _find_gone_program(at, node, program, shell=isinstance(command, str))
        script = _find_script(program, rest)
        gone = gone or (None if script is None else _find_gone_file(at, node, script))
    if gone is not None:
        yield Gone(f"`{key}: {' '.join(words)[:80]}`: {gone.message}", gone.hint)


def _list_first(text: str) -> list[str]:
    """Give the words of the first command of a text for the shell; [] where it is none that is simple."""
    line = next(iter(text.strip().splitlines()), "").removesuffix("\\")
    try:
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        tokens = list(lexer)
    except ValueError:
        return []
    words: list[str] = []
    for token in tokens:
        if token[0] in "();<>|&":
            return [] if token[0] in "()" else words
        words.append(token)
    while words and (found := _ASSIGNED.match(words[0])):
        if found[1] == "PATH":
            return []
        words = words[1:]
    return words


def _find_gone_program(at: Project, node: Node, name: str, *, shell: bool) -> Gone | None:
    if not _NAME.fullmatch(name) or _is_interpreter(at, node, name):
        return None
    variables = give(at.options.environment, list_variables(at, node))
    interpreter = find_interpreter(at, node)
    own = [] if interpreter is None else [str(interpreter.path.parent)]
    path = os.pathsep.join([*own, variables.get("PATH", os.defpath)])
    if shutil.which(name, path=path) or (shell and _is_builtin(name, {**variables, "PATH": path})):
        return None
    return Gone(f"there is no program `{name}` on PATH", "Is its name right, and is it installed where the jobs run?")


def _is_interpreter(at: Project, node: Node, name: str) -> bool:
    """Say whether a job is given a program of this name: its own Python's names are."""
    if _PYTHON.fullmatch(name) is None:
        return False
    found = find_interpreter(at, node)
    return found is None or name in ("python", "python3", "python{}.{}".format(*found.version))


def _is_builtin(name: str, environment: Mapping[str, str]) -> bool:
    """Ask the shell whether a name is its own; so it is where the shell does not answer."""
    argv = ("/bin/sh", "-c", 'command -v -- "$1"', "sh", name)
    try:
        done = subprocess.run(
            argv, env=dict(environment), capture_output=True, timeout=_SECONDS, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.SubprocessError):
        return True
    return done.returncode == 0


def _find_script(program: str, rest: list[str]) -> str | None:
    """Give the script that a program is told to read; None where that is not certain."""
    if _READS_SCRIPTS.fullmatch(program) is None:
        return None
    words = [word for word in rest if not word.startswith("-")]
    flags = [word for word in rest[: rest.index(words[0])] if not word.startswith("--")] if words else []
    plain = all(re.fullmatch(r"-[uBOsSEIveqxn]+", flag) for flag in flags)
    return words[0] if words and plain and _SCRIPT.search(words[0]) else None


def _find_gone_file(at: Project, node: Node, word: str) -> Gone | None:
    if not _LITERAL.fullmatch(word) or word.startswith("/"):
        return None
    path = posixpath.normpath(posixpath.join(node.cwd, word))
    files = at.tree.files()
    if path.startswith("..") or path in files or _may_be_brought(node, path):
        return None
    near = get_close_matches(path, files, 1)
    there = (at.folder / path).exists()
    hint = f"Did you mean {near[0]}?" if near else "It is looked for from `cwd:`, and has to be in git."
    hint = "Git ignores it, and so it is not in the copy that the job runs in." if there else hint
    return Gone(f"there is no file {path}", hint)


def _may_be_brought(node: Node, path: str) -> bool:
    """Say whether a file that git does not have may be in the job's copy all the same: as data."""
    entries = [posixpath.normpath(entry.path) for entry in node.data.values()]
    return any(path == one or path.startswith(f"{one}/") or "*" in one for one in entries)
