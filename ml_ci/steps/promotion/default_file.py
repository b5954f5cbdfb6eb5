"""Jobs after a promotion, as the default branch's file declares them, whatever is checked out."""

from __future__ import annotations

from dataclasses import replace

from ml_ci.errors import UserError
from ml_ci.forges.registry import build_of
from ml_ci.frozen import dataclass
from ml_ci.plan.graph import in_order
from ml_ci.registry.values import RefusedError
from ml_ci.repository.base import default_branch
from ml_ci.repository.trees import CommitTree
from ml_ci.spec.deployments import find_deployments_of
from ml_ci.spec.values import Spec
from ml_ci.steps.opening.project import with_python
from ml_ci.steps.opening.spec_cache import load_spec
from ml_ci.steps.values import Project


@dataclass(frozen=True)
class DefaultFile:
    """The default branch's `ml-ci.yaml`, and the tree of the commit that it is of: `branch` names both."""

    spec: Spec
    tree: CommitTree
    branch: str

    def list_jobs(self, model: str) -> tuple[str, ...]:
        """Name the jobs after the promotion of a model, each behind what it needs."""
        needs = {name: node.upstream for name, node in self.spec.nodes.items()}
        return in_order(find_deployments_of(self.spec, model), needs)


def read_default_file(project: Project) -> DefaultFile | None:
    """Read the default branch's file, as origin has it where there is one; None where it has none.

    A branch that is not found is a UserError where this tree declares jobs after a promotion, and otherwise nobody
    misses it. RefusedError in a run of a pull request, if there is anything to do after a promotion.
    """
    try:
        default = default_branch(project.repository)
        commit = project.repository.of_origin(default.name) or project.repository.commit(default.ref)
        found = None if commit is None else _read(project, commit, default.name)
    except UserError:
        if project.spec.deployments:
            raise
        return None
    build = build_of(project.options.environment)
    if found is not None and found.spec.deployments and build.of_change:
        raise RefusedError(f"this run belongs to a pull request (`{build.event}`): nothing is deployed")
    return found


def _read(project: Project, commit: str, branch: str) -> DefaultFile | None:
    tree, path = project.repository.tree(commit), project.spec.path
    try:
        text = tree.read(path)
    except FileNotFoundError:
        return None
    said = f"{path} of {branch} ({commit[:7]})"
    spec = load_spec(text.decode("utf-8", "replace"), said, project.store.root, tree)
    return DefaultFile(with_python(spec, project.options.python), tree, f"{branch} ({commit[:7]})")


def hold_to(project: Project, file: DefaultFile) -> Project:
    """Give the project with the default branch's file in place of its own; the registry is that file's, too."""
    return replace(project, spec=file.spec)
