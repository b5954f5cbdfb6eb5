"""What changed, part by part."""

from __future__ import annotations

from ml_ci.changes.values import Change
from ml_ci.reports import causes
from ml_ci.reports.page.drifted import drifted
from ml_ci.reports.page.markup import NOTHING, Html, code, join, quoted, tag
from ml_ci.reports.page.sheet import Part, Sheet, bullets
from ml_ci.reports.text import plural
from ml_ci.reports.values import ModelReport

_MOST, _MOST_DETAILS = 60, 12


def changed(sheet: Sheet) -> Part:
    """Give the section of what changed."""
    found = causes.changes(sheet.model)
    shown = [_line(sheet.model, one) for one in found[:_MOST]]
    more = [tag("li", f"and {plural(len(found) - _MOST, 'more part')}")] if len(found) > _MOST else []
    body = tag("ul", *shown, *more, class_="changes") if shown else NOTHING
    return Part("changed", "what changed", "What changed", join((body, drifted(sheet.model))))


def _line(model: ModelReport, change: Change) -> Html:
    path = model.paths.get(change.part, "")
    where = join((Html(" "), code(path, 120))) if path else NOTHING
    more = len(change.details) - _MOST_DETAILS
    details = [quoted(one, 300) for one in change.details[:_MOST_DETAILS]]
    details += [quoted(f"and {more:,} more")] if more > 0 else []
    return tag("li", tag("b", code(change.part, 80)), where, Html(" "), quoted(change.summary, 400), bullets(details))
