"""A report told to the job of a pipeline that made it: log, and variables for later jobs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from ml_ci.forges.values import Activity, Request
from ml_ci.gitlab.activity import activity
from ml_ci.gitlab.forge import GITLAB
from ml_ci.reports.plain import plain
from ml_ci.reports.text import label
from ml_ci.reports.values import Report
from ml_ci.review import desk as asked
from ml_ci.review.outputs import outputs
from ml_ci.review.summary import append, write_summary

# GitLab takes 5 KB of variables.
_MOST_MODELS = 64
_PLAIN = re.compile(r"[^\w .,:;/%+=()<>\[\]{}\"-]")


class Step:
    """A job of a pipeline; see `ml_ci.review.desk`. GitLab has no summary of a job: its Markdown goes into a file."""

    def activity(self, request: Request) -> Activity:
        return activity(request.event_name, request.said, request.head)

    def run_url(self, request: Request) -> str:
        if not (request.run_id.isdigit() and request.repository):
            return ""
        server = request.server_url or GITLAB.server_url
        return f"{server.rstrip('/')}/{request.repository}/-/pipelines/{request.run_id}"

    def notice(self, said: str) -> str:
        return f"ml-ci: {label(said, 1_500)}"

    def outputs(self, values: Mapping[str, str]) -> str:
        """Write variables for `artifacts: reports: dotenv`: a line each, without signs that a shell would read."""
        lines = [f"ML_CI_{name.upper().replace('-', '_')}={_PLAIN.sub('?', value)}" for name, value in values.items()]
        return "".join(f"{line}\n" for line in lines)

    def append(self, file: Path, text: str) -> None:
        append(file, text)

    def summarize(self, report: Report, file: Path) -> bool:
        return write_summary(report, file)

    def tell(self, report: Report, file: Path, code: int, output: Path | None, summary: Path | None) -> str:
        if output is not None:
            append(output, self.outputs(outputs(report, file, code, _MOST_MODELS)))
        if summary is not None:
            write_summary(report, summary)
        return plain(report)


STEP: asked.Step = Step()
