"""The models of a report in one table, and its jobs: what a page of several begins with."""

from __future__ import annotations

from collections.abc import Mapping

from ml_ci.reports import checks, sentences
from ml_ci.reports.differences import MetricRow, metric_rows
from ml_ci.reports.page.markup import NOTHING, Html, join, named, quoted, sentence, tag, text
from ml_ci.reports.page.sheet import Sheet, arrow, mark
from ml_ci.reports.page.tables import Column, lines, table
from ml_ci.reports.page.verdict import log
from ml_ci.reports.values import ModelReport, Report

_MOST = 200


def overview(sheets: Mapping[str, Sheet]) -> Html:
    """Give the table of the models, the worst first."""
    columns = [Column("model"), Column("why"), Column("FPR", True), Column("FNR", True)]
    return table(columns, [_row(sheet) for sheet in list(sheets.values())[:_MOST]], class_="models")


def _row(sheet: Sheet) -> list[Html]:
    model = sheet.model
    name = tag("a", named(sheet.name, 100), href=f"#{sheet.key}")
    found = {row.title: row for row in metric_rows(model)}
    outcome = tag("span", sentences.OUTCOMES[model.verdict][0], class_="quiet")
    return [
        tag("div", mark(model.verdict), tag("div", name, Html(" "), outcome), class_="gate"),
        sentence(sentences.why(model)),
        *(_rate(found.get(title)) for title in ("FPR", "FNR")),
    ]


def _rate(row: MetricRow | None) -> Html:
    if row is None:
        return text("")
    if row.baseline in ("", row.candidate):
        return text(row.candidate)
    return lines(text(f"{row.baseline} → {row.candidate}"), arrow(row.arrow))


def jobs(report: Report) -> Html:
    """Give the jobs that are checks: those that do not pass one by one, the others in a line."""
    failing = [
        tag(
            "div",
            tag("h2", mark(job.verdict), tag("span", quoted(checks.verdict(name, job)))),
            *(tag("p", quoted(line, 1000)) for line in checks.explain(job)),
            log(job.failure),
            class_=f"card {job.verdict}",
        )
        for name, job in checks.list_failing(report).items()
    ]
    said = checks.passing(report)
    return join((*failing, tag("p", said, class_="lead") if said else NOTHING))


def ended(report: Report) -> Html:
    """Say what ended the whole run; nothing where nothing did, or a model says it."""
    failure = sentences.failure(report)
    if failure is None:
        return NOTHING
    hint = sentences.failure_hint(failure)
    return tag(
        "div",
        tag("p", quoted(failure.message, 1000), class_="why"),
        tag("p", tag("b", "Next: "), quoted(hint)) if hint else NOTHING,
        log(failure),
        class_="card error",
    )


def is_passing(model: ModelReport) -> bool:
    """Say whether a model is folded away where there are several."""
    return model.verdict == "pass"
