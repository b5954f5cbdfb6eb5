"""How the reason of a finding begins: the numbers of its question, in words."""

from __future__ import annotations

from ml_ci.conditions.tree import Metric, OverSlices
from ml_ci.gates.measured import Measured
from ml_ci.gates.metrics import is_proportion, share
from ml_ci.gates.question import Question
from ml_ci.gates.view import View
from ml_ci.gates.wording import left_out, points, said, title


def heading(question: Question, view: View, measured: Measured) -> str:
    """Say the numbers, and which slices they leave out; UndefinedError where no slice is left."""
    return _numbers(question, view, measured) + left_out(*_small(question, view))


def _numbers(question: Question, view: View, measured: Measured) -> str:
    """Say the numbers: `FNR 8.1% → 9.3%, limit +1.0 points`, `FPR 3.1% (31 of 1,003), limit 5.0%`."""
    atom = question.single
    at_least = "" if question.upper else "at least "
    if atom is None:
        shown = said(None, float(measured.value), float(measured.limit))
        return f"{_sum_said(question)} = {shown[0]}, limit {at_least}{shown[1]}"
    if measured.baseline is not None:
        before, now, limit = said(atom, *map(float, (measured.baseline, measured.value, measured.limit)))
        if question.limit.weights[0][1] == 1 and title(_alike(question)) == title(atom):
            difference = points(float(measured.limit - measured.baseline), atom)
            return f"{title(atom)} {before} → {now}, limit {difference}"
        return f"{title(atom)} {now}, baseline's {title(_alike(question))} {before}, limit {at_least}{limit}"
    now, limit = said(atom, float(measured.value), float(measured.limit))
    return f"{title(atom)} {now}{_count(atom, view)}, limit {at_least}{limit}"


def _alike(question: Question) -> Metric | OverSlices:
    atom = question.of_baseline or question.single
    assert atom is not None  # noqa: S101 - called with a single metric on the left only
    return atom


def _count(atom: Metric | OverSlices, view: View) -> str:
    if not is_proportion(atom.key) or (isinstance(atom, OverSlices) and atom.function != "each"):
        return ""
    part, whole = share(view.confusion(False), atom.key)
    weighs = view.clusters is not None and view.clusters.weight is not None
    return f" ({part:,} of {whole:,}{', weighted' if weighs else ''})"


def _sum_said(question: Question) -> str:
    terms = ((title(atom), weight) for atom, weight in question.candidate.weights)
    return " + ".join(name if weight == 1 else f"{float(weight):g} × {name}" for name, weight in terms)


def _small(question: Question, view: View) -> tuple[tuple[str, ...], int]:
    """Name the slices that worst, gap and ratio leave out, and the least number of rows."""
    small = [
        name
        for atom, _ in question.candidate.weights
        if isinstance(atom, OverSlices) and atom.function != "each"
        for name in view.kept(atom)[1]
    ]
    return tuple(dict.fromkeys(small)), view.least
