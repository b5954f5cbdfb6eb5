"""A pass in three lines: nobody reads more of what is well. Cautions are added by whoever shows it."""

from __future__ import annotations

from ml_ci.gates.verdict import ORDER
from ml_ci.reports import causes, deeds, pieces, sentences
from ml_ci.reports.text import plural, short_source
from ml_ci.reports.values import ModelReport, Report

MORE = "-v shows more"


def lines(name: str, model: ModelReport) -> tuple[str, str, str]:
    """Say a pass: the verdict with its gates, the numbers, and what was compared, changed and done."""
    return (
        f"{sentences.marked(name, model)}: {_small(sentences.held(model))}{_noise(model)}",
        sentences.measured(model) or pieces.plain(sentences.why(model)),
        " ".join(filter(None, (_compared(model), deeds.work_done(name, model), _notes(model)))),
    )


def is_brief(model: ModelReport) -> bool:
    """Say whether three lines are enough: a pass, of which no two yardsticks and no failure tell."""
    return model.verdict == "pass" and not model.yardsticks and model.failure is None


def says_all(report: Report) -> bool:
    """Say whether the lines of its models say all of a report: what was judged is a commit, and each model is brief."""
    held = all(job.verdict == "pass" for job in report.jobs.values())
    return not report.dirty and held and all(map(is_brief, report.models.values()))


def worst_first(report: Report) -> dict[str, ModelReport]:
    """Give the models in the order in which they need to be looked at; those of one verdict as in `ml-ci.yaml`."""
    return dict(sorted(report.models.items(), key=lambda one: ORDER.index(one[1].verdict)))


def _compared(model: ModelReport) -> str:
    cause = pieces.plain(causes.cause(model))
    if model.baseline is None or not model.baseline.source:
        return cause
    said = _small(cause) if model.changes else "nothing it depends on changed."
    return f"Against {short_source(model.baseline.source)}: {said}"


def _noise(model: ModelReport) -> str:
    """Say where the numbers of both sides may differ by chance."""
    said = sentences.none_differs(model).replace(" to the baseline", "")
    return f" {said}" if said else ""


def _notes(model: ModelReport) -> str:
    return f"{plural(len(model.notes), 'note')}: {MORE}." if model.notes else ""


def _small(text: str) -> str:
    return text[:1].lower() + text[1:]
