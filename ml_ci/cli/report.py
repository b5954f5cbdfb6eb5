"""`ml-ci report`: a report file in any of its forms."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ml_ci.cli.files import check
from ml_ci.cli.output import show
from ml_ci.reports.forms import FORMS, write

if TYPE_CHECKING:
    from ml_ci.reports.values import Report

_STEP = "github"
_HELP = f"""Show the report in FILE, which `ml-ci run` left at .ml_ci/report.json.

The file is read as somebody else's: it is validated, its rates are counted again, its strings are escaped.

\b
{chr(10).join(f"{name:<10} {form.about}" for name, form in FORMS.items())}
github     for a step of a workflow: annotations, the step's outputs, the
           job summary; a report that is missing or not valid is an error

Outputs of `github`: verdict, exit-code, sentence, models, failed-models, report.
"""


@click.command(help=_HELP)
@click.argument("file", default=".ml_ci/report.json", type=click.Path(path_type=Path))
@click.option(
    "--format", "form", type=click.Choice((*FORMS, _STEP)), default="terminal", show_default=True, help="Which form."
)
@click.option(
    "--output", "--out", type=click.Path(path_type=Path), metavar="FILE", help="Write to FILE, not standard output."
)
@click.option("--exit-code", "verdict_asked", is_flag=True, help="End with the exit code of the report's verdict.")
@click.option(
    "--github-output",
    envvar="GITHUB_OUTPUT",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="With `github`: append the step's outputs to FILE ($GITHUB_OUTPUT).",
)
@click.option(
    "--step-summary",
    envvar="GITHUB_STEP_SUMMARY",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="With `github`: append the Markdown to FILE ($GITHUB_STEP_SUMMARY).",
)
def command(
    file: Path,
    form: str,
    output: Path | None,
    verdict_asked: bool,
    github_output: Path | None,
    step_summary: Path | None,
) -> int:
    from ml_ci.cli.exits import code_of

    if form == _STEP:
        from ml_ci.github.files import read_or_lost
        from ml_ci.github.step import tell_step

        report = read_or_lost(file)
        _write(tell_step(report, file, code_of(report), github_output, step_summary), output)
    else:
        from ml_ci.github.files import read_report

        report = read_report(file)
        _put(form, report, output)
    return code_of(report) if verdict_asked else 0


def _put(form: str, report: Report, output: Path | None) -> None:
    if output is None and form == "terminal":
        show(report)
    else:
        _write(write(form, report), output)


def _write(text: str, output: Path | None) -> None:
    from ml_ci.records.atomic import write_text

    if output is None:
        click.echo(text, nl=False)
    else:
        check("--output", output)
        write_text(output, text)
