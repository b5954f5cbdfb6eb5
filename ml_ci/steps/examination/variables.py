"""Which variables are withheld from the jobs; names only."""

from __future__ import annotations

from collections.abc import Iterator

from ml_ci.spec.values import Node
from ml_ci.steps.examination.values import Finding
from ml_ci.steps.opening.project import select_entries
from ml_ci.steps.planning.variables import list_fetch_variables, list_variables
from ml_ci.steps.values import Project
from ml_ci.variables.given import in_ci, missing, withheld


def check_variables(at: Project) -> Iterator[Finding]:
    """List what the jobs of each entry do not get of the environment, and what `env:` names and nobody set."""
    for node in select_entries(at):
        yield from _of_entry(at, node)


def _of_entry(at: Project, model: Node) -> Iterator[Finding]:
    about, environment = f"{model.name}: variables", at.options.environment
    names = withheld(environment, list_variables(at, model))
    if names:
        said = f"withheld from its jobs, whole or by the password inside: {', '.join(names)}"
        yield Finding(about, True, f"{said} (`env: [NAME, …]` gives what they need)")
    else:
        yield Finding(about, True, "none is withheld from its jobs")
    if model.fetch is not None:
        kept = set(names) - set(withheld(environment, list_fetch_variables(at, model)))
        said = (
            f"`fetch:` gets beyond that: {', '.join(sorted(kept))}" if kept else "`fetch:` gets no more than its jobs"
        )
        yield Finding(about, True, said)
    unset = missing(environment, list_variables(at, model))
    if unset:
        said = f"`env:` names {', '.join(unset)}, which {'are' if len(unset) > 1 else 'is'} not set here"
        strict = in_ci(environment)
        yield Finding(about, not strict, said, "Set it." if strict else "In CI that is an error: set it there.")
