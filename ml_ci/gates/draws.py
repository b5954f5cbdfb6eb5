"""Prove what has no closed form by draws: of the four counts of both models, or of the scored rows.

Counts: within each class, the shares of rows on which both models err, only one, or none, are drawn from their
posterior under Jeffreys' prior, a Dirichlet distribution with half a row added to each cell (Agresti and Min 2005
recommend that half for paired rates). The number of rows of each class is held fixed. Unlike a bootstrap of the rows
it does not take "no error seen" for "no error possible". Its levels are approximate; the closed forms are used where
there are any.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ml_ci.conditions.linear import Linear
from ml_ci.conditions.tree import Metric, OverSlices
from ml_ci.evaluation.confusion import Confusion, Paired, PairedErrors
from ml_ci.gates import metrics
from ml_ci.gates.question import Question
from ml_ci.gates.statistics.values import NEEDS_CAP, Evidence, Floats, outcome
from ml_ci.gates.view import View

METHOD_COUNTS = "draws of the counts"

_REPLICATES = 10_000
_MOST_REPLICATES = 200_000
_POWER = 0.8


@dataclass(frozen=True)
class Replicates:
    """The four counts of one model, drawn again and again."""

    tp: Floats
    fp: Floats
    tn: Floats
    fn: Floats


def judge_counts(question: Question, view: View, alpha: float, seed: int) -> Evidence:
    """Judge a question about metrics of the counts at one-sided `alpha`; the same `seed` gives the same evidence.

    Bounds are of the candidate's value, or of its difference to the baseline where the limit depends on it. A draw in
    which a metric is undefined counts neither for pass nor for fail.
    """
    generator = np.random.default_rng(seed)
    replicates = int(min(max(_REPLICATES, 20 / alpha), _MOST_REPLICATES))
    sides = _draw(view, question.relative, generator, replicates)
    excess = _total(question.candidate, sides, view) - _total(question.limit, sides, view)
    return decide(excess, question, view, alpha, METHOD_COUNTS)


def decide(excess: Floats, question: Question, view: View, alpha: float, method: str) -> Evidence:
    """Turn replicates of `candidate - limit` into evidence."""
    signed = excess if question.upper else -excess
    p_pass = (1 + np.count_nonzero(~(signed <= 0))) / (len(signed) + 1)
    p_fail = (1 + np.count_nonzero(~(signed > 0))) / (len(signed) + 1)
    decided = outcome(p_pass, p_fail, alpha)
    known = excess[np.isfinite(excess)]
    if not known.size:
        return Evidence("inconclusive", None, None, 1.0, 1.0, None, method, "undefined in every draw")
    low, high = (float(end) + _origin(question, view) for end in np.quantile(known, [alpha, 1 - alpha]))
    needs = _further_rows(signed, view, alpha) if decided == "inconclusive" else None
    return Evidence(decided, low, high, p_pass, p_fail, needs, method)


def _origin(question: Question, view: View) -> float:
    """Give what stands between "candidate - limit" and what is shown: the limit, less the baseline if there is one."""
    limit, _ = view.total(question.limit)
    atom = question.of_baseline
    baseline = view.total(Linear(limit * 0, ((atom, limit * 0 + 1),)))[0] if atom else limit * 0
    return float(limit - baseline)


def _draw(view: View, relative: bool, generator: np.random.Generator, size: int) -> dict[bool, Replicates]:
    """Draw both sides (by `baseline`: False, True) or, without a baseline, the candidate alone."""
    paired = (view.paired() if relative else None) or _unpaired(view.confusion(False))
    prior = np.array([0.5, 0.5, 0.5, 0.5] if relative else [0.0, 0.5, 0.0, 0.5])
    fp, fp_baseline = _errors(paired.negatives, prior, generator, size)
    fn, fn_baseline = _errors(paired.positives, prior, generator, size)
    positives, negatives = paired.positives.rows, paired.negatives.rows
    candidate = Replicates(positives - fn, fp, negatives - fp, fn)
    baseline = Replicates(positives - fn_baseline, fp_baseline, negatives - fp_baseline, fn_baseline)
    return {False: candidate, True: baseline}


def _unpaired(counts: Confusion) -> Paired:
    return Paired(
        negatives=PairedErrors(candidate_only=counts.fp, neither=counts.tn),
        positives=PairedErrors(candidate_only=counts.fn, neither=counts.tp),
    )


def _errors(cells: PairedErrors, prior: Floats, generator: np.random.Generator, size: int) -> tuple[Floats, Floats]:
    """Draw the errors of candidate and baseline among the rows of one class."""
    observed = np.array([cells.both, cells.candidate_only, cells.baseline_only, cells.neither]) + prior
    drawn: npt.NDArray[np.float64] = np.zeros((size, 4))
    drawn[:, observed > 0] = generator.dirichlet(observed[observed > 0], size)
    drawn *= cells.rows
    return drawn[:, 0] + drawn[:, 1], drawn[:, 0] + drawn[:, 2]


def _total(sum_of: Linear, sides: dict[bool, Replicates], view: View) -> Floats:
    total = np.full(len(sides[False].tp), float(sum_of.constant))
    for atom, weight in sum_of.weights:
        total = total + float(weight) * _values(atom, sides[atom.baseline], view)
    return total


def _values(atom: Metric | OverSlices, side: Replicates, view: View) -> Floats:
    name = atom.metric if isinstance(atom, OverSlices) else atom.key
    if name in ("cost", "cost_per_1000"):
        fp, fn = view.case.cost or (math.nan, math.nan)
        per = 1000 if name == "cost_per_1000" else 1
        return per * (fp * side.fp + fn * side.fn) / (side.tp + side.fp + side.tn + side.fn)
    answer: Floats = metrics.arrays(side, name)
    return answer


def _further_rows(signed: Floats, view: View, alpha: float) -> int | None:
    """Estimate the further rows, as for the score test: n ((z_alpha + z_power) / |T|)^2 - n."""
    from scipy.special import ndtri

    known = signed[np.isfinite(signed)]
    middle, spread = float(known.mean()), float(known.std())
    if not middle < 0 or not spread > 0:
        return None
    rows = view.confusion(False).rows
    wanted = rows * ((ndtri(1 - alpha) + ndtri(_POWER)) * spread / middle) ** 2 - rows
    return int(min(max(math.ceil(wanted), 1), NEEDS_CAP))
