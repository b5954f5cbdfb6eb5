"""`ml-ci promote`: make the model of this commit champion."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from ml_ci.cli import parameters, registry

if TYPE_CHECKING:
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

    Stopped anywhere, the same command completes the promotion. Exit codes: 0 promoted, or in use already; 1 the verdict
    is fail, error or unjudged; 4 it is inconclusive; 2 refused for another reason, which is told.
    """
    from ml_ci.registry.values import RefusedError
    from ml_ci.steps.promotion.promote import promote_model

    allow = frozenset(name.removeprefix("allow_").replace("_", "-") for name, given in allowed.items() if given)
    asked = replace(registry.asked(by, reason, allow, approved_by), needs_approval=require_approval, stage=stage)
    try:
        done = registry.answered(lambda: promote_model(registry.options(config, python), model, asked))
    except RefusedError as error:
        if as_json:
            said = {"message": error.message, "hint": error.hint, "verdict": error.verdict or None}
            click.echo(json.dumps({"format": 1, "moved": False, "refused": said}, indent=2, ensure_ascii=False))
        return registry.refused(error, error.verdict)
    click.echo(_json(done) if as_json else _said(model, done))
    return 0


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


def _json(done: Done) -> str:
    from ml_ci.records.codec import pack

    said = {"format": 1, "moved": done.promoted.moved, "refused": None, "completed": done.completed, "same": done.same}
    event = pack(done.promoted.event)
    return json.dumps({**said, "version": done.promoted.version.version, "event": event}, indent=2, ensure_ascii=False)
