"""The section of the curves: what a threshold costs in false alarms and misses, and every chart."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from ml_ci.evaluation.pictures import CutCounts, Cuts
from ml_ci.reports.differences import metric_rows
from ml_ci.reports.page.curves import draw
from ml_ci.reports.page.curves.figures import Figure, figures, rates_of
from ml_ci.reports.page.curves.frame import ACROSS, DOWN, LEFT, TOP
from ml_ci.reports.page.curves.judged import judged
from ml_ci.reports.page.legend import legend
from ml_ci.reports.page.markup import NOTHING, Html, code, data, join, tag, text
from ml_ci.reports.page.sheet import Part, Sheet, lead
from ml_ci.reports.values import ModelReport

_METRICS = ("AUC", "average precision", "log loss", "Brier score", "ECE")
_LEFT_OUT = (
    "The curves of models that pass are left out here: the page would be too large. Their numbers are in report.json."
)
_MISSING = ("The curves are not drawn here: what draws them is not installed. ", "pip install 'ml-ci[report]'")


def curves(sheet: Sheet) -> Part:
    """Give the section of the curves; nothing where there are no scores."""
    return Part("curves", "curves", "Curves", _body(sheet))


def _body(sheet: Sheet) -> Html:
    model = sheet.model
    pictures = model.pictures
    shown = figures(model, pictures) if pictures is not None else []
    shown += [one for one in (judged(model),) if one is not None]
    if not shown:
        return NOTHING
    if not sheet.curves:
        return tag("p", _LEFT_OUT, class_="lead")
    cuts = None if pictures is None else pictures.cuts
    slider = _slider(sheet, cuts) if cuts is not None and rates_of(cuts.candidate) else NOTHING
    if draw.is_there():
        drawn = tag("div", *(_figure(sheet, one) for one in shown), class_="charts", id=sheet.id("charts"))
    else:
        drawn = tag("p", text(_MISSING[0]), code(_MISSING[1]), class_="caution")
    return join((_sentence(model), slider, legend(model), drawn))


def _sentence(model: ModelReport) -> Html:
    """Say the metrics of the order and the size of the scores."""
    rows = {row.title: row for row in metric_rows(model)}
    found = [rows[title] for title in _METRICS if title in rows]
    said = [
        f"{r.title} {r.baseline} → {r.candidate} {r.arrow}".strip() if r.change else f"{r.title} {r.candidate}"
        for r in found
    ]
    return lead(f"{', '.join(said)}.") if said else NOTHING


def _figure(sheet: Sheet, one: Figure) -> Html:
    at = sheet.id(one.kind)
    drawn = draw.draw(one.spec, at, one.said, data_chart=one.kind, **one.place)
    head = tag(f"h{sheet.level + 1}", one.title)
    return tag("div", head, tag("p", one.reading, class_="reading"), drawn, class_="figure")


def _slider(sheet: Sheet, cuts: Cuts) -> Html:
    """Give the slider, which the script shows: it goes from cut to cut, each of which was counted."""
    at = sheet.id("threshold")
    box = tag(
        "div",
        tag("label", "Threshold ", tag("output", id=sheet.id("at"), for_=at), for_=at),
        tag("button", "as judged", type="button", class_="judged"),
        tag("input", type="range", id=at, min=0, max=len(cuts.at) - 1, step=1, value="0"),
    )
    sides = [("candidate", "new"), *([("baseline", "old")] if cuts.baseline else [])]
    rows = [
        tag("tr", tag("th", name, scope="row"), *(tag("td", data_of=f"{key} {m}") for m in ("fp", "fn")))
        for name, key in sides
    ]
    head = tag("tr", tag("th", "at this threshold", scope="col"), *(tag("th", m, scope="col") for m in ("FPR", "FNR")))
    counts = tag("table", tag("thead", head), tag("tbody", *rows), class_="counted")
    warning = tag(
        "p",
        "To look costs nothing. A threshold that is picked here is picked on the holdout: choose it on other rows, by ",
        code("threshold: fpr=0.01"),
        " and ",
        code("data.validation"),
        ".",
        class_="quiet",
    )
    return tag(
        "div",
        box,
        counts,
        warning,
        data(_numbers(cuts), sheet.id("cuts")),
        class_="slider",
        data_of=sheet.key,
        hidden=True,
    )


def _numbers(cuts: Cuts) -> dict[str, Any]:
    """Give what the script places its dots by: the counts at each cut, and the frame of the plots."""
    old = cuts.baseline
    return {
        "at": [float(f"{one:.5g}") for one in cuts.at],
        "new": _counts(cuts.candidate),
        "old": None if old is None else _counts(old),
        "judged": [None if one is None or one not in cuts.at else cuts.at.index(one) for one in cuts.operating],
        "frame": [LEFT, TOP, ACROSS, DOWN],
    }


def _counts(counts: CutCounts) -> dict[str, Any]:
    return {"fp": _steps(counts.fp), "fn": _steps(counts.fn), "p": counts.positives, "n": counts.negatives}


def _steps(counts: Sequence[int]) -> list[int]:
    """Give the first count, and by how much each other differs from the one before: shorter to write."""
    return [now - was for was, now in pairwise((0, *counts))]
