"""Take gates, and how strictly they are judged, from a branch that is trusted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from ml_ci.errors import UserError
from ml_ci.frozen import dataclass
from ml_ci.repository.base import advise_fetching, default_branch
from ml_ci.repository.repository import Repository
from ml_ci.spec.values import Spec
from ml_ci.steps.opening.believed import find_default_name
from ml_ci.steps.opening.spec_cache import load_spec
from ml_ci.steps.values import Judging

_NOWHERE: Mapping[str, str] = {}
_NO_BASE = (
    "Bring ml-ci.yaml to that branch first, by whoever may merge over a red status. To judge by the change's own gates "
    "on purpose: --gates-from none."
)


@dataclass(frozen=True)
class Base:
    """The ref whose gates judge, and the commit that it was."""

    ref: str
    commit: str


def take_gates(
    spec: Spec, repository: Repository, ref: str | None, state: Path, environment: Mapping[str, str] = _NOWHERE
) -> Judging:
    """Hold a configuration to that of `ref`; to itself where `ref` is None.

    UserError when the ref cannot be had or its configuration has mistakes: nobody knows then what the change is held
    to. A ref without a configuration holds to nothing, and the report says so, while the default branch has none
    either; where that one has, it is a UserError too: a change would choose its judge by choosing where it goes.
    """
    if ref is None:
        return Judging(spec)
    commit = _commit(repository, ref)
    base = _spec(spec.path, repository, commit, state)
    if base is not None and base == replace(spec, path=base.path):
        return Judging(spec, ref, commit=commit)  # most changes: nothing of what compares gates is imported
    if base is None:
        _hold_that_there_is_none_yet(repository, Base(ref, commit), spec.path, environment)
        said = f"There is no {spec.path} on `{ref}` (commit {commit[:7]}) yet: judged by this change's own gates."
        return Judging(spec, ref, (said,), commit=commit)
    return replace(_hold(spec, base, ref, commit), commit=commit)


def _hold_that_there_is_none_yet(repository: Repository, base: Base, path: str, environment: Mapping[str, str]) -> None:
    """Hold that the default branch has no configuration either; UserError where it has one, or is not known."""
    name = find_default_name(repository, environment)
    missing = f"there is no {path} on `{base.ref}` (commit {base.commit[:7]})"
    default = _commit_of_branch(repository, name)
    if name is None or default is None:
        why = f"{missing}, and the default branch{f' `{name}`' if name else ''} was not found: nobody knows what judges"
        raise UserError(why, hint=_NO_BASE)
    if default == base.commit or not _has(repository, default, path):
        return
    why = f"{missing}, and there is one on the default branch `{name}`: nothing that is trusted judges this change"
    raise UserError(why, hint=_NO_BASE)


def _commit_of_branch(repository: Repository, name: str | None) -> str | None:
    """Find the commit of a branch, as origin has it first; None where it is not here and cannot be fetched."""
    if name is None:
        return None
    try:
        return repository.of_origin(name) or repository.commit(default_branch(repository, name).ref)
    except UserError:
        return None


def _has(repository: Repository, commit: str, path: str) -> bool:
    try:
        repository.tree(commit).read(path)
    except FileNotFoundError:
        return False
    return True


def _hold(spec: Spec, base: Spec, ref: str, commit: str) -> Judging:
    from ml_ci.gates.held import held
    from ml_ci.gates.held_variables import about_job, about_variables, held_of_new, hold_job, list_judged

    found = {name: held(model, base.models[name]) for name, model in spec.models.items() if name in base.models}
    models = {
        name: found[name].model if name in found else held_of_new(model, list_judged(base))
        for name, model in spec.models.items()
    }
    lost = tuple(name for name in base.models if name not in spec.models)
    of_run = []
    if base.store != spec.store:
        of_run.append(f"`store:` was changed in this change: the one of `{ref}` was used.")
    if base.registry != spec.registry:
        of_run.append(f"`registry:` was changed in this change: the one of `{ref}` was used.")
    jobs = {name: hold_job(job, base) for name, job in spec.jobs.items()}
    of_run += [
        said
        for name, job in jobs.items()
        for said in about_job(spec.jobs[name], job, base.jobs.get(name), check=name in spec.checks)
    ]
    said = f"`{ref}` (commit {commit[:7]}) does not declare it yet: judged by this change's own gates."
    new = {
        name: (said, *about_variables(spec.models[name], model)) for name, model in models.items() if name not in found
    }
    cautions = new | {name: one.cautions for name, one in found.items() if one.cautions}
    held_spec = replace(spec, models=models, jobs=jobs, store=base.store, registry=base.registry)
    lost_jobs = tuple(name for name in base.checks if name not in spec.nodes or name in spec.deployments)
    return Judging(held_spec, ref, tuple(of_run), cautions, lost=lost, lost_jobs=lost_jobs)


def _commit(repository: Repository, ref: str) -> str:
    """Find the commit of a ref; of a branch as origin has it first: a local one of the same name may be behind."""
    found = repository.of_origin(ref) or repository.commit(ref)
    if found is None:
        try:
            found = repository.commit(default_branch(repository, ref).ref)
        except UserError:
            found = None
    if found is None:
        raise UserError(
            f"`{ref}`, whose gates judge this change, names no commit here and could not be fetched",
            hint=f"{advise_fetching(ref)}ame another: --gates-from REF, or none.",
        )
    return found


def _spec(path: str, repository: Repository, commit: str, state: Path) -> Spec | None:
    tree = repository.tree(commit)
    try:
        text = tree.read(path)
    except FileNotFoundError:
        return None
    try:
        return load_spec(text.decode("utf-8", "replace"), f"{path} of commit {commit[:7]}", state, tree)
    except UserError as error:
        raise UserError(
            f"the gates that judge this change cannot be read: {error.message}",
            hint="Repair ml-ci.yaml there first, or judge by the change's own gates on purpose: --gates-from none.",
        ) from None
