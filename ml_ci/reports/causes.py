"""Which parts changed, in one sentence: `No line of code changed; data/train.csv did.`"""

from __future__ import annotations

import re

from ml_ci.changes.values import READS, Change
from ml_ci.gates.evidence import nothing_to_compare
from ml_ci.reports.pieces import Code, Sentence, capital, listed, stop
from ml_ci.reports.text import label
from ml_ci.reports.values import ModelReport

_CODE_FREE = "No line of code changed; "
_PART_NAMES = {
    READS: "what it reads",
    "params": "the params",
    "metrics": "the metrics",
    "gates": "the gates",
    "environment": "the environment",
    "seed": "the seed",
    "job": "the job",
    "budget": "the budget",
}
_SCORING = "the code that scores it"
# Keys of ml-ci.yaml that a part is made of, as its summary names them: `slices: none → [region]`.
_KEYS = {
    "job": ("run", "train", "outputs", "cwd", "python", "ignore", "label", "env", "data"),
    "metrics": (
        "label",
        "positive",
        "threshold",
        "slices",
        "predict",
        "predict.run",
        "load",
        "id",
        "metrics",
        "cost",
        "seeds",
    ),
    "budget": ("budget",),
}
_UPSTREAM_CODE = re.compile(r", for its (?:[\w.]+, )*(?:code|reads)\b")
_FILE = re.compile(r"(?:^|, )[^:,]+\.\w+(?:: | added| removed)")


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
        return (stop(capital(said)),)
    others = [part for part in parts if part != "code"]
    if not others:
        return ("Only code changed.",)
    names = list(dict.fromkeys(name for part in others for name in _called(model, part)))
    changed_code = "code" in parts or any(map(_is_upstream_code, model.changes))
    code = ["code"] * changed_code + [name for name in (_PART_NAMES[READS], _SCORING) if name in names]
    if not code:  # what it reads may be code
        return (_CODE_FREE, *listed(names), " did.")
    rest = [name for name in names if name not in code]
    return (*listed([capital(code[0]), *code[1:], *rest]), " changed.")


def _is_upstream_code(change: Change) -> bool:
    """Say whether what a model builds on was made again for its code."""
    return change.part.startswith(("needs.", "data.")) and _UPSTREAM_CODE.search(change.summary) is not None


def named(model: ModelReport, part: str) -> str:
    """Name a part as its path where that is known: a user knows files."""
    if part in _PART_NAMES and part not in model.paths:
        return _PART_NAMES[part]
    return Code(label(model.paths.get(part, part), 120))


def changes(model: ModelReport) -> tuple[Change, ...]:
    """Give the changed parts; `model`, which says why there is no baseline, is none of them."""
    return tuple(change for change in model.changes if change.part != "model")


def _called(model: ModelReport, part: str) -> list[str]:
    """Name a part by the keys of ml-ci.yaml that changed in it, where its change names them."""
    if part not in _KEYS or part in model.paths:
        return [named(model, part)]
    told = [label(change.summary, 400) for change in model.changes if change.part == part]
    keys = [Code(f"{key}:") for key in _KEYS[part] if any(_names(one, key) for one in told)]
    files = [_SCORING] if part == "metrics" and any(_FILE.search(one) for one in told) else []
    return [*files, *keys] or [named(model, part)]


def _names(summary: str, key: str) -> bool:
    return re.search(rf"(?:^|, ){key}(?:\.[\w.]+)?: ", summary) is not None


def is_served_otherwise(model: ModelReport) -> bool:
    """Say whether the candidate is the baseline's model, and a behaviour is broken on other rows: by what serves it."""
    new, old = model.candidate, model.baseline
    served = any(one.says.startswith("same: served") for one in model.behaviours.values())
    if not served or new is None or old is None or new.record != old.record:
        return False
    failed = [gate for gate in model.gates if gate.verdict == "fail" and gate.baseline is not None]
    return any(gate.value != gate.baseline for gate in failed)


def _unchanged(model: ModelReport) -> Sentence:
    if is_served_otherwise(model):
        return ("The model is the baseline's: what serves it has changed.",)
    if model.baseline is not None:
        return ("Nothing that this model depends on has changed.",)
    return ("There is nothing to compare it with.",) if model.candidate else ()
