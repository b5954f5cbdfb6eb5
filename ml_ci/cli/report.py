"""`ml-ci report`: a report file in any of its forms."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ml_ci.cli import parameters
from ml_ci.cli.files import check
from ml_ci.cli.output import show
from ml_ci.forges.registry import FORGES, forges
from ml_ci.reports.forms import FORMS, write

if TYPE_CHECKING:
    from ml_ci.reports.values import Report

_STEPS = " or ".join(f"`{name}`" for name in FORGES)
_ABOUT = """for a job of it: annotations, outputs, the job's summary; a
             report that is missing or not valid is an error"""
_HELP = f"""Show the report in FILE, which `ml-ci run` left at .ml_ci/report.json.

The file is read as somebody else's: it is validated, its rates are counted again, its strings are escaped.

\b
{chr(10).join(f"{name:<12} {form.about}" for name, form in FORMS.items())}
{chr(10).join(f"{name:<12} {'the same' if at else _ABOUT}" for at, name in enumerate(FORGES))}

Outputs of {_STEPS}: verdict, exit-code, sentence, models, failed-models, report.
"""


def _variables(field: str) -> list[str]:
    """Name the variables in which forges say something, each once."""
    return list(dict.fromkeys(forge.variables[field] for forge in forges() if field in forge.variables))


def _named(field: str) -> str:
    return ", ".join(f"${variable}" for variable in _variables(field))


@click.command(help=_HELP)
@click.argument("file", default=".ml_ci/report.json", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "form",
    type=click.Choice((*FORMS, *FORGES)),
    default="terminal",
    show_default=True,
    metavar="FORM",
    help="Which form of those above.",
)
@click.option(
    "--output", "--out", type=click.Path(path_type=Path), metavar="FILE", help="Write to FILE, not standard output."
)
@click.option(
    "--html", "page", type=click.Path(path_type=Path), metavar="FILE", help="Write a page to look at to FILE."
)
@click.option(
    "--open", "opened", is_flag=True, help="With --html: show the page in a browser, where there is a screen."
)
@click.option(
    "--compare",
    nargs=2,
    metavar="OLD NEW",
    help="Not FILE: the models of two commits, or of two versions such as churn@3, on today's holdout by today's "
    "gates. What a record answers is neither trained nor scored again.",
)
@parameters.verbose
@click.option("--exit-code", "verdict_asked", is_flag=True, help="End with the exit code of the report's verdict.")
@click.option(
    *(f"--{name}-output" for name in FORGES),
    "outputs",
    envvar=_variables("output"),
    type=click.Path(path_type=Path),
    metavar="FILE",
    help=f"With {_STEPS}: append the step's outputs to FILE ({_named('output')}).",
)
@click.option(
    "--step-summary",
    envvar=_variables("step_summary"),
    type=click.Path(path_type=Path),
    metavar="FILE",
    help=f"With {_STEPS}: append the Markdown to FILE ({_named('step_summary')}).",
)
def command(
    file: Path,
    form: str,
    output: Path | None,
    page: Path | None,
    opened: bool,
    compare: tuple[str, str] | None,
    verbose: bool,
    verdict_asked: bool,
    outputs: Path | None,
    step_summary: Path | None,
) -> int:
    from ml_ci.cli.exits import code_of
    from ml_ci.review.files import read_or_lost

    if opened and page is None:
        raise click.UsageError("--open shows the page that --html FILE writes")
    if page is not None:
        if form != "terminal" or output is not None:
            raise click.UsageError("--html FILE writes a page and nothing else: leave --format and --output out")
        report = _find(file, compare)
        _write_page(report, page, opened)
    elif form in FORGES:
        if compare is not None:
            raise click.UsageError(f"--compare is no step of a workflow: leave --format {form} out")
        from ml_ci.forges.values import Request
        from ml_ci.review.desk import step_of

        report = read_or_lost(file)
        step = step_of(Request(forge=form))
        _write(step.tell(report, file, code_of(report), outputs, step_summary), output)
    else:
        report = _find(file, compare)
        _put(form, report, output, verbose)
    return code_of(report) if verdict_asked else 0


def _find(file: Path, refs: tuple[str, str] | None) -> Report:
    """Read the report of a file, or compare two commits or versions."""
    from ml_ci.review.files import read_report

    if refs is None:
        return read_report(file)
    from ml_ci.cli.progress import showing
    from ml_ci.questions import compare
    from ml_ci.steps.values import Options

    with showing() as progress:
        return compare(Options(start=Path.cwd(), environment=dict(os.environ), progress=progress), *refs)


def _write_page(report: Report, page: Path, opened: bool) -> None:
    """Write the page and say where; show it where there is somebody to look."""
    from ml_ci.cli.browser import show_page

    check("--html", page, (".html", ".htm"))
    _write(write("html", report), page)
    click.echo(f"wrote {page}")
    if opened:
        show_page(page)


def _put(form: str, report: Report, output: Path | None, verbose: bool) -> None:
    if output is None and form == "terminal":
        show(report, verbose=verbose)
    else:
        _write(write(form, report), output)


def _write(text: str, output: Path | None) -> None:
    from ml_ci.records.atomic import write_text

    if output is None:
        click.echo(text, nl=False)
    else:
        check("--output", output)
        write_text(output, text)
