"""Open a project: find `ml-ci.yaml`, read it, find the repository and the store."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ml_ci.changes.fingerprint import job_python
from ml_ci.errors import UserError
from ml_ci.records.store import Store
from ml_ci.repository.repository import Repository
from ml_ci.spec.deployments import find_promoted
from ml_ci.spec.find import find, read
from ml_ci.spec.resources import Resources
from ml_ci.spec.values import Node, Spec
from ml_ci.steps.opening.base_gates import take_gates
from ml_ci.steps.opening.believed import find_beliefs
from ml_ci.steps.opening.own_state import STATE, refuse_committed, refuse_link
from ml_ci.steps.opening.spec_cache import load_spec
from ml_ci.steps.slots import Slots
from ml_ci.steps.values import Options, Project
from ml_ci.training.copies import Copies
from ml_ci.training.executors import count_slots, is_here

if TYPE_CHECKING:
    from ml_ci.records.shared import Shared

AnyNode = TypeVar("AnyNode", bound=Node)


def with_python(spec: Spec, python: str | None) -> Spec:
    """Give the spec with `python` as the interpreter of every job that names none of its own."""
    if python is None:
        return spec
    return replace(
        spec,
        models={name: _with_python(model, python) for name, model in spec.models.items()},
        jobs={name: _with_python(job, python) for name, job in spec.jobs.items()},
    )


def _with_python(node: AnyNode, python: str) -> AnyNode:
    return replace(node, python=python) if job_python(node) is None else node


def with_stage(spec: Spec, stage: str | None) -> Spec:
    """Give each model the gates of a stage beside its own; those of live traffic are judged by `ml-ci canary`."""
    if stage is None:
        return spec
    models = {
        name: replace(
            model,
            gates=(
                *model.gates,
                *(gate for one in model.stages if one.name == stage and one.traffic is None for gate in one.gates),
            ),
        )
        for name, model in spec.models.items()
    }
    return replace(spec, models=models)


def locate(options: Options) -> Path:
    """Find the configuration file; UserError when there is none, or when the state folder beside it is a link."""
    config = find(options.start, options.config)
    refuse_link(config.parent)
    return config


def open_project(config: Path, options: Options) -> Project:
    """Read the project's configuration and its state in git; UserError when it has mistakes, or there is no git.

    Nothing below the state folder is read before it is known to come from no commit.
    """
    refuse_link(config.parent)
    text = read(config)
    repository = Repository.find(config.parent)
    tree = repository.tree()
    refuse_committed(tree)
    state = config.parent.resolve() / STATE
    own = load_spec(text, config.name, state, tree)
    check_models(own, options.models)
    held = take_gates(own, repository, options.gates_from, state, options.environment)
    check_stage((own, held.spec), options)
    spec = with_stage(with_python(held.spec, options.python), options.stage)
    shared = _share(options.store or spec.store, config.parent)
    store = Store(state, shared, beliefs=find_beliefs(repository, options.environment))
    return Project(
        spec=spec,
        repository=repository,
        tree=tree,
        head=repository.head(),
        dirty=bool(tree.changed()),
        store=store,
        options=options,
        judging=held,
        copies=Copies(repository, store),
        slots=make_slots(spec, options),
    )


def make_slots(spec: Spec, options: Options) -> Slots:
    """Give the slots that are asked for, or those that the executor has: it is asked once there is work to do.

    A cluster is asked in any case, so that it is joined, and its workers are started, before the first job is ready.
    """
    if is_here(options.environment) or options.jobs == 1:
        return Slots(options.jobs or 1)
    resources = [node.resources or Resources() for node in spec.nodes.values()]
    count = partial(count_slots, options.environment, resources)
    if options.jobs is None:
        return Slots(ask=count)
    return Slots(options.jobs, ask=partial(_ask, count, options.jobs))


def _ask(count: Callable[[], int], asked: int) -> int:
    count()
    return asked


def _share(url: str | None, folder: Path) -> Shared | None:
    if url is None:
        return None
    from ml_ci.records.shared import Shared

    return Shared(url, folder)


def select_models(project: Project) -> tuple[str, ...]:
    """Give the names of the models that are asked for, in the order of the file."""
    asked = project.options.models
    return tuple(name for name in project.spec.models if not asked or name in asked)


def select_jobs(project: Project) -> tuple[str, ...]:
    """Give the names of the jobs that are done for themselves: the checks, or those that are asked for by name."""
    asked = project.options.models
    return tuple(name for name in project.spec.jobs if name in (asked or project.spec.checks))


def select_entries(project: Project) -> tuple[Node, ...]:
    """Give the models and jobs that are asked for, with all that they build on, models first, in the file's order."""
    spec = project.spec
    asked = {*select_models(project), *select_jobs(project), *(() if project.options.models else spec.deployments)}
    wanted = asked.union(*(spec.find_upstream(name) for name in asked))
    return tuple(node for name, node in spec.nodes.items() if name in wanted)


def check_stage(specs: tuple[Spec, ...], options: Options) -> None:
    """Hold that a model that is asked for has the stage, by one of the files that judge; UserError names those it has.

    Of several models some may have no such stage; without one that has, no gate of a stage would be judged at all.
    """
    if options.stage is None:
        return
    from ml_ci.registry.values import CHAMPION

    asked = [
        model for spec in specs for name, model in spec.models.items() if not options.models or name in options.models
    ]
    known = dict.fromkeys((*(stage.name for model in asked for stage in model.stages), CHAMPION))
    if options.stage not in known:
        hint = f"There is: {', '.join(known)}. More are declared by `stages:` in {specs[0].path}."
        raise UserError(f"--stage {options.stage}: no model has this stage", hint=hint)


def check_models(spec: Spec, asked: tuple[str, ...]) -> None:
    """Hold that every model that is asked for is declared; UserError names the nearest one that is.

    A job after a promotion is done by no run, and a UserError too.
    """
    for name in asked:
        if name in spec.deployments:
            said = f"the job `{name}` is done after the promotion of {find_promoted(spec, name)}, and by no run"
            raise UserError(said, hint=f"After the promotion: ml-ci deploy {find_promoted(spec, name)}")
        if name not in spec.nodes:
            from difflib import get_close_matches

            near = get_close_matches(name, spec.nodes, n=1)
            jobs = f" Its jobs are: {', '.join(spec.jobs)}." if spec.jobs else ""
            hint = f"Did you mean `{near[0]}`?" if near else f"Its models are: {', '.join(spec.models)}.{jobs}"
            raise UserError(f"{spec.path} has no model `{name}`", hint=hint)


def check_name(spec: Spec, name: str) -> None:
    """Hold that a model may bear a name, declared or no longer; it names a file, and the registry is asked for it."""
    from ml_ci.spec.names import MODEL_NAME

    if re.fullmatch(MODEL_NAME, name) is None:
        check_models(spec, (name,))
