"""The report as GitHub's Markdown, short enough to be a comment: verdict, cause, numbers, what to do."""

from __future__ import annotations

from collections.abc import Sequence

from ml_ci.errors import Failure
from ml_ci.reports import advice, both_yardsticks, brief, causes, checks, deeds, markdown_numbers, sentences
from ml_ci.reports.escaping import code, fence, text
from ml_ci.reports.fitting import LIMIT, Part, fit
from ml_ci.reports.gate_rows import MARKS, gate_row
from ml_ci.reports.markdown_changes import Links, changes
from ml_ci.reports.markup import alert, details, sentence, table
from ml_ci.reports.prices import price
from ml_ci.reports.ran import tell_ran
from ml_ci.reports.text import log_lines, plural
from ml_ci.reports.values import ModelReport, Report

_MOST_REASONS = 60
_NOWHERE = Links()


def render(report: Report, limit: int = LIMIT, *, charts: bool = False, links: Links = _NOWHERE) -> str:
    """Give the whole report in at most `limit` characters; what does not fit is left out in a fixed order.

    What does not pass comes first and open, what passes is folded away. `charts` adds what GitHub draws from text,
    beside the tables; `links` leads from what changed into the diff.
    """
    several, failure = len(report.models) > 1, sentences.failure(report)
    parts = []
    if len(report.models) != 1 or failure or checks.list_failing(report):
        parts.append(Part(f"### {MARKS[report.verdict]} {text(sentences.overall(report))}"))
    if failure:
        parts += _failure_parts(failure)
    parts.append(Part(_cautions(report.cautions)))
    models = brief.worst_first(report)
    if several:
        parts.append(Part(_overview(models), shed=1, name="the list of models"))
    for name, model in models.items():
        if several and model.verdict == "pass":
            parts.append(Part(_folded(name, report, charts, links), shed=11, name="models that pass"))
        else:
            parts += _model_parts(name, report, "####" if several else "###", charts, links)
    parts += _job_parts(report)
    return fit([*parts, Part(_foot(report))], limit)


def _foot(report: Report) -> str:
    """Say who judged, by which gates, and what: who reads it may never have heard of ml-ci."""
    commits = sentence(sentences.commits(report))
    gates = f", by the gates of {code(report.config, 120)}" if report.config else ""
    return f"<sub>Judged by ml-ci{gates}. {commits}</sub>" if commits else ""


def _job_parts(report: Report) -> list[Part]:
    parts = []
    for name, job in checks.list_failing(report).items():
        parts.append(Part(f"#### {text(checks.marked(name, job))}"))
        parts.append(Part(alert(job.verdict, [text(line, 1_000) for line in checks.explain(job)])))
        parts.append(Part(_log(job.failure), shed=5, name="the log"))
    said = checks.passing(report)
    return [*parts, *([Part(text(said), shed=3)] if said else [])]


def _model_parts(name: str, report: Report, heading: str, charts: bool, links: Links) -> list[Part]:
    model = report.models[name]
    head = f"{heading} {MARKS[model.verdict]} {text(sentences.verdict(name, model))}"
    return [Part(head), *_body(name, report, charts, links)]


def _body(name: str, report: Report, charts: bool, links: Links) -> list[Part]:
    model = report.models[name]
    said = f"**{sentence(sentences.why(model))}** {sentence(causes.cause(model))}".rstrip()
    opened, folded = markdown_numbers.gates(model)
    return [
        Part(alert(model.verdict, [said, _next(name, model)])),
        Part("\n".join(f"- {text(line, 1_000)}" for line in both_yardsticks.lines(model))),
        Part(_cautions(model.cautions)),
        Part(_log(model.failure), shed=5, name="the log"),
        Part(changes(model, links), shed=6, name="what changed"),
        Part(markdown_numbers.counts(model), shed=4, name="counts"),
        Part(opened, shed=2, name="gates"),
        Part(folded, shed=8, name="gates that pass"),
        Part(markdown_numbers.metrics(model), shed=8, name="metrics"),
        Part(markdown_numbers.slices(model), shed=9, name="slices"),
        Part(markdown_numbers.drawn(model) if charts else "", shed=10, name="the chart"),
        Part(_reasons(model), shed=8, name="how it was decided"),
        Part(_notes(model), shed=7, name="notes"),
        Part(_done(name, model), shed=3),
        Part(f"Reproduce: {sentence(advice.again(name, report))}", shed=3),
    ]


def _folded(name: str, report: Report, charts: bool, links: Links) -> str:
    """Fold a model that passes away under its verdict and its numbers."""
    first, numbers, _ = brief.lines(name, report.models[name])
    body = "\n\n".join(part.text for part in _body(name, report, charts, links) if part.text)
    return details(f"{text(first.rstrip('.'))}. {text(numbers)}", body)


def _next(name: str, model: ModelReport) -> str:
    steps = advice.next_steps(name, model)
    return f"**Next:** {sentence(steps)}" if steps else ""


def _done(name: str, model: ModelReport) -> str:
    said = " ".join(filter(None, (sentence(deeds.done(name, model)), text(price(model)))))
    return f"**What was done:** {said}" if said else ""


def _overview(models: dict[str, ModelReport]) -> str:
    rows = [[MARKS[model.verdict], text(name, 100), sentence(sentences.why(model))] for name, model in models.items()]
    return table(["", "model", ""], rows, "cll")


def _failure_parts(failure: Failure) -> list[Part]:
    said = f"**{text(failure.message)}** {text(sentences.failure_hint(failure))}".rstrip()
    return [Part(alert("error", [said])), Part(_log(failure), shed=5, name="the log")]


def _log(failure: Failure | None) -> str:
    """Fold out the tail of the job's log; "" without one."""
    lines = log_lines(failure.log_tail) if failure and failure.log_tail.strip() else []
    if not lines:
        return ""
    return details(f"the job's log, last {plural(len(lines), 'line')}", fence(lines), opened=True)


def _notes(model: ModelReport) -> str:
    return "\n".join(f"> {text(note, 600)}  " for note in model.notes[:20])


def _cautions(cautions: Sequence[str]) -> str:
    return alert("unjudged", [text(caution, 600) for caution in cautions[:20]])


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
    ran_on = [text(line, 1_000) for line in tell_ran(model)]
    lines += ["", *ran_on] if ran_on else []
    return details("how it was decided", "\n".join(lines))
