"""List the variables that the jobs of a side get: what it sets itself, and what the list names that judges this run."""

from __future__ import annotations

from collections.abc import Iterator

from ml_ci.spec.values import Node
from ml_ci.steps.values import Project
from ml_ci.variables.given import Env, in_ci, missing


def list_variables(project: Project, model: Node) -> Env:
    """Give the variables of the jobs of a model, whichever side it is of.

    Names are the judging configuration's, since only that one is trusted; a text stands in the side's own file.
    """
    return Env(project.spec.nodes.get(model.name, model).env, model.env_values)


def list_fetch_variables(project: Project, model: Node) -> Env:
    """Give the variables of the command that fetches data: its list, or else the families of the storages."""
    names = project.spec.nodes.get(model.name, model).fetch_env
    return Env(storage=True) if names is None else Env(names)


def note_unset(project: Project, name: str) -> Iterator[str]:
    """Say which names of `env:` are not set here, where that is no error."""
    model, environment = project.spec.models[name], project.options.environment
    names = missing(environment, list_variables(project, model))
    if names and not in_ci(environment):
        yield f"env: {', '.join(names)} {'are' if len(names) > 1 else 'is'} not set here, and the jobs do without"
