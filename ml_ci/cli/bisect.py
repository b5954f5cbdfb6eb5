"""`ml-ci bisect`: the first commit at which a gate no longer holds."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ml_ci.cli import parameters


@click.command()
@parameters.model
@click.option("--good", required=True, metavar="REF", help="A commit at which the gate holds.")
@click.option("--bad", default="HEAD", show_default=True, metavar="REF", help="A commit at which it does not.")
@click.option("--gate", metavar="TEXT", help="This gate of ml-ci.yaml; otherwise those that do not hold at --bad.")
@click.option("--first-parent", is_flag=True, help="Follow merges along the branch that was merged into only.")
@click.option("--retry", is_flag=True, help="Try trainings again that failed before from the same inputs.")
@parameters.as_json
@parameters.config
@parameters.work
@parameters.store
def command(
    model: str,
    good: str,
    bad: str,
    gate: str | None,
    first_parent: bool,
    retry: bool,
    as_json: bool,
    config: str | None,
    work: parameters.Work,
    store: str | None,
) -> int:
    """Find the first commit after --good at which a gate of MODEL no longer holds.

    Asks for commits in the order of git bisect, in a clean copy of each: nothing of your tree is touched. Each commit's
    model is judged by today's gates, on today's holdout, against the model of the good commit. Commits with the same
    fingerprint share one training, also one that failed; one that cannot be judged is skipped and named. Where the
    model of --bad cannot be made at all, the first commit is found of which that is so.

    \b
    Example: ml-ci bisect churn --good v1.4
    """
    from ml_ci.cli.progress import showing
    from ml_ci.questions import bisect
    from ml_ci.reports.bisected import plain, to_json
    from ml_ci.steps.causes.bisect import Search
    from ml_ci.steps.values import Options

    with showing() as progress:
        options = Options(
            start=Path.cwd(),
            config=config,
            models=(model,),
            environment=work.environment,
            python=work.python,
            jobs=work.jobs,
            store=store,
            retry=retry,
            progress=progress,
        )
        found = bisect(options, model, Search(good, bad, gate, first_parent))
    text = json.dumps(to_json(found), indent=2, ensure_ascii=False, allow_nan=False) + "\n" if as_json else plain(found)
    click.echo(text, nl=False)
    return 0
