"""Look at a repository: its programs, data, settings, tools and workflows. Nothing of it is run."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

import yaml

from ml_ci.errors import UserError
from ml_ci.repository import remote
from ml_ci.repository.base import default_branch
from ml_ci.repository.git import GitError
from ml_ci.repository.listing import KEPT, list_files
from ml_ci.repository.repository import Repository
from ml_ci.setup import data, scripts
from ml_ci.setup.values import Found

_LEFT_OUT = {"node_modules", "site-packages", "venv", ".venv", "env", "build", "dist", "mlruns", "__pycache__"}
_MOST_TEXT = 1_000_000
_PYTHON = re.compile(r"(\d\.\d+(?:\.\d+)?)")


def look(top: Path) -> Found:
    """Find what `ml-ci init` can know without asking; UserError when `top` is in no git repository."""
    repository = Repository.find(top)
    files = _files(repository)
    pulled = tuple(sorted(path.removesuffix(".dvc") for path in files if path.endswith(".dvc") and path != ".dvc"))
    known = files | set(pulled)
    programs = [
        one for path in files if path.endswith(".py") for one in [scripts.read(path, _text(top, path), known)] if one
    ]
    tables = [path for path in known if path.endswith(data.SUFFIXES)]
    return Found(
        name=_name(top),
        branch=_branch(repository),
        scripts=tuple(sorted(programs, key=lambda one: (-one.score, one.path))),
        notebooks=tuple(sorted(path for path in files if path.endswith(".ipynb"))),
        tables=data.read(top, tables),
        params=next(
            (path for path in ("params.yaml", "params.yml", "params.json", "params.toml") if path in files), None
        ),
        stage=_stage(top, files),
        pulled=pulled,
        tools=_tools(top, files),
        workflows=tuple(sorted(path for path in files if re.fullmatch(r"\.github/workflows/[^/]+\.ya?ml", path))),
        python=_python(top, files),
        requirements=next((path for path in ("requirements.txt", "pyproject.toml", "setup.py") if path in files), None),
        origin=remote.url(repository),
    )


def _files(repository: Repository) -> frozenset[str]:
    """List what git tracks, and what it would: nothing that is ignored, and no environment."""
    kept = list_files(repository.project, KEPT)
    return frozenset(path for path in kept if not _LEFT_OUT & set(PurePosixPath(path).parts))


def _text(top: Path, path: str) -> str:
    file = top / path
    if not file.is_file() or file.is_symlink() or file.stat().st_size > _MOST_TEXT:
        return ""
    return file.read_text(encoding="utf-8", errors="replace")


def _name(top: Path) -> str:
    name = re.sub(r"[^a-z0-9_-]+", "-", top.resolve().name.lower()).strip("-_")
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


def _stage(top: Path, files: frozenset[str]) -> tuple[str, tuple[str, ...], str | None] | None:
    """Find the step that trains in dvc.yaml or MLproject: its command, the tables it needs, the model it leaves."""
    stages = _mapping(top, "dvc.yaml", files).get("stages")
    for name, stage in stages.items() if isinstance(stages, dict) else ():
        if "train" in str(name) and isinstance(stage, dict) and isinstance(stage.get("cmd"), str):
            needs = tuple(path for path in _paths(stage.get("deps")) if path.endswith(data.SUFFIXES))
            outs = [path for path in _paths(stage.get("outs")) if not path.endswith(data.SUFFIXES)]
            return stage["cmd"], needs, outs[0] if len(outs) == 1 else None
    entries = _mapping(top, "MLproject", files).get("entry_points")
    main = entries.get("main") if isinstance(entries, dict) else None
    command = main.get("command") if isinstance(main, dict) else None
    return (command, (), None) if isinstance(command, str) and "{" not in command else None


def _mapping(top: Path, path: str, files: frozenset[str]) -> dict[str, object]:
    try:
        read = yaml.safe_load(_text(top, path)) if path in files else None
    except yaml.YAMLError:
        return {}
    return read if isinstance(read, dict) else {}


def _paths(listed: object) -> list[str]:
    items = listed if isinstance(listed, list) else []
    return [str(next(iter(item))) if isinstance(item, dict) and item else str(item) for item in items]


def _python(top: Path, files: frozenset[str]) -> str | None:
    """Find the Python that the repository asks for: .python-version, runtime.txt, or its own workflows."""
    for path in (".python-version", "runtime.txt"):
        found = _PYTHON.search(_text(top, path)) if path in files else None
        if found:
            return found[1]
    for path in sorted(file for file in files if file.startswith(".github/workflows/")):
        found = re.search(r"python-version:\s*['\"]?(\d\.\d+(?:\.\d+)?)['\"]?\s*$", _text(top, path), re.MULTILINE)
        if found:
            return found[1]
    return None
