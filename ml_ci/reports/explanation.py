"""An explanation as text, as Markdown and as JSON: which part of a change did how much."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Any

from ml_ci.evaluation.confusion import Confusion
from ml_ci.explain.values import Attribution, Explanation, Mixture
from ml_ci.reports.escaping import code, text
from ml_ci.reports.metrics import difference, title
from ml_ci.reports.moves import moved
from ml_ci.reports.numbers import duration, percents
from ml_ci.reports.text import clean

_HOW = (
    "Shares are Shapley values (1953) over all mixtures of old and new parts: they add up to the change. An "
    "interaction is what parts change only together (Harsanyi's dividend, 1963); each of them bears an equal part."
)
FORMAT = 1


def plain(one: Explanation) -> str:
    """Give an explanation as text for a terminal or a log."""
    return "".join(f"{line}\n" for line in _lines(one))


def _lines(one: Explanation) -> Iterator[str]:
    yield f"{clean(one.model)}: {headline(one)}"
    yield from (f"  {clean(change.part)}: {clean(change.summary)}" for change in one.changes)
    if one.failure is not None:
        yield f"  {clean(one.failure.message)}"
        yield from [f"  {clean(one.failure.hint)}"] * bool(one.failure.hint)
    for attribution in _moved(one):
        yield ""
        yield f"  {_sentence(attribution)}"
        width = max(len(share.part) for share in attribution.shares)
        for share, whole, alone in _rows(attribution, one.currency):
            beside = f"   (alone {alone})" if len(attribution.shares) > 1 else ""
            yield f"    {clean(share).ljust(width)}  {whole:>14}{beside}"
        yield from (f"    {line}" for line in _together(attribution, one.currency))
    if _moved(one) and len(_moved(one)) < len(one.attributions):
        yield f"  No part changed {_still(one)}."
    yield from _table(one)
    yield from (f"  note: {clean(note)}" for note in one.notes)
    if _shared(one):
        yield f"  {_HOW}"


def headline(one: Explanation) -> str:
    """Say the explanation in a sentence."""
    if one.failure is not None:
        return "what did it cannot be told"
    if one.reason:
        return one.reason
    if not one.attributions:
        return f"{_trainings(one)} would tell {_listed([part.name for part in one.parts])} apart"
    moved = _moved(one)
    if not moved:
        return f"no part changed any of {_still(one)}: what fails, fails for the baseline too, or its gate changed"
    worst = max(moved, key=_telling)
    parts = (f"{part} {share}" for part, share, _ in _rows(worst, one.currency))
    return f"{_named(worst)} {_change(worst, worst.change, one.currency)}: {', '.join(parts)}"


def _moved(one: Explanation) -> tuple[Attribution, ...]:
    """Give the metrics that some part changed; of the others there is nothing to tell."""
    return tuple(found for found in one.attributions if any(share.share or share.alone for share in found.shares))


def _still(one: Explanation) -> str:
    moved = _moved(one)
    return _listed([_named(found) for found in one.attributions if found not in moved])


def _telling(one: Attribution) -> tuple[bool, Fraction]:
    # What went wrong comes first, and by the most that a part did to it.
    return one.metric in ("fpr", "fnr") or one.slice is not None, abs(one.change)


def _sentence(one: Attribution) -> str:
    move = moved(one.metric, float(one.baseline), float(one.candidate))
    before, after = move.said
    return f"{_named(one)} {before} → {after} ({move.change or _change(one, one.change)})"


def _named(one: Attribution) -> str:
    return title(one.metric) + (f", {clean(one.slice)}" if one.slice else "")


def _change(one: Attribution, change: Fraction, currency: str = "") -> str:
    return difference(one.metric, float(change), currency)


def _rows(one: Attribution, currency: str) -> Iterator[tuple[str, str, str]]:
    for share in one.shares:
        yield share.part, _change(one, share.share, currency), _change(one, share.alone, currency)


def _together(one: Attribution, currency: str) -> Iterator[str]:
    for found in one.interactions:
        yield f"{_listed(found.parts)} together: {_change(one, found.effect, currency)} more (interaction)"


def _table(one: Explanation) -> Iterator[str]:
    if len(one.mixtures) < 3 or not _moved(one):
        return
    yield ""
    yield "  Every mixture, on the same holdout:"
    names = [clean(name) for name in _new_parts(one)]
    width = max(map(len, names))
    for name, mixture, (fpr, fnr) in zip(names, one.mixtures, _both_rates(one.mixtures), strict=True):
        counts = mixture.evaluation.confusion
        yield f"    {name.ljust(width)}  FPR {fpr:>7} ({counts.fp})  FNR {fnr:>7} ({counts.fn})"


def _new_parts(one: Explanation) -> list[str]:
    order = [part.name for part in one.parts]
    most = len(one.mixtures[-1].new)
    return [
        "the baseline"
        if not mixture.new
        else "the candidate"
        if len(mixture.new) == most
        else f"new {_listed(sorted(mixture.new, key=order.index))}"
        for mixture in one.mixtures
    ]


def _both_rates(mixtures: Sequence[Mixture]) -> list[tuple[str, str]]:
    counts = [mixture.evaluation.confusion for mixture in mixtures]
    return list(zip(percents(one.fpr for one in counts), percents(one.fnr for one in counts), strict=True))


def _shared(one: Explanation) -> bool:
    return any(len(attribution.shares) > 1 for attribution in _moved(one))


def budget(model: str, trainings: int, seconds: float | None) -> str:
    """Say what an explanation is about to take."""
    about = f", about {duration(seconds)}" if seconds is not None else ""
    noun = "mixture of old and new parts" if trainings == 1 else "mixtures of old and new parts"
    return f"{clean(model)}: training {trainings} {noun}{about}"


def _trainings(one: Explanation) -> str:
    number, seconds = one.effort.trainings, one.effort.seconds
    about = f" (about {duration(seconds)})" if seconds else ""
    return f"{number} training{'' if number == 1 else 's'}{about}"


def _listed(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def markdown(one: Explanation) -> str:
    """Give an explanation as a section of GitHub's Markdown; every string of a user is shown as text."""
    return "\n".join(_markdown(one)) + "\n"


