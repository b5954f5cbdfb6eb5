"""`ml-ci doctor`: is the set-up right, and does training give the same model twice?"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ml_ci.cli import parameters
from ml_ci.cli.main import FAILED, MISTAKE, PASSED

if TYPE_CHECKING:
    from ml_ci.steps.examination.values import Finding


@click.command()
@parameters.models
@click.option("--determinism", is_flag=True, help="Train and score a second time, and compare the predictions.")
@parameters.as_json
@parameters.config
@parameters.python
@parameters.store
def command(
    determinism: bool,
    models: tuple[str, ...],
    as_json: bool,
    config: str | None,
    python: str | None,
    store: str | None,
) -> int:
    """Check the set-up of this project, and say what to do where something is wrong (✗) or left to do (!).

    It looks at ml-ci.yaml, git, the default branch, each holdout and its label, each job's Python with the functions
    that are named and the libraries that the code imports, the store, and the workflows that use ml-ci's actions.

    With --determinism each model scores its holdout a second time, and is trained a second time from the same inputs,
    past every record. Where the two do not predict the same, it says by how much FPR and FNR move by themselves, and
    what judges such a model: `repeats: 5` or `seeds: 5`. Later reports of the model say so too, until it is written.

    \b
    Exit codes: 0 everything is right, 1 a check found something, 2 it is what
    `ml-ci run` ends with 2 for: a mistake in configuration, data or git.
    """
    from ml_ci.cli.progress import showing
    from ml_ci.questions import examine
    from ml_ci.steps.values import Options

    with showing() as progress:
        options = Options(
            start=Path.cwd(),
            config=config,
            models=models,
            environment=dict(os.environ),
            python=python,
            store=store,
            progress=progress,
        )
        found = examine(options, determinism=determinism)
    _show(found, as_json=as_json)
    wrong = [one for one in found if not one.good]
    return MISTAKE if any(one.mistake for one in wrong) else FAILED if wrong else PASSED


def _show(found: Sequence[Finding], *, as_json: bool) -> None:
    from dataclasses import asdict

    if as_json:
        click.echo(json.dumps({"format": 1, "checks": [asdict(one) for one in found]}, indent=2, ensure_ascii=False))
    else:
        for one in found:
            mark = "✗" if not one.good else "!" if one.hint else "✓"
            click.echo(f"{mark} {one.check}: {one.message}")
            if one.hint:
                click.echo(f"    {one.hint}")
