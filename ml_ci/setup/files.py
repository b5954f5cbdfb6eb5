"""Which files `ml-ci init` writes, and where: those of the project beside ml-ci.yaml, workflows at the root. Pure."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable

from ml_ci.setup import recipes, writing
from ml_ci.setup.values import Found

_ON_PULL_REQUESTS = ("pull-request", "matrix", "pull-request-untrusted")


def plan_workflows(found: Found, names: Iterable[str], action: str | None) -> dict[str, str]:
    """Give the workflows by their path from the repository's root: CI systems read no other folder than the root's."""
    slug = name_project(found.prefix)
    folder = found.prefix.rstrip("/") or "."
    planned = {}
    for name in names:
        if name in recipes.NAMES:
            planned[recipes.place_recipe(name, found, slug)] = recipes.write_recipe(name, found, folder, slug)
        elif name != "none":
            path = f".github/workflows/{_name_workflow(name, slug)}"
            planned[path] = writing.workflow(name, found, action, folder, slug)
    return planned


def name_project(prefix: str) -> str:
    """Name a project by its folder, as a part of a file's name; "" for the repository itself."""
    return re.sub(r"[^\w.]+", "-", prefix.lower()).strip("-._")


def _name_workflow(name: str, slug: str) -> str:
    whole = "-".join(filter(None, ("ml-ci", slug)))
    return f"{whole}.yml" if name in _ON_PULL_REQUESTS else f"{whole}-{name}.yml"


def plan_tests(found: Found, models: Iterable[str]) -> dict[str, str]:
    """Give a first test of each model that no test of the project names yet, by its path from the root."""
    return {
        posixpath.join(found.prefix, f"tests/test_{re.sub(r'[^a-z0-9]+', '_', name.lower())}_model.py"): writing.test(
            name
        )
        for name in models
        if name not in found.tested
    }


def show_path(path: str, prefix: str) -> str:
    """Write a path from the root as seen from the project's folder."""
    return posixpath.relpath(path, prefix.rstrip("/") or ".")


def judging_already(found: Found, planned: str) -> str | None:
    """Give a workflow that judges this project's pull requests already, where `planned` would be a second one."""
    others = [one for one in found.workflows if one != planned]
    own = (_name_workflow("pull-request", name_project(found.prefix)), recipes.GITLAB_FILE)
    return next(iter(others), None) if posixpath.basename(planned) in own else None


def add_hidden(hidden: Collection[str], prefix: str) -> str:
    """Say how files that .gitignore hides come into a commit."""
    names = " ".join(show_path(path, prefix) for path in sorted(hidden))
    lines = ", ".join(f"!{path}" for path in sorted(hidden))
    return f"git ignores {names}: git add -f {names} (or the lines {lines} in .gitignore)"
