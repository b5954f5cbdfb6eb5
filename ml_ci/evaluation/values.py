"""What evaluation hands to the gates: counts and metrics of candidate and baseline on the same holdout."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from ml_ci.evaluation.audit import Audit
from ml_ci.evaluation.clusters import Clusters
from ml_ci.evaluation.confusion import Confusion, Paired
from ml_ci.evaluation.pictures import Pictures
from ml_ci.frozen import dataclass

# By slice column(s) ("sex", or "sex,race" for two), then by value as text.
SliceCounts = Mapping[str, Mapping[str, Confusion]]


# What a model gives, in words.
KINDS: Mapping[str, str] = {
    "probability": "probabilities",
    "margin": "margins",
    "number": "numbers",
    "label": "class labels",
}


@dataclass(frozen=True)
class Evaluation:
    """What one model scored on one holdout.

    `metrics` holds what the four counts do not give (auc, log_loss, brier, cost, seconds, ...), for all rows;
    None is undefined. `kind` is what the scores are: "probability", "margin" (decision_function), "number"
    (a regressor's, which `positive:` compares) or "label"; `span` is
    the lowest and the highest of them, None of labels.
    """

    confusion: Confusion
    slices: SliceCounts = field(default_factory=dict)
    metrics: Mapping[str, float | None] = field(default_factory=dict)
    kind: str = "probability"
    span: tuple[float, float] | None = None


@dataclass(frozen=True)
class Spread:
    """How far a difference of two models in one metric may be off: its standard error, from `rows` independent rows.

    What was measured may lie `below` the truth, or `above` it, by so much beside.
    """

    error: float
    rows: int
    below: float = 0.0
    above: float = 0.0


@dataclass(frozen=True)
class Shown:
    """Show on which rows a behaviour is broken: in `words`, and as what `ml-ci ask MODEL` is given to repeat it.

    `full` says that it is a row of the holdout as it stands, `beyond` that it is none of the holdout's.
    """

    words: str
    arguments: tuple[str, ...] = ()
    full: bool = False
    beyond: bool = False


@dataclass(frozen=True)
class Behaved:
    """What one behaviour came to: a comparison of its own, of those of `rows` rows to which it applies.

    In its counts each such row is a negative, and a false positive of a side on which it is broken. `comparison` is
    None where nothing was counted; `why` says what was in the way, of the baseline alone where the candidate's rows
    are counted. Of the broken rows so many have `no_answer`, of the candidate and of the baseline. `certain` says that
    the rows are no sample of any others. `still` names columns with which no answer of the candidate changes. With
    `fails_beyond`, what is `shown` of rows beyond the holdout's fails a gate.
    """

    kind: str
    rows: int = 0
    comparison: Comparison | None = None
    why: str = ""
    no_answer: tuple[int, int] = (0, 0)
    certain: bool = False
    still: tuple[str, ...] = ()
    shown: Shown | None = None
    fails_beyond: bool = False


@dataclass(frozen=True)
class Comparison:
    """Candidate beside baseline on the candidate's holdout; without a baseline `baseline` and `paired` are None.

    `paired_slices` has the keys of `candidate.slices`. With `seeds: k`, `seeds` holds the comparison of each seed, the
    model's own first. `spreads` are of the differences in metrics of scores, by name. `clusters` is None where rows
    are independent and of one weight: declared, or not asked. `behaviours` are by name. `pictures` is None of a record
    that an earlier ml-ci left. `audit` counts the candidate's rows for a bias audit, where ml-ci.yaml asks for one.

    With `repeats: k`, `asked` is k, counts are of k answers a row, and `repeats` holds each repetition's comparison.
    """

    candidate: Evaluation
    baseline: Evaluation | None = None
    paired: Paired | None = None
    paired_slices: Mapping[str, Mapping[str, Paired]] = field(default_factory=dict)
    seeds: tuple[Comparison, ...] = ()
    clusters: Clusters | None = None
    spreads: Mapping[str, Spread] = field(default_factory=dict)
    behaviours: Mapping[str, Behaved] = field(default_factory=dict)
    pictures: Pictures | None = None
    audit: Audit | None = None
    repeats: tuple[Comparison, ...] = ()
    asked: int = 1

    @property
    def several(self) -> tuple[Comparison, ...]:
        """What several models of one procedure, or several answers of one model, came to; () of one."""
        return self.seeds or self.repeats
