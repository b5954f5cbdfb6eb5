"""`ml-ci skew`: whether the features at serving are those of training, and whether a service answers as its model."""

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
from ml_ci.cli.main import FAILED, INCONCLUSIVE, PASSED, UNJUDGED
from ml_ci.errors import StageFailed
from ml_ci.forges.registry import build_of
from ml_ci.reports.text import label

if TYPE_CHECKING:
    from ml_ci.gates.values import Verdict
    from ml_ci.live.endpoint import Endpoint
    from ml_ci.reports.live.skew import ServedReport, SkewReport
    from ml_ci.steps.watching.asked_skew import Asked

_SECONDS = click.FloatRange(0, 3600, min_open=True)
_CODES: Mapping[Verdict, int] = {
    "pass": PASSED,
    "fail": FAILED,
    "error": FAILED,
    "inconclusive": INCONCLUSIVE,
    "unjudged": UNJUDGED,
}


_OPTIONS = (
    click.option("--serving", metavar="URL", help="Compare what this service answers with what the model says."),
    click.option("--protocol", type=click.Choice(["oip"]), default="oip", help="How the service is asked."),
    click.option("--output", metavar="NAME", help="The service's output that has the scores, where there are several."),
    click.option("--timeout", type=_SECONDS, metavar="SECONDS", help="Seconds that a request may take (30)."),
    click.option("--rows", type=click.IntRange(1), metavar="N", help="Compare so many (50,000; of a service 3,000)."),
    click.option("--all", "everything", is_flag=True, help="Compare all rows."),
    click.option("--limit", type=click.FloatRange(0, 1), metavar="SHARE", help="The share that may differ (0.001)."),
    click.option("--pairs", is_flag=True, help="Show three rows' own values of each column that differs, with ids."),
)


def _with_asked(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command what is asked for, as one value."""

    @wraps(command)
    def with_options(
        serving: str | None,
        protocol: str,  # there is one
        output: str | None,
        timeout: float | None,
        rows: int | None,
        everything: bool,
        limit: float | None,
        pairs: bool,
        **given: Any,
    ) -> Any:
        from ml_ci.steps.watching.asked_skew import Asked

        service = None if serving is None else _read_service(serving, timeout, output)
        return command(asked=Asked(rows, everything, limit, pairs, service), **given)

    return reduce(lambda made, option: option(made), reversed(_OPTIONS), with_options)


def _read_service(url: str, seconds: float | None, output: str | None) -> Endpoint:
    from ml_ci.live.endpoint import SECONDS, TOKEN, Endpoint

    return Endpoint.read(url, SECONDS if seconds is None else seconds, os.environ.get(TOKEN, ""), output)


@click.command()
@parameters.model
@_with_asked
@click.option("--baseline", metavar="REF", help="The model of this commit instead of the champion.")
@parameters.as_json
@parameters.config
@parameters.python
@parameters.store
def command(
    model: str,
    asked: Asked,
    baseline: str | None,
    as_json: bool,
    config: str | None,
    python: str | None,
    store: str | None,
) -> int:
    """Compare the features that MODEL's service logged with the same ones computed again, and say why they differ.

    `live: features:` in ml-ci.yaml says where the computed ones are. The rows are joined by id; of each column that
    differs the cause is named where it explains 95% of its rows. The champion then scores both: decisions that flip are
    counted. With --serving a service is asked about rows of the holdout, and held against the same model here.

    Exit codes: 0 the share that differs is proven to be within the limit, 1 it is proven to be above, 4 too few rows
    to tell, 5 nothing to compare.

    \b
    ml-ci skew churn                  the log against what is computed
    ml-ci skew churn --serving URL    the service against its model
    """
    from ml_ci.questions import skew
    from ml_ci.steps.values import Options

    options = Options(
        start=Path.cwd(),
        config=config,
        models=(model,),
        baseline=baseline or "champion",
        target=build_of(os.environ).target,
        environment=dict(os.environ),
        python=python,
        store=store,
    )
    try:
        report = skew(options, asked)
    except StageFailed as error:
        for line in filter(None, (error.failure.message, error.failure.hint)):
            click.echo(label(line, 2000), err=True)
        return FAILED
    _show(report, as_json=as_json)
    return _CODES[report.gate.verdict]


def _show(report: SkewReport | ServedReport, *, as_json: bool) -> None:
    from ml_ci.reports.live import skew as told

    if as_json:
        click.echo(json.dumps(told.as_json(report), indent=2, ensure_ascii=False, allow_nan=False))
    else:
        click.echo("\n".join(told.lines(report, max(40, min(100, shutil.get_terminal_size().columns)))))
