"""`ml-ci approve`: a person lets a model through."""

from __future__ import annotations

import click

from ml_ci.cli import registry
from ml_ci.errors import UserError


@click.command()
@click.argument("model")
@registry.reason
@registry.by
@registry.python
@registry.config
def command(model: str, reason: str, by: str | None, python: str | None, config: str | None) -> int:
    """Approve the MODEL of this tree, by name and with a reason: `ml-ci promote --require-approval` asks for it.

    It holds for this very training: another change of code, data or parameters is approved anew. In GitHub Actions, an
    environment with required reviewers does the same.
    """
    from ml_ci.registry.values import RefusedError
    from ml_ci.steps.promote import approved

    if not reason.strip():
        raise UserError("an approval has a reason", hint="Say why: --reason 'why'.")
    try:
        given = registry.answered(lambda: approved(registry.options(config, python), model, registry.asked(by, reason)))
    except RefusedError as error:
        return registry.refused(error, error.verdict)
    click.echo(f"{model}: approved by {given.by}, for the training {given.training[:12]}")
    return 0
