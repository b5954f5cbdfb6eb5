"""`ml-ci ask`: what candidate and baseline say of a row, and what changes it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping
from functools import reduce, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ml_ci.cli import parameters
from ml_ci.errors import StageFailed, UserError
from ml_ci.forges.registry import build_of
from ml_ci.reports.text import label

if TYPE_CHECKING:
    from ml_ci.behaviours.told import Told
    from ml_ci.steps.values import Options


_OPTIONS = (
    click.option("--protocol", type=click.Choice(["oip"]), help="MODEL is a URL, which is asked by this protocol."),
    click.option(
        "--output", metavar="NAME", help="The endpoint's output that has the scores, where there are several."
    ),
    click.option("--positive", metavar="CLASS", help="The positive class, of an endpoint that names classes."),
    click.option("--threshold", type=click.FloatRange(0, 1), help="From which score on an endpoint is positive (0.5)."),
    click.option(
        "--timeout",
        type=click.FloatRange(0, 3600, min_open=True),
        help="Seconds that an endpoint may take to answer (30).",
    ),
)


def _of_endpoints(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of endpoints: the protocol, and the others as one mapping."""

    @wraps(command)
    def with_options(
        output: str | None, positive: str | None, threshold: float | None, timeout: float | None, **given: Any
    ) -> Any:
        asked = {"--output": output, "--positive": positive, "--threshold": threshold, "--timeout": timeout}
        return command(asked=asked, **given)

    return reduce(lambda made, option: option(made), reversed(_OPTIONS), with_options)


@click.command()
@parameters.model
@click.argument("values", metavar="[COLUMN=VALUE[,VALUE]]...", nargs=-1)
@click.option("--row", type=int, metavar="N", help="Start from row N of the holdout, which is then shown.")
@_of_endpoints
@parameters.as_json
@parameters.baseline
@parameters.config
@parameters.python
@parameters.store
def command(
    model: str,
    values: tuple[str, ...],
    row: int | None,
    protocol: str | None,
    asked: Mapping[str, Any],
    as_json: bool,
    baseline: str | None,
    config: str | None,
    python: str | None,
    store: str | None,
) -> int:
    """Ask candidate and baseline of MODEL about a row, and say what changes the decision.

    The row has typical values, the median or the most frequent, but where COLUMN=VALUE says otherwise; several values
    make a line each. An empty value is a missing one. A value with a comma goes in quotes: 'job="Sales, other"'.
    What no record answers is trained first. No row of the holdout is shown unless --row asks for it.

    A URL, such as https://models.example.org/v2/models/churn, is asked by the open inference protocol (V2): every input
    needs a value then, and no project is needed. ML_CI_SERVING_TOKEN holds the token that is sent.

    \b
    ml-ci ask churn age=40 sex=Male,Female         both, beside each other
    ml-ci ask churn --row 17 income=               row 17 with no income
    ml-ci ask URL age=40 sex=Male --protocol oip   what a service says
    """
    from ml_ci.steps.values import Options

    options = Options(
        start=Path.cwd(),
        config=config,
        models=(model,),
        baseline=baseline,
        target=build_of(os.environ).target,
        environment=dict(os.environ),
        python=python,
        store=store,
    )
    _check(model, protocol, asked, {"--row": row, "--baseline": baseline})
    found = _answered(lambda: _ask(options, values, row) if protocol is None else _ask_url(model, values, asked))
    if found is None:
        return 1
    _show(found, as_json=as_json)
    return 0


def _show(found: Told, *, as_json: bool) -> None:
    from ml_ci.reports import ask as told

    if as_json:
        click.echo(json.dumps(told.as_json(found), indent=2, ensure_ascii=False, allow_nan=False))
    else:
        click.echo("\n".join(told.lines(found, max(40, min(100, shutil.get_terminal_size().columns)))))


def _check(model: str, protocol: str | None, asked: Mapping[str, Any], of_models: Mapping[str, Any]) -> None:
    """Refuse an option of an endpoint's for a model of this project, and the other way round."""
    if protocol is None and model.startswith(("http://", "https://")):
        raise UserError(
            "nothing says how the endpoint is asked", hint="Add --protocol oip: the open inference protocol."
        )
    wrong = [name for name, value in (asked if protocol is None else of_models).items() if value is not None]
    if wrong:
        whose = "an endpoint's, which --protocol asks" if protocol is None else "a model's of this project"
        raise UserError(f"{wrong[0]} is {whose}", hint="Leave it out.")


def _answered(ask: Callable[[], Told]) -> Told | None:
    """Ask; of what fails say so on standard error, and give None."""
    try:
        return ask()
    except StageFailed as error:
        for line in filter(None, (error.failure.message, error.failure.hint)):
            click.echo(label(line, 2000), err=True)
        return None


def _ask(options: Options, values: tuple[str, ...], row: int | None) -> Told:
    """Ask, and show what is trained meanwhile."""
    from dataclasses import replace

    from ml_ci.cli.progress import showing
    from ml_ci.questions import ask

    with showing() as progress:
        return ask(replace(options, progress=progress), values, row)


def _ask_url(url: str, values: tuple[str, ...], asked: Mapping[str, Any]) -> Told:
    from ml_ci.live.endpoint import SECONDS, TOKEN, Endpoint
    from ml_ci.questions import ask_url
    from ml_ci.steps.examination.ask_endpoint import Deciding

    seconds, threshold = asked["--timeout"], asked["--threshold"]
    endpoint = Endpoint.read(url, SECONDS if seconds is None else seconds, os.environ.get(TOKEN, ""), asked["--output"])
    return ask_url(endpoint, values, Deciding(0.5 if threshold is None else threshold, asked["--positive"]))
