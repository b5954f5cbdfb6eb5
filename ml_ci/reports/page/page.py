"""The whole page of a report: `ml-ci report --html FILE`. Its words are those of the comment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from ml_ci import __version__
from ml_ci.reports import brief, sentences
from ml_ci.reports.page.behaviours import behaviours
from ml_ci.reports.page.changed import changed
from ml_ci.reports.page.curves.section import curves
from ml_ci.reports.page.decided import clusters, decided
from ml_ci.reports.page.flips import flips
from ml_ci.reports.page.gates import gates
from ml_ci.reports.page.head import document, joined
from ml_ci.reports.page.legend import dots
from ml_ci.reports.page.markup import NOTHING, Html, code, join, named, quoted, sentence, tag, text
from ml_ci.reports.page.overview import ended, is_passing, jobs, overview
from ml_ci.reports.page.sheet import Part, Sheet, fold, mark, of_name, section
from ml_ci.reports.page.slices import slices
from ml_ci.reports.page.verdict import card
from ml_ci.reports.text import plural
from ml_ci.reports.values import Report

# Beyond so many models, those that come last are in report.json only.
_MOST_MODELS, _MOST_LINKS = 100, 5


# Above so many bytes the curves of models that pass are left out: nobody opens a larger file on a telephone.
_MOST_BYTES = 5_000_000


def render(report: Report) -> str:
    """Draw a report as one HTML file that loads nothing; it follows the reader's light or dark colours, and prints."""
    drawn = _render(report, _sheets(report))
    if len(drawn) <= _MOST_BYTES:
        return drawn
    sheets = _sheets(report)
    return _render(report, {name: replace(one, curves=not is_passing(one.model)) for name, one in sheets.items()})


def _render(report: Report, sheets: Mapping[str, Sheet]) -> str:
    alone = [sheet for sheet in sheets.values() if sheet.alone]
    parts = {name: list(_parts(sheet)) for name, sheet in sheets.items()}
    body = joined(
        dots(),
        _bar(report, alone[0] if alone else None, sheets, parts),
        tag("main", *(_alone(alone[0], parts) if alone else _several(report, sheets, parts)), _foot(report)),
    )
    return document(f"ml-ci: {sentences.overall(report)}", body, ("look.css", "fields.css", "page.css"), "page.js")


def _sheets(report: Report) -> dict[str, Sheet]:
    models = list(brief.worst_first(report).items())[:_MOST_MODELS]
    alone = len(report.models) == 1 and not sentences.failure(report) and not report.jobs
    return {name: Sheet(name, model, report, f"m{at}", alone) for at, (name, model) in enumerate(models, 1)}


def _parts(sheet: Sheet) -> Iterator[Part]:
    """Give the sections of a model in their order; those without a body are left out."""
    for make in (gates, changed, curves, slices, flips, behaviours, clusters, decided):
        part = make(sheet)
        if part.body:
            yield part


def _alone(sheet: Sheet, parts: Mapping[str, list[Part]]) -> Iterator[Html]:
    yield _cautions(sheet.report)
    yield card(sheet)
    yield from (section(sheet, part) for part in parts[sheet.name])


def _several(report: Report, sheets: Mapping[str, Sheet], parts: Mapping[str, list[Part]]) -> Iterator[Html]:
    single = next(iter(sheets), "") if len(sheets) == 1 else ""
    yield tag("h1", mark(report.verdict), tag("span", of_name(single, sentences.overall(report))))
    yield ended(report)
    yield _cautions(report)
    if len(sheets) > 1:
        yield overview(sheets)
    left = len(report.models) - len(sheets)
    yield tag("p", f"and {plural(left, 'more model')}: all of them are in report.json") if left > 0 else NOTHING
    for name, sheet in sheets.items():
        yield _model(sheet, parts[name], folded=len(sheets) > 1 and is_passing(sheet.model))
    yield jobs(report)


def _model(sheet: Sheet, parts: list[Part], *, folded: bool) -> Html:
    inside = [card(sheet), *(section(sheet, part) for part in parts)]
    if not folded:
        return tag("article", *inside, id=sheet.key, class_="model")
    first, numbers, _ = brief.lines(sheet.name, sheet.model)
    said = of_name(sheet.name, first.partition(" ")[2].rstrip("."))
    summary = join((mark(sheet.model.verdict), tag("span", tag("b", said), tag("span", f" {numbers}", class_="quiet"))))
    return fold(summary, *inside, id=sheet.key, class_="model")


def _bar(report: Report, alone: Sheet | None, sheets: Mapping[str, Sheet], parts: Mapping[str, list[Part]]) -> Html:
    """Draw the line that stays on the screen: the verdict, and where what stands."""
    if alone is not None:
        links = [(alone.id(part.key), text(part.short)) for part in parts[alone.name]]
    else:
        open_ = [sheet for sheet in sheets.values() if not is_passing(sheet.model)]
        links = [(sheet.key, named(sheet.name, 40)) for sheet in open_[:_MOST_LINKS]]
    nav = (
        tag("nav", *(tag("a", shown, href=f"#{at}") for at, shown in links), aria_label="Sections")
        if links
        else NOTHING
    )
    name = next(iter(sheets)) if len(sheets) == 1 else ""
    said = tag("span", of_name(name, sentences.overall(report)))
    verdict = tag("span", mark(report.verdict), said, class_=f"pill {report.verdict}")
    # The script shows it: without one it would do nothing.
    theme = tag("button", "dark", type="button", id="theme", hidden=True)
    return tag("header", tag("div", tag("b", "ml-ci", class_="brand"), verdict, nav, theme))


def _cautions(report: Report) -> Html:
    return join(tag("p", quoted(one, 600), class_="caution") for one in report.cautions[:20])


def _foot(report: Report) -> Html:
    gates_of = join((", by the gates of ", code(report.config, 120))) if report.config else NOTHING
    commits = join((" ", sentence(sentences.commits(report)))) if sentences.commits(report) else NOTHING
    said = f" Everything on this page is in report.json; it loads nothing from elsewhere. ml-ci {__version__}"
    return tag("footer", "Judged by ml-ci", gates_of, ".", commits, said)
