"""`ml-ci init`: write ml-ci.yaml, a workflow and a first test for a repository that has none."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ml_ci.errors import UserError

if TYPE_CHECKING:
    from ml_ci.setup.values import Answers, Choice, Found


@click.command()
@click.option("--name", metavar="NAME", help="The model's name. [default: the folder's]")
@click.option("--train", metavar="MODULE:FUNCTION", help="Train by this Python function.")
@click.option("--run", metavar="COMMAND", help="Train by this command.")
@click.option("--cwd", metavar="FOLDER", help="Where the command is started, below the repository's root.")
@click.option("--python", metavar="PYTHON", help="The job's interpreter, if it is not ml-ci's.")
@click.option("--data", "data", multiple=True, metavar="NAME=PATH", help="A table for training; may be given again.")
@click.option("--holdout", metavar="PATH|SHARE", help="The table to judge on, or which share of the first to hold out.")
@click.option("--label", metavar="COLUMN", help="The column that says what is true.")
@click.option("--positive", metavar="VALUE", help="The label's value that a false alarm is about.")
@click.option("--predictions", metavar="PATH", help="The predictions file that the command leaves.")
@click.option("--model", metavar="PATH", help="The model file or folder that the command leaves.")
@click.option("--predict", metavar="MODULE:FUNCTION", help="How rows are scored with it.")
@click.option("--params", metavar="FILE", help="The parameters' file.")
@click.option(
    "--workflow",
    "workflows",
    multiple=True,
    metavar="NAME",
    help="A template; may be given again. `none`: no workflow. [default: pull-request]",
)
@click.option(
    "--actions",
    metavar="OWNER/REPO@SHA",
    help="Where ml-ci's actions are. [default: where this ml-ci was installed from]",
)
@click.option("--yes", "-y", is_flag=True, help="Ask nothing.")
@click.option("--dry-run", is_flag=True, help="Print what would be written, and write nothing.")
def command(
    yes: bool, dry_run: bool, data: tuple[str, ...], workflows: tuple[str, ...], actions: str | None, **given: Any
) -> int:
    """Look at this repository and write ml-ci.yaml, a workflow and a first test.

    Programs are read, never run. It asks only for what it could not find, and not at all without a terminal: then the
    line that is left to fill in is named. It overwrites nothing.
    """
    from ml_ci.setup.choose import choose
    from ml_ci.setup.look import look
    from ml_ci.setup.values import Answers

    answers = Answers(**given, data=tuple(_pair(entry) for entry in data))
    found = look(Path.cwd())
    choice = choose(found, answers)
    if not yes and sys.stdin.isatty() and not dry_run:
        choice = choose(found, _ask(answers, choice))
    _tell(found)
    written = _files(choice, found, workflows or ("pull-request",), actions)
    _next(choice, _put(written, dry_run), dry_run)
    return 0


def _pair(entry: str) -> tuple[str, str]:
    name, equals, path = entry.partition("=")
    if not (name and equals and path):
        raise UserError(f"--data {entry}: expected NAME=PATH", hint="For example: --data train=data/train.csv")
    return name, path


_QUESTIONS = {
    "run": ("run", "Which command trains the model"),
    "outputs": ("predictions", "Which file with predictions of the holdout does it leave"),
    "predict": ("predict", "Which function scores rows (module:function)"),
    "data": ("holdout", "Which file has the labelled rows to judge on"),
    "label": ("label", "Which column says what is true"),
    "positive": ("positive", "Which value of it is a false alarm about"),
}


def _ask(answers: Answers, choice: Choice) -> Answers:
    """Ask for what is missing; an empty answer leaves its line to be filled in."""
    said: dict[str, Any] = {}
    for key, how in choice.missing.items():
        field, question = _QUESTIONS[key]
        answer = click.prompt(f"{question}?\n  ({how})", default="", show_default=False)
        said |= {field: answer} if answer else {}
    return replace(answers, **said)


def _tell(found: Found) -> None:
    scripts = ", ".join(script.path for script in found.scripts[:3]) or ", ".join(found.notebooks[:3]) or "none"
    tables = ", ".join(f"{table.path} ({table.rows:,} rows)" for table in found.tables[:4]) or "none"
    for what, value in {
        "programs that train": scripts,
        "tables": tables,
        "parameters": found.params,
        "tools": ", ".join(found.tools),
        "default branch": found.branch,
        "Python": found.python,
    }.items():
        if value:
            click.echo(f"found {what}: {value}", err=True)


def _files(choice: Choice, found: Found, workflows: tuple[str, ...], actions: str | None) -> dict[str, str]:
    from ml_ci.setup import writing
    from ml_ci.setup.action import name_action

    known = writing.names()
    for name in workflows:
        if name not in (*known, "none"):
            raise UserError(f"--workflow {name}: there is no such template", hint=f"There are: {', '.join(known)}.")
    files = {"ml-ci.yaml": writing.configuration(choice)}
    for name in workflows:
        if name != "none":
            files[f".github/workflows/{_workflow_file(name)}"] = writing.workflow(name, found, actions or name_action())
    files[f"tests/test_{choice.name.replace('-', '_').replace('.', '_')}_model.py"] = writing.test(choice)
    return files


def _workflow_file(name: str) -> str:
    return "ml-ci.yml" if name in ("pull-request", "matrix", "pull-request-untrusted") else f"ml-ci-{name}.yml"


def _put(files: dict[str, str], dry_run: bool) -> dict[str, str]:
    """Write what is not there yet, and give it."""
    from ml_ci.records.atomic import write_text

    new = {name: text for name, text in files.items() if not Path(name).exists()}
    for name, text in files.items():
        path = Path(name)
        if name not in new:
            click.echo(f"kept    {name}: it is there already, and init overwrites nothing")
        elif dry_run:
            click.echo(f"would write {name}:\n\n{text}")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_text(path, text)
            click.echo(f"wrote   {name}")
    return new


def _next(choice: Choice, files: dict[str, str], dry_run: bool) -> None:
    """Say what is left to fill in, line by line, and what to do then."""
    from ml_ci.setup import writing

    text = files.get("ml-ci.yaml", "")
    for key in (key for key in writing.ORDER if key in choice.missing and text):
        click.echo(f"left    ml-ci.yaml:{writing.line_of(key, text)}: {key}: {choice.missing[key]}")
    for name, workflow in files.items():
        if writing.UNKNOWN_ACTION.partition("@")[0] + "/" in workflow:
            click.echo(f"left    {name}: OWNER/ml-ci and SHA: where ml-ci's actions are (or --actions)")
    if not dry_run:
        click.echo(
            "next    fill in what is left, then: ml-ci run"
            if choice.missing and text
            else "next    ml-ci run, then commit these files"
        )
