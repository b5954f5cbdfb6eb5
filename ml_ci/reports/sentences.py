"""What a report says in words: the verdict and what it rests on. Every rendering uses these sentences."""

from __future__ import annotations

from ml_ci.errors import Failure
from ml_ci.gates.values import GateResult, Verdict
from ml_ci.gates.verdict import ORDER
from ml_ci.gates.verdict import overall as find_worst
from ml_ci.reports import checks, mistakes
from ml_ci.reports.differences import none_told
from ml_ci.reports.gate_rows import MARKS, GateRow, gate_row, told, undefined
from ml_ci.reports.metrics import better, title
from ml_ci.reports.pieces import Code, Sentence, capital, stop
from ml_ci.reports.text import label, plural
from ml_ci.reports.values import ModelReport, Report
from ml_ci.reports.yardsticks import by_base, deciding, seen_by

# What is said of one model, and of several.
OUTCOMES: dict[Verdict, tuple[str, str]] = {
    "pass": ("passes", "pass"),
    "fail": ("fails", "fail"),
    "inconclusive": ("cannot be judged yet",) * 2,
    "error": ("could not be judged",) * 2,
    "unjudged": ("was not judged", "were not judged"),
}
_OF_GATES: dict[Verdict, tuple[str, str]] = {
    "pass": ("passes", "pass"),
    "fail": ("fails", "fail"),
    "inconclusive": ("is undecided", "are undecided"),
    "error": ("has no result", "have no result"),
    "unjudged": ("was not judged", "were not judged"),
}


def verdict(name: str, model: ModelReport) -> str:
    """Say the verdict on one model in a few words, without its mark: `churn fails 2 of 3 gates`."""
    return f"{label(name, 100)} {OUTCOMES[model.verdict][0]}{_how_many(model)}"


def overall(report: Report) -> str:
    """Say the verdict of the run in a few words: `2 of 5 models fail, 1 cannot be judged yet; the job lint passes`."""
    if report.jobs and (report.models or not report.failure):
        return "; ".join(filter(None, (_say_models(report) if report.models else "", checks.overall(report))))
    return _say_models(report)


def _say_models(report: Report) -> str:
    if not report.models:
        return "the run could not be judged" if report.verdict == "error" else "no model was judged"
    if len(report.models) == 1:
        return verdict(*next(iter(report.models.items())))
    every = [model.verdict for model in report.models.values()]
    worst = find_worst(every) if report.jobs else report.verdict
    same = every.count(worst)
    if same == len(every):
        return f"{'both models' if same == 2 else 'all ' + plural(same, 'model')} {OUTCOMES[worst][1]}"
    rest = [(every.count(one), one) for one in ORDER if one not in ("pass", worst) and one in every]
    others = "".join(f", {number:,} {OUTCOMES[one][number != 1]}" for number, one in rest)
    return f"{same:,} of {plural(len(every), 'model')} {OUTCOMES[worst][same != 1]}{others}"


def _how_many(model: ModelReport) -> str:
    """Say how many gates of how many fail; "" where one verdict is not counted in gates."""
    gates = by_base(model).gates
    failing = {gate.condition for gate in gates if gate.verdict == "fail"}
    every = {gate.condition for gate in gates}
    if model.verdict != "fail" or not failing:
        return ""
    if len(every) == 1:
        return " its only gate"
    return f" {len(failing):,} of {len(every):,} gates"


def why(model: ModelReport) -> Sentence:
    """Say what the verdict rests on: the failure, the worst gate, or the numbers of a pass; and if all may be noise."""
    said, noise = _why(model), none_differs(model)
    alone = model.failure is not None or deciding(model) is not None
    return said if alone or not noise else (*said, f" {noise}")


def none_differs(model: ModelReport) -> str:
    """Say that no difference can be told from noise; "" where one can, and where nothing differs."""
    if model.candidate is None or not none_told(model):
        return ""
    return f"No difference to the baseline can be told on {plural(model.candidate.confusion.rows, 'row')}."


def _why(model: ModelReport) -> Sentence:
    if model.failure:
        return (stop(label(model.failure.message, 1000)),)
    by_base = deciding(model)
    if by_base is not None:
        return ("By the base's yardstick: ", *why(seen_by(model, by_base)))
    if not model.gates:
        return ("Nothing was gated: no gate gave a result, so nothing is known to hold.",)
    decisive = [gate for gate in model.gates if gate.verdict == model.verdict]
    if model.verdict == "pass" or not decisive:
        return (f"{held(model)} {measured(model)}".rstrip(),)
    if model.verdict == "fail":
        return _failed(model, decisive)
    said = (*gate_sentence(model, decisive[0]), *_more_slices(decisive[0], decisive))
    others = len({gate.condition for gate in decisive}) - 1
    return (
        (*said, f" {others:,} more {'gate' if others == 1 else 'gates'} {_done(model.verdict, others)}.")
        if others
        else said
    )


def _failed(model: ModelReport, failing: list[GateResult]) -> Sentence:
    """Say the worst gate with the mistakes of both kinds, and how many other slices of it fail."""
    worst = mistakes.worst(model, failing)
    counts = mistakes.of_gate(model, worst, alone=False)
    said = gate_sentence(model, worst, counts)
    if not counts and mistakes.of_model(model):
        said = (*said, f" {capital(mistakes.of_model(model))}.")
    return (*said, *_more_slices(worst, failing))


def _more_slices(told_of: GateResult, gates: list[GateResult]) -> Sentence:
    """Say of how many other slices of the same gate the same is true: their gate is one of those that are counted."""
    others = sum(gate.condition == told_of.condition for gate in gates) - 1
    if not others:
        return ()
    return (f" {others:,} more {'slice' if others == 1 else 'slices'} {_done(told_of.verdict, others)}.",)


