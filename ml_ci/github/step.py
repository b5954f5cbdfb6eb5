"""A report told to the step of a workflow that made it: log, annotations, outputs, summary."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ml_ci.forges.values import Activity, Request
from ml_ci.github.activity import activity
from ml_ci.github.commands import Annotation, heredoc, remarks, unheard
from ml_ci.github.files import read_event
from ml_ci.github.forge import GITHUB
from ml_ci.reports.plain import plain
from ml_ci.reports.values import Report
from ml_ci.review import desk as asked
from ml_ci.review.outputs import outputs
from ml_ci.review.summary import append, write_summary


class Step:
    """A step of a workflow; see `ml_ci.review.desk`."""

    def activity(self, request: Request) -> Activity:
        return activity(request.event_name, read_event(request.event), request.head)

    def run_url(self, request: Request) -> str:
        if not (request.run_id.isdigit() and request.repository):
            return ""
        server = request.server_url or GITHUB.server_url
        return f"{server.rstrip('/')}/{request.repository}/actions/runs/{request.run_id}"

    def notice(self, said: str) -> str:
        return Annotation("notice", "ml-ci", said).command()

    def outputs(self, values: Mapping[str, str]) -> str:
        return heredoc(values)

    def append(self, file: Path, text: str) -> None:
        append(file, text)

    def summarize(self, report: Report, file: Path) -> bool:
        return write_summary(report, file)

    def tell(self, report: Report, file: Path, code: int, output: Path | None, summary: Path | None) -> str:
        return tell_step(report, file, code, output, summary)


STEP: asked.Step = Step()


def tell_step(report: Report, file: Path, code: int, output: Path | None, summary: Path | None) -> str:
    """Append outputs and summary to the step's files, where there are such, and give what to print.

    `code` is the exit code of the report's verdict.
    """
    if output is not None:
        append(output, heredoc(outputs(report, file, code)))
    if summary is not None:
        write_summary(report, summary)
    lines = [annotation.command() for annotation in remarks(report)]
    return unheard(plain(report)) + "".join(f"{line}\n" for line in lines)
