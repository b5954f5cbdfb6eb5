"""The report: the one value that every output is a function of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Literal, TypeAlias

from ml_ci.changes.values import Change
from ml_ci.errors import Failure
from ml_ci.evaluation.audit import Audit
from ml_ci.evaluation.clusters import Weighted
from ml_ci.evaluation.confusion import Confusion
from ml_ci.evaluation.pictures import Pictures
from ml_ci.evaluation.values import Shown
from ml_ci.frozen import dataclass
from ml_ci.gates.values import Differences, GateResult, Judgement, Verdict
from ml_ci.gates.yardstick import Yardstick
from ml_ci.plan.values import Action, JobAction
from ml_ci.records.origin import Origin
from ml_ci.suspicion.overlap import Overlap
from ml_ci.training.ran import Ran

if TYPE_CHECKING:
    from ml_ci.spec.values import Cost

DeedKind: TypeAlias = Literal["train", "make", "fetch", "score", "wait"]
DeedSide: TypeAlias = Literal["candidate", "baseline", "mixture"]


@dataclass(frozen=True)
class Deed:
    """One piece of work that a run did: a training, a job that makes files, the fetch of a champion, a scoring, a wait
    for another run.

    `model` may be one that the judged model needs. `seconds` is measured; `finished` says that it ended well.
    """

    kind: DeedKind
    side: DeedSide
    model: str
    seconds: float
    finished: bool = True


@dataclass(frozen=True)
class Side:
    """One side of the comparison: the candidate, or the baseline with its `source` (`merge-base 3f2c1ab`).

    `metrics` holds what the four counts do not give. `action` is the work that this side took, None where unknown.
    `weights` are the counts with each row counted as often as it weighs, which all rates are then of; None where rows
    have no weights. `slice_weights` are those of the slices. `ran` says what its `training` and its `scoring` ran on.
    """

    record: str
    confusion: Confusion
    metrics: Mapping[str, float | None]
    slices: Mapping[str, Mapping[str, Confusion]]
    source: str | None = None
    action: Action | None = None
    weights: Weighted | None = None
    slice_weights: Mapping[str, Mapping[str, Weighted]] = field(default_factory=dict)
    ran: Mapping[str, Ran] = field(default_factory=dict)


@dataclass(frozen=True)
class Broken:
    """On how many rows one side breaks a behaviour, of those to which it applies; a row without an answer is one.

    `slices` have (applies, broken) by column(s) and value; `weights` are both by the weights of the rows, None where
    rows have none.
    """

    applies: int
    broken: int
    no_answer: int = 0
    slices: Mapping[str, Mapping[str, tuple[int, int]]] = field(default_factory=dict)
    weights: tuple[float, float] | None = None


@dataclass(frozen=True)
class BehaviourReport:
    """What one behaviour came to: `says` is how ml-ci.yaml says it, `rows` were looked at.

    `candidate` is None where it could not be measured, `baseline` where there is none, or it could not be asked: `why`
    says it. `certain` says that its rows are no sample of others. `shown` is where the candidate breaks it.
    """

    kind: str
    says: str
    rows: int = 0
    candidate: Broken | None = None
    baseline: Broken | None = None
    why: str = ""
    certain: bool = False
    shown: Shown | None = None


@dataclass(frozen=True)
class Folds:
    """Say that each of `rows` rows of the entry `of` was scored by the one of `folds` models that did not see it.

    `by` is the column whose equal values stay in one fold. The model itself is trained on `trained` rows.
    """

    folds: int
    of: str
    by: str | None
    rows: int
    trained: int


@dataclass(frozen=True)
class Scoring:
    """How models were asked: each row `repeats` times a side. `rows` are those that this run had scored, all told.

    Counts are of `repeats` answers a row. `again` rows were asked again, as a service refused them for the time being.
    `price` is what scoring a row once costs, in `currency`; None where it is not declared.
    """

    repeats: int = 1
    rows: int = 0
    again: int = 0
    price: float | None = None
    currency: str = ""

    @property
    def total(self) -> float | None:
        """What this run's scoring cost: a row that was refused is paid for once."""
        return None if self.price is None else self.price * self.rows


@dataclass(frozen=True)
class ModelReport:
    """Everything that a run found out about one model.

    `paths` says where a changed part is, relative to the project folder (`data.train` → `data/train.csv`).
    `cautions` say what a reviewer has to know of how it was judged: a gate that was loosened, a holdout that changed.
    `overlaps` say how many rows of the holdout stand in what was trained on, None where nobody looked for them.
    `yardsticks` are the change's own and its base's, where they differ: the worse verdict counts.
    `differences` say of each metric whether what lies between both sides is more than noise.
    `behaviours` are by name. `folds` say how it was cross-validated, None where one model scored the holdout.
    `scoring` says how often models were asked, None in a report of a version that did not say it.
    `action` is the plan's; `done` is what the run did, in order, None in a report of a version that did not note it.
    `pictures` are the numbers that a page draws, None where they are not on record.
    `audit` counts for a bias audit, None where ml-ci.yaml asks for none. `judgements` are the looks at this holdout,
    this one among them, as far as their counts are known.
    """

    verdict: Verdict
    action: Action
    changes: tuple[Change, ...] = ()
    candidate: Side | None = None
    baseline: Side | None = None
    gates: tuple[GateResult, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)
    failure: Failure | None = None
    notes: tuple[str, ...] = ()
    cost: Cost | None = None
    paths: Mapping[str, str] = field(default_factory=dict)
    cautions: tuple[str, ...] = ()
    overlaps: tuple[Overlap, ...] | None = None
    done: tuple[Deed, ...] | None = None
    yardsticks: tuple[Yardstick, ...] = ()
    differences: Differences = field(default_factory=Differences)
    folds: Folds | None = None
    behaviours: Mapping[str, BehaviourReport] = field(default_factory=dict)
    pictures: Pictures | None = None
    audit: Audit | None = None
    scoring: Scoring | None = None
    judgements: tuple[Judgement, ...] = ()


@dataclass(frozen=True)
class JobReport:
    """What a run found out about a job that nothing builds on: it is a check, and has to end well.

    It passes, fails where the job ended itself otherwise, and is an error where it could not be done. `line` is where
    `ml-ci.yaml` declares it. `seconds` are of the job, None where a record answered.
    """

    verdict: Verdict
    action: JobAction
    changes: tuple[Change, ...] = ()
    seconds: float | None = None
    failure: Failure | None = None
    line: int | None = None


@dataclass(frozen=True)
class Report:
    """The outcome of a whole run. `commit` is HEAD's id; `dirty` says that uncommitted changes had a part in it.

    `jobs` are those that are checks. `config` is the configuration's path from the root of the repository; `cautions`
    are of the run as a whole, `origin` says which run of a CI system it was, `asked` which options it was given that
    its result depends on.
    """

    verdict: Verdict
    commit: str | None
    base_commit: str | None
    models: Mapping[str, ModelReport] = field(default_factory=dict)
    dirty: bool = False
    failure: Failure | None = None
    config: str | None = None
    cautions: tuple[str, ...] = ()
    origin: Origin = field(default_factory=Origin)
    asked: Mapping[str, str] = field(default_factory=dict)
    jobs: Mapping[str, JobReport] = field(default_factory=dict)
