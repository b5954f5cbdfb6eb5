"""What has to hold of the model's answers whatever the label is: how often it does not, and where."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from ml_ci.reports.metrics import arrow as way
from ml_ci.reports.numbers import count, percent, share
from ml_ci.reports.page.markup import NOTHING, Html, code, join, named, quoted, tag, text
from ml_ci.reports.page.sheet import Part, Sheet, arrow, lead
from ml_ci.reports.page.tables import Column, lines, table
from ml_ci.reports.text import label
from ml_ci.reports.values import BehaviourReport, Broken

_MOST = 100


def behaviours(sheet: Sheet) -> Part:
    """Give the section of the behaviours."""
    found = list(sheet.model.behaviours.items())[:_MOST]
    if not found:
        return Part("behaviours", "behaviours", "Behaviours", NOTHING)
    columns = [Column("behaviour"), Column("baseline", True), Column("candidate", True), Column("where it is broken")]
    rows = [[_name(*one), _broken(one[1].baseline), _candidate(one[1]), _shown(sheet, one[1])] for one in found]
    used = [at for at in range(4) if at != 1 or any(one.baseline is not None for _, one in found)]
    drawn = table([columns[at] for at in used], [[row[at] for at in used] for row in rows], class_="behaviours")
    said = "What has to hold of an answer whatever the label is: on how many rows it does not."
    return Part("behaviours", "behaviours", "Behaviours", join((lead(said), drawn)))


def _name(name: str, one: BehaviourReport) -> Html:
    return tag("div", tag("span", named(name, 100)), code(one.says, 300), class_="gate plain")


def _broken(side: Broken | None) -> Html:
    if side is None:
        return text("")
    if not side.applies:
        return text("applies to no row")
    return join(
        (
            text(percent(side.broken / side.applies)),
            tag("span", f" ({share(side.broken, side.applies)})", class_="quiet"),
        )
    )


def _candidate(one: BehaviourReport) -> Html:
    own, old = one.candidate, one.baseline
    if own is None:
        return text("not measured")
    moved = way("fpr", old.broken, own.broken, None) if old is not None and old.applies == own.applies else ""
    silent = f"{count(own.no_answer)} without an answer" if own.no_answer else ""
    return lines(join((_broken(own), Html(" "), arrow(moved.strip("=")))), text(silent))


def _shown(sheet: Sheet, one: BehaviourReport) -> Html:
    return lines(*_pieces(sheet, one)) or text(
        "nowhere" if one.candidate is not None and not one.candidate.broken else ""
    )


def _pieces(sheet: Sheet, one: BehaviourReport) -> Iterator[Html]:
    if one.why:
        yield quoted(one.why, 600)
    if one.shown is None:
        return
    yield quoted(f"{'Beyond the holdout: ' if one.shown.beyond else ''}{one.shown.words}", 1000)
    if one.shown.arguments:
        yield code(
            shlex.join(["ml-ci", "ask", label(sheet.name, 300), *(label(one_, 300) for one_ in one.shown.arguments)]),
            900,
        )
