"""What was found in a repository, what a person answered, and what follows from both."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

FILL_IN = "fill in"


@dataclass(frozen=True)
class Script:
    """A program that trains: `path`, and what its text says.

    `function` is (name, its parameter for the table) when it has a function of the job's contract. `reads` and `writes`
    are the paths of its data and of what it leaves, relative to the repository; `absent` are tables that it asks for
    and git does not have; `cwd` is where it has to be started. `named` are the columns that it takes as the target.
    `score` orders several.
    """

    path: str
    score: int
    cwd: str = "."
    function: tuple[str, str] | None = None
    reads: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    named: tuple[str, ...] = ()


@dataclass(frozen=True)
class DataFile:
    """A table: its columns, or None where the first line is data; the values of those with few, most frequent first."""

    path: str
    columns: tuple[str, ...]
    header: bool
    rows: int
    values: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Found:
    """What is in a repository. `stage` is (command, data, model) of a DVC stage or an MLflow project that trains."""

    name: str
    branch: str | None
    scripts: tuple[Script, ...] = ()
    notebooks: tuple[str, ...] = ()
    tables: tuple[DataFile, ...] = ()
    params: str | None = None
    stage: tuple[str, tuple[str, ...], str | None] | None = None
    pulled: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    workflows: tuple[str, ...] = ()
    python: str | None = None
    requirements: str | None = None
    origin: str | None = None


@dataclass(frozen=True)
class Answers:
    """What a person said; None where nothing was said."""

    name: str | None = None
    train: str | None = None
    run: str | None = None
    cwd: str | None = None
    data: tuple[tuple[str, str], ...] = ()
    holdout: str | None = None
    label: str | None = None
    positive: str | None = None
    predictions: str | None = None
    model: str | None = None
    predict: str | None = None
    python: str | None = None
    params: str | None = None


Comment: TypeAlias = str


@dataclass(frozen=True)
class Choice:
    """What ml-ci.yaml will say: values by key, why by key, and the keys that are left to fill in, with how."""

    name: str
    keys: dict[str, object]
    why: dict[str, Comment] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
