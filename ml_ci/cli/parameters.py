"""The arguments and options that several commands have, each written once."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from ml_ci.cli import naming
from ml_ci.frozen import dataclass
from ml_ci.training.executors import EXECUTORS, LOCAL, VARIABLE, check

model = click.argument("model", shell_complete=naming.models)
version = click.argument("model", metavar="MODEL[@VERSION]", shell_complete=naming.models)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, and nothing else, on standard output.")
verbose = click.option(
    "--verbose", "-v", is_flag=True, help="Show a pass in full too: its gates, metrics, slices and notes."
)
baseline = click.option(
    "--baseline", metavar="REF", help="Compare with this commit instead of the models' own baselines."
)
config = click.option("--config", metavar="FILE", help="Another configuration file than the nearest ml-ci.yaml.")
python = click.option(
    "--python", metavar="PYTHON", envvar="ML_CI_PYTHON", help="The interpreter of jobs that name none by `python:`."
)
store = click.option("--store", metavar="URL", envvar="ML_CI_STORE", help="The shared store, instead of `store:`.")


def _known(context: click.Context, option: click.Parameter, name: str) -> str:
    check(name)
    return name


executor = click.option(
    "--executor",
    envvar=VARIABLE,
    default=LOCAL,
    show_default=True,
    metavar="NAME",
    callback=_known,
    help=f"Where jobs run: {', '.join(EXECUTORS)}.",
)

jobs = click.option(
    "--jobs",
    "-j",
    type=click.IntRange(min=1),
    metavar="N",
    help="Run N jobs at a time, of one model or of several. "
    "Without it: one on this machine, elsewhere as many as the executor has room for.",
)

_named = click.argument("named", metavar="[MODEL]...", nargs=-1, shell_complete=naming.models)
_by_option = click.option(
    "--model",
    "-m",
    "models",
    multiple=True,
    metavar="NAME",
    shell_complete=naming.models,
    help="The same as MODEL; may be given again.",
)


def models(command: Callable[..., Any]) -> Callable[..., Any]:
    """Let models be named by position or by --model; the command gets both as `models`, () where none is named."""

    @wraps(command)
    def with_models(named: tuple[str, ...], models: tuple[str, ...], **given: Any) -> Any:
        return command(models=(*named, *models), **given)

    return _named(_by_option(with_models))


@dataclass(frozen=True)
class Work:
    """How work is done: by which interpreter, how many jobs at once, and where."""

    python: str | None
    jobs: int | None
    executor: str

    @property
    def environment(self) -> dict[str, str]:
        """The environment of this process, with where jobs run in it."""
        return {**os.environ, VARIABLE: self.executor}


def work(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `--python`, `--jobs` and `--executor`; it gets them together as `work`."""

    @wraps(command)
    def with_work(python: str | None, jobs: int | None, executor: str, **given: Any) -> Any:
        return command(work=Work(python, jobs, executor), **given)

    return python(jobs(executor(with_work)))
