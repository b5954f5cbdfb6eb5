"""What the steps of a run hand to one another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Literal, TypeAlias

from ml_ci.changes.sources import Shelf
from ml_ci.changes.values import Fingerprint
from ml_ci.changes.whole import Whole
from ml_ci.errors import Failure
from ml_ci.frozen import dataclass
from ml_ci.records.store import Store
from ml_ci.repository.repository import Repository
from ml_ci.repository.trees import CommitTree, WorkingTree
from ml_ci.spec.values import DataEntry, ModelSpec, Node, Spec
from ml_ci.steps.journal import Journal
from ml_ci.steps.progress import Progress, Silent
from ml_ci.steps.slots import Slots
from ml_ci.training.copies import Copies

if TYPE_CHECKING:
    from ml_ci.registry.values import Version

SideName: TypeAlias = Literal["candidate", "baseline", "mixture"]


@dataclass(frozen=True)
class Options:
    """What a front end asks for.

    `start` is where `ml-ci.yaml` is looked for. `models` empty means every model. `baseline` overrides the models' own.
    `target` is the branch that a pull request goes to, where it is known. `environment` is handed to jobs.
    `store` is the URL of the shared store, over that of the file; it is written to only with `push`. `jobs` says how
    many jobs run at once; None leaves it to the executor, which is one on this machine. `python` is the jobs'
    interpreter where the file names none. `gates_from` is the ref whose gates judge, None for the file's own. `stage`
    adds the gates that a model has for this stage. `retry` tries trainings again that failed before from the same
    inputs.
    """

    start: Path
    config: str | None = None
    models: tuple[str, ...] = ()
    baseline: str | None = None
    target: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    store: str | None = None
    push: bool = False
    jobs: int | None = None
    python: str | None = None
    gates_from: str | None = None
    stage: str | None = None
    retry: bool = False
    progress: Progress = field(default_factory=Silent)


@dataclass(frozen=True)
class Judging:
    """The configuration that judges, and what a reviewer has to know of it: of the run, and of each model.

    `ref` is where the gates come from, None where the change is judged by its own; `commit` is what it was. `lost`
    names the models that `ref` declares and the change does not: each is an error, or renaming a model would be the way
    around its gates. `lost_jobs` are the checks of `ref` that the change has not.
    """

    spec: Spec
    ref: str | None = None
    of_run: tuple[str, ...] = ()
    of_model: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    commit: str | None = None
    lost: tuple[str, ...] = ()
    lost_jobs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Project:
    """A project that was opened: what is asked of it, and where everything is.

    `copies` are the working copies of this run. `failed` remembers, by training key, what made a training of this run
    impossible: it is not tried twice. `spec` is held to `judging.ref` already. `journal` takes what is done for the
    model that is worked on. `wholes` are the trees that reads were looked for in, by commit, `shelf` has their sources.
    `slots` say how much is done at once in the whole run; what is done ends when one of `stops` is set.
    """

    spec: Spec
    repository: Repository
    tree: WorkingTree
    head: str | None
    dirty: bool
    store: Store
    options: Options
    judging: Judging
    copies: Copies
    failed: dict[str, Failure] = field(default_factory=dict)
    journal: Journal = field(default_factory=Journal)
    wholes: dict[str | None, Whole] = field(default_factory=dict, repr=False)
    shelf: Shelf = field(default_factory=Shelf, repr=False)
    slots: Slots = field(default_factory=Slots, repr=False)
    stops: tuple[Event, ...] = field(default=(), repr=False)

    @property
    def folder(self) -> Path:
        """The folder of `ml-ci.yaml`."""
        return self.repository.project


@dataclass(frozen=True)
class Made:
    """An entry of ml-ci.yaml as one side of the comparison would make it; `needs` holds that side of what it builds on.

    `own` is the fingerprint of its own commit, where the one that its results are kept by differs: see `foretold`.
    `champion` is the registered version whose model this side is: it is fetched, never trained.
    """

    name: SideName
    model: Node
    tree: WorkingTree | CommitTree
    fingerprint: Fingerprint
    needs: Mapping[str, Made] = field(default_factory=dict)
    own: Fingerprint | None = None
    champion: Version | None = None

    @property
    def declared(self) -> Fingerprint:
        """What its own commit says: differences are told from it."""
        return self.own or self.fingerprint

    @property
    def commit(self) -> str | None:
        """The commit whose tree this is; None for the working tree."""
        return self.tree.commit


@dataclass(frozen=True)
class Side(Made):
    """A model as one side of the comparison. `cut` is the holdout as its own commit says it, where the candidate's took
    its place. `repetition` counts from 0 how often its holdout was scored before.
    """

    model: ModelSpec
    cut: DataEntry | None = None
    repetition: int = 0


@dataclass(frozen=True)
class Broken:
    """The base's side that does not train by its own fault, with the failure that says so."""

    side: Side
    failure: Failure

    @property
    def named(self) -> str:
        """Name it by its commit: `3f2c1ab`."""
        return str(self.side.commit)[:7]


@dataclass(frozen=True)
class Sides:
    """Candidate and baseline of one model.

    `base` is the model as the base's commit declares it, where a change is held to that commit's yardstick too.
    `source` says how the baseline was found, `no_baseline` why there is none (a new model, no commit yet, none asked).
    `broken` is the base that does not train, and that was passed over: `baseline` is then an ancestor of it, or None.
    """

    candidate: Side
    baseline: Side | None
    base_commit: str | None
    source: str
    no_baseline: str | None = None
    broken: Broken | None = None
    base: ModelSpec | None = None
