"""The commands that a repository's own workflows train by: the `run:` lines of their steps. Pure."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Collection, Iterator, Mapping

from ml_ci.frozen import dataclass
from ml_ci.setup.commands import CHANGES_FOLDER, TRAINS, find_program, parse_mapping
from ml_ci.setup.scripts import find_modules, is_test
from ml_ci.setup.source import Source
from ml_ci.setup.traces import find_traces
from ml_ci.setup.values import Command

# A line that something else writes the end of, or whose words another line has set, says too little by itself.
_UNKNOWN = re.compile(r"[$`<>|]|&&\s*$")
_INSTALLS = {"pip", "pip3", "pytest", "ruff", "flake8", "black", "mypy", "pylint", "coverage", "conda", "apt-get"}
# A stage or a target is read where it is declared.
_ELSEWHERE = {"make", "dvc", "mlflow"}


@dataclass(frozen=True)
class _Line:
    """One line that runs a file of the project: where, and which; `trains` says that it makes the model."""

    text: str
    cwd: str
    program: str | None
    trains: bool


def find_steps(
    workflows: Mapping[str, str], prefix: str, files: Collection[str], sources: Mapping[str, Source]
) -> tuple[Command, ...]:
    """Find the commands that train in workflows, given as text by path.

    `prefix` leads from the root, where workflows start, to the project; `files` and `sources` are the project's.
    """
    found = []
    for path, text in workflows.items():
        said = parse_mapping(text)
        for name, job in _mappings(said.get("jobs")):
            lines = list(_list_lines(job, _folder(said, "."), prefix, files, sources))
            at = next((number for number, line in enumerate(lines) if line.trains), None)
            if at is not None:
                found.append(_chain(lines[: at + 1], f"{path}: {name}", files, sources))
    return tuple({(one.text, one.cwd): one for one in reversed(found)}.values())[::-1]


def _list_lines(
    job: Mapping[str, object], outer: str, prefix: str, files: Collection[str], sources: Mapping[str, Source]
) -> Iterator[_Line]:
    """Give the lines of a job, in their order, that run a file of the project."""
    steps = job.get("steps")
    for step in steps if isinstance(steps, list) else []:
        if not isinstance(step, dict) or not isinstance(step.get("run"), str):
            continue
        folder = str(step.get("working-directory") or _folder(job, outer))
        for text in re.sub(r"\\\n\s*", "", step["run"]).splitlines():
            moved = re.fullmatch(r"cd\s+([\w./-]+)", text.strip())
            if moved:
                folder = posixpath.join(folder, moved[1])
                continue
            line = _read_line(text, folder, prefix, files, sources)
            if line is not None:
                yield line


def _read_line(
    text: str, folder: str, prefix: str, files: Collection[str], sources: Mapping[str, Source]
) -> _Line | None:
    """Read a line that is started in `folder`, from the root; None where it runs nothing of the project from within."""
    line = " ".join(text.split())
    moved = CHANGES_FOLDER.match(line)
    if moved:
        folder, line = posixpath.join(folder, moved[1]), moved[2]
    folder = posixpath.relpath(folder, prefix or ".")
    words = _split(line)
    known = {word.rpartition("/")[2] for word in words[:3]} & (_INSTALLS | _ELSEWHERE)
    if not words or line.startswith("#") or folder.startswith("..") or known or _UNKNOWN.search(line):
        return None
    program = find_program(line, folder, files)
    if program is not None:
        source = sources.get(program)
        if source is None or is_test(program) or posixpath.basename(program) == "setup.py":
            return None
        called = TRAINS.search(posixpath.basename(program)) is not None
        return _Line(line, folder, program, source.fits or (called and source.runs))
    other = next((one for one in words if posixpath.normpath(posixpath.join(folder, one)) in files), None)
    if other is None or len(words) < 2 or is_test(other):
        return None
    return _Line(line, folder, None, TRAINS.search(posixpath.basename(other)) is not None)


def _split(line: str) -> list[str]:
    """Give the words of a line; none where its quotes are not closed."""
    try:
        return shlex.split(line)
    except ValueError:
        return []


def _chain(lines: list[_Line], source: str, files: Collection[str], sources: Mapping[str, Source]) -> Command:
    """Give the last line, with those before it that leave a table which it asks for and git does not have."""
    last = lines[-1]
    chosen, asked = [last], _tables(last, sources).asked
    for line in reversed(lines[:-1]):
        tables = _tables(line, sources)
        if line.cwd == last.cwd and tables.written & (asked - set(files)):
            chosen.insert(0, line)
            asked |= tables.asked
    needs = tuple(sorted(asked & set(files)))
    return Command(" && ".join(line.text for line in chosen), source, last.cwd, last.program, needs)


@dataclass(frozen=True)
class _Tables:
    asked: frozenset[str]
    written: frozenset[str]


def _tables(line: _Line, sources: Mapping[str, Source]) -> _Tables:
    """Give the tables of a line's program by their paths in the project."""
    if line.program is None:
        return _Tables(frozenset(), frozenset())
    traces = find_traces({part.path: part.tree for part in find_modules(sources[line.program], sources)})

    def place(paths: Collection[str]) -> frozenset[str]:
        return frozenset(posixpath.normpath(posixpath.join(line.cwd, path)) for path in paths)

    return _Tables(place(traces.tables), place(traces.written))


def _folder(said: Mapping[str, object], otherwise: str) -> str:
    """Read `defaults: {run: {working-directory: FOLDER}}` of a workflow or a job."""
    for key in ("defaults", "run"):
        inner = said.get(key)
        said = inner if isinstance(inner, dict) else {}
    return str(said.get("working-directory") or otherwise)


def _mappings(value: object) -> Iterator[tuple[str, Mapping[str, object]]]:
    for name, one in value.items() if isinstance(value, dict) else ():
        if isinstance(one, dict):
            yield str(name), one
