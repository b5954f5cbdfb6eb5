"""`ml-ci reproduce`: make a version again, and say whether it is the same."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from ml_ci.cli import parameters, registry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ml_ci.steps.lineage.reproduce import Reproduced


@click.command()
@parameters.version
@click.option(
    "--no-env", is_flag=True, help="Train in the present environment, not in one built from the version's lock."
)
@click.option(
    "--tolerance",
    type=click.FloatRange(min=0),
    default=1e-6,
    show_default=True,
    metavar="X",
    help="The largest difference of a score that still counts as the same.",
)
@parameters.as_json
@parameters.config
def command(model: str, no_env: bool, tolerance: float, as_json: bool, config: str | None) -> int:
    """Make a version again: check out its commit, check its data, train, and compare its predictions.

    VERSION is a number or `previous`; without it, the champion. Exit codes: 0 identical, or within the tolerance; 1
    different; 2 it cannot be made again.
    """
    from ml_ci.cli.progress import showing
    from ml_ci.steps.lineage.reproduce import reproduce_version

    with showing() as progress:
        options = replace(registry.options(config), progress=progress)
        done = registry.answered(lambda: reproduce_version(options, model, build=not no_env, tolerance=tolerance))
    click.echo(_json(done) if as_json else "\n".join(_said(done)))
    return 0 if done.outcome != "different" else 1


_OUTCOMES = {
    "identical": "identical: every prediction is the same",
    "within-tolerance": "within the tolerance: every decision is the same",
    "within-spread": "within what its own repetitions differ by",
    "different": "different",
}


def _said(done: Reproduced) -> Iterator[str]:
    from ml_ci.reports.text import label

    yield f"{done.version.model} {done.version.named}: {_OUTCOMES[done.outcome]}"
    if done.outcome != "identical":
        yield f"  {done.flipped:,} of {done.rows:,} decisions changed; a score moved by {done.moved:.3g} at most"
    yield f"  the model's file is {'' if done.same_file else 'not '}the same byte for byte"
    for difference in done.differences:
        yield f"  {difference.part} is not what it was"
        yield from (f"    {label(line, 300)}" for line in difference.details)
    if done.outcome == "different" and not done.differences:
        yield "  Nothing that it depends on differs: its training is not deterministic."


def _json(done: Reproduced) -> str:
    said = {
        "format": 1,
        "model": done.version.model,
        "version": done.version.version,
        "outcome": done.outcome,
        "rows": done.rows,
        "flipped": done.flipped,
        "moved": done.moved if done.moved != float("inf") else None,
        "same_file": done.same_file,
        "differences": [{"part": one.part, "details": list(one.details)} for one in done.differences],
    }
    return json.dumps(said, indent=2, ensure_ascii=False)
