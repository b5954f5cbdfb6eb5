"""Look at a repository: its programs, data, settings, tools and workflows. Nothing of it is run."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

from ml_ci.errors import UserError
from ml_ci.repository import remote
from ml_ci.repository.base import default_branch
from ml_ci.repository.by_name import ignored
from ml_ci.repository.git import GitError
from ml_ci.repository.listing import KEPT, list_files
from ml_ci.repository.repository import Repository
from ml_ci.setup import data, recipes, scripts
from ml_ci.setup.commands import find_commands, read_toml
from ml_ci.setup.source import Source, parse
from ml_ci.setup.values import Found, Script
from ml_ci.setup.workflow_steps import find_steps

_LEFT_OUT = {"node_modules", "site-packages", "venv", ".venv", "env", "build", "dist", "mlruns", "__pycache__"}
_MOST_TEXT = 1_000_000
_PYTHON = re.compile(r"(\d\.\d+(?:\.\d+)?)")


def look(top: Path) -> Found:
    """Find what `ml-ci init` can know without asking; UserError when `top` is in no git repository."""
    repository = Repository.find(top)
    files = _files(repository)
    pulled = tuple(sorted(path.removesuffix(".dvc") for path in files if path.endswith(".dvc") and path != ".dvc"))
    known = files | set(pulled)
    sources = _parse_all(top, files)
    workflows = _read_workflows(repository)
    commands = (
        *find_commands(known, lambda path: _text(top, path), sources),
        *find_steps(workflows, repository.prefix, known, sources),
    )
    asked = {one.program: one.cwd for one in reversed(commands) if one.program is not None}  # the first one counts
    programs = scripts.find_scripts(sources, known, asked)
    tables = [path for path in known if path.endswith(data.SUFFIXES)]
    python, said = find_python(repository, top)
    return Found(
        name=_name(top, files),
        branch=_branch(repository),
        scripts=tuple(one for one in programs if one.runs or one.function or one.path in asked),
        notebooks=tuple(sorted(path for path in files if path.endswith(".ipynb"))),
        tables=data.read(top, tables),
        params=next(
            (path for path in ("params.yaml", "params.yml", "params.json", "params.toml") if path in files), None
        ),
        commands=commands,
        idle=tuple(one.path for one in programs if not (one.runs or one.function or one.path in asked)),
        servers=_find_servers(top, files, programs),
        pulled=pulled,
        tools=_tools(top, files),
        workflows=(*_find_judging(workflows, repository.prefix), *_find_elsewhere(repository)),
        tested=_find_tested(top, files),
        python=python,
        python_said=said,
        requirements=_find_requirements(top, files),
        origin=remote.url(repository),
        ci=_find_ci(repository),
        prefix=repository.prefix,
    )


def _find_ci(repository: Repository) -> frozenset[str]:
    """Find what CI systems read, at the root."""
    places = (".github/workflows", recipes.GITLAB_FILE, *recipes.GITEA_FOLDERS)
    return frozenset(place for place in places if (repository.top / place).exists())


def _find_requirements(top: Path, files: frozenset[str]) -> str | None:
    """Find the file by which the gate installs what training needs, as actions/gate/install.sh does."""
    for path in ("requirements.txt", "pyproject.toml", "setup.py"):
        if path in files and (path != "pyproject.toml" or re.search(r"^\[project\]", _text(top, path), re.MULTILINE)):
            return path
    return None


def find_hidden(top: Path, paths: Iterable[str]) -> frozenset[str]:
    """Give those paths, relative to the repository's root, that .gitignore keeps out of commits."""
    return ignored(Repository.find(top).top, paths)


def read_programs(top: Path) -> dict[str, str]:
    """Give the text of each Python file of the project."""
    files = _files(Repository.find(top))
    return {path: _text(top, path) for path in sorted(files) if path.endswith(".py")}


_GATES = re.compile(r"uses:\s*[\w.-]+/[\w.-]+/actions/gate@")
_FOLDER = re.compile(r"working-directory:\s*[\"']?([^\s\"'#]+)")


def _read_workflows(repository: Repository) -> dict[str, str]:
    """Give the text of each workflow of GitHub by its path from the root."""
    return dict(_read_files(repository, ".github/workflows"))


def _read_files(repository: Repository, *folders: str) -> Iterator[tuple[str, str]]:
    """Read the YAML files of folders of the root."""
    for name in folders:
        folder = repository.top / name
        for file in sorted(folder.glob("*.y*ml")) if folder.is_dir() else []:
            yield f"{name}/{file.name}", _text(folder, file.name)


def _find_judging(workflows: Mapping[str, str], prefix: str) -> tuple[str, ...]:
    """Find the workflows that judge pull requests of this very project, by their paths from the root."""
    here = prefix.rstrip("/") or "."
    return tuple(
        path
        for path, text in workflows.items()
        if _GATES.search(text)
        and "pull_request" in text
        and here in [posixpath.normpath(one) for one in _FOLDER.findall(text) or ["."]]
    )


