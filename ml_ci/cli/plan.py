"""`ml-ci plan`: what a run would do, and why, without doing it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ml_ci.changes.values import Change
from ml_ci.cli import parameters, trusted
from ml_ci.cli.files import FORM_ENDINGS, FORMS, check
from ml_ci.forges.registry import build_of
from ml_ci.frozen import dataclass
from ml_ci.plan.values import JobPlan, ModelPlan, Plans
from ml_ci.reports.text import clean

if TYPE_CHECKING:
    from ml_ci.steps.values import Options

_SAME = Change("changes", "none")


@click.command()
@parameters.models
@parameters.as_json
@click.option("--verbose", "-v", is_flag=True, help="List what the jobs were seen to read, too.")
@click.option(
    "--format", "form", type=click.Choice(FORMS), help="Which form. [default: by the ending of FILE, or text]"
)
@click.option(
    "--output", "--out", type=click.Path(path_type=Path), metavar="FILE", help="Write to FILE, not standard output."
)
@click.option("--mermaid", is_flag=True, help="As --format mermaid.")
@click.option("--github-matrix", is_flag=True, help='Print {"model": [...]} of the models that need work.')
@parameters.baseline
@parameters.config
@parameters.python
@parameters.store
@trusted.option
def command(
    as_json: bool,
    verbose: bool,
    form: str | None,
    output: Path | None,
    mermaid: bool,
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
    text, json     the plan of each model and job
    svg, mermaid   what builds on what, as a picture; GitHub draws mermaid

    \b
    A workflow's matrix of the models that need work:
      - id: plan
        run: echo "matrix=$(ml-ci plan --github-matrix)" >> "$GITHUB_OUTPUT"
    and in the job that it builds, which is left out when there are none:
      if: needs.plan.outputs.matrix != '{"model": []}'
      strategy: {matrix: "${{ fromJSON(needs.plan.outputs.matrix) }}"}
    """
    from ml_ci.steps.values import Options

    form = "json" if as_json else "mermaid" if mermaid else form
    options = Options(
        start=Path.cwd(),
        config=config,
        models=models,
        baseline=baseline,
        target=build_of(os.environ).target,
        gates_from=trusted.gates_from(gates_of),
        python=python,
        store=store,
        environment=dict(os.environ),
    )
    _plan(options, _Printed("matrix" if github_matrix else form, output, verbose))


@dataclass(frozen=True)
class _Printed:
    """How a plan is printed, and where; `form` None leaves it to the file's ending, and `matrix` is GitHub's."""

    form: str | None
    output: Path | None
    verbose: bool


def _plan(options: Options, printed: _Printed) -> None:
    from ml_ci.pipeline import plan_chain
    from ml_ci.records.atomic import write_text

    output = printed.output
    if output is not None:
        check("--output", output)
    plans = plan_chain(options)
    form = printed.form or FORM_ENDINGS.get(output.suffix if output is not None else "", "text")
    text = _write(plans, form, verbose=printed.verbose)
    if output is None:
        click.echo(text, nl=False)
    else:
        write_text(output, click.unstyle(text))
        click.echo(f"wrote {output}")


def _write(plans: Plans, form: str, *, verbose: bool) -> str:
    if form == "matrix":
        return json.dumps({"model": _list_work(plans)}) + "\n"
    if form == "json":
        return json.dumps(_as_json(plans), indent=2, ensure_ascii=False) + "\n"
    if form == "text":
        return "".join(f"{line}\n" for line in _lines(plans, verbose=verbose))
    from ml_ci.reports.lineage import flowchart
    from ml_ci.reports.lineage_svg import write_file
    from ml_ci.reports.plan_graph import draw_picture

    picture = draw_picture(plans)
    return write_file(picture) if form == "svg" else "".join(f"{line}\n" for line in flowchart(picture))


def _list_work(plans: Plans) -> list[str]:
    """Name the models that need work, and the checks that have to be done; jobs before them are done with them."""
    models = [name for name, one in plans.models.items() if one.action != "reuse"]
    return [*models, *(name for name, one in plans.jobs.items() if one.check and one.action == "run")]


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
                "resources": _say_resources(one),
                "asking": None if one.asking is None else {**vars(one.asking), "total": one.asking.total},
            }
            for name, one in plans.models.items()
        },
        "jobs": {
            name: {
                "action": one.action,
                "changes": [{"part": change.part, "summary": change.summary} for change in one.changes],
                "baseline": one.baseline or None,
                "notes": list(one.notes),
                "check": one.check,
                "needs": list(plans.needs.get(name, ())),
                "resources": _say_resources(one),
            }
            for name, one in plans.jobs.items()
        },
    }


def _say_resources(one: ModelPlan | JobPlan) -> dict[str, object] | None:
    asked = one.resources
    return None if asked is None else {"cpus": asked.cpus, "gpus": asked.gpus, "memory": asked.memory}


def _lines(plans: Plans, *, verbose: bool) -> Iterator[str]:
    told: set[str] = set()
    yield from _tree(plans)
    for name, job in plans.jobs.items():
        yield from _head(f"job {name}", job)
        yield from (f"  note: {clean(note)}" for note in job.notes)
    for name, one in plans.models.items():
        yield from _head(name, one)
        for word, sentences in (("caution", one.cautions), ("note", one.notes)):
            for sentence in sentences:
                if sentence not in told:  # models share code and gates: what is said of them is said once
                    yield f"  {word}: {clean(sentence)}"
        told |= {*one.cautions, *one.notes}
        if verbose:
            yield from _reads(one.reads)


def _tree(plans: Plans) -> Iterator[str]:
    if not any(plans.needs.values()):
        return
    from ml_ci.reports.plan_graph import draw_lines

    yield from draw_lines(plans)
    yield ""


def _head(name: str, one: ModelPlan | JobPlan) -> Iterator[str]:
    baseline = f"   (against {clean(one.baseline)})" if one.baseline else ""
    yield f"{click.style(clean(name), bold=True)}: {click.style(one.action, fg='cyan')}{baseline}"
    for change in one.changes or (_SAME,):
        yield f"  {clean(change.part)}: {clean(change.summary)}"
        yield from (f"    {clean(detail)}" for detail in change.details)


def _reads(reads: tuple[str, ...] | None) -> Iterator[str]:
    if not reads:
        said = "nothing that no declared part holds" if reads is not None else "not known before a run in this state"
        yield f"  reads: {said}"
        return
    yield "  reads:"
    yield from (f"    {clean(path)}" for path in reads)
