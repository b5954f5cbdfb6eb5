"""The commands that a repository itself trains by: DVC's stages, MLflow's entries, make's targets, console scripts."""

from __future__ import annotations

import posixpath
import re
import shlex
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping

import yaml

from ml_ci.setup.data import SUFFIXES
from ml_ci.setup.source import Source
from ml_ci.setup.values import Command

TRAINS = re.compile(r"(?:^|[_\-.])(?:train|training|fit)(?=[_\-.]|$)|train", re.IGNORECASE)
CHANGES_FOLDER = re.compile(r"^cd\s+([\w./-]+)\s*(?:&&|;)\s*(.+)$")
Read = Callable[[str], str]


def find_commands(files: Collection[str], read: Read, sources: Mapping[str, Source]) -> tuple[Command, ...]:
    """Find the commands that train, DVC's before make's, these before those of the package; `read` gives a text."""
    found = (
        *_find_stages(files, read, sources),
        *_find_entries(files, read, sources),
        *_find_targets(files, read, sources),
        *_find_scripts(files, read, sources),
    )
    return tuple(dict.fromkeys(found))


def _find_stages(files: Collection[str], read: Read, sources: Mapping[str, Source]) -> Iterator[Command]:
    listed = _read_mapping("dvc.yaml", files, read).get("stages")
    items = listed.items() if isinstance(listed, dict) else ()
    stages = {str(name): one for name, one in items if isinstance(one, dict)}
    values = _read_mapping("params.yaml", files, read)
    for name, stage in stages.items():
        folder = str(stage.get("wdir", "."))
        program = find_program(_read_stage(stage, values) or "", folder, files)
        if not TRAINS.search(name) and not (program and TRAINS.search(program) and sources[program].fits):
            continue
        chain = [stages[one] for one in (*_list_before(name, stages, files), name)]
        texts = [_read_stage(one, values) for one in chain]
        alone = all(texts) and all(str(one.get("wdir", ".")) == folder for one in chain)
        needs = [
            posixpath.normpath(posixpath.join(folder, path)) for one in chain for path in _list_paths(one.get("deps"))
        ]
        outs = [path for path in _list_paths(stage.get("outs")) if not path.endswith(SUFFIXES)]
        yield Command(
            text=" && ".join(map(str, texts)) if alone else f"dvc repro {name}",
            source=f"dvc.yaml: {name}",
            cwd=folder if alone else ".",
            program=program,
            needs=tuple(path for path in dict.fromkeys(needs) if path.endswith(SUFFIXES)),
            model=posixpath.normpath(posixpath.join(folder, outs[0])) if len(outs) == 1 else None,
        )


def _read_stage(stage: Mapping[str, object], values: Mapping[str, object]) -> str | None:
    """Give a stage's command with the values of params.yaml in it; None where one of them is not there."""
    given = stage.get("cmd")
    lines = given if isinstance(given, list) else [given]
    if not all(isinstance(line, str) for line in lines):
        return None
    text = re.sub(r"\$\{([\w.]+)\}", lambda found: _look_up(found[1], values) or found[0], " && ".join(map(str, lines)))
    return None if "${" in text else " ".join(text.split())


def _look_up(key: str, values: Mapping[str, object]) -> str | None:
    found: object = values
    for part in key.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return str(found) if isinstance(found, str | int | float) else None


def _list_before(name: str, stages: Mapping[str, Mapping[str, object]], files: Collection[str]) -> list[str]:
    """Name the stages that make what a stage needs and git does not have, in their order."""
    makes = {path: one for one, stage in stages.items() for path in _list_paths(stage.get("outs"))}
    found: list[str] = []
    seen = {name}

    def visit(one: str) -> None:
        for path in _list_paths(stages[one].get("deps")):
            maker = makes.get(path)
            if maker is not None and path not in files and maker not in seen:
                seen.add(maker)
                visit(maker)
                found.append(maker)

    visit(name)
    return list(dict.fromkeys(found))


def _find_entries(files: Collection[str], read: Read, sources: Mapping[str, Source]) -> Iterator[Command]:
    entries = _read_mapping("MLproject", files, read).get("entry_points")
    known = entries if isinstance(entries, dict) else {}
    for name in ("main", "train"):
        entry = known.get(name)
        text = _read_entry(entry) if isinstance(entry, dict) else None
        if text is not None:
            yield Command(text, f"MLproject: {name}", program=find_program(text, ".", files))


