"""What a report says to do: the next steps, and how to make its result again. Sentences are as in `sentences`."""

from __future__ import annotations

import shlex

from ml_ci.gates.held_gates import is_lowered
from ml_ci.gates.values import GateResult
from ml_ci.reports.causes import is_served_otherwise, named
from ml_ci.reports.pieces import Code, Sentence, listed
from ml_ci.reports.sentences import failure_hint
from ml_ci.reports.text import label
from ml_ci.reports.values import ModelReport, Report
from ml_ci.reports.yardsticks import deciding


def next_steps(name: str, model: ModelReport) -> Sentence:
    """Say what to do next, for this verdict."""
    if model.verdict == "pass":
        return ()
    if deciding(model) is not None:
        return (_BY_NAME, Code(label(f"ml-ci promote {_quoted(name)} --allow-verdict --reason 'why'", 200)), ".")
    if model.verdict in ("error", "unjudged"):
        return _after_error(model)
    lowered = next((gate for gate in model.gates if gate.verdict != "pass" and _is_lowered(gate, model)), None)
    if lowered is not None:
        return ("This change lowers ", Code(label(lowered.condition, 200)), _BY_OLD)
    if model.verdict == "inconclusive" and model.folds is not None:
        return (_BY_FOLDS,)
    if model.verdict == "inconclusive":
        more = any(gate.needs for gate in model.gates if gate.verdict == "inconclusive")
        first = "Label more rows for the holdout" if more else "Improve the model"
        said = f"{first}, or loosen the gate on purpose; "
        return (said, Code(label(f"ml-ci power {_quoted(name)}", 200)), " says what this holdout can prove.")
    if is_served_otherwise(model):
        return (_SERVED,)
    if _same(model):
        return (_OF_BASELINE,)
    data = [change for change in model.changes if change.part.startswith("data.")]
    if data and all(change.part != "code" for change in model.changes):
        paths = listed([named(model, change.part) for change in data])
        return ("Look at what changed in ", *paths, ", or undo it, and run again.")
    if sum(change.part not in _JUDGING for change in model.changes) > 1:
        return (Code(label(f"ml-ci explain {_quoted(name)}", 200)), " says which of the changes did how much of it.")
    return ("Improve the model or undo the change; to lower the gate, do that first, in a pull request of its own.",)


_BY_NAME = (
    "If the yardstick was not meant to change, undo that. If it was, it is let in by name and reason, as a lowered "
    "gate is: a person merges it over this status, and the default branch judges by it from then on; a promotion needs "
)


_BY_OLD = (
    ", and is judged by the old gate, in whatever commit of it that stands. To lower it on purpose: a pull request of "
    "ml-ci.yaml alone, merged by a person who may merge over its status; the next one is judged by the new gate."
)


def _is_lowered(gate: GateResult, model: ModelReport) -> bool:
    return is_lowered(gate.condition, model.cautions)


_BY_FOLDS = (
    "Folds prove nothing: leave `confidence:` out to go by the measured numbers, or hold rows out by `share: 0.2` in "
    "place of `folds:`."
)

# What no model is made of: `explain` has nothing to tell of it.
_JUDGING = ("gates", "metrics", "model")
_SERVED = "Compare what the service does to a row before it scores it with what training does: defaults, units, order."
_OF_BASELINE = (
    "The model is the baseline's, and the baseline fails this gate too: choose another limit, or merge the gate after "
    "a better model."
)


def _same(model: ModelReport) -> bool:
    """Say whether the candidate is the very model that it is compared with, and is as wrong on the same rows."""
    new, old = model.candidate, model.baseline
    rows = any(change.part == "data.holdout" for change in model.changes)
    return bool(new and old and (new.record, new.confusion) == (old.record, old.confusion)) and not rows


def _after_error(model: ModelReport) -> Sentence:
    if model.failure:
        hint = failure_hint(model.failure)
        return (hint,) if hint else ()
    if not model.gates or model.verdict == "unjudged":
        return (
            "Add a line under ",
            Code("gates:"),
            " in ",
            Code("ml-ci.yaml"),
            ", for example ",
            Code("fpr <= 0.05"),
            ".",
        )
    if any(one.why for one in model.behaviours.values()):
        return ("Mend what kept a behaviour from being measured, or leave out the behaviour and its gates.",)
    return ("Give the holdout rows on which every gate is defined: both classes, in every slice that a gate names.",)


def again(name: str, report: Report) -> Sentence:
    """Give the command that makes this model's result again."""
    only = {"model": name} if len(report.models) > 1 else {}
    options = {**only, "baseline": _base(report, report.models[name]), **_others(report)}
    said = "".join(f" --{option} {_quoted(value)}" for option, value in options.items() if value)
    return (Code(label(f"ml-ci run{said}", 600)),)


def _base(report: Report, model: ModelReport) -> str:
    """Name what was compared with so that it stays the same: a commit where it was one; "" for the models' own."""
    asked, source = report.asked.get("baseline", ""), (model.baseline.source or "") if model.baseline else ""
    if asked in ("none", "champion") or source.startswith("champion v"):
        return "none" if asked == "none" else "champion"
    if report.base_commit and (model.baseline or asked):
        return report.base_commit[:7]
    return asked


def _others(report: Report) -> dict[str, str]:
    """Give the other options, those only that there are: a report may come from elsewhere."""
    return {option: report.asked.get(option, "") for option in ("gates-from", "stage", "config", "python")}


def _quoted(name: str) -> str:
    return shlex.quote(label(name, 300))
