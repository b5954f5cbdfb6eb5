"""What takes more than one key of a model, or more than one model, to judge."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator, Sequence

from ml_ci.metrics import METRICS, OF_COST
from ml_ci.spec.check_behaviours import BEHAVIOUR_CHECKS
from ml_ci.spec.check_chain import check_chain
from ml_ci.spec.check_data import DATA_CHECKS
from ml_ci.spec.check_job import JOB_CHECKS
from ml_ci.spec.check_live import LIVE_CHECKS
from ml_ci.spec.check_repeats import REPEATS_CHECKS
from ml_ci.spec.draft import Check, Draft, Drafts
from ml_ci.spec.names import MODEL_NAME
from ml_ci.spec.problems import Problem, show

_RESERVED_METRICS = METRICS | {"each", "worst", "gap", "ratio", "baseline", "candidate"}
_BASELINE_WORDS = {"mergebase": "merge-base", "champion": "champion", "none": "none", "no": "none"}


def check(drafts: Drafts) -> Iterator[Problem]:
    """Find what is wrong with the models together; a check is left out when a key that it reads is broken."""
    models = drafts.models
    for model in models:
        yield from _model_name(model, models)
        for reads, checking in _CHECKS:
            if model.broken.isdisjoint(reads.split()):
                yield from checking(model)
    yield from check_chain(drafts)


def _model_name(model: Draft, models: Sequence[Draft]) -> Iterator[Problem]:
    if not re.fullmatch(MODEL_NAME, model.name):
        expected = "expected a name that can be a file's: up to 64 letters, digits, '-', '_' and '.'"
        yield Problem(model.place(), f"{expected}, got {show(model.name)}")
    for other in models:
        if other is model:
            break
        if other.name.lower() == model.name.lower():
            yield Problem(model.place(), f"the name differs from {show(other.name)} in capitals only; choose another")


def _baseline(model: Draft) -> Iterator[Problem]:
    ref = model.keys.baseline
    word = _BASELINE_WORDS.get(re.sub("[-_ ]", "", ref.lower()))
    if word and ref != word:
        yield Problem(
            model.place("baseline"), f"expected a git ref, or merge-base, champion or none; did you mean '{word}'?"
        )
    elif ref.startswith("-") or re.search(r"\s|:|\.\.", ref):
        yield Problem(model.place("baseline"), f"expected a git ref such as main or 3f2c1ab, got {show(ref)}")


def _relative_gates(model: Draft) -> Iterator[Problem]:
    for index, gate in model.gates.items():
        if model.keys.baseline == "none" and gate.condition.relative:
            message = "compares with the baseline, and there is 'baseline: none'; remove one of them"
            yield Problem(model.place("gates", index), f"in {show(gate.text)}: {message}")


def _gates_twice(model: Draft) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for index, gate in model.gates.items():
        if first.setdefault(str(gate.condition), index) != index:
            earlier = model.gates[first[str(gate.condition)]]
            message = f"the gate {show(gate.text)} is listed twice, first on line {earlier.line}; remove one of them"
            yield Problem(model.place("gates", index), message)


# Beside v1, v2, ...: MLflow reads `latest` as the newest version, in any case.
_TAKEN = ("previous", "latest")


def _stages(model: Draft) -> Iterator[Problem]:
    names = [stage.name for stage in model.keys.stages]
    for index, name in enumerate(names):
        place = model.place("stages", index)
        if name in names[:index]:
            yield Problem(place, f"{show(name)} is listed twice")
        elif name in _TAKEN or re.fullmatch(r"v\d+", name):
            whose = "ml-ci" if name == "previous" else "MLflow"
            yield Problem(place, f"{show(name)} is reserved by {whose}; choose a name such as staging")
        elif not re.fullmatch(r"[a-z][a-z0-9_-]{0,30}", name):
            yield Problem(place, f"expected a name such as staging, in small letters, got {show(name)}")
    if names and names[-1] != "champion":
        yield Problem(model.place("stages"), f"the last stage is champion, got {show(names[-1])}")
    for index, stage in enumerate(model.keys.stages):
        for gate in model.stages.get(stage.name, ()):
            place = model.place("stages", index, "gates")
            if stage.traffic is not None:
                continue  # it is of other rows, and its baseline is the champion
            if model.keys.baseline == "none" and gate.condition.relative:
                message = "compares with the baseline, and there is 'baseline: none'; remove one of them"
                yield Problem(place, f"in {show(gate.text)}: {message}")
            if not model.keys.cost and gate.condition.metrics & OF_COST:
                yield Problem(place, f"in {show(gate.text)}: nothing has a price; add cost: {{fp: 5, fn: 120}}")
            if str(gate.condition) in {str(one.condition) for one in model.gates.values()}:
                yield Problem(place, f"{show(gate.text)} is a gate of the model already; remove one of them")


def _cost(model: Draft) -> Iterator[Problem]:
    cost = model.keys.cost
    if cost and cost.fp == 0 and cost.fn == 0:
        yield Problem(model.place("cost"), "both prices are zero, so that every model costs nothing; price one of them")
    for index, gate in model.gates.items():
        if not cost and gate.condition.metrics & OF_COST:
            message = f"in {show(gate.text)}: nothing has a price; add cost: {{fp: 5, fn: 120, currency: USD}}"
            yield Problem(model.place("gates", index), message)


def _metric_names(model: Draft) -> Iterator[Problem]:
    for name in model.keys.metrics:
        if name in _RESERVED_METRICS:
            yield Problem(model.place("metrics", name), f"{show(name)} is a word of ml-ci's own; choose another name")
        elif not name.isidentifier() or keyword.iskeyword(name):
            yield Problem(model.place("metrics", name), f"expected a name such as lift_at_10, got {show(name)}")


def _slices_twice(model: Draft) -> Iterator[Problem]:
    seen: set[frozenset[str]] = set()
    for index, spec in enumerate(model.keys.slices):
        if frozenset(spec.columns) in seen:
            yield Problem(model.place("slices", index), f"{show(', '.join(spec.columns))} is listed twice")
        seen.add(frozenset(spec.columns))


def _seeds(model: Draft) -> Iterator[Problem]:
    if 1 < model.keys.seeds < 5:
        message = f"expected 1, or at least 5 to say anything about luck, got {model.keys.seeds}"
        yield Problem(model.place("seeds"), message)


def _program(model: Draft) -> Iterator[Problem]:
    if model.keys.python and model.keys.python.startswith("-"):
        yield Problem(
            model.place("python"), f"expected an interpreter such as .venv/bin/python, got {show(model.keys.python)}"
        )


# The keys that a check reads, and the check.
MODEL_CHECKS: tuple[tuple[str, Check], ...] = (
    ("baseline", _baseline),
    ("baseline", _relative_gates),
    ("gates", _gates_twice),
    ("cost", _cost),
    ("stages", _stages),
    ("metrics", _metric_names),
    ("slices", _slices_twice),
    ("seeds", _seeds),
    ("python", _program),
)
_CHECKS = (*JOB_CHECKS, *DATA_CHECKS, *BEHAVIOUR_CHECKS, *REPEATS_CHECKS, *LIVE_CHECKS, *MODEL_CHECKS)
