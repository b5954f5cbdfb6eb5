"""`ml-ci rollback`: make the champion before this one champion again."""

from __future__ import annotations

import click

from ml_ci.cli import deployed, parameters, registry


@click.command()
@parameters.model
@click.option("--allow-pending", is_flag=True, help="Withdraw a promotion that was begun and not finished.")
@deployed.option
@registry.reason
@registry.by
@parameters.python
@parameters.config
def command(
    model: str,
    allow_pending: bool,
    deploy: bool,
    reason: str,
    by: str | None,
    python: str | None,
    config: str | None,
) -> int:
    """Make the champion before this one champion of MODEL again.

    What was rolled back is not promoted again by a workflow that runs once more, only by a person. Doing it twice goes
    back two versions; stopped anywhere, the same command completes it. Where somebody took the alias away by hand, or
    the champion's version, the last one that is left is champion again. When a promotion is under way on another
    machine, one of the two is refused, or both are.

    What is deployed is told, and the jobs that are `after: promotion` are done for the version that is champion again:
    those of the default branch, with the model and files of that version.
    """
    from ml_ci.registry.values import RefusedError
    from ml_ci.steps.promotion.promote import roll_back

    asked = registry.asked(by, reason, frozenset({"pending"} if allow_pending else ()))
    try:
        event = registry.answered(lambda: roll_back(registry.options(config, python), model, asked))
        place = "where there was none" if event.replaced is None else f"in place of v{event.replaced}"
        click.echo(f"{model}: v{event.version} is champion again, {place}")
        due = deployed.deploy(registry.options(config, python), (model,), asked, dry=True)
        deployed.say_before(due)
        return deployed.say(deployed.deploy(registry.options(config, python), (model,), asked) if deploy else due)
    except RefusedError as error:
        return registry.refused(error, error.verdict)