def _markdown(one: Explanation) -> Iterator[str]:
    yield f"### Which change did it: {text(one.model)}"
    yield ""
    first = headline(one)
    yield f"{text(first[:1].upper() + first[1:])}."
    if one.failure is not None:
        yield f"\n{text(one.failure.message)} {text(one.failure.hint)}".rstrip()
    if one.changes:
        yield ""
        yield from (f"- {code(change.part)}: {text(change.summary)}" for change in one.changes)
    for attribution in _moved(one):
        yield f"\n**{text(_sentence(attribution))}**\n"
        yield "| part | accounts for | alone |"
        yield "|---|--:|--:|"
        yield from (f"| {code(part)} | {whole} | {alone} |" for part, whole, alone in _rows(attribution, one.currency))
        yield from (f"\n{text(line)}" for line in _together(attribution, one.currency))
    if one.notes or _shared(one):
        yield ""
        yield from (f"{text(note)}.\n" for note in one.notes)
        yield from [f"<sub>{_HOW}</sub>"] * _shared(one)


def to_json(explanations: Iterable[Explanation]) -> dict[str, Any]:
    """Give explanations as builtin values: `{format, models: {NAME: {...}}}`; rates are numbers, counts are exact."""
    return {"format": FORMAT, "models": {one.model: _as_json(one) for one in explanations}}


def _as_json(one: Explanation) -> dict[str, Any]:
    failure = one.failure
    return {
        "verdict": one.verdict,
        "summary": headline(one),
        "base_commit": one.base_commit,
        "changes": [{"part": change.part, "summary": change.summary} for change in one.changes],
        "parts": [part.name for part in one.parts],
        "trainings": one.effort.trainings,
        "seconds": one.effort.seconds,
        "metrics": [_attribution_json(attribution) for attribution in one.attributions],
        "mixtures": [_mixture_json(mixture) for mixture in one.mixtures],
        "notes": list(one.notes),
        "failure": failure and {"code": failure.code, "message": failure.message, "hint": failure.hint},
    }


def _attribution_json(one: Attribution) -> dict[str, Any]:
    return {
        "metric": one.metric,
        "slice": one.slice,
        "baseline": float(one.baseline),
        "candidate": float(one.candidate),
        "change": float(one.change),
        "shares": {share.part: {"share": float(share.share), "alone": float(share.alone)} for share in one.shares},
        "interactions": [{"parts": list(found.parts), "effect": float(found.effect)} for found in one.interactions],
    }


def _mixture_json(one: Mixture) -> dict[str, Any]:
    return {"new": sorted(one.new), **_counts(one.evaluation.confusion)}


def _counts(counts: Confusion) -> dict[str, Any]:
    return {name: getattr(counts, name) for name in ("rows", "tp", "fp", "tn", "fn", "fpr", "fnr")}
