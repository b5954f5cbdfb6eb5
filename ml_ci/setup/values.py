"""What was found in a repository, what a person answered, and what follows from both."""

from __future__ import annotations

from dataclasses import field
from typing import TypeAlias

from ml_ci.frozen import dataclass

FILL_IN = "fill in"


@dataclass(frozen=True)
class Script:
    """A program that trains: `path`, and what its text and that of the modules that it imports says.

    `runs` says that starting it does something; `module` is its name where it has to be started by `python -m`.
    `function` is (name, its parameter for the table) when it has a function of the job's contract. `reads` and `writes`
    are the paths of its data and of what it leaves, relative to the repository; `absent` are tables that it asks for
    and git does not have, `fetched` the addresses of those that it fetches; `cwd` is where it has to be started.
    `named` are the columns that it takes as the target. `scores` are tables that it leaves and that are called
    predictions. `earlier` are models that git has, where the program leaves one at a path that its text does not say.
    `score` orders several.
    """

    path: str
    score: int
    runs: bool = True
    module: str | None = None
    cwd: str = "."
    function: tuple[str, str] | None = None
    reads: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    fetched: tuple[str, ...] = ()
    earlier: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    scores: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    regressor: bool = False
    logs: bool = False
    tracked: tuple[str, ...] = ()


@dataclass(frozen=True)
class Command:
    """A command that the repository itself has for training, `source` says where: a stage, a target, a script.

    `cwd` is where it is started, `program` the file of the repository that it runs; `needs` are its tables and `model`
    is what it leaves, where the source says so.
    """

    text: str
    source: str
    cwd: str = "."
    program: str | None = None
    needs: tuple[str, ...] = ()
    model: str | None = None


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
    """What is in a repository, below the folder that init is started in; `prefix` leads there from its root.

    `workflows` are those of the root that judge this project; `tested` are the models that its tests name;
    `idle` are programs that train when another one asks them to, and do nothing when they are started. `ci` are the
    root's files and folders that CI systems read.
    """

    name: str
    branch: str | None
    scripts: tuple[Script, ...] = ()
    notebooks: tuple[str, ...] = ()
    tables: tuple[DataFile, ...] = ()
    params: str | None = None
    commands: tuple[Command, ...] = ()
    idle: tuple[str, ...] = ()
    servers: tuple[str, ...] = ()
    prefix: str = ""
    tested: frozenset[str] = frozenset()
    pulled: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    workflows: tuple[str, ...] = ()
    python: str | None = None
    python_said: str | None = None
    requirements: str | None = None
    origin: str | None = None
    ci: frozenset[str] = frozenset()


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


@dataclass
class Choice:
    """What ml-ci.yaml will say: values by key, why by key, and the keys that are left to fill in, with how.

    `judged` is the table that the holdout is, or is cut out of. `notes` say why, by behaviour; `suggested` are lines of
    behaviours that only a person can vouch for: they are written as comments.
    """

    name: str
    keys: dict[str, object]
    why: dict[str, Comment] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    judged: DataFile | None = None
    notes: dict[str, Comment] = field(default_factory=dict)
    suggested: tuple[str, ...] = ()
