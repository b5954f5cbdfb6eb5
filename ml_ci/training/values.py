"""What goes into a training job and what comes out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Literal, TypeAlias

from ml_ci.changes.reads import Reads
from ml_ci.errors import Failure, StageFailed
from ml_ci.frozen import dataclass
from ml_ci.spec.values import Budget, Job, Load, Positive, Resources
from ml_ci.training.distant import Distant
from ml_ci.training.ran import Ran
from ml_ci.training.stamps import Stamp
from ml_ci.variables.given import Env

Kind: TypeAlias = Literal["probability", "margin", "number", "label", "outcome"]

# A job that nobody watched counts as one that reads everything.
UNSEEN = Reads(complete=False)


class JobFailed(StageFailed):
    """Stop the stages of one model since a job failed; `reads` are what it was seen to read until then.

    `lacks` says that it wanted a variable which is no part of its inputs.
    """

    def __init__(self, failure: Failure, reads: Reads = UNSEEN, *, lacks: bool = False) -> None:
        super().__init__(failure)
        self.reads = reads
        self.lacks = lacks


@dataclass(frozen=True)
class Whole:
    """The table that rows were taken from: a DataFrame of them is read from it, so that it is typed as the whole is.

    `flags` is a file with a byte per row, `wanted` in those that are given (None: all). `columns` names those of a
    text without a header line, `without` one that is left out.
    """

    path: str
    flags: str | None = None
    wanted: int = 0
    columns: tuple[str, ...] | None = None
    without: str | None = None


@dataclass(frozen=True)
class Written:
    """How a text table is written: `separator` is one character, or None for a comma; `packed` says gzip.

    Where it is not `spaced`, no value has white space in it.
    """

    separator: str | None = None
    encoding: str = "utf-8"
    packed: bool = False
    spaced: bool = True


@dataclass(frozen=True)
class Input:
    """One data entry as the job finds it: an absolute path (file, folder or glob) in its copy, or a URL.

    `columns` names the columns of a text table without a header line. `written` is None where the reader has to find
    out itself, `whole` where the file is the whole table. `padded` has a DataFrame keep white space around values.
    """

    path: str
    columns: tuple[str, ...] | None = None
    written: Written | None = None
    whole: Whole | None = None
    padded: bool = False


@dataclass(frozen=True)
class Linked:
    """A file too large to copy, that the copy links to: it has to be the same after the job."""

    name: str
    original: Path
    size: int
    modified: int


@dataclass(frozen=True)
class Inputs:
    """The declared data in a working copy, by entry name; `holdout` only for a command that predicts by itself.

    `distant` are those that the job reads by URL: they have to be the same after the job.
    """

    data: Mapping[str, Input] = field(default_factory=dict)
    linked: tuple[Linked, ...] = ()
    distant: tuple[Distant, ...] = ()


@dataclass(frozen=True)
class Checkout:
    """The top of the working `copy` that a job runs in, and the `tops` of the user's checkouts of the repository."""

    tops: tuple[Path, ...]
    copy: Path


@dataclass(frozen=True)
class Ground:
    """Say what a job finds: what is `standing` below the `top` of its copy, by path, and where it is not to look.

    That is the user's own `checkout`, but for the data that were `declared`: absolute paths of files and folders that
    the copy links to, or that the job is told by path.
    """

    top: Path
    checkout: Path
    standing: dict[str, Stamp] = field(repr=False)
    declared: tuple[str, ...] = ()


@dataclass(frozen=True)
class Interpreter:
    """A Python that a job runs under: its path, and its version as (major, minor, micro)."""

    path: Path
    version: tuple[int, int, int]


@dataclass(frozen=True)
class TrainRequest:
    """Ask for one model, or for what a job leaves.

    `folder` is the project folder of a working copy; `work` a folder of its own for log and results. `needs` maps the
    name of what this one builds on to where it is: a model's artifact, or the folder of a job's files. `environment`
    is ml-ci's, of which the job gets what is harmless and what `env` says. `resources` are asked of its machine.
    """

    model: str
    job: Job
    folder: Path
    work: Path
    inputs: Inputs
    interpreter: Interpreter
    environment: Mapping[str, str] = field(repr=False)
    params: Mapping[str, object] = field(default_factory=dict)
    seed: int = 0
    cwd: str = "."
    budget: Budget = field(default_factory=Budget)
    checkout: Checkout | None = None
    ground: Ground | None = None
    env: Env = field(default_factory=Env)
    needs: Mapping[str, Path] = field(default_factory=dict)
    resources: Resources | None = None


