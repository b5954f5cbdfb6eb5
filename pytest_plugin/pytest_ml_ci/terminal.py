"""The section `ml-ci` at the end of pytest's output."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ml_ci.reports import brief, checks, pieces, sentences
from ml_ci.reports.text import label, to_ascii
from ml_ci.reports.values import ModelReport, Report
from pytest_ml_ci.summary import NOT_SELECTED


def show(report: Report, reporter: pytest.TerminalReporter) -> None:
    """Show a line for each model, with its cautions; with `-v` everything.

    What does not pass was told where its tests failed: it is not told again, unless `--tb=no` left it out.
    """
    from ml_ci.reports.terminal import has_signs, render

    writer, option = reporter.config.get_terminal_writer(), reporter.config.option
    ascii_only = not has_signs(getattr(writer._file, "encoding", None) or "utf-8")
    reporter.section("ml-ci")
    if option.verbose <= 0:
        text = "\n".join(_short(report, told=option.tbstyle != "no"))
        reporter.write_line(to_ascii(text) if ascii_only else text)
        return
    text = render(report, writer.fullwidth, color=writer.hasmarkup, ascii_only=ascii_only)
    reporter.write_line(text.rstrip("\n"))


def _short(report: Report, *, told: bool) -> Iterator[str]:
    for name, model in brief.worst_first(report).items():
        yield f"{sentences.marked(name, model)}{'' if told and model.verdict != 'pass' else _why(model)}"
        yield from (f"  ! {label(caution, 600)}" for caution in model.cautions[:20])
        yield from (f"  note: {label(note, 600)}" for note in model.notes if note.endswith(NOT_SELECTED))
    for name, job in checks.list_failing(report).items():
        yield f"{checks.marked(name, job)}{'' if told else f': {next(checks.explain(job), str())}'}"
    if checks.passing(report):
        yield checks.passing(report)


def _why(model: ModelReport) -> str:
    return f": {pieces.plain(sentences.why(model))}"
