"""What jobs ran on and warned of, in the lines that say how it was decided."""

from __future__ import annotations

from collections.abc import Iterator

from ml_ci.reports.text import plural
from ml_ci.reports.values import ModelReport
from ml_ci.training.ran import SCORING, TRAINING, Warned, split_new

_SHOWN, _LONGEST = 3, 120
_WORDS = {TRAINING: "trained", SCORING: "scored"}


def tell_ran(model: ModelReport) -> Iterator[str]:
    """Say on which processors both sides ran, where they differ, and of what both warned, a line each."""
    if model.candidate is None or model.baseline is None:
        return
    told: dict[str, list[str]] = {}
    for job, own in model.candidate.ran.items():
        other = model.baseline.ran.get(job)
        if other is None:
            continue
        ours, theirs = (f"{one.hardware.cpu} ({plural(one.hardware.cores, 'core')})" for one in (own, other))
        if own.hardware.cpu != other.hardware.cpu:
            told.setdefault(f"on {ours}, the baseline on {theirs}", []).append(_WORDS.get(job, job))
        _, both = split_new((*own.warnings, *own.fallbacks), (*other.warnings, *other.fallbacks))
        if both:
            yield f"The baseline's {job} warns alike: {_name(both)}."
    for said, words in told.items():
        yield f"The candidate was {' and '.join(words)} {said}."


def _name(both: tuple[Warned, ...]) -> str:
    named = [one.text if len(one.text) <= _LONGEST else f"{one.text[: _LONGEST - 1]}…" for one in both[:_SHOWN]]
    more = len(both) - _SHOWN
    return "; ".join([*named, *([f"and {more} more"] if more > 0 else [])])
