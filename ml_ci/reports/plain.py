"""The report as plain lines: for logs, files and pipes, and fast, without a terminal library."""

from __future__ import annotations

from collections.abc import Iterator

from ml_ci.errors import Failure
from ml_ci.reports import advice, both_yardsticks, brief, causes, checks, deeds, pieces, sentences
from ml_ci.reports.columns import GAP, padded
from ml_ci.reports.differences import MetricRow, SliceRow, metric_rows, slice_rows, unmoved
from ml_ci.reports.gate_rows import MARKS, GateRow, gate_rows, interval_named, remarks
from ml_ci.reports.prices import price
from ml_ci.reports.ran import tell_ran
from ml_ci.reports.text import label, log_lines, plural, to_ascii
from ml_ci.reports.values import ModelReport, Report

METRIC_SIDES = "lrrrl"
_MOST_SLICES = 10


def plain(report: Report, *, ascii_only: bool = False, short: bool = False) -> str:
    """Give the report as lines of text, one for each gate and each metric; ends with a newline.

    `short` says a pass in three lines.
    """
    text = "\n".join(_lines(report, short)).rstrip() + "\n"
    return to_ascii(text) if ascii_only else text.encode("utf-8", "replace").decode()


def _lines(report: Report, short: bool) -> Iterator[str]:
    failure = sentences.failure(report)
    if len(report.models) != 1 or failure or checks.list_failing(report):
        yield f"{MARKS[report.verdict]} {sentences.overall(report)}"
        yield from _failure(failure)
        yield ""
    if report.cautions:
        yield from (f"! {label(caution, 600)}" for caution in report.cautions[:20])
        yield ""
    for name, model in brief.worst_first(report).items():
        if short and brief.is_brief(model):
            yield from _brief(name, model)
        else:
            yield from _model(name, model, report)
            yield ""
    yield from _jobs(report)
    if short and brief.says_all(report):
        return
    yield pieces.plain(sentences.commits(report))


def _jobs(report: Report) -> Iterator[str]:
    for name, job in checks.list_failing(report).items():
        yield checks.marked(name, job)
        yield from _indented(*checks.explain(job))
        yield from _log(job.failure)
        yield ""
    if checks.passing(report):
        yield checks.passing(report)


def _brief(name: str, model: ModelReport) -> Iterator[str]:
    first, *rest = brief.lines(name, model)
    yield first
    yield from _indented(*rest, *_cautions(model))


def _cautions(model: ModelReport) -> list[str]:
    return [f"! {label(caution, 600)}" for caution in model.cautions[:20]]


def _model(name: str, model: ModelReport, report: Report) -> Iterator[str]:
    yield sentences.marked(name, model)
    yield from _indented(*both_yardsticks.lines(model))
    yield from _indented(pieces.plain(sentences.why(model)), pieces.plain(causes.cause(model)))
    yield from _indented(*_cautions(model))
    yield from _log(model.failure)
    yield from _changes(model)
    yield from (f"  {line}" for line in _gates(model))
    yield from (f"  {line}" for line in _metrics(model))
    yield from (f"  {line}" for line in _slices(model))
    yield from _indented(*(f"note: {label(note, 600)}" for note in model.notes))
    yield from _indented(*(label(line, 600) for line in tell_ran(model)))
    yield from _indented(pieces.plain(deeds.done(name, model)), price(model))
    steps = pieces.plain(advice.next_steps(name, model))
    yield from _indented(f"next: {steps}" if steps else "", f"reproduce: {pieces.plain(advice.again(name, report))}")


def _indented(*lines: str) -> Iterator[str]:
    yield from (f"  {line}" for line in lines if line)


def _failure(failure: Failure | None) -> Iterator[str]:
    if failure:
        yield from _indented(label(failure.message), sentences.failure_hint(failure))
        yield from _log(failure)


def _log(failure: Failure | None) -> Iterator[str]:
    if failure and failure.log_tail.strip():
        lines = log_lines(failure.log_tail)
        yield f"  the job's log, last {plural(len(lines), 'line')}:"
        yield from (f"  | {line}".rstrip() for line in lines)


def _gates(model: ModelReport) -> Iterator[str]:
    rows, left = gate_rows(model)
    width = min(max((len(row.label) for row in rows), default=0), 48)
    for row in rows:
        yield f"{row.mark} {row.label:<{width}}  {gate_words(row)}".rstrip()
        yield from (f"    {line}" for line in remarks(row))
    if left:
        yield f"and {plural(left, 'more gate')}"


def gate_words(row: GateRow) -> str:
    """Say a gate's numbers in one line: `19.9% (80 of 402), baseline 12.4%, limit ≤ +1.0 points, 90% interval ...`."""
    counts = f" ({row.counts})" if row.counts else ""
    named = [f"{name} {value}" for name, value in (("baseline", row.baseline), ("limit", row.limit)) if value]
    return ", ".join([row.candidate + counts, *named, *filter(None, [interval_named(row)])])


def _metrics(model: ModelReport) -> Iterator[str]:
    rows = metric_rows(model)
    if unmoved(rows):
        yield sentences.no_difference(len(rows))
        return
    for row in padded([metric_cells(row) for row in rows], METRIC_SIDES):
        yield GAP.join(row).rstrip()


def metric_cells(row: MetricRow) -> list[str]:
    """Give a metric's cells: title, baseline with an arrow to what follows, candidate, change, direction."""
    return [row.title, f"{row.baseline} →" if row.baseline else "", row.candidate, row.change, row.arrow]


def _slices(model: ModelReport) -> Iterator[str]:
    rows, moved = slice_rows(model, _MOST_SLICES) if model.baseline else ([], 0)
    if rows:
        yield f"{plural(moved, 'slice')} that moved:"
    for row in rows:
        yield f"  {row.title}: {', '.join(slice_moves(row))} ({plural(row.rows, 'row')})"
    if moved > len(rows):
        yield f"  and {plural(moved - len(rows), 'more slice')}"


def slice_moves(row: SliceRow) -> list[str]:
    """Say both rates of a slice: `FPR 2.0%`, `FNR 8.4% → 9.3% ≈`."""
    pairs = zip(("FPR", "FNR"), (row.fpr, row.fnr), row.arrows, strict=True)
    return [f"{name} {now if was == now else f'{was} → {now} {way}'.rstrip()}" for name, (was, now), way in pairs]


def _changes(model: ModelReport) -> Iterator[str]:
    for change in causes.changes(model):
        yield f"  changed {label(change.part, 80)}: {label(change.summary, 400)}"
        yield from (f"    {label(detail, 300)}" for detail in change.details[:8])
