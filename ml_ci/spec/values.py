"""The values that `ml-ci.yaml` becomes: frozen, checked, free of YAML and pydantic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from functools import cached_property
from typing import Literal, TypeAlias

from ml_ci.frozen import dataclass
from ml_ci.spec.behaviours import Behaviour as Behaviour
from ml_ci.spec.behaviours import Counterexamples
from ml_ci.spec.card import AuditSpec as AuditSpec
from ml_ci.spec.card import Card as Card
from ml_ci.spec.entries import DataEntry as DataEntry
from ml_ci.spec.entries import FileEntry as FileEntry
from ml_ci.spec.entries import PartEntry as PartEntry
from ml_ci.spec.entries import Scalar as Scalar
from ml_ci.spec.evidence import ClusterSpec
from ml_ci.spec.gate import GateSpec as GateSpec
from ml_ci.spec.jobs import OUT as OUT
from ml_ci.spec.jobs import CommandJob as CommandJob
from ml_ci.spec.jobs import FunctionJob as FunctionJob
from ml_ci.spec.jobs import Job as Job
from ml_ci.spec.jobs import MakingCommand as MakingCommand
from ml_ci.spec.jobs import MakingFunction as MakingFunction
from ml_ci.spec.jobs import name_output as name_output
from ml_ci.spec.live import LiveFeatures as LiveFeatures
from ml_ci.spec.live import LiveSource as LiveSource
from ml_ci.spec.live import LiveSpec as LiveSpec
from ml_ci.spec.live import OnAlarm as OnAlarm
from ml_ci.spec.live import Ramp as Ramp
from ml_ci.spec.live import Traffic as Traffic
from ml_ci.spec.resources import Resources as Resources
from ml_ci.spec.stage_job import StageJob as StageJob

Method: TypeAlias = Literal["score", "exact", "anytime"]


@dataclass(frozen=True)
class Positive:
    """Say which labels are the positive class: `values`, or a comparison (operator, number) of numeric labels.

    A whole number is an int, so that it keeps all of its digits.
    """

    values: tuple[Scalar, ...] = ()
    comparison: tuple[str, int | float] | None = None


@dataclass(frozen=True)
class Threshold:
    """Turn scores into decisions: score >= `value`; or, chosen on `data.validation`, the `metric` held at `at`."""

    value: float | None = 0.5
    metric: str | None = None
    at: float | None = None


@dataclass(frozen=True)
class SliceSpec:
    """Slice the holdout by the values of `columns` (one or two); `edges` cut a single numeric column into bins."""

    columns: tuple[str, ...]
    edges: tuple[float, ...] | None = None

    @property
    def name(self) -> str:
        return ",".join(self.columns)


@dataclass(frozen=True)
class Budget:
    """Limit a training job: `seconds` of wall time, `memory` in bytes of its process tree, `rows` of each entry."""

    seconds: float = 3600.0
    memory: int | None = None
    rows: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Cost:
    """Price one false positive and one false negative in `currency`."""

    fp: float
    fn: float
    currency: str = ""


@dataclass(frozen=True)
class Price:
    """Price scoring one row once, in `currency`."""

    per_row: float
    currency: str = ""


@dataclass(frozen=True)
class Reuse:
    """Plan how often a holdout may be looked at, and how many promotions it may grant."""

    looks: int = 32
    promotions: int = 3


@dataclass(frozen=True)
class Load:
    """Say what loading a model's file takes: the `factory` of a module for weights, and types that are `trusted`."""

    factory: str | None = None
    trusted: tuple[str, ...] = ()


@dataclass(frozen=True)
class Scoring:
    """How rows are scored: by the function `entry`, `module:function`, or by a command."""

    entry: str | None
    command: str | tuple[str, ...] | None = None


@dataclass(frozen=True)
class Stage:
    """A step of a model's way into use, an alias of the registry; `gates` hold for it beside the model's own.

    `approval` says that a person approves each model that comes into it. With `traffic` its model answers live rows
    beside the champion, all of them (`shadow`) or a share, by which its gates are judged: at the earliest `after`
    seconds, and no longer than `until` seconds, from its coming into the stage. `ramp` has the shares of several steps,
    of which `traffic` is the first.
    """

    name: str
    gates: tuple[GateSpec, ...] = ()
    approval: bool = False
    traffic: Traffic | None = None
    after: float = 0.0
    until: float | None = None
    ramp: Ramp | None = None


@dataclass(frozen=True)
class Node:
    """One entry of `ml-ci.yaml` that a job makes, as whatever plans, fingerprints and runs jobs asks it.

    `data` holds every entry but a holdout. `params` is (file, key path) or an inline mapping, or None.
    `needs` names the nodes that are made before it. `code` are extra globs of the code part, `ignore` globs of files
    that count for nothing where a job is seen to read them. `resources` say what its machine has to have.
    `python` is the job's interpreter (None: ml-ci's own); `cwd` and every path are relative to the project folder.
    `env` names variables that its jobs get as they are, `env_values` are set by the file. `fetch_env` names those of
    the command `fetch` (None: the families of the storages of data).
    """

    name: str
    job: Job
    data: Mapping[str, FileEntry]
    params_file: tuple[str, str] | None = field(default=None, kw_only=True)
    params: Mapping[str, object] | None = field(default=None, kw_only=True)
    seed: int = field(default=0, kw_only=True)
    budget: Budget = field(default=Budget(), kw_only=True)
    resources: Resources | None = field(default=None, kw_only=True)
    code: tuple[str, ...] = field(default=(), kw_only=True)
    ignore: tuple[str, ...] = field(default=(), kw_only=True)
    needs: tuple[str, ...] = field(default=(), kw_only=True)
    cwd: str = field(default=".", kw_only=True)
    python: str | None = field(default=None, kw_only=True)
    fetch: str | None = field(default=None, kw_only=True)
    env: tuple[str, ...] = field(default=(), kw_only=True)
    env_values: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    fetch_env: tuple[str, ...] | None = field(default=None, kw_only=True)
    line: int | None = field(default=None, kw_only=True)

    @property
    def upstream(self) -> tuple[str, ...]:
        """What is made before it, by name: what it needs, and the jobs that leave its data."""
        entries = (*self.data.values(), self.kept_back)
        jobs = (entry.job for entry in entries if isinstance(entry, FileEntry) and entry.job is not None)
        return tuple(dict.fromkeys((*self.needs, *jobs)))

    @property
    def kept_back(self) -> DataEntry | None:
        """The rows that its job must not see; None where there are none."""
        return None

    @property
    def blank(self) -> str:
        """The column that is blank in what a command predicts; "" where nothing is predicted."""
        return ""

    @property
    def row_id(self) -> str | None:
        """The column that says which row is which; None where none is named."""
        return None


