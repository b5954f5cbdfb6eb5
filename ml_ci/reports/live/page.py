"""The page of a watch, `ml-ci watch --html FILE`, and of a canary: their words are those of the issue."""

from __future__ import annotations

from collections.abc import Iterator

from ml_ci.gates.values import Verdict
from ml_ci.reports.live import canary_words, words
from ml_ci.reports.live.drawn import canary, parts, watch
from ml_ci.reports.live.drawn.parts import Spot
from ml_ci.reports.live.plain import worst_first
from ml_ci.reports.live.values import CanaryReport, ModelWatch, WatchReport
from ml_ci.reports.page.markup import Html, join, named, tag, text
from ml_ci.reports.page.sheet import Part, fold, mark, of_name, section
from ml_ci.reports.text import plural

_MOST_MODELS, _MOST_LINKS = 100, 5
_VERDICTS: dict[str, Verdict] = {"promote": "pass", "roll back": "fail", "continue": "inconclusive"}


def render_watch(report: WatchReport) -> str:
    """Draw a look at live rows as one HTML file that loads nothing; in light or dark colours, and on paper."""
    models = list(worst_first(report).items())[:_MOST_MODELS]
    alone = len(report.models) == 1
    spots = {name: Spot(f"m{at}", alone) for at, (name, _) in enumerate(models, 1)}
    drawn = {name: watch.sections(model, spots[name]) for name, model in models}
    if alone:
        (name, model), *_ = models
        title, said = words.verdict(name, model), of_name(name, words.verdict(name, model))
        links = [(spots[name].id(part.key), text(part.short)) for part in drawn[name]]
    else:
        title, said = words.overall(report), text(words.overall(report))
        links = [(spots[name].key, named(name, 40)) for name, model in models if model.verdict != "pass"][:_MOST_LINKS]
    main = [*_models(report, models, spots, drawn), parts.foot(report.when, report.config, report.commit, "watch.json")]
    return parts.page(title, report.verdict, said, links, main)


def _models(
    report: WatchReport, models: list[tuple[str, ModelWatch]], spots: dict[str, Spot], drawn: dict[str, list[Part]]
) -> Iterator[Html]:
    if len(report.models) != 1:
        yield tag("h1", mark(report.verdict), tag("span", words.overall(report)))
    for name, model in models:
        spot = spots[name]
        inside = [watch.card(name, model, spot), *(section(spot, part) for part in drawn[name])]
        yield join(inside) if spot.alone else _folded(name, model, spot, inside)
    left = len(report.models) - len(models)
    if left > 0:
        yield tag("p", f"and {plural(left, 'more model')}: all of them are in watch.json")


def _folded(name: str, model: ModelWatch, spot: Spot, inside: list[Html]) -> Html:
    """Fold a healthy model of several away."""
    if model.verdict != "pass":
        return tag("article", *inside, id=spot.key, class_="model")
    said = tag("span", tag("b", of_name(name, words.verdict(name, model))))
    return fold(join((mark(model.verdict), said)), *inside, id=spot.key, class_="model")


def render_canary(report: CanaryReport) -> str:
    """Draw the decision about a candidate as one HTML file that loads nothing."""
    broken = any(gate.verdict == "error" for gate in report.gates)
    spot, verdict = Spot("m1", True), "error" if broken else _VERDICTS[report.decision]
    found = canary.sections(report, spot)
    said = of_name(report.model, canary_words.verdict(report))
    main = [
        canary.card(report, verdict),
        *(section(spot, part) for part in found),
        parts.foot(report.when, report.config, report.commit, "canary.json"),
    ]
    links = [(spot.id(part.key), text(part.short)) for part in found]
    return parts.page(canary_words.verdict(report), verdict, said, links, main)
