"""What a report says of the work: told from what the steps noted while they did it, never from the plan."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ml_ci.reports.numbers import duration
from ml_ci.reports.pieces import Sentence, capital
from ml_ci.reports.text import label, short_source
from ml_ci.reports.values import Deed, ModelReport

_TIMES = {1: "once", 2: "twice"}
_DOING = {"train": "training", "make": "doing", "fetch": "fetching", "score": "scoring", "wait": "waiting for"}


def done(name: str, model: ModelReport) -> Sentence:
    """Say what work the run did: `Trained once (12 s); baseline found (merge-base 3f2c1ab).`

    () where a report does not say.
    """
    pieces = [*_work(name, model), *_baseline(model)]
    return (f"{capital('; '.join(pieces))}.",) if pieces else ()


def work_done(name: str, model: ModelReport) -> str:
    """Say the work without the baseline: `Trained twice (1.0 s).`; "" where a report does not say."""
    work = "; ".join(_work(name, model)).removesuffix(": the result was on record")
    return f"{capital(work)}." if work else ""


def _work(name: str, model: ModelReport) -> list[str]:
    if model.done is None:
        return []
    made = [deed for deed in model.done if deed.kind == "make" and deed.finished]
    return [*_trained_or_not(name, model, model.done), *([_say_jobs(made)] if made else [])]


def _say_jobs(made: Sequence[Deed]) -> str:
    names = list(dict.fromkeys(deed.model for deed in made))
    each = (f"{label(one, 80)} {_times(sum(deed.model == one for deed in made))}" for one in names)
    return f"{'job' if len(names) == 1 else 'jobs'} done: {', '.join(each)} ({_took(made)})"


def _trained_or_not(name: str, model: ModelReport, done: Sequence[Deed]) -> list[str]:
    trained = [deed for deed in done if deed.kind == "train" and deed.finished]
    stopped = [deed for deed in done if not deed.finished]
    others = all(deed.side == "baseline" for deed in trained)
    told = [_stopped(name, deed, alone=others) for deed in stopped]
    if stopped and trained and others:
        return [*told, f"the baseline was trained ({_took(trained)})"]
    return [*([_trained(name, trained)] if trained else []), *told] or [_untrained(model, done)]


def _trained(name: str, trained: Sequence[Deed]) -> str:
    took = f" ({_took(trained)})"
    names = list(dict.fromkeys(deed.model for deed in trained))
    if names == [name] and all(deed.side == "baseline" for deed in trained):
        return "only the baseline was trained" + (f" {_times(len(trained))}" if len(trained) > 1 else "") + took
    each = (f"{label(one, 80)} {_times(sum(deed.model == one for deed in trained))}" for one in names)
    return f"trained {_times(len(trained))}{took}" + ("" if names == [name] else f": {', '.join(each)}")


def _stopped(name: str, deed: Deed, *, alone: bool) -> str:
    """Say of work that it did not finish, and whose it was where that is not plain."""
    took = f" ({_took([deed])})"
    if deed.kind == "train" and alone and deed.side == "candidate" and deed.model == name:
        return f"training did not finish{took}"
    of = "" if deed.model == name else f"{label(deed.model, 80)} of "
    what = "champion" if deed.kind == "fetch" else deed.side
    return f"{_DOING[deed.kind]} {of}the {what} did not finish{took}"


def _untrained(model: ModelReport, deeds: Sequence[Deed]) -> str:
    waited = [deed for deed in deeds if deed.kind == "wait"]
    scored = [deed for deed in deeds if deed.kind == "score" and deed.side == "candidate"]
    if waited:
        return f"nothing was trained here: another run did it meanwhile (waited {_took(waited)})"
    if scored:
        return f"nothing was trained, the model scored again ({_took(scored)})"
    on_record = model.candidate is not None and not deeds
    return "nothing was trained" + (": the result was on record" if on_record else "")


def _baseline(model: ModelReport) -> list[str]:
    if model.baseline is None:
        return ["no baseline"] if model.candidate is not None else []
    source = f" ({short_source(model.baseline.source)})" if model.baseline.source else ""
    if any(deed.kind == "fetch" and deed.finished for deed in model.done or ()):
        return [f"baseline fetched{source}"]
    words = {"train": "baseline trained", "evaluate": "baseline scored again", "reuse": "baseline found"}
    return [words.get(model.baseline.action or "", "compared with the baseline") + source]


def _took(deeds: Iterable[Deed]) -> str:
    return duration(sum(deed.seconds for deed in deeds))


def _times(number: int) -> str:
    return _TIMES.get(number, f"{number:,} times")
