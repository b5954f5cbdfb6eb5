"""The report as GitHub's Markdown, short enough to be a comment: verdict, cause, numbers, what to do."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ml_ci.errors import Failure
from ml_ci.reports import advice, both_yardsticks, causes, deeds, sentences
from ml_ci.reports.bars import bar
from ml_ci.reports.chart import chart
from ml_ci.reports.differences import metric_rows, slice_rows, unmoved
from ml_ci.reports.escaping import code, fence, text
from ml_ci.reports.fitting import LIMIT, Part, fit
from ml_ci.reports.gate_rows import MARKS, GateRow, gate_row, gate_rows
from ml_ci.reports.numbers import percent
from ml_ci.reports.pieces import Code, Sentence
from ml_ci.reports.prices import price
from ml_ci.reports.text import log_lines, plural
from ml_ci.reports.values import ModelReport, Report, Side

_MOST_GATES = 40
_MOST_REASONS = 60
_MOST_SLICES = 20
_MOST_CHANGES = 12
_MOST_DETAILS = 8
# Above this a table is written without the padding that makes it pleasant as plain text.
_LARGE_TABLE = 6_000


def render(report: Report, limit: int = LIMIT, *, charts: bool = False) -> str:
    """Give the whole report in at most `limit` characters; what does not fit is left out in a fixed order.

    `charts` adds what GitHub draws from text, beside the tables.
    """
    several, failure = len(report.models) > 1, sentences.failure(report)
    parts = []
    if len(report.models) != 1 or failure:
        parts.append(Part(f"### {MARKS[report.verdict]} {text(sentences.overall(report))}"))
    if failure:
        parts += _failure_parts(failure)
    parts.append(Part(_cautions(report.cautions)))
    if several:
        parts.append(Part(_overview(report), shed=1, name="the list of models"))
    for name in report.models:
        parts += _model_parts(name, report, "####" if several else "###", charts)
    commits = _set(sentences.commits(report))
    return fit([*parts, Part(f"<sub>{commits}</sub>" if commits else "")], limit)


def _model_parts(name: str, report: Report, heading: str, charts: bool) -> list[Part]:
    model = report.models[name]
    return [
        Part(f"{heading} {MARKS[model.verdict]} {text(sentences.verdict(name, model))}"),
        Part("\n".join(f"- {text(line, 1_000)}" for line in both_yardsticks.lines(model))),
        Part(f"**{_set(sentences.why(model))}** {_set(causes.cause(model))}".rstrip()),
        Part(_cautions(model.cautions)),
        Part(_next(name, model)),
        Part(_log(model.failure), shed=5, name="the log"),
        Part(_gates_table(model), shed=2, name="gates"),
        Part(_metrics_table(model), shed=4, name="metrics"),
        Part(_changes(model), shed=6, name="what changed"),
        Part(_done(name, model), shed=3),
        Part(_notes(model), shed=7, name="notes"),
        Part(_slices(model), shed=9, name="slices"),
        Part(_chart(model) if charts and _slices(model) else "", shed=10, name="the chart"),
        Part(_reasons(model), shed=8, name="how it was decided"),
        Part(f"Reproduce: {_set(advice.again(name, report))}", shed=3),
    ]


def _set(sentence: Sentence) -> str:
    """Escape a sentence, with its names of files and commands as code."""
    return "".join(code(piece) if isinstance(piece, Code) else _piece(piece) for piece in sentence)


def _piece(piece: str) -> str:
    """Escape a piece of a sentence; the spaces at its ends join it to its neighbours."""
    return " " * piece.startswith(" ") + text(piece) + " " * (piece.endswith(" ") and bool(piece.strip()))


def _next(name: str, model: ModelReport) -> str:
    steps = advice.next_steps(name, model)
    return f"**Next:** {_set(steps)}" if steps else ""


def _done(name: str, model: ModelReport) -> str:
    said = " ".join(filter(None, (_set(deeds.done(name, model)), text(price(model)))))
    return f"**What was done:** {said}" if said else ""


def _overview(report: Report) -> str:
    rows = [
        [MARKS[model.verdict], text(name, 100), _set(sentences.why(model))] for name, model in report.models.items()
    ]
    return _table(["", "model", ""], rows, "cll")


def _failure_parts(failure: Failure) -> list[Part]:
    said = f"**{text(failure.message)}** {text(sentences.failure_hint(failure))}".rstrip()
    return [Part(said), Part(_log(failure), shed=5, name="the log")]


def _log(failure: Failure | None) -> str:
    """Fold out the tail of the job's log; "" without one."""
    lines = log_lines(failure.log_tail) if failure and failure.log_tail.strip() else []
    if not lines:
        return ""
    return _details(f"the job's log, last {plural(len(lines), 'line')}", fence(lines), opened=True)


def _gates_table(model: ModelReport) -> str:
    shown, more = gate_rows(model, _MOST_GATES)
    if not shown:
        return ""
    cells = [[r.mark, _label(r), _measured(r), text(r.baseline), _together(r.limit), _evidence(r)] for r in shown]
    headers = ["", "gate", "candidate", _baseline_title(model.baseline), "limit", _interval_title(shown)]
    used = [at for at in range(6) if at < 3 or any(row[at] for row in cells)]
    sides = "".join("clrrrl"[at] for at in used)
    table = _table([headers[at] for at in used], [[row[at] for at in used] for row in cells], sides)
    return table + (f"\n\nand {plural(more, 'more gate')}." if more else "")


def _label(row: GateRow) -> str:
    return text(row.label).replace(" = ", "\xa0=\xa0") if row.named else code(row.label)


