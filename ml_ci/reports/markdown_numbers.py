"""The numbers of a model in Markdown: its four counts, its gates, its metrics, its slices."""

from __future__ import annotations

from collections.abc import Sequence

from ml_ci.gates.values import MOST_SLICES
from ml_ci.reports import sentences
from ml_ci.reports.bars import bar
from ml_ci.reports.chart import chart
from ml_ci.reports.differences import MetricRow, metric_rows, slice_rows, unmoved
from ml_ci.reports.escaping import code, fence, text
from ml_ci.reports.gate_rows import GateRow, gate_rows, interval_named
from ml_ci.reports.markup import details, table, together
from ml_ci.reports.metrics import title
from ml_ci.reports.text import plural, short_source
from ml_ci.reports.values import ModelReport, Side
from ml_ci.reports.yardsticks import by_base

_MOST_GATES = 60
# So many gates that do not pass stand open; a screen has no more.
_OPEN_GATES = 8


def counts(model: ModelReport) -> str:
    """Draw the four counts, each with what changed in it, and the two rates; "" without a candidate.

    They are those of the yardstick that decides. Each cell has two lines: so the four fit a telephone's width.
    """
    model = by_base(model)
    if model.candidate is None:
        return ""
    new, old = model.candidate.confusion, model.baseline.confusion if model.baseline else None
    rows = []
    for kind, whole, names, metric in (
        ("positives", new.positives, ("tp", "fn"), "fnr"),
        ("negatives", new.negatives, ("fp", "tn"), "fpr"),
    ):
        cells = [_count(getattr(new, name), getattr(old, name) if old else None, name) for name in names]
        rows.append([f"**{whole:,}<br>{plural(whole, kind[:-1]).split()[-1]}**", *cells, _rate(model, metric)])
    return table(["", "called positive", "called negative", "mistakes"], rows, "lrrl")


# So many characters in each of the first three columns fit a telephone's 354 pixels.
_WIDEST = 16
_CALLED = {"tp": "found", "fn": "missed", "fp": "false alarms", "tn": "left alone"}


def _count(now: int, was: int | None, name: str) -> str:
    moved_by = "" if was is None or was == now else f" ({now - was:+,})".replace("-", "−")
    shown = f"{was:,} → {now:,}{moved_by}" if moved_by else f"{now:,}"
    lines = [shown] if len(shown) <= _WIDEST else shown.split(" (")  # what changed on a line of its own
    said = "<br>".join([together(_CALLED[name]), together(lines[0]), *(together(f"({line}") for line in lines[1:])])
    return f"**{said}**" if name in ("fn", "fp") else said


def _rate(model: ModelReport, metric: str) -> str:
    """Say a rate on both sides: `FNR 12.4% → 19.9%, +7.5 points ▲ worse`."""
    row = next(row for row in metric_rows(model) if row.title == title(metric))
    if not row.change:
        return together(f"{row.title} {row.candidate}")
    moved = together(f"{row.title} {row.baseline} → {row.candidate}")
    return f"{moved}<br>{together(f'{row.change} {row.arrow}'.strip())}"


def gates(model: ModelReport) -> tuple[str, str]:
    """Draw the gates that do not pass, and fold away those that pass, and those beyond what a screen holds."""
    shown, more = gate_rows(model, _MOST_GATES)
    rows = [row for row in shown if row.gate.verdict != "pass"]
    held = [row for row in shown if row.gate.verdict == "pass"]
    opened, folded = rows[:_OPEN_GATES], [*rows[_OPEN_GATES:], *held]
    rest = [f"{plural(len(rows) - len(opened), 'more gate')} not passed"] if len(rows) > len(opened) else []
    passing = sum(max(row.folded, 1) for row in held)
    said = ", ".join([*rest, *([f"{plural(passing, 'gate')} {'passes' if passing == 1 else 'pass'}"] if held else [])])
    left = f"\n\nand {plural(more, 'more gate')}." if more else ""
    return _gates(model, opened), details(said, _gates(model, folded) + left) if folded else left.strip()


