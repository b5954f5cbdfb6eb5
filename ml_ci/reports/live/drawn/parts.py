"""What the pages of a watch and of a canary have in common: where a part stands, gates, windows, reasons, the frame."""

from __future__ import annotations

from collections.abc import Sequence

from ml_ci import __version__
from ml_ci.frozen import dataclass
from ml_ci.gates.values import GateResult, Verdict
from ml_ci.gates.verdict import ORDER
from ml_ci.reports.live.words import minute
from ml_ci.reports.page.head import document, joined
from ml_ci.reports.page.markup import NOTHING, Html, code, join, quoted, sentence, tag, text
from ml_ci.reports.page.sheet import Part, fold, mark
from ml_ci.reports.page.tables import Column, table
from ml_ci.reports.pieces import Code, Sentence
from ml_ci.reports.text import label, plural

MOST_GATES, _MOST_WINDOWS = 100, 400


@dataclass(frozen=True)
class Spot:
    """Where on the page a model stands: `key` begins every id of it."""

    key: str
    alone: bool

    @property
    def level(self) -> int:
        """Which level the headings of its sections have."""
        return 2 if self.alone else 3

    def id(self, part: str) -> str:
        """Give the id of a part of it."""
        return f"{self.key}-{part}"


def gates_table(gates: Sequence[GateResult], rows: Sequence[tuple[Sentence, str, Html]], title: str) -> Html:
    """Draw the gates, those that do not hold first: `rows` has the name, the numbers and the evidence of each."""
    found = sorted(zip(gates, rows, strict=True), key=lambda pair: ORDER.index(pair[0].verdict))
    shown = [[_gate(gate, name), text(numbers, 400), drawn] for gate, (name, numbers, drawn) in found[:MOST_GATES]]
    more = len(found) - len(shown)
    left = tag("p", f"and {plural(more, 'more gate')}") if more > 0 else NOTHING
    columns = [Column("gate"), Column(title), Column("evidence")]
    return join((table(columns, shown, class_="gates"), left)) if shown else NOTHING


def _gate(gate: GateResult, name: Sentence) -> Html:
    return tag("div", mark(gate.verdict), tag("div", sentence(name), code(gate.condition)), class_="gate")


def reasons(gates: Sequence[GateResult]) -> Html:
    """Say of each gate as it is written why it was judged so."""
    shown = [
        tag("li", mark(gate.verdict), tag("div", code(gate.condition), Html(" "), quoted(gate.reason, 800)))
        for gate in gates[:MOST_GATES]
    ]
    return tag("ul", *shown, class_="reasons") if shown else NOTHING


def windows_table(head: Sequence[str], rows: Sequence[Sequence[str]], *, opened: bool) -> Html:
    """Fold away the windows, the youngest first; columns in which nothing stands are left out."""
    if not rows:
        return NOTHING
    used = [at for at in range(len(head)) if not at or any(row[at] for row in rows)]
    columns = [Column(head[at] or "note", numbers=0 < at < len(head) - 1) for at in used]
    youngest = list(reversed(rows))[:_MOST_WINDOWS]
    drawn = table(columns, [[text(row[at], 200) for at in used] for row in youngest], class_="rows")
    more = len(rows) - len(youngest)
    left = tag("p", f"and {plural(more, 'window')} before; all of them are in the JSON") if more > 0 else NOTHING
    return fold(text(f"{plural(len(rows), 'window')}, the youngest first"), drawn, left, opened=opened)


def notes(said: Sequence[str]) -> Html:
    """Give what a reader has to know of the rows."""
    return join(tag("p", quoted(one, 600), class_="caution") for one in said[:20])


def next_step(pieces: Sentence) -> Html:
    """Say what to do next; nothing where there is nothing to do."""
    return tag("p", tag("b", "Next: "), told(pieces)) if pieces else NOTHING


def told(pieces: Sentence) -> Html:
    """Give a sentence; what our own messages quote in backticks becomes code, as names of commands do."""
    return join(sentence((piece,)) if isinstance(piece, Code) else _quoted(piece) for piece in pieces)


def _quoted(piece: str) -> Html:
    return join((Html(" " * piece.startswith(" ")), quoted(piece), Html(" " * piece.endswith(" "))))


def page(title: str, verdict: Verdict, said: Html, links: Sequence[tuple[str, Html]], main: Sequence[Html]) -> str:
    """Give the whole page: a line that stays on the screen, with the verdict and where what stands, and `main`."""
    nav = NOTHING
    if links:
        nav = tag("nav", *(tag("a", shown, href=f"#{at}") for at, shown in links), aria_label="Sections")
    pill = tag("span", mark(verdict), tag("span", said), class_=f"pill {verdict}")
    # The script shows it: without one it would do nothing.
    theme = tag("button", "dark", type="button", id="theme", hidden=True)
    bar = tag("header", tag("div", tag("b", "ml-ci", class_="brand"), pill, nav, theme))
    body = joined(bar, tag("main", *main))
    return document(f"ml-ci: {label(title, 200)}", body, ("look.css", "fields.css", "page.css"), "page.js")


def foot(when: str, config: str | None, commit: str | None, file: str) -> Html:
    """Say when and by which gates it was looked, and where all numbers are."""
    by = join((", by the gates of ", code(config, 120))) if config else NOTHING
    head = join((" at ", code(label(commit, 40)[:7]))) if commit else NOTHING
    said = f". Everything on this page is in {file}; it loads nothing from elsewhere. ml-ci {__version__}"
    return tag("footer", f"Looked at by ml-ci on {minute(when)}", by, head, said)


def kept(parts: Sequence[Part]) -> list[Part]:
    """Give the sections that have a body."""
    return [part for part in parts if part.body]
