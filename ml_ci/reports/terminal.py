"""The report on a terminal, in the width and with the signs that there are. The only reader of rich among reports."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import StringIO

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ml_ci.errors import Failure
from ml_ci.frozen import dataclass
from ml_ci.gates.values import Verdict
from ml_ci.reports import advice, both_yardsticks, brief, causes, checks, deeds, pieces, sentences
from ml_ci.reports.bars import bar
from ml_ci.reports.columns import GAP, columns_of, padded, total
from ml_ci.reports.differences import SliceRow, metric_rows, slice_rows, unmoved
from ml_ci.reports.gate_rows import MARKS, GateRow, gate_rows, interval_named, remarks
from ml_ci.reports.pieces import Code, Sentence
from ml_ci.reports.plain import METRIC_SIDES, metric_cells, slice_moves
from ml_ci.reports.prices import price
from ml_ci.reports.ran import tell_ran
from ml_ci.reports.text import label, log_lines, plural, to_ascii
from ml_ci.reports.values import ModelReport, Report

_COLORS: dict[Verdict, str] = {
    "pass": "green",
    "fail": "red",
    "inconclusive": "yellow",
    "error": "magenta",
    "unjudged": "yellow",
}
# What stands beside a gate's name and its limit, from a wide terminal to a narrow one.
_LAYOUTS = (frozenset({"counts", "interval"}), frozenset({"counts"}), frozenset[str]())
_MOST_SLICES = 10
_MOST_DETAILS = 8


@dataclass(frozen=True)
class _Look:
    """What the terminal can show."""

    width: int
    ascii_only: bool = False

    @property
    def room(self) -> int:
        """The columns beside the indentation of a section."""
        return self.width - 2

    def say(self, words: str) -> str:
        """Give the words in the signs that there are."""
        return to_ascii(words) if self.ascii_only else words

    def text(self, words: str, style: str = "") -> Text:
        return Text(self.say(words), style=style, overflow="fold")


def render(
    report: Report, width: int = 80, *, color: bool = False, ascii_only: bool = False, short: bool = False
) -> str:
    """Give the report as text for a terminal of `width` columns; `color` adds ANSI colours, `short` as in `plain`."""
    file = StringIO()
    console = Console(
        file=file,
        width=max(width, 20),
        force_terminal=color,
        color_system="standard" if color else None,
        no_color=not color,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
        _environ={},
    )
    _print(report, console, _Look(max(width, 20), ascii_only), short)
    return "\n".join(line.rstrip() for line in file.getvalue().split("\n"))


def show(report: Report, console: Console, *, short: bool = False) -> None:
    """Print the report on a console, in ASCII where its encoding has no more."""
    _print(report, console, _Look(console.width, not has_signs(console.encoding)), short)


def has_signs(encoding: str) -> bool:
    """Say whether an encoding has the signs of the report."""
    try:
        "✓✗→−…≤≥≈▲▼●─├┤┃".encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _print(report: Report, console: Console, look: _Look, short: bool) -> None:
    for block in _blocks(report, look, short):
        console.print(block, markup=False, highlight=False, emoji=False)


def _blocks(report: Report, look: _Look, short: bool) -> Iterator[RenderableType]:
    failure = sentences.failure(report)
    if len(report.models) != 1 or failure or checks.list_failing(report):
        yield _title(f"{MARKS[report.verdict]} {sentences.overall(report)}", report.verdict, look)
        yield from _failure(failure, look)
        yield Text()
    yield from _cautions(report.cautions, look)
    for name, model in brief.worst_first(report).items():
        if short and brief.is_brief(model):
            yield from _brief(name, model, look)
        else:
            yield from _model(name, model, report, look)
            yield Text()
    yield from _jobs(report, look)
    if short and brief.says_all(report):
        return
    if sentences.commits(report):
        yield look.text(pieces.plain(sentences.commits(report)), "dim")


def _jobs(report: Report, look: _Look) -> Iterator[RenderableType]:
    for name, job in checks.list_failing(report).items():
        yield _title(checks.marked(name, job), job.verdict, look)
        yield from (_indent(look.text(line)) for line in checks.explain(job))
        yield from _log(job.failure, look)
        yield Text()
    if checks.passing(report):
        yield _title(checks.passing(report), "pass", look)


def _brief(name: str, model: ModelReport, look: _Look) -> Iterator[RenderableType]:
    first, *rest = brief.lines(name, model)
    yield _title(first, model.verdict, look)
    yield from (_indent(look.text(line)) for line in rest)
    yield from _cautions(model.cautions, look)


def _model(name: str, model: ModelReport, report: Report, look: _Look) -> Iterator[RenderableType]:
    yield _title(sentences.marked(name, model), model.verdict, look)
    yield from (_indent(look.text(line, "bold")) for line in both_yardsticks.lines(model))
    yield _indent(_set(sentences.why(model), look, "bold"))
    yield from _said(causes.cause(model), look)
    yield from _cautions(model.cautions, look)
    yield from _log(model.failure, look)
    yield from _section(_changes(model, look))
    yield from _section(_gates(model, look))
    yield from _section(_metrics(model, look))
    yield from _section(_slices(model, look))
    yield Text()
    for note in model.notes[:20]:
        yield _indent(look.text(f"note: {label(note, 600)}", "yellow"))
    for line in tell_ran(model):
        yield _indent(look.text(label(line, 600), "dim"))
    yield from _said(deeds.done(name, model), look)
    yield from _said((price(model),) if model.cost else (), look)
    steps = advice.next_steps(name, model)
    if steps:
        yield from _said(("Next: ", *steps), look)
    yield from _said(("Reproduce: ", *advice.again(name, report)), look)


def _cautions(cautions: Sequence[str], look: _Look) -> Iterator[RenderableType]:
    for caution in cautions[:20]:
        yield _indent(look.text(f"! {label(caution, 600)}", "bold yellow"))


def _title(words: str, verdict: Verdict, look: _Look) -> Text:
    return look.text(words, f"bold {_COLORS[verdict]}")


def _indent(block: RenderableType, columns: int = 2) -> Padding:
    return Padding(block, (0, 0, 0, columns))


def _section(block: RenderableType | None) -> Iterator[RenderableType]:
    """Set a block off by an empty line above."""
    if block is not None:
        yield Text()
        yield _indent(block)


def _said(sentence: Sentence, look: _Look) -> Iterator[RenderableType]:
    if sentence:
        yield _indent(_set(sentence, look))


def _set(sentence: Sentence, look: _Look, style: str = "") -> Text:
    """Set a sentence, with its names of files and commands in colour."""
    return Text(overflow="fold").join(
        [look.text(piece, f"{style} cyan".strip() if isinstance(piece, Code) else style) for piece in sentence]
    )


def _failure(failure: Failure | None, look: _Look) -> Iterator[RenderableType]:
    if failure:
        yield _indent(look.text(label(failure.message), "bold"))
        yield from _said((sentences.failure_hint(failure),) if failure.hint else (), look)
        yield from _log(failure, look)


def _log(failure: Failure | None, look: _Look) -> Iterator[RenderableType]:
    """Show the tail of the job's log behind a line, as it was written."""
    if failure is None or not failure.log_tail.strip():
        return
    lines = log_lines(failure.log_tail)
    yield Text()
    yield _indent(look.text(f"The job's log, last {plural(len(lines), 'line')}:", "bold"))
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(width=1)
    table.add_column(overflow="fold")
    for line in lines:
        table.add_row(look.text("│", "dim"), look.text(line))
    yield _indent(table)


