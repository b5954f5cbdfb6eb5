"""`ml-ci deploy`: do the jobs after a promotion."""

from __future__ import annotations

import json

import click

from ml_ci.cli import deployed, naming, parameters, registry


@click.command()
@click.argument("models", metavar="[MODEL]...", nargs=-1, shell_complete=naming.models)
@click.option("--dry-run", is_flag=True, help="Say what is due, and do nothing.")
@click.option("--allow-pending", is_flag=True, help="Though it was begun elsewhere, and may be at work there still.")
@registry.reason
@registry.by
@click.option("--approved-by", metavar="NAME", help="Who approved it, where a workflow's environment asked.")
@parameters.as_json
@parameters.python
@parameters.config
def command(
    models: tuple[str, ...],
    dry_run: bool,
    allow_pending: bool,
    reason: str,
    by: str | None,
    approved_by: str | None,
    as_json: bool,
    python: str | None,
    config: str | None,
) -> int:
    """Do the jobs that are `after: promotion` for the champion of each MODEL, or of all.

    Jobs and their code are those of the default branch, whatever is checked out; model and files are what was promoted.
    Each is done once for each time that a version became champion: what ended well is not done again. What was stopped
    is, and finds in ML_CI_BEGUN that it may have been done; ML_CI_DEPLOYMENT is the same for every try.

    Exit codes: 0 done, now or before, or --dry-run; 1 a job failed; 2 refused, with the reason.
    """
    from ml_ci.registry.values import RefusedError

    asked = registry.asked(by, reason, frozenset({"pending"} if allow_pending else ()), approved_by)
    try:
        found = deployed.deploy(registry.options(config, python), models, asked, dry=dry_run, strict=True)
    except RefusedError as error:
        return registry.refused(error, error.verdict)
    if as_json:
        click.echo(json.dumps({"format": 1, "models": deployed.as_json(found)}, indent=2, ensure_ascii=False))
        return deployed.code_of(found)
    if not found:
        click.echo("ml-ci.yaml of the default branch has no job after a promotion")
    return deployed.say(found, every=True)