def gate_sentence(model: ModelReport, gate: GateResult, counts: str = "") -> Sentence:
    """Say one gate in one sentence: `Misses 50 → 80 (+30 of 402): FNR 12.4% → 19.9%, limit +1.0 points.`

    `counts` are the mistakes that it begins with where it fails, its own where none are given.
    """
    row = gate_row(model, gate)
    name: str = row.label if row.named else Code(row.label)
    if gate.verdict == "error" or (undefined(row) and gate.verdict != "unjudged"):
        reason = stop(label(gate.reason, 600))
        return (
            (reason,)
            if reason and gate.slice is None
            else (name, ": ", reason or "it has no value, so it cannot hold.")
        )
    said = f" {numbers(row)}"
    if gate.verdict == "unjudged":
        return (name, f"{said}: {stop(label(gate.reason, 600)) or 'not judged.'}")
    if gate.verdict == "inconclusive":
        return (
            name,
            f"{said}: {told(gate) or row.needs or 'cannot be told from noise'}".rstrip(".") + ".",
        )
    if gate.verdict == "fail":
        return _failing(model, row, counts or mistakes.of_gate(model, gate))
    return (name, f"{said}.")


def _failing(model: ModelReport, row: GateRow, counts: str) -> Sentence:
    name: str = row.label.removesuffix(" against the baseline") if row.named else Code(row.label)
    if counts:
        return (f"{capital(counts)}: ", name, f" {numbers(row, counts=False)}.")
    if not row.named and row.gate.reason:
        return (name, f" does not hold: {stop(label(row.gate.reason.replace(' as measured', ''), 600))}")
    moved = _moved(row)
    if moved.partition(" went ")[0].lower() == name.lower():
        return (f"{moved}: {numbers(row)}.",)
    return (f"{moved}: " if moved else "", name, f" {numbers(row)}.{_example(model, row)}")


def _example(model: ModelReport, row: GateRow) -> str:
    """Show where a behaviour is broken, with a space before it; "" of a slice, and of a row as the holdout has it."""
    found = model.behaviours.get(row.shape.of)
    shown = None if found is None or row.gate.slice is not None else found.shown
    if shown is None or shown.full or not shown.words:
        return ""
    return f" {'Beyond the holdout' if shown.beyond else 'For example'}: {label(shown.words, 600)}."


def numbers(row: GateRow, *, counts: bool = True) -> str:
    """Say value, counts, baseline and limit: `12.4% → 19.9% (80 of 402), limit +1.0 points`."""
    moved = row.baseline not in ("", row.candidate)
    value = f"{row.baseline} → {row.candidate}" if moved else row.candidate
    shown = f" ({row.counts})" if row.counts and counts else ""
    limit = row.limit.lstrip("≤≥<> ")
    return value + shown + (f", limit {limit}" if limit else "")


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
    commit, base = (label(found, 40)[:7] if found else "" for found in (report.commit, report.base_commit))
    head: Sentence = ("Commit ", Code(commit)) if commit else ("No commit yet",)
    if report.dirty and commit and commit == base:
        return ("Uncommitted changes, against commit ", Code(commit), ".")
    dirty = (", with uncommitted changes",) if report.dirty else ()
    return (*head, *dirty, *((", against ", Code(base)) if base else ()), ".")


def failure(report: Report) -> Failure | None:
    """Give what ended the whole run, unless a model's own failure says it already."""
    known = {model.failure.code for model in report.models.values() if model.failure}
    return None if report.failure and report.failure.code in known else report.failure


def failure_hint(failure: Failure) -> str:
    """Give the next step that a failure names, or "". No full stop is added: it may end with a command."""
    return label(failure.hint, 1000)


def _moved(row: GateRow) -> str:
    """Say which way the metric of a failed gate went against the baseline: `AUC went down`; "" where it did not."""
    gate, seen = row.gate, row.shape
    if seen.metric is None or seen.of or seen.how in {"gap", "ratio"} or not seen.relative:
        return ""
    if gate.value is None or gate.baseline is None or gate.value == gate.baseline:
        return ""
    worse = (gate.value > gate.baseline) == (better(seen.metric) == "lower")
    return f"{capital(title(seen.metric))} went {'up' if gate.value > gate.baseline else 'down'}" if worse else ""


def held(model: ModelReport) -> str:
    """Say how many gates hold: `Both gates hold.`"""
    verdicts: dict[str, set[Verdict]] = {}
    for gate in model.gates:
        verdicts.setdefault(gate.condition, set()).add(gate.verdict)
    number, left = len(verdicts), sum("unjudged" in found for found in verdicts.values())
    if left:
        holds = plural(number - left, "gate") + (" holds" if number - left == 1 else " hold")
        return f"{holds}, {left:,} {'was' if left == 1 else 'were'} not judged."
    return {1: "The only gate holds.", 2: "Both gates hold."}.get(number, f"All {number:,} gates hold.")


def measured(model: ModelReport) -> str:
    """Say the mistakes of a candidate: `False alarms 30 → 28 of 1,003 (2.8%), misses 50 → 49 of 402 (12.2%).`"""
    counts = mistakes.of_model(model, rates=True)
    return f"{capital(counts)}." if counts else ""


def _done(outcome: Verdict, number: int) -> str:
    """Say a verdict of one gate, or of several."""
    return _OF_GATES[outcome][number != 1]


def marked(name: str, model: ModelReport) -> str:
    """Say the verdict on one model with its mark: `✗ churn fails 1 of 3 gates`."""
    return f"{MARKS[model.verdict]} {verdict(name, model)}"
