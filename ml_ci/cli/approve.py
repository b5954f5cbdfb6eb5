"""`ml-ci approve`: a person lets a model through."""

from __future__ import annotations

from dataclasses import replace

import click

from ml_ci.cli import parameters, registry
from ml_ci.errors import UserError


@click.command()
@parameters.model
@click.option("--stage", default="champion", metavar="NAME", help="For this one of its `stages:`; by default champion.")
@registry.reason
@registry.by
@parameters.python
@parameters.config
def command(model: str, stage: str, reason: str, by: str | None, python: str | None, config: str | None) -> int:
    """Approve the MODEL of this tree, by name and with a reason: `ml-ci promote --require-approval` asks for it.

    It holds for this very training: another change of code, data or parameters is approved anew. In GitHub Actions, an
    environment with required reviewers does the same. In ml-ci.yaml `approval: required` asks for it before champion,
    and `stages: [{name: staging, approval: required}, champion]` before a stage: an approval is for one of them.
    """
    from ml_ci.registry.values import RefusedError
    from ml_ci.steps.promotion.promote import approve_model

    if not reason.strip():
        raise UserError("an approval has a reason", hint="Say why: --reason 'why'.")
    asked = replace(registry.asked(by, reason), stage=stage)
    try:
        given = registry.answered(lambda: approve_model(registry.options(config, python), model, asked))
    except RefusedError as error:
        return registry.refused(error, error.verdict)
    where = "" if given.stage == "champion" else f" for {given.stage}"
    click.echo(f"{model}: approved{where} by {given.by}, for the training {given.training[:12]}")
    return 0
