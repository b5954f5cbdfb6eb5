"""What a report says in words: the verdict, the cause, what was done, what to do next. Every rendering uses these.

A sentence is a tuple of pieces; a `Code` piece is a name from a file or a command, which a rendering may set as code.
Pieces are free of control characters and of bounded length; they are not escaped for any format.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from ml_ci.changes.values import READS, Change
from ml_ci.errors import Failure
from ml_ci.gates.evidence import nothing_to_compare
from ml_ci.gates.values import GateResult, Verdict
from ml_ci.reports.gate_rows import MARKS, GateRow, gate_row, told, undefined
from ml_ci.reports.metrics import ERRORS, better, title
from ml_ci.reports.numbers import percent
from ml_ci.reports.text import label, plural
from ml_ci.reports.values import ModelReport, Report
from ml_ci.reports.yardsticks import deciding, seen_by


class Code(str):
    """A piece of a sentence that is a path, a part or a command."""

    __slots__ = ()


Sentence: TypeAlias = tuple[str, ...]

_OUTCOMES: dict[Verdict, str] = {
    "pass": "may be promoted",
    "fail": "may not be promoted",
    "inconclusive": "cannot be judged yet",
    "error": "could not be judged",
    "unjudged": "was not judged",
}
_CODE_FREE = "No line of code changed; "
_PART_NAMES = {
    READS: "what it reads",
    "params": "the params",
    "metrics": "the metrics",
    "gates": "the gates",
    "environment": "the environment",
    "seed": "the seed",
}


def plain(sentence: Sentence) -> str:
    """Give a sentence as plain text."""
    return "".join(sentence)


def verdict(name: str, model: ModelReport) -> str:
    """Say the verdict on one model in a few words, without its mark: `churn may not be promoted`."""
    return f"{label(name, 100)} {_OUTCOMES[model.verdict]}"


def overall(report: Report) -> str:
    """Say the verdict of the run in a few words: `1 of 2 models may not be promoted`."""
    if not report.models:
        return "the run could not be judged" if report.verdict == "error" else "no model was judged"
    if len(report.models) == 1:
        return verdict(*next(iter(report.models.items())))
    same = [model for model in report.models.values() if model.verdict == report.verdict]
    if len(same) == len(report.models):
        return f"{'both models' if len(same) == 2 else 'all ' + plural(len(same), 'model')} {_OUTCOMES[report.verdict]}"
    return f"{len(same):,} of {plural(len(report.models), 'model')} {_OUTCOMES[report.verdict]}"


def why(model: ModelReport) -> Sentence:
    """Say in one sentence what the verdict rests on: the failure, the gate that decides, or the numbers of a pass."""
    if model.failure:
        return (_stop(label(model.failure.message, 1000)),)
    by_base = deciding(model)
    if by_base is not None:
        return ("By the base's yardstick: ", *why(seen_by(model, by_base)))
    if not model.gates:
        return ("Nothing was gated: no gate gave a result, so nothing is known to hold.",)
    decisive = [gate for gate in model.gates if gate.verdict == model.verdict]
    if model.verdict == "pass" or not decisive:
        return (_passed(model),)
    said = gate_sentence(model, decisive[0])
    return said if len(decisive) == 1 else (*said, f" {_more(len(decisive) - 1, model.verdict)}")


def gate_sentence(model: ModelReport, gate: GateResult) -> Sentence:
    """Say one gate in one sentence: `Misses went up: FNR 12.4% → 19.9%, limit +1.0 points.`"""
    row = gate_row(model, gate)
    name: str = row.label if row.named else Code(row.label)
    if gate.verdict == "error" or (undefined(row) and gate.verdict != "unjudged"):
        reason = _stop(label(gate.reason, 600))
        return (
            (reason,)
            if reason and gate.slice is None
            else (name, ": ", reason or "it has no value, so it cannot hold.")
        )
    measured = f" {numbers(row)}"
    if gate.verdict == "unjudged":
        return (name, f"{measured}: {_stop(label(gate.reason, 600)) or 'not judged.'}")
    if gate.verdict == "inconclusive":
        return (
            name,
            f"{measured}: {told(gate) or row.needs or 'cannot be told from noise'}".rstrip(".") + ".",
        )
    if gate.verdict == "fail":
        opening = _opening(row)
        return (
            f"{opening}: " if opening else "",
            name.removesuffix(" against the baseline") if row.named else name,
            f"{measured}.",
        )
    return (name, f"{measured}.")


def numbers(row: GateRow) -> str:
    """Say value, counts, baseline and limit: `12.4% → 19.9% (80 of 402), limit +1.0 points`."""
    moved = row.baseline not in ("", row.candidate)
    value = f"{row.baseline} → {row.candidate}" if moved else row.candidate
    counts = f" ({row.counts})" if row.counts else ""
    limit = row.limit.lstrip("≤≥<> ")
    return value + counts + (f", limit {limit}" if limit else "")


def cause(model: ModelReport) -> Sentence:
    """Say which parts changed: `No line of code changed; data/train.csv did.`; () where there is nothing to say.

    A change of the part `model` says why there is no baseline.
    """
    if not model.changes:
        return _unchanged(model)
    parts = list(dict.fromkeys(change.part for change in model.changes))
    if "model" in parts:
        why = next(change.summary for change in model.changes if change.part == "model")
        said = nothing_to_compare(label(why, 200)) if model.baseline is None else why
        return (_stop(said[:1].upper() + said[1:]),)
    others = [part for part in parts if part != "code"]
    if not others:
        return ("Only code changed.",)
    names = [named(model, part) for part in others]
    if "code" in parts:
        return (*listed(["Code", *names]), " changed.")
    if READS in parts:  # they may be code
        names.remove(_PART_NAMES[READS])
        return (*listed(["What it reads", *names]), " changed.")
    return (_CODE_FREE, *listed(names), " did.")


def _unchanged(model: ModelReport) -> Sentence:
    if model.baseline is not None:
        return ("Nothing that this model depends on has changed.",)
    return ("There is nothing to compare it with.",) if model.candidate else ()


def no_difference(metrics: int) -> str:
    """Say that no metric moved."""
    return f"All {metrics:,} metrics are the baseline's." if metrics > 1 else "The metric is the baseline's."


def rows_used(model: ModelReport) -> str:
    """Say on how many rows both were scored: `1,405 rows: 402 positives, 1,003 negatives`."""
    if model.candidate is None:
        return ""
    c = model.candidate.confusion
    return f"{plural(c.rows, 'row')}: {plural(c.positives, 'positive')}, {plural(c.negatives, 'negative')}"


def commits(report: Report) -> Sentence:
    """Say what was judged: `Commit 9d1e2f3, with uncommitted changes, against 3f2c1ab.`; () when nothing was."""
    if not report.commit and all(model.candidate is None for model in report.models.values()):
        return ()
    head: tuple[str, ...] = ("Commit ", Code(label(report.commit, 40)[:7])) if report.commit else ("No commit yet",)
    dirty = (", with uncommitted changes",) if report.dirty else ()
    base = (", against ", Code(label(report.base_commit, 40)[:7])) if report.base_commit else ()
    return (*head, *dirty, *base, ".")


def failure(report: Report) -> Failure | None:
    """Give what ended the whole run, unless a model's own failure says it already."""
    known = {model.failure.code for model in report.models.values() if model.failure}
    return None if report.failure and report.failure.code in known else report.failure


