"""Whether a promotion may happen here: on the default branch, in a run that is no pull request's."""

from __future__ import annotations

from collections.abc import Mapping

from ml_ci.errors import UserError
from ml_ci.forges.registry import build_of
from ml_ci.repository.base import default_branch
from ml_ci.repository.history import is_ancestor
from ml_ci.repository.repository import Repository


def distrust(repository: Repository, head: str, environment: Mapping[str, str]) -> str | None:
    """Say why what runs here is not trusted to promote; None when it is."""
    build = build_of(environment)
    if build.of_change:
        return f"this run belongs to a pull request (`{build.event}`)"
    try:
        default = default_branch(repository)
    except UserError as error:
        return error.message
    branch = repository.branch()
    if branch is not None and branch != default.name:
        return f"the branch is `{branch}`, and models are promoted from `{default.name}`"
    published = f"refs/remotes/origin/{default.name}"
    ref = published if repository.commit(published) else default.ref
    if not is_ancestor(repository, head, ref):
        return f"the commit {head[:7]} is not in {ref.removeprefix('refs/').removeprefix('remotes/')}"
    return None
