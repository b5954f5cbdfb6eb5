"""What is put where in a working copy, and how a table there is exchanged for some of its rows."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import field
from itertools import takewhile
from pathlib import Path

from ml_ci.changes.globs import is_glob
from ml_ci.errors import UserError
from ml_ci.frozen import dataclass
from ml_ci.spec.values import Node
from ml_ci.training.delivery import Supply
from ml_ci.training.transfer import copy, is_inside, remove


@dataclass(frozen=True)
class Placement:
    """Say what to place and where.

    `model` is this side's, with the candidate's cut of the holdout; `supply` knows its tree and where data come from.
    `work` is a folder outside of the copy. `holdout` is the table that a predicting command gets as `{data.holdout}`,
    its label column blank (None: this side's own). `hidden` are further paths that a function's job must not find.
    `python` is the job's. `made` are the folders of what other jobs left, by job. `known`
    are the digests by which the fingerprint knows the entries behind URLs.
    """

    model: Node
    supply: Supply
    work: Path
    holdout: Path | None = None
    hidden: tuple[str, ...] = ()
    python: Path | None = None
    made: Mapping[str, Path] = field(default_factory=dict)
    known: Mapping[str, str] = field(default_factory=dict)


def name_flags(placement: Placement, name: str) -> Path:
    """Name the file that says of each row of an entry's whole table what became of it."""
    return placement.work / f"{name}.flags"


def put_rows(placement: Placement, name: str, rows: Path, at: Path) -> None:
    """Put rows in the place of the table that they come from, which a function's DataFrames are read from."""
    whole = name_whole(placement, name, at)
    if placement.model.job.entry and not whole.exists():
        whole.parent.mkdir(parents=True, exist_ok=True)
        if at.is_symlink():
            whole.symlink_to(at.resolve())
        else:
            shutil.move(at, whole)
    replace_file(rows, at, placement.supply.copy)
    rows.unlink()


def name_whole(placement: Placement, name: str, at: Path) -> Path:
    """Name the place outside of the copy that the whole table is kept at."""
    return placement.work / "whole" / name / at.name


def replace_file(source: Path, target: Path, folder: Path) -> None:
    """Put a file in the place of another in the copy; UserError where that leads outside, through a link."""
    if not is_inside(target, folder):
        raise UserError(f"{target.name} would be written outside of the working copy, through a link")
    remove(target)
    copy(source.resolve(), target)


def replace_table(source: Path, target: Path, folder: Path) -> None:
    """Put a table in the place of another in the copy: a file, or a folder of parts for a folder or for a glob."""
    if not source.is_dir():
        replace_file(source, target, folder)
        return
    below = target.relative_to(folder).parts
    at = folder.joinpath(*takewhile(lambda name: not is_glob(name), below))
    for part in sorted(source.rglob("*")):
        if part.is_file():
            replace_file(part, at / part.relative_to(source), folder)