def changes(model: ModelReport) -> tuple[Change, ...]:
    """Give the changed parts; `model`, which says why there is no baseline, is none of them."""
    return tuple(change for change in model.changes if change.part != "model")


def failure_hint(failure: Failure) -> str:
    """Give the next step that a failure names, or "". No full stop is added: it may end with a command."""
    return label(failure.hint, 1000)


def _opening(row: GateRow) -> str:
    """Open the sentence of a failed gate by what went wrong: `Misses went up`, `Too many false alarms`."""
    gate, seen = row.gate, row.shape
    if seen.metric is None or seen.how in {"gap", "ratio"} or gate.value is None:
        return ""
    errors = ERRORS.get(seen.metric)
    if not seen.relative:
        return f"Too many {errors}" if errors else ""
    if gate.baseline is None or gate.value == gate.baseline:
        return ""
    worse = (gate.value > gate.baseline) == (better(seen.metric) == "lower")
    subject = errors.capitalize() if errors else title(seen.metric)
    return f"{subject} went {'up' if gate.value > gate.baseline else 'down'}" if worse else ""


def _passed(model: ModelReport) -> str:
    number = len(model.gates)
    left = sum(gate.verdict == "unjudged" for gate in model.gates)
    gates = {1: "The only gate holds.", 2: "Both gates hold."}.get(number, f"All {number:,} gates hold.")
    if left:
        held = plural(number - left, "gate") + (" holds" if number - left == 1 else " hold")
        gates = f"{held}, {left:,} {'was' if left == 1 else 'were'} not judged."
    if model.candidate is None:
        return gates
    new, old = model.candidate.confusion, model.baseline.confusion if model.baseline else None
    shown = [_both("FPR", new.fpr, old.fpr if old else None), _both("FNR", new.fnr, old.fnr if old else None)]
    return f"{gates} {', '.join(shown)}."


def _both(name: str, new: float | None, old: float | None) -> str:
    return f"{name} {percent(new)}" if old is None or old == new else f"{name} {percent(old)} → {percent(new)}"


def _more(number: int, outcome: Verdict) -> str:
    verbs = {
        "fail": ("fails", "fail"),
        "inconclusive": ("is undecided", "are undecided"),
        "error": ("has no result",) * 2,
        "unjudged": ("was not judged", "were not judged"),
    }
    one, many = verbs.get(outcome, ("passes", "pass"))
    return f"{number:,} more {'gate ' + one if number == 1 else 'gates ' + many}."


def named(model: ModelReport, part: str) -> str:
    """Name a part as its path where that is known: a user knows files."""
    if part in _PART_NAMES and part not in model.paths:
        return _PART_NAMES[part]
    return Code(label(model.paths.get(part, part), 120))


def listed(names: Sequence[str], most: int = 4) -> Sentence:
    """Join names by commas and `and`."""
    shown = list(names[:most]) + ([f"{len(names) - most:,} more"] if len(names) > most else [])
    pieces: list[str] = []
    for at, name in enumerate(shown):
        pieces += [name] if not at else [" and " if at == len(shown) - 1 else ", ", name]
    return tuple(pieces)


def _stop(text: str) -> str:
    """End a text as a sentence."""
    return text if not text or text[-1] in ".!?…" else f"{text}."


def marked(name: str, model: ModelReport) -> str:
    """Say the verdict on one model with its mark: `✗ churn may not be promoted`."""
    return f"{MARKS[model.verdict]} {verdict(name, model)}"
