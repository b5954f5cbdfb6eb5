"""Count the data that a version was trained on, by class: today's files where they are the same, or git's."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ml_ci.errors import StageFailed, UserError
from ml_ci.evaluation.stream import class_counts
from ml_ci.reports.card_values import Classes
from ml_ci.repository.objects import Objects
from ml_ci.spec.values import FileEntry, ModelSpec
from ml_ci.steps.planning.sides import Fingerprints
from ml_ci.steps.values import Project
from ml_ci.tables.table import Table

_GIT = "git:"


def count_classes(project: Project, name: str, made: Mapping[str, Any], work: Path) -> Mapping[str, Classes]:
    """Count rows and positives of each entry of data that a version was made of; what cannot be had says why."""
    try:
        model = Fingerprints(project).at(name, str(made["commit"])).model
    except (StageFailed, UserError):
        return {}
    here = _here(project, name)
    found = {}
    for entry, said in model.data.items():
        content = str((made["details"].get(f"data.{entry}") or {}).get("content"))
        path = project.folder / said.path if here.get(entry) == content else _from_git(project, said, content, work)
        found[entry] = Classes(why="not on this machine") if path is None else _count(path, said, model)
    return found


def _here(project: Project, name: str) -> Mapping[str, str]:
    """Give the contents of today's entries."""
    if name not in project.spec.models:
        return {}
    try:
        details = Fingerprints(project).candidate(name).fingerprint.details
    except UserError:
        return {}
    data = {part.removeprefix("data."): said for part, said in details.items() if part.startswith("data.")}
    return {entry: str(said.get("content")) for entry, said in data.items()}


def _from_git(project: Project, entry: FileEntry, content: str, work: Path) -> Path | None:
    """Bring a file that changed since out of git's objects."""
    if not content.startswith(_GIT):
        return None
    try:
        text = Objects(project.folder).read(content.removeprefix(_GIT))
    except FileNotFoundError:
        return None
    path = work / content.removeprefix(_GIT)[:40] / Path(entry.path).name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text)
    return path


def _count(path: Path, entry: FileEntry, model: ModelSpec) -> Classes:
    if not path.is_file():
        return Classes(why="several files")
    try:
        table = Table.open(path, entry.columns, shown=entry.path)
    except UserError:
        return Classes(why="no table")
    if not table.has(model.label):
        return Classes(why=f"{table.rows:,}, without labels")
    try:
        negatives, positives = class_counts(table, model.label, model.positive)
    except UserError:
        return Classes(why=f"{table.rows:,}, with labels missing")
    return Classes(negatives, positives)