def _gates(model: ModelReport, look: _Look) -> RenderableType | None:
    """Set the gates in the widest layout that fits: all in columns, the interval on a line below, or each a block."""
    rows, left = gate_rows(model)
    if not rows:
        return None
    more = [look.text(f"and {plural(left, 'more gate')}", "dim")] * bool(left)
    for layout in _LAYOUTS:
        cells = padded([[look.say(cell) for cell in _gate_cells(row, layout)] for row in rows], "lrlllll")
        if total(cells) <= look.room:
            return Group(*_gate_columns(rows, cells, look, interval="interval" not in layout), *more)
    return Group(*[line for row in rows for line in _gate_block(row, look)], *more)


def _gate_cells(row: GateRow, layout: frozenset[str]) -> list[str]:
    counts = f"({row.counts})" if row.counts and "counts" in layout else ""
    baseline = f"{row.baseline} →" if row.baseline else ""
    evidence = (
        [f"{row.interval} ({row.level})" if row.level else row.interval, _bar(row)]
        if "interval" in layout
        else ["", ""]
    )
    return [f"{row.mark} {row.label}", baseline, row.candidate, counts, row.limit, *evidence]


def _gate_columns(rows: list[GateRow], cells: list[list[str]], look: _Look, *, interval: bool) -> list[RenderableType]:
    lines: list[RenderableType] = []
    for row, words in zip(rows, cells, strict=True):
        line = _row(words)
        line.stylize(_COLORS[row.gate.verdict], 0, 1 if row.mark == "✓" else len(words[0]))
        lines += [line, *_below(row, look, interval=interval)]
    return lines