_RUNS = re.compile(r"\bml-ci run\b")


def _find_elsewhere(repository: Repository) -> tuple[str, ...]:
    """Find the files of other CI systems that run ml-ci for this very project, by their paths from the root."""
    folder = repository.prefix.rstrip("/")
    texts = dict(_read_files(repository, ".gitlab", *recipes.GITEA_FOLDERS))
    if (repository.top / recipes.GITLAB_FILE).is_file():
        texts[recipes.GITLAB_FILE] = _text(repository.top, recipes.GITLAB_FILE)
    named = re.compile(rf"(?:\bcd |working-directory: \"?){re.escape(folder)}\b") if folder else None
    return tuple(path for path, text in texts.items() if _RUNS.search(text) and (named is None or named.search(text)))


def _find_tested(top: Path, files: frozenset[str]) -> frozenset[str]:
    """Name the models that a test of the project is marked with."""
    tests = [path for path in sorted(files) if re.search(r"(^|/)(test_[^/]*|[^/]*_test)\.py$", path)]
    return frozenset(name for path in tests for name in re.findall(r"ml_model\(\s*['\"]([^'\"]+)", _text(top, path)))


def _parse_all(top: Path, files: Iterable[str]) -> dict[str, Source]:
    read = (parse(path, _text(top, path)) for path in sorted(files) if path.endswith(".py"))
    return {one.path: one for one in read if one is not None}


_SETTINGS = re.compile(r"(?:tracking_uri|TRACKING_URI|mlflow_uri)\W{1,6}(https?://[^\s'\"#,]+)")


def _find_servers(top: Path, files: frozenset[str], programs: Iterable[Script]) -> tuple[str, ...]:
    """Find the addresses of MLflow servers in programs and in settings."""
    named = [uri for one in programs for uri in one.tracked if uri.startswith("http")]
    settings = sorted(
        path for path in files if path.endswith((".yaml", ".yml", ".toml", ".ini", ".cfg", ".env", ".json"))
    )
    text = "\n".join(_text(top, path) for path in settings[:200] if path.count("/") < 3)
    return tuple(dict.fromkeys([*named, *_SETTINGS.findall(text)]))


def _files(repository: Repository) -> frozenset[str]:
    """List what git tracks, and what it would: nothing that is ignored, and no environment."""
    kept = list_files(repository.project, KEPT)
    return frozenset(path for path in kept if not _LEFT_OUT & set(PurePosixPath(path).parts))


def _text(top: Path, path: str) -> str:
    file = top / path
    if not file.is_file() or file.is_symlink() or file.stat().st_size > _MOST_TEXT:
        return ""
    return file.read_text(encoding="utf-8", errors="replace")


def _name(top: Path, files: frozenset[str]) -> str:
    """Name the model by the project's own name; by the folder where the project has none: a clone may be called so."""
    project = read_toml("pyproject.toml", files, lambda path: _text(top, path)).get("project")
    own = str(project.get("name", "")) if isinstance(project, dict) else ""
    name = re.sub(r"[^a-z0-9_-]+", "-", (own or top.resolve().name).lower()).strip("-_")
    return name if re.match(r"[a-z]", name) else "model"


def _branch(repository: Repository) -> str | None:
    try:
        return default_branch(repository).name
    except (UserError, GitError):
        return None


def _tools(top: Path, files: frozenset[str]) -> tuple[str, ...]:
    marks = {"dvc": ("dvc.yaml", ".dvc/config"), "mlflow": ("MLproject",), "cml": ()}
    found = [tool for tool, paths in marks.items() if any(path in files for path in paths)]
    text = "".join(_text(top, path) for path in files if path in ("requirements.txt", "pyproject.toml"))
    return tuple(dict.fromkeys([*found, *(tool for tool in ("dvc", "mlflow") if re.search(rf"\b{tool}\b", text))]))


def find_python(repository: Repository, top: Path) -> tuple[str | None, str | None]:
    """Find the Python that the repository asks for, and the file that says so: one of its own, or its workflows."""
    for path in (".python-version", "runtime.txt"):
        found = _PYTHON.search(_text(top, path)) if (top / path).is_file() else None
        if found:
            return found[1], path
    folder = repository.top / ".github" / "workflows"
    for file in sorted(folder.glob("*.y*ml")) if folder.is_dir() else ():
        text = _text(folder, file.name)
        found = re.search(r"python-version:\s*\[?['\"]?(\d\.\d+(?:\.\d+)?)['\"]?\]?\s*$", text, re.MULTILINE)
        if found:
            return found[1], f".github/workflows/{file.name}"
    if (top / "environment.yml").is_file():
        found = re.search(r"^\s*-\s*python\s*==?\s*(\d\.\d+)", _text(top, "environment.yml"), re.MULTILINE)
        return (found[1], "environment.yml") if found else (None, None)
    return None, None
