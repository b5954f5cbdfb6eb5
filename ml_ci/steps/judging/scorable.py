"""Say before anything is trained that a model file of this name cannot be scored, and what is missing for it."""

from __future__ import annotations

from pathlib import PurePosixPath

from ml_ci.child.engines.formats import FOREIGN, Format, by_name, ending
from ml_ci.errors import UserError
from ml_ci.spec.values import CommandJob, ModelSpec
from ml_ci.steps.planning.variables import list_variables
from ml_ci.steps.values import Project
from ml_ci.training.asking import ask
from ml_ci.training.interpreter import find
from ml_ci.variables.given import give

_FUNCTION = "name a function that scores with it: `predict: module:function`, called with the model's path and the rows"


def check_scorable(project: Project, model: ModelSpec) -> None:
    """Hold that the job's Python has what the model's file takes, as far as its name says which that is.

    UserError names the library that is missing, or says that nothing loads such a file. What a function returns is
    known only when it was trained.
    """
    path = _scored_file(model)
    if path is None:
        return
    said = f"model {model.name}: `outputs: {{model: {path}}}`"
    foreign = FOREIGN.get(ending(path))
    if foreign:
        message = (
            f"{said} is a file of {foreign}, which ml-ci cannot score: no library of Python loads it as it is saved"
        )
        raise UserError(message, hint=f"{_FUNCTION[0].upper()}{_FUNCTION[1:]}, or have the command leave predictions.")
    kinds = by_name(path)
    if any(one.loader == "safetensors" for one in kinds) and not model.load.factory:
        hint = f"Name the function that makes it: `load: {{factory: module:function}}`, or {_FUNCTION}."
        raise UserError(f"{said} holds weights, and not the module that they belong to", hint=hint)
    wanted = sorted({name for one in kinds for name in one.modules})
    found = _ask(project, model, wanted) if wanted else {}
    if found and not any(all(found.get(name, "") is not None for name in one.modules) for one in kinds):
        raise _lacks(project, model, said, kinds, [name for name in wanted if found.get(name, "") is None])


def _scored_file(model: ModelSpec) -> str | None:
    """Give the file that ml-ci has to score with, where a command leaves one; None for any other model."""
    job = model.job
    if model.predict or model.predict_command or not isinstance(job, CommandJob) or job.predictions:
        return None
    return PurePosixPath(job.model).name if job.model else None


def _ask(project: Project, model: ModelSpec, names: list[str]) -> dict[str, str | None]:
    """Ask the job's Python where it finds modules; nothing where it gives no answer."""
    python = find(model.python, project.folder, project.options.environment.get("PATH"))
    given = give(project.options.environment, list_variables(project, model))
    folder = project.folder / model.cwd
    return dict(ask(python, project.repository.top, folder, given, names).modules) if folder.is_dir() else {}


def _lacks(project: Project, model: ModelSpec, said: str, kinds: tuple[Format, ...], names: list[str]) -> UserError:
    python = find(model.python, project.folder, project.options.environment.get("PATH")).path
    libraries = " or ".join(dict.fromkeys(one.name for one in kinds))
    packages = " or ".join(dict.fromkeys(one.package for one in kinds))
    missing = " and ".join(f"`{name}`" for name in names)
    hint = (
        f"Install it there (pip install {packages}), name the job's own interpreter (`python: PATH`), or {_FUNCTION}."
    )
    return UserError(f"{said} is a model of {libraries}, and {python} has no {missing}", hint=hint)
