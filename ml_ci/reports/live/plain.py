"""A look at live rows as plain lines, for a terminal of any width, for logs and pipes."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from ml_ci.frozen import dataclass
from ml_ci.reports import pieces
from ml_ci.reports.columns import GAP, padded, total
from ml_ci.reports.gate_rows import MARKS
from ml_ci.reports.live import canary_words, words
from ml_ci.reports.live.values import CanaryReport, ModelWatch, WatchReport
from ml_ci.reports.text import label, plural, to_ascii

# The youngest windows, so many as fit on a screen.
_MOST_WINDOWS = 8


@dataclass(frozen=True)
class Look:
    """How lines are shown: in so many columns, with `every` window, in ASCII where there are no other signs."""

    width: int = 80
    every: bool = False
    ascii_only: bool = False

    def fold(self, text: str, first: str = "  ") -> list[str]:
        """Break a text into lines, the further ones indented."""
        said = to_ascii(text) if self.ascii_only else text.encode("utf-8", "replace").decode()
        room = max(self.width, 20)
        return textwrap.wrap(said, room, initial_indent=first, subsequent_indent=f"{first}  ", break_on_hyphens=False)

    def table(self, rows: Sequence[tuple[str, ...]], sides: str) -> Iterator[str]:
        """Give a line a row; where a terminal is narrower, a few words a row."""
        cells = padded([[to_ascii(cell) if self.ascii_only else cell for cell in row] for row in rows], sides)
        if total(cells) + 2 <= self.width:
            yield from (f"  {GAP.join(row)}".rstrip() for row in cells)
            return
        head, *rest = rows
        for row in rest:
            said = ", ".join(f"{name} {cell}".strip() for name, cell in zip(head[1:], row[1:], strict=True) if cell)
            yield from self.fold(f"{row[0]}: {said}")


_PLAIN = Look()


def show_watch(report: WatchReport, look: Look = _PLAIN) -> str:
    """Give the report of a watch as lines of text, ending with a newline."""
    lines: list[str] = []
    if len(report.models) != 1:
        lines += look.fold(f"{MARKS[report.verdict]} {words.overall(report)}", "")
        lines += [*_next("" if report.models else words.NOTHING, look), ""]
    for name, model in worst_first(report).items():
        lines += [*_model(name, model, look), ""]
    return "\n".join(lines).rstrip() + "\n"


def show_canary(report: CanaryReport, look: Look = _PLAIN) -> str:
    """Give the report of a canary as lines of text, ending with a newline."""
    return "\n".join(_canary(report, look)).rstrip() + "\n"


def worst_first(report: WatchReport) -> dict[str, ModelWatch]:
    """Give the models with alarms first, and those that are healthy last; else in the order of the file."""
    order = ("fail", "error", "inconclusive", "unjudged", "pass")
    return dict(sorted(report.models.items(), key=lambda item: order.index(item[1].verdict)))


def _model(name: str, model: ModelWatch, look: Look) -> Iterator[str]:
    yield from look.fold(f"{MARKS[model.verdict]} {words.verdict(name, model)}", "")
    yield from look.fold(pieces.plain(words.why(model)))
    for gate in model.gates:
        said = f"{pieces.plain(words.name_of(gate))}  {words.gate_numbers(model, gate)}"
        yield from look.fold(f"{MARKS[gate.verdict]} {said}")
        yield from look.fold(words.remark(model, gate), "    ")
    windows = words.told_windows(model)
    shown = windows if look.every else windows[-_MOST_WINDOWS:]
    if shown:
        yield from look.table([words.WINDOW_HEAD, *(words.window_cells(model, one) for one in shown)], "lrrrrrl")
    yield from _left(len(windows) - len(shown), "watch", look)
    for line in (*words.facts(model), *(f"note: {label(note, 600)}" for note in model.notes)):
        yield from look.fold(line)
    yield from _next(pieces.plain(words.next_steps(name, model)), look)


def _canary(report: CanaryReport, look: Look) -> Iterator[str]:
    yield from look.fold(f"{canary_words.mark(report)} {canary_words.verdict(report)}", "")
    yield from look.fold(canary_words.why(report))
    for gate in report.gates:
        said = f"{pieces.plain(canary_words.name_of(gate))}  {canary_words.gate_numbers(report, gate)}"
        yield from look.fold(f"{MARKS[gate.verdict]} {said}")
        yield from look.fold(canary_words.remark(report, gate), "    ")
    shown = report.windows if look.every else report.windows[-_MOST_WINDOWS:]
    if shown:
        yield from look.table([canary_words.HEAD, *map(canary_words.cells, shown)], canary_words.SIDES)
    yield from _left(len(report.windows) - len(shown), "canary", look)
    for note in report.notes:
        yield from look.fold(f"note: {label(note, 600)}")
    yield from _next(pieces.plain(canary_words.next_steps(report)), look)


def _left(number: int, command: str, look: Look) -> list[str]:
    return look.fold(f"and {plural(number, 'window')} before: ml-ci {command} -v") if number else []


def _next(steps: str, look: Look) -> list[str]:
    return look.fold(f"next: {steps}") if steps else []
