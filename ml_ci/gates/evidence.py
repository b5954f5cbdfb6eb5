"""What the gates are judged on, and how strictly."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from functools import cache
from typing import Any, Protocol

from ml_ci.evaluation.confusion import Confusion
from ml_ci.evaluation.values import Comparison, Evaluation, Shown
from ml_ci.frozen import dataclass
from ml_ci.metrics import OF_JOB
from ml_ci.spec.values import Method

# What `Case.no_baseline` begins with when there is nothing to compare with yet.
NEW_MODEL = "new model"

# `worst`, `gap` and `ratio` leave smaller slices out where nobody says how small is too small.
LEAST_ROWS = 30


def nothing_to_compare(no_baseline: str) -> str:
    """Say why a relative gate is not judged: `nothing to compare with yet: new model, commit 0489da7 does not ...`."""
    why = no_baseline.removeprefix(f"{NEW_MODEL}: ")
    return f"nothing to compare with{f': {why}' if why == no_baseline else f' yet: {NEW_MODEL}, {why}'}"


class Predictions(Protocol):
    """The scored rows of the holdout, read when they are first asked for; one array element per row, in one order.

    `y_true` holds booleans (True is positive), `candidate` and `baseline` scores as floats; `baseline` is None without
    one.
    """

    @property
    def y_true(self) -> Any: ...
    @property
    def candidate(self) -> Any: ...
    @property
    def baseline(self) -> Any | None: ...


class RowClusters(Protocol):
    """The cluster and the weight of each row of `Predictions`, in their order, read when they are first asked for.

    `clusters` holds a whole number from 0 on per cluster, each row of a known cluster having its own; None where each
    row is its own cluster. `weights` holds floats of at least 0; None where every row counts as one.
    """

    @property
    def clusters(self) -> Any | None: ...
    @property
    def weights(self) -> Any | None: ...


class OwnReplicates(Protocol):
    """Resamples of the user's own metrics, made when they are first asked for.

    `names` are the metrics that can be resampled, `clustered` says that clusters were drawn and not rows; calling it
    gives a metric's replicates, (replicates,), NaN where undefined: those of the candidate, and those of the baseline
    on the same resampled rows (None without one).
    """

    @property
    def names(self) -> Collection[str]: ...
    @property
    def clustered(self) -> bool: ...
    def __call__(self, name: str, baseline: bool) -> Any: ...


@dataclass(frozen=True)
class Case:
    """Everything that the gates of one model are judged on.

    `no_baseline` says why there is none: relative gates are then `unjudged`; without a baseline and a reason they are
    errors. `same` says that candidate and baseline come from one training. `cost` prices (a false positive, a false
    negative). `predictions` serve metrics that counts do not give, `own` those of the user's own code. Where the
    comparison has clusters or weights, `row_clusters` says those of the rows of `predictions`. `folds` says how many
    models' counts these are together, 0 where one model scored every row.

    `behaviour` is the one whose rows these are, "" for those of labels; `certain` says that they are no sample,
    `lacks` why nothing was counted of them, "" where something was, and `lost` why nothing of the baseline's.
    `unsteady` says that the model answers the same row differently each time. `shown` is where the candidate breaks it;
    `fails_beyond` says that rows beyond the holdout's count for that.
    """

    comparison: Comparison
    no_baseline: str | None = None
    same: bool = False
    cost: tuple[float, float] | None = None
    predictions: Predictions | None = None
    own: OwnReplicates | None = None
    row_clusters: RowClusters | None = None
    folds: int = 0
    behaviour: str = ""
    certain: bool = False
    lacks: str = ""
    lost: str = ""
    shown: Shown | None = None
    fails_beyond: bool = False
    unsteady: bool = False

    def about(self, behaviour: str) -> Case:
        """Give the case of the rows to which a behaviour applies; of labels, which `""` names, this one."""
        if behaviour == self.behaviour:
            return self
        found = self.comparison.behaviours.get(behaviour)
        own = replace(self, behaviour=behaviour, predictions=None, own=None, row_clusters=None)
        own = replace(own, unsteady=_differ(self.comparison.repeats))
        if found is not None and found.comparison is not None:
            told = replace(own, shown=found.shown, fails_beyond=found.fails_beyond, lost=found.why)
            return replace(told, comparison=found.comparison, certain=found.certain)
        why = found.why if found is not None and found.why else "it was not asked; run again"
        nothing = Evaluation(Confusion())
        other = None if self.comparison.baseline is None else nothing
        return replace(own, comparison=Comparison(nothing, other), lacks=f"{behaviour} was not measured: {why}")


def _differ(repeats: tuple[Comparison, ...]) -> bool:
    """Say whether two repetitions answered differently: how long they took is no answer."""
    sides = [[one for one in (of.candidate, of.baseline) if one is not None] for of in repeats]
    answers = [
        [(one.confusion, one.slices, {k: v for k, v in one.metrics.items() if k not in OF_JOB}) for one in of]
        for of in sides
    ]
    return any(one != answers[0] for one in answers)


@dataclass(frozen=True)
class Policy:
    """How strictly gates are judged.

    `confidence` in (0.5, 1) asks for proof, None compares the measured numbers; a gate's own `@` comes first.
    `min_rows` leaves smaller slices out (None: `each` judges all, the others ask for `LEAST_ROWS`). `alpha_spent` is
    the level that the ledger allows this look, None without a ledger, 0 when nothing is left. `why_anytime` says why
    the method was set to `anytime` where nobody asked for it. Bets on clusters are full at the weight of the `largest`
    ones of the first look (None: of this one); `grown` says why there is no bet, as a known cluster gained rows, or "".
    """

    confidence: float | None = None
    method: Method = "score"
    min_rows: int | None = None
    seed: int = 0
    alpha_spent: float | None = None
    why_anytime: str = ""
    largest: tuple[float, float, float] | None = None
    grown: str = ""

    def asked(self, own: float | None) -> float | None:
        """Give the confidence that judges a comparison: its `own`, or else the model's; 0 and None ask for none."""
        return self.confidence if own is None else own

    def alpha(self, confidence: float) -> float:
        """Give the one-sided level of a confidence, at most what the ledger leaves; 0 where it leaves nothing."""
        alpha = _subtract_from_one(confidence)
        return alpha if self.alpha_spent is None else min(alpha, self.alpha_spent)


@cache
def _subtract_from_one(confidence: float) -> float:
    """Give 1 - confidence of the decimal as written: 1 - 0.95 is 0.05; a gate on many slices asks for each."""
    from fractions import Fraction  # nothing is judged where nothing changed

    return float(1 - Fraction(repr(confidence)))
