"""Warn of a GPU that was asked for and not used, of sides that ran on different devices, of what jobs warned of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from ml_ci.reports.values import Side
from ml_ci.spec.values import ModelSpec
from ml_ci.training.ran import CPU, SCORING, TRAINING, Ran, Warned, split_new
from ml_ci.variables.masks import Mask

Runs = Mapping[str, Ran]

_SHOWN = 3
# What such a library says wherever there is no GPU, whether one was asked for or not.
_BY_DEFAULT = re.compile(
    r"Could not find cuda drivers|GPU will not be used|failed call to cuInit|Skipping registering GPU devices|"
    r"Cannot dlopen some GPU libraries|No GPU/TPU found",
    re.IGNORECASE,
)
# What will be otherwise in a later version of a library says nothing of this model.
_OF_LATER = re.compile(r"(?:\w+\.)*(?:(?:Pending)?Deprecation|Future|Resource|Import|Experimental)Warning\b")
_ADVICE = {
    "InconsistentVersionWarning": "Load it with the version that it was saved with, or train it again.",
    "ConvergenceWarning": "Give it more iterations or scale its columns: it was stopped before it was done.",
    "DataConversionWarning": "Give the labels in the shape that it takes.",
}


def caution_ran(model: ModelSpec, candidate: Runs, baseline: Runs) -> tuple[str, ...]:
    """Say what a reviewer has to know of what the jobs of both sides ran on and warned of."""
    said: list[str] = []
    for job in (TRAINING, SCORING):
        own, other = candidate.get(job), baseline.get(job)
        if own is not None:
            said += _say_fallback(model, job, own, other)
    said += _say_unlike(candidate, baseline)
    for job in (TRAINING, SCORING):
        own, other = candidate.get(job), baseline.get(job)
        if own is not None:
            said += _say_warnings(model, job, own, other)
    return tuple(dict.fromkeys(said))


def _say_fallback(model: ModelSpec, job: str, own: Ran, other: Ran | None) -> Iterator[str]:
    """Say that the CPU was taken where a GPU was asked for, or where a library looked for one in vain."""
    if not own.on_cpu:
        return
    declared = job == TRAINING and model.resources is not None and bool(model.resources.gpus)
    asked = [f"`resources: {{gpus: {model.resources.gpus}}}`"] if declared and model.resources else []
    asked += own.asked
    looked = _pick_told(own, other)
    said = f": “{looked[0].text}”" if looked else ""
    if asked:
        yield f"The {job} asks for a GPU ({', '.join(asked)}) and was seen to use the CPU only{said}. {_advise(own)}"
    elif looked:
        yield f"A library of the {job} looked for a GPU and took the CPU{said}. {_advise(own)}"


def _pick_told(own: Ran, other: Ran | None) -> list[Warned]:
    """Give what libraries said of falling back, without what they say of any machine and said of the baseline's."""
    new, _ = split_new(own.fallbacks, None if other is None else other.fallbacks)
    return [one for one in own.fallbacks if one in new or not _BY_DEFAULT.search(one.text)]


def _advise(own: Ran) -> str:
    if own.hardware.gpus:
        return (
            f"This machine has {', '.join(dict.fromkeys(own.hardware.gpus))}: install the library's build for it, and "
            "look whether the job may see it (CUDA_VISIBLE_DEVICES)."
        )
    return "Its machine had no GPU: run it where there is one, or ask for the CPU."


def _say_unlike(candidate: Runs, baseline: Runs) -> Iterator[str]:
    """Say that both sides ran on devices of different kinds; once, where it is so of the training and the scoring."""
    told: dict[tuple[str, str], list[str]] = {}
    for job, word in ((TRAINING, "trained"), (SCORING, "scored")):
        own, other = candidate.get(job), baseline.get(job)
        if own is None or other is None:
            continue
        ours, theirs = name_kinds(own), name_kinds(other)
        if _differ(ours, theirs):
            told.setdefault((" and ".join(ours), " and ".join(theirs)), []).append(word)
    for (here, there), words in told.items():
        yield (
            f"The candidate was {' and '.join(words)} on {here} and the baseline on {there}: a part of what lies "
            "between them may come from that. Where it matters, judge the change on a machine of the baseline's kind."
        )


def mask_ran(side: Side | None, mask: Mask) -> Side | None:
    """Leave what is secret out of what jobs said; a record may have been made where it was none."""
    if side is None or not side.ran:
        return side
    return replace(side, ran={job: _mask(ran, mask) for job, ran in side.ran.items()})


def _mask(ran: Ran, mask: Mask) -> Ran:
    fallbacks, warnings = (
        tuple(Warned(mask.text(one.text), one.count) for one in said) for said in (ran.fallbacks, ran.warnings)
    )
    return replace(ran, asked=tuple(map(mask.text, ran.asked)), fallbacks=fallbacks, warnings=warnings)


_CPU, _GPU = "the CPU", "a GPU"


def name_kinds(ran: Ran) -> tuple[str, ...]:
    """Name the kinds of the devices that a job used: `the CPU`, the name of a GPU, `a GPU` where it has none."""
    return tuple(sorted({_name_kind(device) for device in ran.devices}))


def _name_kind(device: str) -> str:
    if device == CPU:
        return _CPU
    where, _, name = device.partition(" ")
    return name or (_GPU if where.partition(":")[0] in ("cuda", "kfd") else where.partition(":")[0])


def _differ(ours: tuple[str, ...], theirs: tuple[str, ...]) -> bool:
    """Say whether kinds differ; a GPU without a name may be any."""
    if _GPU in (*ours, *theirs):
        return (_CPU in ours) != (_CPU in theirs)
    return ours != theirs


def _say_warnings(model: ModelSpec, job: str, own: Ran, other: Ran | None) -> Iterator[str]:
    """Say what a job of the candidate warned of and the baseline's did not; the rest is told where it is decided."""
    new, _ = split_new(own.warnings, None if other is None else other.warnings)
    shown = [one for one in new if not _OF_LATER.match(one.text)]
    how = "warns" if other is None else "warns of what the baseline's did not"
    for one in shown[:_SHOWN]:
        yield f"The {job} {how}: {say_warning(one)}{_advise_on(one)}"
    more = len(shown) - _SHOWN + own.more
    if more > 0:
        log = f"in the log .ml_ci/logs/{model.name}-candidate.log" if job == TRAINING else "in the JSON"
        yield f"The {job} has {more} more such {'warning' if more == 1 else 'warnings'}, {log}."


def say_warning(one: Warned) -> str:
    """Say a warning, and how often there was one that differs in numbers only."""
    return one.text + (f" ({one.count} times)" if one.count > 1 else "")


def _advise_on(one: Warned) -> str:
    found = next((advice for name, advice in _ADVICE.items() if name in one.text.partition(":")[0]), "")
    return f". {found}" if found else ""
