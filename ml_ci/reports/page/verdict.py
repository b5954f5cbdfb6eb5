"""The card that says it in five seconds: the verdict, why, what to do, and the mistakes as fields of squares."""

from __future__ import annotations

from collections.abc import Iterator

from ml_ci.errors import Failure
from ml_ci.reports import advice, both_yardsticks, causes, deeds, sentences
from ml_ci.reports.differences import metric_rows
from ml_ci.reports.metrics import counts_of, title
from ml_ci.reports.numbers import share
from ml_ci.reports.page.markup import NOTHING, Html, join, quoted, sentence, tag, text
from ml_ci.reports.page.sheet import Sheet, arrow, bullets, fold, mark, of_name
from ml_ci.reports.page.squares import squares
from ml_ci.reports.prices import price
from ml_ci.reports.rates import of_side
from ml_ci.reports.text import label, log_lines, plural
from ml_ci.reports.values import ModelReport, Side
from ml_ci.reports.yardsticks import by_base

_FIELDS = (("fnr", "Misses", "positives"), ("fpr", "False alarms", "negatives"))


def card(sheet: Sheet) -> Html:
    """Draw the card of a model's verdict."""
    model = sheet.model
    said = tag("span", of_name(sheet.name, _verdict(sheet)))
    head = tag(f"h{sheet.level - 1}", mark(model.verdict), said, id=None if sheet.alone else sheet.id("name"))
    return tag(
        "div",
        head,
        bullets(quoted(line, 1000) for line in both_yardsticks.lines(model)),
        tag("p", sentence(sentences.why(model)), class_="why"),
        *_said("", causes.cause(model)),
        *_said("Next: ", advice.next_steps(sheet.name, model)),
        *(tag("p", quoted(one, 600), class_="caution") for one in model.cautions[:20]),
        log(model.failure),
        fields(model),
        _foot(sheet),
        class_=f"card {model.verdict}",
    )


def _verdict(sheet: Sheet) -> str:
    return sentences.verdict(sheet.name, sheet.model)


def _said(before: str, pieces: tuple[str, ...]) -> Iterator[Html]:
    if pieces:
        yield tag("p", *([tag("b", before)] if before else []), sentence(pieces))


def log(failure: Failure | None) -> Html:
    """Fold out the tail of a job's log; nothing without one."""
    lines = log_lines(failure.log_tail) if failure and failure.log_tail.strip() else []
    if not lines:
        return NOTHING
    # A line is cleaned already, and its indentation is what a traceback is read by.
    shown = "\n".join(_escaped(line) for line in lines)
    return fold(
        text(f"the job's log, last {plural(len(lines), 'line')}"), tag("pre", Html(shown), tabindex="0"), opened=True
    )


def _escaped(line: str) -> str:
    indent = len(line) - len(line.lstrip(" "))
    return " " * indent + text(line.strip(), 600)


def fields(model: ModelReport) -> Html:
    """Draw misses and false alarms, each as 100 squares, the baseline's above; by the yardstick that decides."""
    model = by_base(model)
    if model.candidate is None:
        return NOTHING
    shown = [_field(model, *one) for one in _FIELDS]
    return tag("div", *shown, class_="fields") if any(shown) else NOTHING


def _field(model: ModelReport, metric: str, called: str, of: str) -> Html:
    found = next((row for row in metric_rows(model) if row.title == title(metric)), None)
    if found is None:
        return NOTHING
    moved = found.baseline not in ("", found.candidate)
    said = [text(f"{found.baseline} → {found.candidate} " if moved else f"{found.candidate} ")]
    sides = [("baseline", model.baseline, False), ("candidate", model.candidate, True)]
    rows = [_side(name, side, metric, candidate) for name, side, candidate in sides if side is not None]
    return tag(
        "div",
        tag("p", tag("b", f"{called} ({title(metric)})"), tag("span", f", of 100 {of}", class_="quiet"), class_="name"),
        tag("p", *said, arrow(found.arrow, at_length=True), class_="rate"),
        *rows,
        class_="field",
    )


def _side(name: str, side: Side, metric: str, candidate: bool) -> Html:
    pair, rate = counts_of(metric, side.confusion), of_side(side).get(metric)
    counted = share(*pair) if pair and pair[1] else "no rows"
    drawn = NOTHING if rate is None else squares(rate, candidate=candidate)
    return tag("div", tag("span", name), drawn, tag("b", counted), class_="side")


def _foot(sheet: Sheet) -> Html:
    """Say on what it was judged, which commits, and what was done for it."""
    model, report = sheet.model, sheet.report
    rows = sentences.rows_used(model)
    pieces = [
        text(f"Holdout of {rows}") if rows else NOTHING,
        sentence(sentences.commits(report)) if sheet.alone else NOTHING,
        sentence(deeds.done(sheet.name, model)),
        text(price(model)),
        *(quoted(label(note, 600)) for note in model.notes[:20]),
    ]
    shown = [tag("span", piece) for piece in pieces if piece]
    return tag("p", join(shown, " "), class_="foot") if shown else NOTHING
