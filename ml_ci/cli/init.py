"""`ml-ci init`: write ml-ci.yaml, a workflow and a first test for a repository that has none."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ml_ci.cli.main import FAILED, PASSED
from ml_ci.cli.narrow import say
from ml_ci.errors import UserError

if TYPE_CHECKING:
    from ml_ci.setup.values import Answers, Choice, Found
    from ml_ci.spec.values import ModelSpec


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
    help="A template; may be given again. `none`: no workflow. [default: pull-request, or your forge's]",
)
@click.option(
    "--actions",
    metavar="OWNER/REPO@SHA",
    help="Where ml-ci's actions are. [default: where this ml-ci was installed from]",
)
@click.option("--yes", "-y", is_flag=True, help="Ask nothing.")
@click.option("--first-run", is_flag=True, help="Judge the model at the end, and write gates from its numbers.")
@click.option("--dry-run", is_flag=True, help="Print what would be written, and write nothing.")
def command(
    yes: bool,
    first_run: bool,
    dry_run: bool,
    data: tuple[str, ...],
    workflows: tuple[str, ...],
    actions: str | None,
    **given: Any,
) -> int:
    """Look at this repository and write ml-ci.yaml, a workflow and a first test.

    Programs are read, never run. It asks only for what it could not find, and not at all without a terminal: then the
    line that is left to fill in is named. It overwrites nothing.

    At the end it offers a first run: the model is trained once, and gates with fixed limits are written from its
    numbers, so that the first pull request is judged by more than a comparison.
    """
    from ml_ci.setup.look import look
    from ml_ci.setup.values import Answers

    answers = Answers(**given, data=tuple(_pair(entry) for entry in data))
    found = look(Path.cwd())
    _check_given(found, answers, actions)
    _tell(found)
    asks = not yes and is_terminal() and not dry_run
    choice = None if _config().exists() else _choose(found, answers, ask=asks)
    if choice is not None:
        _propose(choice)
    declared = [] if choice else _declared()
    models = [choice.name] if choice else [model.name for model in declared]
    files = _plan(found, choice, models, workflows or _choose_workflows(found, declared), actions)
    written = _put(files, found.prefix, dry_run)
    _tell_what_is_left(choice, written, found)
    open_keys = bool(choice and choice.missing)
    runs = not (open_keys or dry_run) and (first_run or (choice is not None and asks and _offer()))
    if not runs:
        _tell_next(open_keys, written, dry_run)
        return PASSED
    from ml_ci.cli.first_run import run_first

    return PASSED if run_first(_one_of(models, answers.name), _config()) else FAILED


_ACTIONS = re.compile(r"[\w.-]+/[\w.-]+@[\w./-]+")


def _check_given(found: Found, answers: Answers, actions: str | None) -> None:
    """Refuse options that name what is not there: what they fill in nobody would look at again."""
    from ml_ci.setup.choose import choose
    from ml_ci.setup.choose_data import read_share
    from ml_ci.setup.look import read_programs
    from ml_ci.setup.questions import check_answers

    if actions is not None and not _ACTIONS.fullmatch(actions):
        raise UserError(
            f"--actions {actions}: expected OWNER/REPO@SHA", hint="For example: --actions acme/ml-ci@v1.2.0"
        )
    tables = [(f"--data {name}={path}", path) for name, path in answers.data]
    tables += [(f"--holdout {answers.holdout}", answers.holdout)] if answers.holdout else []
    for option, path in tables:
        known = path in found.pulled or "://" in path or (option.startswith("--holdout") and read_share(path))
        if not known and not any(Path.cwd().glob(path) if not Path(path).is_absolute() else [Path(path)]):
            raise UserError(f"{option}: there is no {path} here", hint="It is looked for from this folder on.")
    check_answers(found, answers, choose(found, answers), read_programs(Path.cwd()) if answers.predict else {})


def _offer() -> bool:
    return click.confirm("Train it once now, and make gates of its numbers?", default=True)


def _one_of(models: list[str], name: str | None) -> str:
    """Give the model to be run first: the one that there is, or the one that `--name` names."""
    if name in models or (name is None and len(models) == 1):
        return name or models[0]
    known = ", ".join(models) or "none"
    raise UserError("--first-run judges one model", hint=f"Name it: --name NAME. {_config()} has: {known}.")


def is_terminal() -> bool:
    """Say whether there is somebody to ask."""
    return sys.stdin.isatty()


def _config() -> Path:
    """Give the configuration that is here, or the one that is going to be."""
    return next((path for path in (Path("ml-ci.yaml"), Path("ml-ci.yml")) if path.exists()), Path("ml-ci.yaml"))


def _choose(found: Found, answers: Answers, *, ask: bool) -> Choice:
    from ml_ci.cli.init_questions import ask_all
    from ml_ci.setup.choose import choose

    return ask_all(found, answers) if ask else choose(found, answers)


def _propose(choice: Choice) -> None:
    from ml_ci.setup.behaviours import propose_behaviours

    propose_behaviours(choice, Path.cwd())


def _choose_workflows(found: Found, declared: list[ModelSpec]) -> tuple[str, ...]:
    """Choose the templates: what judges changes where the remote is, and on GitHub what watches models in use."""
    from ml_ci.setup.recipes import choose_template

    judging = choose_template(found.origin, found.ci)
    if judging != "pull-request":
        return (judging,)
    watched = [model.live for model in declared if model.live]
    retrains = any(live.on_alarm.dispatch for live in watched)
    return (judging, *(("watch",) if watched else ()), *(("retrain",) if retrains else ()))


def _declared() -> list[ModelSpec]:
    """Give the models of the ml-ci.yaml that is here; none where it cannot be read, and that is said."""
    from ml_ci.spec.load import decode, load

    path = _config()
    try:
        models = list(load(decode(path.read_bytes(), path.name), path.name).models.values())
    except UserError as error:
        say(f"left    {error.message}")
        return []
    say(f"found   {path}: {', '.join(model.name for model in models)}; only what belongs to it is added")
    return models


def _pair(entry: str) -> tuple[str, str]:
    name, equals, path = entry.partition("=")
    if not (name and equals and path):
        raise UserError(f"--data {entry}: expected NAME=PATH", hint="For example: --data train=data/train.csv")
    return name, path


def _tell(found: Found) -> None:
    from ml_ci.setup.servers import tell_server

    kinds = {script.path: " (a regressor)" if script.regressor else "" for script in found.scripts[:3]}
    scripts = ", ".join(f"{path}{kind}" for path, kind in kinds.items()) or ", ".join(found.notebooks[:3]) or "none"
    tables = ", ".join(f"{table.path} ({table.rows:,} rows)" for table in found.tables[:4]) or "none"
    for what, value in {
        "programs that train": scripts,
        "commands that train": ", ".join(f"{one.text} ({one.source})" for one in found.commands[:3]),
        "tables": tables,
        "parameters": found.params,
        "tools": ", ".join(found.tools),
        "default branch": found.branch,
        "Python": found.python,
    }.items():
        if value:
            say(f"found {what}: {value}", err=True)
    for uri in found.servers[:3]:
        say(f"found tracking server: {tell_server(uri)}", err=True)


def _plan(
    found: Found, choice: Choice | None, models: list[str], workflows: tuple[str, ...], actions: str | None
) -> dict[str, str]:
    """Give the files to write, by their path from the repository's root."""
    from ml_ci.setup import recipes, writing
    from ml_ci.setup.action import name_action
    from ml_ci.setup.files import judging_already, plan_tests, plan_workflows

    known = sorted((*writing.names(), *recipes.NAMES))
    for name in workflows:
        if name not in (*known, "none"):
            raise UserError(f"--workflow {name}: there is no such template", hint=f"There are: {', '.join(known)}.")
    files = {f"{found.prefix}{_config()}": writing.configuration(choice) if choice else ""}
    for path, text in plan_workflows(found, workflows, actions or name_action()).items():
        other = judging_already(found, path)
        if other is None:
            files[path] = text
        else:
            say(f"kept    {other}: it judges this project already")
    return files | plan_tests(found, models)