@dataclass(frozen=True)
class ModelSpec(Node):
    """One entry under `models:`, with every default filled in.

    `min_rows` leaves smaller slices out of a gate (None: `each` judges every slice, the others ask for 30 rows).
    `metrics` maps a name to `module:function(y_true, score)`. Rows are scored by the function `predict`, by the command
    `predict_command`, or by the model's own methods.
    `stages` lead to `champion`, the last one, in this order; `approval` says that a person approves each champion.
    `cluster` is as written, `weight` the column with the rows of the population that a row of the holdout stands for.
    `behaviours` are metrics by name; `counterexamples` says how much of a broken row is told.
    The holdout is scored `repeats` times; `price` is what scoring a row once costs. `live` trains nothing.
    """

    holdout: DataEntry
    label: str
    positive: Positive
    predict: str | None = None
    predict_command: str | tuple[str, ...] | None = None
    load: Load = Load()
    id: str | None = None
    slices: tuple[SliceSpec, ...] = ()
    min_rows: int | None = None
    baseline: str = "merge-base"
    seeds: int = 1
    repeats: int = 1
    threshold: Threshold = Threshold()
    confidence: float | None = None
    method: Method = "score"
    gates: tuple[GateSpec, ...] = ()
    metrics: Mapping[str, str] = field(default_factory=dict)
    cost: Cost | None = None
    price: Price | None = None
    reuse: Reuse | None = None
    card: Card = field(default_factory=Card)
    stages: tuple[Stage, ...] = ()
    approval: bool = False
    cluster: ClusterSpec | None = None
    weight: str | None = None
    behaviours: Mapping[str, Behaviour] = field(default_factory=dict)
    counterexamples: Counterexamples = "shrunk"
    live: LiveSpec | None = None

    @property
    def scoring_text(self) -> str:
        """The command that scores rows as one line, to be read; "" for none."""
        command = self.predict_command or ""
        return command if isinstance(command, str) else " ".join(command)

    @property
    def clustering(self) -> ClusterSpec | None:
        """Which rows belong together: what `cluster:` says, else what a holdout is cut `by:`; None: neither does."""
        if self.cluster is None and isinstance(self.holdout, PartEntry) and self.holdout.by is not None:
            return ClusterSpec((self.holdout.by,))
        return self.cluster

    @property
    def asks_proof(self) -> bool:
        """Whether a gate may ask for proof: the model's confidence, or one of its own."""
        return self.confidence is not None or any(gate.condition.confidence is not None for gate in self.gates)

    @property
    def kept_back(self) -> DataEntry:
        return self.holdout

    @property
    def blank(self) -> str:
        return self.label

    @property
    def row_id(self) -> str | None:
        return self.id


@dataclass(frozen=True)
class JobSpec(Node):
    """One entry under `jobs:`: a step that is no model. Its `job` says what it leaves, if anything.

    `after_promotion`: no run does it; it is done once the model that it follows is champion.
    """

    after_promotion: bool = field(default=False, kw_only=True)


@dataclass(frozen=True)
class Spec:
    """A whole `ml-ci.yaml`: models and jobs by name, in the file's order, and the URLs of remote store and registry."""

    models: Mapping[str, ModelSpec]
    store: str | None = None
    path: str = "ml-ci.yaml"
    registry: str | None = None
    jobs: Mapping[str, JobSpec] = field(default_factory=dict)

    @cached_property
    def nodes(self) -> Mapping[str, Node]:
        """Everything that a job makes, by name: no model and job have one in common."""
        return {**self.models, **self.jobs}

    @cached_property
    def checks(self) -> tuple[str, ...]:
        """The jobs whose results nothing that is judged builds on: that they end well is what they are for.

        So are those that a deployment takes: what they leave has to be there when the model is promoted.
        """
        used = {name for node in self.nodes.values() if node.name not in self.deployments for name in node.upstream}
        return tuple(
            name for name in self.jobs if name not in self.deployments and (name not in used or name in self._deployed)
        )

    @cached_property
    def deployments(self) -> tuple[str, ...]:
        """The jobs that are done after a promotion, and by no run."""
        return tuple(name for name, job in self.jobs.items() if job.after_promotion)

    @cached_property
    def _deployed(self) -> frozenset[str]:
        """What deployments take, by name."""
        return frozenset(name for job in self.deployments for name in self.jobs[job].upstream)

    def find_checks_of(self, name: str) -> tuple[str, ...]:
        """Give the checks that build on a model or job, at whatever distance."""
        return tuple(check for check in self.checks if name in self.find_upstream(check))

    def find_upstream(self, name: str) -> frozenset[str]:
        """Give all that a model or job builds on, at whatever distance."""
        above = frozenset(self.nodes[name].upstream)
        return above.union(*(self.find_upstream(one) for one in above))