def _read_entry(entry: Mapping[str, object]) -> str | None:
    """Give an entry's command with the defaults of its parameters in it; None where one of them has none."""
    given = entry.get("parameters")
    values = given if isinstance(given, dict) else {}
    defaults = {name: one.get("default") if isinstance(one, dict) else None for name, one in values.items()}
    known = {name: str(one) for name, one in defaults.items() if one is not None}
    text = entry.get("command")
    if not isinstance(text, str):
        return None
    filled = re.sub(r"\{(\w+)\}", lambda found: known.get(found[1], found[0]), text)
    return None if "{" in filled else " ".join(filled.split())


def _find_targets(files: Collection[str], read: Read, sources: Mapping[str, Source]) -> Iterator[Command]:
    path = next((one for one in ("Makefile", "makefile", "GNUmakefile") if one in files), None)
    text = read(path) if path else ""
    for found in re.finditer(r"^([\w.-]*train[\w.-]*)\s*:(?![:=]).*\n((?:\t.*\n?)*)", text, re.MULTILINE):
        lines = [line.strip().lstrip("@-") for line in found[2].splitlines() if line.strip().lstrip("@-")]
        lines = [line for line in lines if not line.startswith(("echo ", "mkdir ", "#"))]
        plain = [line for line in lines if "$" not in line and not line.endswith("\\")]
        if not lines:
            continue
        folder, recipe = ".", " && ".join(lines)
        moved = CHANGES_FOLDER.match(recipe) if len(lines) == 1 else None
        if moved:
            folder, recipe = posixpath.normpath(moved[1]), moved[2]
        program = find_program(recipe, folder, files)
        whole = len(plain) == len(lines)
        yield Command(recipe if whole else f"make {found[1]}", f"{path}: {found[1]}", folder if whole else ".", program)


def _find_scripts(files: Collection[str], read: Read, sources: Mapping[str, Source]) -> Iterator[Command]:
    """Find console scripts; the module is called, so that nothing has to be installed."""
    for name, entry in _list_scripts(files, read):
        module, _, function = entry.partition(":")
        at = module.replace(".", "/")
        program = next((one for one in (f"{at}.py", f"src/{at}.py", f"{at}/__init__.py") if one in sources), None)
        if program and (TRAINS.search(name) or TRAINS.search(entry)) and function.isidentifier():
            text = f'python -c "from {module} import {function}; {function}()"'
            if program.startswith("src/"):
                text = f"PYTHONPATH=src {text}"
            yield Command(text, f"console script: {name}", program=program)


def _list_scripts(files: Collection[str], read: Read) -> Iterator[tuple[str, str]]:
    said = read_toml("pyproject.toml", files, read)
    for table in (_dig(said, "project", "scripts"), _dig(said, "tool", "poetry", "scripts")):
        yield from ((str(name), str(entry)) for name, entry in table.items())
    text = "\n".join(read(path) for path in ("setup.py", "setup.cfg") if path in files)
    yield from re.findall(r"^[\s'\"]*([\w.-]+)\s*=\s*([\w.]+:\w+)[\s'\",]*$", text, re.MULTILINE)


def read_toml(path: str, files: Collection[str], read: Read) -> Mapping[str, object]:
    """Read a file of the repository; nothing where it is not there, or no TOML."""
    try:
        return tomllib.loads(read(path)) if path in files else {}
    except tomllib.TOMLDecodeError:
        return {}


def _dig(said: Mapping[str, object], *keys: str) -> Mapping[str, object]:
    """Give the table below some keys; an empty one where something else stands there."""
    for key in keys:
        inner = said.get(key)
        said = inner if isinstance(inner, dict) else {}
    return said


def find_program(text: str, folder: str, files: Collection[str]) -> str | None:
    """Find the Python file that a command runs: the last of several, since it is the one that trains."""
    try:
        words = shlex.split(text)
    except ValueError:
        return None
    found = []
    for before, word in zip(["", *words], words, strict=False):
        named = f"{word.replace('.', '/')}.py" if before == "-m" else word
        for base in (folder, ".", "src"):
            path = posixpath.normpath(posixpath.join(base, named))
            if path.endswith(".py") and path in files:
                found.append(path)
                break
    return found[-1] if found else None


def _read_mapping(path: str, files: Collection[str], read: Read) -> Mapping[str, object]:
    return parse_mapping(read(path)) if path in files else {}


def parse_mapping(text: str) -> Mapping[str, object]:
    """Read YAML; nothing where it is none, or no mapping."""
    try:
        found = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):  # a date that is none is a ValueError
        return {}
    return found if isinstance(found, dict) else {}


def _list_paths(listed: object) -> list[str]:
    items = listed if isinstance(listed, list) else []
    return [str(next(iter(item))) if isinstance(item, dict) and item else str(item) for item in items]
