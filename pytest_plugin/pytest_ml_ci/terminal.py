"""The section `ml-ci` at the end of pytest's output."""

from __future__ import annotations

import pytest

from ml_ci.reports import sentences
from ml_ci.reports.text import label, to_ascii
from ml_ci.reports.values import Report


def show(report: Report, reporter: pytest.TerminalReporter) -> None:
    """Show verdict and metrics of each model; with `-q` a line or two, and the cautions."""
    from ml_ci.reports.terminal import has_signs, render

    writer = reporter.config.get_terminal_writer()
    ascii_only = not has_signs(getattr(writer._file, "encoding", None) or "utf-8")
    reporter.section("ml-ci")
    if reporter.config.option.verbose < 0:
        text = _short(report)
        reporter.write_line(to_ascii(text) if ascii_only else text)
        return
    text = render(report, writer.fullwidth, color=writer.hasmarkup, ascii_only=ascii_only)
    reporter.write_line(text.rstrip("\n"))


def _short(report: Report) -> str:
    lines = []
    for name, model in report.models.items():
        lines.append(f"{sentences.marked(name, model)}: {sentences.plain(sentences.why(model))}")
        lines += [f"  ! {label(caution, 600)}" for caution in model.cautions[:20]]
    return "\n".join(lines)