def _put(files: dict[str, str], prefix: str, dry_run: bool) -> dict[str, str]:
    """Write what is not there yet, and fill in a workflow that lacks nothing but the actions' address; give both."""
    from ml_ci.records.atomic import write_text
    from ml_ci.setup.files import show_path
    from ml_ci.setup.writing import is_unfilled

    places = {path: Path(show_path(path, prefix)) for path in files}
    new = {path: text for path, text in files.items() if not places[path].exists() or is_unfilled(places[path], text)}
    for path, text in files.items():
        at = places[path]
        if path not in new:
            say(f"kept    {at}: it is there already, and init overwrites nothing")
        elif dry_run:
            click.echo(f"would write {at}:\n\n{text}")
        else:
            at.parent.mkdir(parents=True, exist_ok=True)
            write_text(at, text)
            say(f"wrote   {at}")
    return new


def _tell_what_is_left(choice: Choice | None, files: dict[str, str], found: Found) -> None:
    """Say what is left to fill in, line by line."""
    from ml_ci.setup import writing
    from ml_ci.setup.files import add_hidden, show_path
    from ml_ci.setup.look import find_hidden
    from ml_ci.setup.recipes import include_line

    prefix = found.prefix
    text = files.get(f"{prefix}ml-ci.yaml", "")
    missing = choice.missing if choice else {}
    for key in (key for key in writing.ORDER if key in missing):
        say(f"left    ml-ci.yaml:{writing.line_of(key, text)}: {key}: {missing[key]}")
    for path, workflow in files.items():
        if writing.UNKNOWN_ACTION.partition("@")[0] + "/" in workflow:
            at = show_path(path, prefix)
            say(f"left    {at}: where ml-ci's actions are, then: ml-ci init --actions OWNER/ml-ci@SHA")
    for path in files:
        if path.startswith(".gitlab/"):
            say(f"left    .gitlab-ci.yml: {include_line(path)}")
    if found.requirements is None and any(path.startswith(".github/") for path in files):
        say("left    requirements.txt, with what training needs, or `install:` of the gate: nothing else is installed")
    hidden = find_hidden(Path.cwd(), files)
    if hidden:
        say(f"left    {add_hidden(hidden, prefix)}")


def _tell_next(open_keys: bool, files: dict[str, str], dry_run: bool) -> None:
    if not dry_run:
        then = ", then commit these files" if files else ""
        say("next    fill in what is left, then: ml-ci init --first-run" if open_keys else f"next    ml-ci run{then}")
