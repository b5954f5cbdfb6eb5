"""`ml-ci plan`: what a run would do, and why, without doing it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from ml_ci.changes.values import Change
from ml_ci.cli import parameters, trusted
from ml_ci.forges.registry import build_of
from ml_ci.plan.values import JobPlan, ModelPlan, Plans
from ml_ci.reports.text import clean

_SAME = Change("changes", "none")


@click.command()
@parameters.models
@parameters.as_json
@click.option("--verbose", "-v", is_flag=True, help="List what the jobs were seen to read, too.")
@click.option("--github-matrix", is_flag=True, help='Print {"model": [...]} of the models that need work.')
@parameters.baseline
@parameters.config
@parameters.python
@parameters.store
@trusted.option
def command(
    as_json: bool,
    verbose: bool,
    github_matrix: bool,
    models: tuple[str, ...],
    baseline: str | None,
    config: str | None,
    python: str | None,
    store: str | None,
    gates_of: str | None,
) -> None:
    """Say for each MODEL, or for all, what a run would do: reuse, evaluate or train, and why.

    Trains nothing, scores nothing, and imports none of the project's code.

    \b
    A workflow's matrix of the models that need work:
      - id: plan
        run: echo "matrix=$(ml-ci plan --github-matrix)" >> "$GITHUB_OUTPUT"
    and in the job that it builds, which is left out when there are none:
      if: needs.plan.outputs.matrix != '{"model": []}'
      strategy: {matrix: "${{ fromJSON(needs.plan.outputs.matrix) }}"}
    """
    from ml_ci.pipeline import plan_chain
    from ml_ci.steps.values import Options

    target = build_of(os.environ).target
    options = Options(
        start=Path.cwd(),
        config=config,
        models=models,
        baseline=baseline,
        target=target,
        gates_from=trusted.gates_from(gates_of),
        python=python,
        store=store,
        environment=dict(os.environ),
    )
    plans = plan_chain(options)
    if github_matrix:
        click.echo(json.dumps({"model": [name for name, one in plans.models.items() if one.action != "reuse"]}))
    elif as_json:
        click.echo(json.dumps(_as_json(plans), indent=2, ensure_ascii=False))
    else:
        _print(plans, verbose=verbose)


def _as_json(plans: Plans) -> dict[str, object]:
    return {
        "format": 1,
        "models": {
            name: {
                "action": one.action,
                "changes": [{"part": change.part, "summary": change.summary} for change in one.changes],
                "baseline": one.baseline or None,
                "trainings": one.trainings,
                "notes": list(one.notes),
                "cautions": list(one.cautions),
                "reads": None if one.reads is None else list(one.reads),
            }
            for name, one in plans.models.items()
        },
        "jobs": {
            name: {
                "action": one.action,
                "changes": [{"part": change.part, "summary": change.summary} for change in one.changes],
                "baseline": one.baseline or None,
                "notes": list(one.notes),
            }
            for name, one in plans.jobs.items()
        },
    }


def _print(plans: Plans, *, verbose: bool) -> None:
    told: set[str] = set()
    for name, job in plans.jobs.items():
        _print_head(f"job {name}", job)
        for note in job.notes:
            click.echo(f"  note: {clean(note)}")
    for name, one in plans.models.items():
        _print_head(name, one)
        for word, sentences in (("caution", one.cautions), ("note", one.notes)):
            for sentence in sentences:
                if sentence not in told:  # models share code and gates: what is said of them is said once
                    click.echo(f"  {word}: {clean(sentence)}")
        told |= {*one.cautions, *one.notes}
        if verbose:
            _print_reads(one.reads)


def _print_head(name: str, one: ModelPlan | JobPlan) -> None:
    baseline = f"   (against {clean(one.baseline)})" if one.baseline else ""
    click.echo(f"{click.style(clean(name), bold=True)}: {click.style(one.action, fg='cyan')}{baseline}")
    for change in one.changes or (_SAME,):
        click.echo(f"  {clean(change.part)}: {clean(change.summary)}")
        for detail in change.details:
            click.echo(f"    {clean(detail)}")


def _print_reads(reads: tuple[str, ...] | None) -> None:
    if not reads:
        said = "nothing that no declared part holds" if reads is not None else "not known before a run in this state"
        click.echo(f"  reads: {said}")
        return
    click.echo("  reads:")
    for path in reads:
        click.echo(f"    {clean(path)}")
