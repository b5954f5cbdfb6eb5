"""`ml-ci promote`: make the model of this commit champion."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from ml_ci.cli import deployed, parameters, registry

if TYPE_CHECKING:
    from ml_ci.registry.values import RefusedError
    from ml_ci.steps.promotion.promote import Done


@click.command()
@parameters.model
@click.option("--allow-dirty", is_flag=True, help="Though the tree has changes that are in no commit.")
@click.option("--allow-branch", is_flag=True, help="Though this is not the default branch.")
@click.option("--allow-verdict", is_flag=True, help="Though the verdict is fail, inconclusive or unjudged.")
@click.option("--allow-champion", is_flag=True, help="Though it was not judged against the champion that there is.")
@click.option("--allow-rolled-back", is_flag=True, help="Though this very model was rolled back before.")
@click.option("--allow-pending", is_flag=True, help="Withdraw a promotion that was begun elsewhere and not finished.")
@click.option(
    "--stage", default="champion", metavar="NAME", help="Into this one of its `stages:`; by default champion."
)
@registry.reason
@registry.by
@click.option("--approved-by", metavar="NAME", help="Who approved it, where a workflow's environment asked.")
@click.option("--require-approval", is_flag=True, help="Only what a person approved: --approved-by, or ml-ci approve.")
@deployed.option
@parameters.as_json
@parameters.python
@parameters.config
def command(
    model: str,
    stage: str,
    reason: str,
    by: str | None,
    approved_by: str | None,
    require_approval: bool,
    deploy: bool,
    as_json: bool,
    python: str | None,
    config: str | None,
    **allowed: bool,
) -> int:
    """Make the MODEL of this commit champion, if it passed.

    Nothing is trained or judged here: run `ml-ci run --baseline champion` first. Promoted is only what passed on this
    commit, on the default branch, with a clean tree, against the champion that there is. What a person allows by hand
    needs a reason, and both are kept. In GitHub Actions the records have to come from runs of this branch.

    Where ml-ci.yaml has `stages: [staging, champion]`, a model is put into each in turn, `--stage staging` first. The
    gates that a stage has of its own are judged by `ml-ci run --baseline champion --stage staging`.

    Jobs that are `after: promotion` are done then: see `ml-ci deploy`. Stopped anywhere, the same command completes all
    of it. Exit codes: 0 promoted, or in use already; 1 the verdict is fail, error or unjudged, or a job after the
    promotion failed; 4 it is inconclusive; 2 refused for another reason, which is told.
    """
    from ml_ci.registry.values import CHAMPION, RefusedError
    from ml_ci.steps.promotion.promote import promote_model

    asked = registry.asked(by, reason, _name(allowed), approved_by, needs_approval=require_approval, stage=stage)
    done, found = None, deployed.NONE
    try:
        done = registry.answered(lambda: promote_model(registry.options(config, python), model, asked))
        if not as_json:
            click.echo(_said(model, done))
        if deploy and done.promoted.event.stage == CHAMPION:
            found = deployed.deploy(registry.options(config, python), (model,), asked)
    except RefusedError as error:
        if as_json:
            click.echo(_json(done, found, error))
        return registry.refused(error, error.verdict)
    if as_json:
        click.echo(_json(done, found))
        return deployed.code_of(found)
    return deployed.say(found)


def _name(allowed: Mapping[str, bool]) -> frozenset[str]:
    """Name what is allowed by hand, as the options do."""
    return frozenset(name.removeprefix("allow_").replace("_", "-") for name, given in allowed.items() if given)


def _said(model: str, done: Done) -> str:
    version, event = done.promoted.version, done.promoted.event
    if not done.promoted.moved:
        return f"{model}: {version.named} is this very model, and it is {event.stage} already: nothing was promoted"
    first = ", the first one" if version.version == "1" else ", where there was none"
    before = f", in place of v{event.replaced}" if event.replaced else first
    lines = [f"{model}: {version.named} is {event.stage}{before}"]
    if done.completed:
        lines.append("An earlier promotion had been stopped; it is complete now.")
    if done.same:
        lines.append(f"It is byte for byte the model that v{event.replaced} is: this is no improvement.")
    if event.overrides:
        lines.append(f"Allowed by {event.by}: {', '.join(event.overrides)}. Reason: {event.reason}")
    return "\n".join(lines)


def _json(done: Done | None, found: deployed.Found, error: RefusedError | None = None) -> str:
    """Say what was promoted, if anything, what became of the jobs after it, and what was refused of the two."""
    from ml_ci.records.codec import pack

    said: dict[str, Any] = {"format": 1, "moved": False, "refused": None}
    if error is not None:
        said["refused"] = {"message": error.message, "hint": error.hint, "verdict": error.verdict or None}
    if done is not None:
        said |= {"moved": done.promoted.moved, "completed": done.completed, "same": done.same}
        said |= {"version": done.promoted.version.version, "event": pack(done.promoted.event)}
        said["deployments"] = [one for jobs in deployed.as_json(found).values() for one in jobs]
    return json.dumps(said, indent=2, ensure_ascii=False)