def _measured(row: GateRow) -> str:
    return text(row.candidate) + (f" ({_together(row.counts)})" if row.counts else "")


def _together(words: str) -> str:
    """Keep short words on one line of a narrow cell."""
    return text(words).replace(" ", "\xa0")


def _evidence(row: GateRow) -> str:
    """Say the interval with its bar, and the rows that are missing to a verdict; of a new model, that it is new."""
    drawn = f"`{bar(row.scale, 16).replace(' ', '·')}`" if row.scale else ""
    remark = text(row.remark, 120) if row.remark and not row.limit else ""
    return "<br>".join(piece for piece in (text(row.interval), drawn, text(row.needs), remark) if piece)


def _baseline_title(side: Side | None) -> str:
    if side is None or not side.source:
        return "baseline"
    last = side.source.split()[-1]
    return f"baseline {code(last, 24)}"


def _interval_title(rows: Sequence[GateRow]) -> str:
    levels = {row.gate.confidence for row in rows if row.scale and row.gate.confidence}
    if len(levels) == 1:
        return f"{percent(levels.pop(), 0)} interval"
    return "interval" if any(row.interval for row in rows) else ""


def _metrics_table(model: ModelReport) -> str:
    rows = metric_rows(model)
    if not rows:
        return ""
    if unmoved(rows):
        return text(sentences.no_difference(len(rows)))
    if model.baseline is None:
        return _table(["metric", "candidate"], [[text(row.title), text(row.candidate)] for row in rows], "lr")
    cells = [
        [text(r.title), text(r.baseline), text(r.candidate), _together(r.change), _together(r.arrow)] for r in rows
    ]
    return _table(["metric", "baseline", "candidate", "change", ""], cells, "lrrrl")


def _changes(model: ModelReport) -> str:
    changes = causes.changes(model)
    if not changes:
        return ""
    lines = ["**What changed**", ""]
    for change in changes[:_MOST_CHANGES]:
        path = model.paths.get(change.part)
        where = f" ({code(path, 120)})" if path else ""
        lines.append(f"- {code(change.part, 80)}{where}: {text(change.summary, 400)}")
        lines += [f"  - {text(detail, 300)}" for detail in change.details[:_MOST_DETAILS]]
        more = len(change.details) - _MOST_DETAILS
        lines += [f"  - and {more:,} more"] if more > 0 else []
    more = len(changes) - _MOST_CHANGES
    lines += [f"- and {plural(more, 'more part')}"] if more > 0 else []
    return "\n".join(lines)


def _notes(model: ModelReport) -> str:
    return "\n".join(f"> {text(note, 600)}  " for note in model.notes[:20])


def _cautions(cautions: Sequence[str]) -> str:
    return "\n".join(f"> ⚠ {text(caution, 600)}  " for caution in cautions[:20])


def _chart(model: ModelReport) -> str:
    """Fold away the slices as a picture, below their table."""
    drawn = chart(model)
    return _details("FNR by slice, as a chart", fence(drawn, "mermaid")) if drawn else ""


def _slices(model: ModelReport) -> str:
    """Fold away the slices that moved; without a baseline, the slices there are."""
    rows, moved = slice_rows(model, _MOST_SLICES)
    if not rows:
        return ""
    cells = [
        [text(r.title), f"{r.rows:,}", _move(r.fpr, r.arrows[0], model), _move(r.fnr, r.arrows[1], model)] for r in rows
    ]
    table = _table(["slice", "rows", "FPR", "FNR"], cells, "lrll")
    more = moved - len(rows)
    title = f"{plural(moved, 'slice')} that moved" if model.baseline else plural(moved, "slice")
    return _details(title, table + (f"\n\nand {plural(more, 'more slice')}." if more else ""))


def _move(pair: tuple[str, str], arrow: str, model: ModelReport) -> str:
    was, now = pair
    if model.baseline is None or was == now:
        return text(now)
    return text(f"{was} → {now} {arrow}".rstrip())


def _reasons(model: ModelReport) -> str:
    """Fold away each gate as written, with the reason of its verdict."""
    if not model.gates:
        return ""
    lines = [text(f"{sentences.rows_used(model)}.")] if model.candidate else []
    lines += [""] * bool(lines)
    for gate in model.gates[:_MOST_REASONS]:
        row = gate_row(model, gate)
        where = f", {text(gate.slice, 120)}" if gate.slice else ""
        reason = text(gate.reason, 600) or text(sentences.numbers(row))
        lines.append(f"- {row.mark} {code(gate.condition)}{where}: {reason}")
    more = len(model.gates) - _MOST_REASONS
    lines += [f"- and {plural(more, 'more gate')}"] if more > 0 else []
    return _details("how it was decided", "\n".join(lines))


def _details(summary: str, body: str, *, opened: bool = False) -> str:
    """Fold a body away under a summary, both of which are escaped already."""
    return f"<details{' open' if opened else ''}><summary>{summary}</summary>\n\n{body}\n\n</details>"


def _table(headers: list[str], rows: list[list[str]], alignment: str) -> str:
    """Give a GitHub table of escaped cells; `alignment` has a letter per column: c, l or r."""
    from tabulate import tabulate

    words = {"c": "center", "l": "left", "r": "right"}
    align = [words[letter] for letter in alignment[: len(headers)]]
    table = tabulate(rows, headers, tablefmt="pipe", disable_numparse=True, colalign=align)
    return re.sub(r" {2,}", " ", table) if len(table) > _LARGE_TABLE else table
