"""Whose list says which variables jobs get: in a pull request the base's, or a change could ask for every secret."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from ml_ci.spec.values import ModelSpec
from ml_ci.variables.families import of_storage


def held_of_new(own: ModelSpec, base: Mapping[str, ModelSpec]) -> ModelSpec:
    """Give a model that only the change declares the names that some model of the base has already."""
    listed = {name for model in base.values() for name in model.env}
    return replace(own, env=_among(own.env, listed), fetch_env=_find_fetched(own.fetch_env, base.values()))


def about_variables(own: ModelSpec, judging: ModelSpec) -> Iterator[str]:
    """Say where the jobs get what another list than the change's own names."""
    for key, before, after in (
        ("env", judging.env, own.env),
        ("env` of `fetch", judging.fetch_env, own.fetch_env),
    ):
        if before != after:
            what = "jobs get" if key == "env" else "it gets"
            said = f"`{key}` was changed in this change ({_said(before)} → {_said(after)})"
            yield f"{said}: {what} what the old one names."


def _find_fetched(own: tuple[str, ...] | None, base: Iterable[ModelSpec]) -> tuple[str, ...] | None:
    lists = [model.fetch_env for model in base if model.fetch is not None]
    if not lists or None in lists:
        return None if own is None else tuple(name for name in own if of_storage(name))
    listed = {name for one in lists for name in one or ()}
    return tuple(sorted(listed)) if own is None else _among(own, listed)


def _among(names: tuple[str, ...], listed: set[str]) -> tuple[str, ...]:
    return tuple(name for name in names if name in listed)


def _said(names: tuple[str, ...] | None) -> str:
    return "the storages'" if names is None else f"[{', '.join(names)}]" if names else "none"