@dataclass(frozen=True)
class TrainedModel:
    """What a training left: its artifact, or its predictions, or both; all inside the request's `work`.

    `outputs` is the folder of the files that a job left which is no training. `seconds` is wall time, `megabytes` (10^6
    bytes) the peak of the whole process tree. `ran` says what it ran on, and what it warned of; None
    where it was done elsewhere.
    """

    artifact: Path | None
    predictions: Path | None
    log: Path
    seconds: float
    megabytes: float
    reads: Reads = UNSEEN
    outputs: Path | None = None
    ran: Ran | None = None


@dataclass(frozen=True)
class PredictRequest:
    """Ask a stored model for its scores of `rows`, a table without the label column, `count` rows long.

    `entry` is the model's `predict:`, `module:function`; None takes predict_proba, decision_function or predict of what
    its file holds, loaded as `load` says. `labels` are the distinct labels of the holdout, by which the classes of the
    answer are known.
    With a `command` it scores the rows instead, and nothing of Python's is loaded. `begins` is what trained it,
    `module:function` or a command: what that imports first may be imported already.
    """

    model: str
    artifact: Path
    folder: Path
    work: Path
    rows: Input
    positive: Positive
    interpreter: Interpreter
    environment: Mapping[str, str] = field(repr=False)
    entry: str | None = None
    command: str | tuple[str, ...] | None = None
    begins: str = ""
    load: Load = field(default_factory=Load)
    labels: tuple[str, ...] = ()
    count: int | None = None
    seed: int = 0
    cwd: str = "."
    budget: Budget = field(default_factory=Budget)
    checkout: Checkout | None = None
    ground: Ground | None = None
    env: Env = field(default_factory=Env)
    resources: Resources | None = None


@dataclass(frozen=True, kw_only=True)
class AskRequest(PredictRequest):
    """Ask a stored model for its scores of edited rows, again and again.

    `known` is the kind of its answers where that is known from the holdout's rows: few rows may look like another.
    """

    known: str = ""


@dataclass(frozen=True)
class ScoredRows:
    """Predictions as a CSV file in the order of the rows: a column `score`, or `prediction` of labels and numbers.

    `kind` "outcome" are labels of which 1 and true mean positive, None what the file itself says. `precision` is the
    type of floats that are narrower than Python's, `float32` or `float16`; '' for all others.
    `seconds` is the time that the model took to score, without the start of its process and the reading of the rows.
    `again` rows were asked again, as a service refused them for the time being.
    """

    predictions: Path
    kind: Kind | None
    rows: int
    log: Path
    seconds: float
    megabytes: float
    reads: Reads = UNSEEN
    precision: str = ""
    ran: Ran | None = None
    again: int = 0


@dataclass(frozen=True)
class MetricRequest:
    """Ask the user's own metrics, name → `module:function(y_true, score)`.

    `table` is a CSV with the columns `y_true` (0, 1) and `score`.
    """

    model: str
    metrics: Mapping[str, str]
    table: Path
    folder: Path
    work: Path
    interpreter: Interpreter
    environment: Mapping[str, str] = field(repr=False)
    seed: int = 0
    cwd: str = "."
    budget: Budget = field(default_factory=Budget)
    checkout: Checkout | None = None
    ground: Ground | None = None
    env: Env = field(default_factory=Env)


@dataclass(frozen=True)
class Measured:
    """The user's own metrics, by name; None is undefined (also for NaN and infinity)."""

    values: Mapping[str, float | None]
    reads: Reads = UNSEEN


@dataclass(frozen=True, kw_only=True)
class ResampleRequest(MetricRequest):
    """Ask the user's own metrics for resampled rows: at most `replicates` times, and no new one after `seconds`.

    `table` is a CSV with the columns `y_true` (0, 1), `candidate` and, where there is one, `baseline`: their scores;
    with a column `cluster`, a number, rows of one are drawn together.
    """

    replicates: int
    seconds: float


@dataclass(frozen=True)
class Resamples:
    """The user's own metrics on resampled rows, by metric and side (`candidate`, `baseline`); None is undefined.

    Each has one value per resample, and the same place is the same rows.
    """

    values: Mapping[str, Mapping[str, tuple[float | None, ...]]]
    made: int
    reads: Reads = UNSEEN


Request: TypeAlias = TrainRequest | PredictRequest | MetricRequest
