"""A look at live rows as GitHub's Markdown, for an issue, a summary or a comment: verdict, numbers, what to do."""

from __future__ import annotations

from ml_ci.gates.values import Verdict
from ml_ci.reports import pieces
from ml_ci.reports.escaping import code, text
from ml_ci.reports.fitting import LIMIT, Part, fit
from ml_ci.reports.gate_rows import MARKS
from ml_ci.reports.live import canary_words, words
from ml_ci.reports.live.plain import worst_first
from ml_ci.reports.live.values import CanaryReport, ModelWatch, WatchReport
from ml_ci.reports.markup import alert, details, sentence, table, together
from ml_ci.reports.text import label, plural

_MOST_WINDOWS = 12
_VERDICTS: dict[str, Verdict] = {"promote": "pass", "roll back": "fail", "continue": "inconclusive"}


def render_watch(report: WatchReport, limit: int = LIMIT) -> str:
    """Give the report of a watch in at most `limit` characters; what does not fit is left out in a fixed order."""
    parts = []
    if len(report.models) != 1:
        parts.append(Part(f"### {MARKS[report.verdict]} {text(words.overall(report))}"))
        parts.append(Part("" if report.models else alert(report.verdict, [text(words.NOTHING)])))
    heading = "####" if len(report.models) > 1 else "###"
    for name, model in worst_first(report).items():
        parts += model_parts(name, model, heading)
    return fit([*parts, Part(_foot(report.when, report.config, report.commit))], limit)


def render_model(name: str, report: WatchReport, limit: int = LIMIT) -> str:
    """Give one model of a watch, as the body of the issue that is kept for it."""
    foot = Part(_foot(report.when, report.config, report.commit))
    return fit([*model_parts(name, report.models[name], "###"), foot], limit)


def render_canary(report: CanaryReport, limit: int = LIMIT) -> str:
    """Give the report of a canary in at most `limit` characters."""
    next_step = sentence(canary_words.next_steps(report))
    said = [f"**{text(canary_words.why(report))}**", f"**Next:** {next_step}" if next_step else ""]
    rows = [
        [MARKS[gate.verdict], sentence(canary_words.name_of(gate)), text(canary_words.gate_numbers(report, gate))]
        for gate in report.gates[:60]
    ]
    windows = [[together(cell) for cell in canary_words.cells(one)] for one in report.windows[-_MOST_WINDOWS:]]
    head = [*canary_words.HEAD]
    return fit(
        [
            Part(f"### {canary_words.mark(report)} {text(canary_words.verdict(report))}"),
            Part(alert(_VERDICTS[report.decision], said)),
            Part(table(["", "gate", ""], rows, "cll") if rows else "", shed=2, name="gates"),
            Part(table(head, windows, canary_words.SIDES) if windows else "", shed=4, name="windows"),
            Part(_notes(report.notes), shed=5, name="notes"),
            Part(_foot(report.when, report.config, report.commit)),
        ],
        limit,
    )


def model_parts(name: str, model: ModelWatch, heading: str) -> list[Part]:
    """Give the parts of one model: what alarms stands first and open, how it was decided is folded away."""
    steps = sentence(words.next_steps(name, model))
    said = [f"**{sentence(words.why(model))}**", f"**Next:** {steps}" if steps else ""]
    return [
        Part(f"{heading} {MARKS[model.verdict]} {text(words.verdict(name, model))}"),
        Part(alert(model.verdict, said)),
        Part(_gates(model), shed=2, name="gates"),
        Part(_windows(model), shed=4, name="windows"),
        Part("\n".join(f"- {text(line)}" for line in words.facts(model)), shed=3, name="what else is known"),
        Part(_notes(model.notes), shed=5, name="notes"),
        Part(_reasons(model), shed=6, name="how it was decided"),
    ]


def _gates(model: ModelWatch) -> str:
    rows = [
        [MARKS[gate.verdict], sentence(words.name_of(gate)), text(words.gate_numbers(model, gate))]
        for gate in model.gates[:60]
    ]
    return table(["", "gate", "since the promotion"], rows, "cll") if rows else ""


def _windows(model: ModelWatch) -> str:
    """Give the youngest windows as a table; without a price no column has one."""
    cells = [words.window_cells(model, one) for one in words.told_windows(model)[-_MOST_WINDOWS:]]
    if not cells:
        return ""
    used = [at for at, name in enumerate(words.WINDOW_HEAD) if name != "cost of errors" or model.cost is not None]
    head = [words.WINDOW_HEAD[at] for at in used]
    rows = [[together(row[at]) for at in used] for row in cells]
    return table(head, rows, "lrrrr" + "r" * (model.cost is not None) + "l")


def _notes(notes: tuple[str, ...]) -> str:
    return "\n".join(f"> {text(note, 600)}  " for note in notes[:20])


def _reasons(model: ModelWatch) -> str:
    """Fold away each gate as written, with the reason of its verdict, and what a false alarm is worth."""
    if not model.gates:
        return ""
    lines = []
    for gate in model.gates[:60]:
        reason = text(gate.reason, 600)
        lines.append(f"- {MARKS[gate.verdict]} {code(gate.condition)}{': ' + reason if reason else ''}")
    if model.false_alarms and model.window:
        looks = f"windows of {words.span(model.window)}, at most one false alarm in {words.span(model.false_alarms)}"
        lines += ["", text(f"Judged in {looks} on average, however often one looks.")]
    return details(f"how it was decided, {plural(len(model.closed), 'window')}", "\n".join(lines))


def _foot(when: str, config: str | None, commit: str | None) -> str:
    gates = f", by the gates of {code(config, 120)}" if config else ""
    head = f" at {code(label(commit, 40)[:7])}" if commit else ""
    return f"<sub>Looked at by ml-ci on {text(words.minute(when))}{gates}{head}.</sub>"


def title_of(name: str, model: ModelWatch) -> str:
    """Say a model's state in a line without signs of Markdown, for the title of an issue or a commit status."""
    return pieces.plain((words.verdict(name, model),))