def _gate_block(row: GateRow, look: _Look) -> Iterator[RenderableType]:
    """Set one gate on lines of its own, for a narrow terminal."""
    yield look.text(f"{row.mark} {row.label}", _COLORS[row.gate.verdict])
    yield _indent(look.text(sentences.numbers(row)))
    yield from _below(row, look, interval=True)


def _below(row: GateRow, look: _Look, *, interval: bool) -> list[RenderableType]:
    """Say below a gate what needs a line of its own: the interval with its bar, the reason, the rows missing."""
    named = interval_named(row)
    drawn = f"{named}  {_bar(row)}"
    fits = columns_of(look.say(drawn)) <= look.room - 2
    shown = ([drawn] if fits else [named, _bar(row)]) if interval and row.interval else []
    lines = [*shown, *remarks(row)]
    return [_indent(look.text(line, "dim")) for line in lines]


def _bar(row: GateRow) -> str:
    return bar(row.scale, 20).rstrip() if row.scale else ""


def _row(words: list[str]) -> Text:
    """Set padded cells beside each other on one line."""
    return Text(GAP.join(words), no_wrap=True, overflow="crop")


def _metrics(model: ModelReport, look: _Look) -> RenderableType | None:
    """Set the metric diff in columns; where they do not fit, without the change."""
    rows = metric_rows(model)
    if not rows:
        return None
    if unmoved(rows):
        return look.text(sentences.no_difference(len(rows)))
    words = [[look.say(cell) for cell in metric_cells(row)] for row in rows]
    cells = padded(words, METRIC_SIDES)
    if total(cells) > look.room:
        cells = padded([[*row[:3], "", row[4]] for row in words], METRIC_SIDES)
    if total(cells) > look.room:
        return Group(*[look.text(" ".join(filter(None, row))) for row in words])
    return Group(*[_directed(row) for row in cells])


def _directed(cells: list[str]) -> Text:
    """Colour the last cell by whether the metric got better or worse."""
    line = _row(cells)
    line.stylize({"worse": "red", "better": "green"}.get(cells[-1].strip().rpartition(" ")[2], ""), -len(cells[-1]))
    return line


def _slices(model: ModelReport, look: _Look) -> RenderableType | None:
    """Set the slices that moved in columns, or each on two lines."""
    rows, moved = slice_rows(model, _MOST_SLICES) if model.baseline else ([], 0)
    if not rows:
        return None
    words = [[look.say(cell) for cell in _slice_cells(row)] for row in rows]
    cells = padded(words, "lrll")
    lines: list[RenderableType] = [look.text(f"{plural(moved, 'slice')} that moved", "bold")]
    if total(cells) <= look.room:
        lines += [_row(row) for row in cells]
    else:
        lines += [look.text(f"{row[0]}\n  {row[2]}\n  {row[3]}") for row in words]
    if moved > len(rows):
        lines.append(look.text(f"and {plural(moved - len(rows), 'more slice')}", "dim"))
    return Group(*lines)


def _slice_cells(row: SliceRow) -> list[str]:
    return [row.title, plural(row.rows, "row"), *slice_moves(row)]


def _changes(model: ModelReport, look: _Look) -> RenderableType | None:
    changes = causes.changes(model)
    if not changes:
        return None
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(overflow="fold", max_width=max(look.width // 3, 8))
    table.add_column(overflow="fold")
    for change in changes:
        table.add_row(look.text(label(change.part, 80), "cyan"), look.text(label(change.summary, 400)))
        for detail in change.details[:_MOST_DETAILS]:
            table.add_row("", look.text(label(detail, 300), "dim"))
    return table