def _gates(model: ModelReport, rows: list[GateRow]) -> str:
    if not rows:
        return ""
    title = _interval_title(rows)
    cells = [[r.mark, _label(r), _measured(r), together(r.limit), text(r.baseline), _evidence(r, title)] for r in rows]
    headers = ["", "gate", "candidate", "limit", _baseline_title(model.baseline), title]
    used = [at for at in range(6) if at < 3 or any(row[at] for row in cells)]
    sides = "".join("clrrrl"[at] for at in used)
    return table([headers[at] for at in used], [[row[at] for at in used] for row in cells], sides)


def _label(row: GateRow) -> str:
    return text(row.label).replace(" = ", "\xa0=\xa0") if row.named else code(row.label)


def _measured(row: GateRow) -> str:
    return text(row.candidate) + (f"<br>({together(row.counts)})" if row.counts else "")


def _evidence(row: GateRow, title: str) -> str:
    """Say the interval with its bar, and the rows that are missing to a verdict; of a new model, that it is new.

    Its level stands here where the column's title does not say it.
    """
    said = row.interval if row.level and title.startswith(f"{row.level} ") else interval_named(row)
    drawn = f"`{bar(row.scale, 16).replace(' ', '·')}`" if row.scale else ""
    remark = text(row.remark, 120) if row.remark and not row.limit else ""
    return "<br>".join(piece for piece in (text(said), drawn, text(row.needs), remark) if piece)


def _baseline_title(side: Side | None) -> str:
    if side is None or not side.source:
        return "baseline"
    return f"baseline {code(short_source(side.source).split()[-1], 24)}"


def _interval_title(rows: Sequence[GateRow]) -> str:
    levels = {row.level for row in rows if row.interval}
    return f"{levels.pop()} interval".lstrip() if len(levels) == 1 else "interval" if levels else ""


def metrics(model: ModelReport) -> str:
    """Fold away the metrics beside FPR and FNR, which the counts show."""
    every = metric_rows(model)
    rows = [row for row in every if row.title not in ("FPR", "FNR")]
    if unmoved(every):
        return text(sentences.no_difference(len(every)))
    if not rows:
        return ""
    return details(plural(len(rows), "more metric"), _metrics(model, rows))


def _metrics(model: ModelReport, rows: list[MetricRow]) -> str:
    if model.baseline is None:
        return table(["metric", "candidate"], [[text(row.title), text(row.candidate)] for row in rows], "lr")
    cells = [[text(r.title), text(r.baseline), text(r.candidate), together(r.change), together(r.arrow)] for r in rows]
    return table(["metric", "baseline", "candidate", "change", ""], cells, "lrrrl")


def slices(model: ModelReport) -> str:
    """Fold away the slices that moved; without a baseline, the slices there are."""
    rows, number = slice_rows(model, MOST_SLICES)
    if not rows:
        return ""
    cells = [
        [text(r.title), f"{r.rows:,}", _move(r.fpr, r.arrows[0], model), _move(r.fnr, r.arrows[1], model)] for r in rows
    ]
    more = number - len(rows)
    said = f"{plural(number, 'slice')} that moved" if model.baseline else plural(number, "slice")
    left = f"\n\nand {plural(more, 'more slice')}." if more else ""
    return details(said, table(["slice", "rows", "FPR", "FNR"], cells, "lrll") + left)


def drawn(model: ModelReport) -> str:
    """Fold away the slices as a picture, below their table."""
    picture = chart(model)
    return details("FNR by slice, as a chart", fence(picture, "mermaid")) if picture and slices(model) else ""


def _move(pair: tuple[str, str], arrow: str, model: ModelReport) -> str:
    was, now = pair
    if model.baseline is None or was == now:
        return text(now)
    return text(f"{was} → {now} {arrow}".rstrip())
