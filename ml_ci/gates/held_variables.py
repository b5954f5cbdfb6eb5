"""Whose list says which variables jobs get: in a pull request the base's, or a change could ask for every secret."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TypeVar

from ml_ci.spec.values import JobSpec, Node, Spec
from ml_ci.variables.families import of_storage

AnyNode = TypeVar("AnyNode", bound=Node)


def held_of_new(own: AnyNode, base: Mapping[str, Node]) -> AnyNode:
    """Give a model or a job that only the change declares the names that one of the base has already."""
    listed = {name for model in base.values() for name in model.env}
    return replace(own, env=_among(own.env, listed), fetch_env=_find_fetched(own.fetch_env, base.values()))


def list_judged(base: Spec) -> Mapping[str, Node]:
    """Give what a run does of the base: what the jobs after a promotion are given is for them alone."""
    return {name: node for name, node in base.nodes.items() if name not in base.deployments}


def hold_job(own: JobSpec, base: Spec) -> JobSpec:
    """Give a job the variables that the base's list names, and the files that the base leaves out of its reads.

    One that the base does after a promotion, and the change in its run, is a new one: the secrets are not for a run.
    """
    known = list_judged(base).get(own.name)
    if not isinstance(known, JobSpec):
        return held_of_new(own, list_judged(base))
    return replace(own, env=known.env, fetch_env=known.fetch_env, ignore=known.ignore)


def about_job(own: JobSpec, judging: JobSpec, base: JobSpec | None, *, check: bool) -> Iterator[str]:
    """Say what of a job is not as the change says it, and of a check that the change makes it another one."""
    yield from _about_deployment(own, base)
    if own.after_promotion:
        return
    if check and base is not None and base.job != own.job:
        was, now = base.job.text or base.job.entry, own.job.text or own.job.entry
        yield f"The check {own.name} is another one in this change ({was} → {now}): look at it, that one is done."
    yield from (f"The job {own.name}: {said}" for said in about_variables(own, judging))
    if own.ignore != judging.ignore:
        yield f"The job {own.name}: `ignore` was changed in this change: the base's list counts."


def _about_deployment(own: JobSpec, base: JobSpec | None) -> Iterator[str]:
    """Say of a job after a promotion that the change makes, or changes: merged, it gets what it names of secrets."""
    if own.after_promotion:
        was = base if base is not None and base.after_promotion else None
        if was is None or replace(was, line=None) != replace(own, line=None):
            what = "is new" if was is None else "was changed"
            secrets = f" with {', '.join(own.env)}" if own.env else ""
            said = (
                f"The job {own.name} {what} in this change, and is done after the promotion once it is merged{secrets}"
            )
            yield f"{said}: look at it, no run tries it."
    elif base is not None and base.after_promotion:
        yield f"The job {own.name} is no longer done after the promotion in this change, and was done in this run."


def about_variables(own: Node, judging: Node) -> Iterator[str]:
    """Say where the jobs get what another list than the change's own names."""
    for key, before, after in (
        ("env", judging.env, own.env),
        ("env` of `fetch", judging.fetch_env, own.fetch_env),
    ):
        if before != after:
            what = "jobs get" if key == "env" else "it gets"
            said = f"`{key}` was changed in this change ({_said(before)} → {_said(after)})"
            yield f"{said}: {what} what the old one names."


def _find_fetched(own: tuple[str, ...] | None, base: Iterable[Node]) -> tuple[str, ...] | None:
    lists = [model.fetch_env for model in base if model.fetch is not None]
    if not lists or None in lists:
        return None if own is None else tuple(name for name in own if of_storage(name))
    listed = {name for one in lists for name in one or ()}
    return tuple(sorted(listed)) if own is None else _among(own, listed)


def _among(names: tuple[str, ...], listed: set[str]) -> tuple[str, ...]:
    return tuple(name for name in names if name in listed)


def _said(names: tuple[str, ...] | None) -> str:
    return "the storages'" if names is None else f"[{', '.join(names)}]" if names else "none"
