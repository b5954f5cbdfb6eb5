"""Which commit the candidate is compared with."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ml_ci.errors import UserError
from ml_ci.frozen import dataclass
from ml_ci.repository import remote
from ml_ci.repository.git import GitError
from ml_ci.repository.repository import Repository

_ELSE = (
    "Name the commit to compare with: --baseline REF, or `baseline: REF` in ml-ci.yaml "
    "(`baseline: none` for no comparison)."
)


@dataclass(frozen=True)
class Base:
    """Name the baseline's commit and why it is this one; `commit` None says, stated in `source`, that there is none."""

    commit: str | None
    source: str


@dataclass(frozen=True)
class DefaultBranch:
    """Name the default branch: its short `name`, and the `ref` under which it is known here."""

    name: str
    ref: str


def find_base(repository: Repository, wanted: str, *, dirty: bool, target: str | None = None) -> Base:
    """Find the baseline's commit.

    `wanted` is `merge-base`, `none`, or a git ref. `target` is the branch that a pull request goes to, where it is
    known; otherwise the default branch is looked for. On the default branch itself the baseline is the first parent, or
    HEAD when the tree is dirty. A ref that names no commit, or a merge base that cannot be found, is a UserError.
    """
    head = repository.head()
    if wanted == "none":
        return Base(None, "no baseline is asked for")
    if head is None:
        return Base(None, "there is no commit yet")
    if wanted != "merge-base":
        return _named(repository, wanted)
    default = default_branch(repository, target)
    if repository.branch() == default.name:
        return _own_past(repository, head, dirty)
    merge_base = _merge_base(repository, default)
    if merge_base == head and repository.branch() is None:
        return _own_past(repository, head, dirty)
    return Base(merge_base, f"merge-base {merge_base[:7]}")


def default_branch(repository: Repository, target: str | None = None) -> DefaultBranch:
    """Find the default branch: `target`, origin's HEAD, `main` or `master`; else the remote is asked for its own.

    Without a remote the only branch is the default one. A UserError when none is found.
    """
    if target is not None:
        return _fetched(repository, target)
    refs = _refs(repository)
    for name in _default_names(repository, refs):
        for ref in (f"refs/remotes/origin/{name}", f"refs/heads/{name}"):
            if ref in refs:
                return DefaultBranch(name, ref)
    if asked := remote.head_branch(repository):
        return _fetched(repository, asked)
    raise UserError("the default branch was not found: no origin/HEAD, no `main`, no `master`", hint=_ELSE)


def _refs(repository: Repository) -> frozenset[str]:
    listed = repository.git("for-each-ref", "--format=%(refname)", "refs/heads", "refs/remotes/origin")
    return frozenset(listed.splitlines())


def _default_names(repository: Repository, refs: frozenset[str]) -> Iterator[str]:
    if "refs/remotes/origin/HEAD" in refs:
        yield repository.git("symbolic-ref", "refs/remotes/origin/HEAD").removeprefix("refs/remotes/origin/")
    yield from ("main", "master")
    heads = [ref.removeprefix("refs/heads/") for ref in refs if ref.startswith("refs/heads/")]
    # With a remote this may be a clone of one branch, which is then not the default one.
    if len(heads) == 1 and not repository.git("remote"):
        yield heads[0]


def _fetched(repository: Repository, name: str) -> DefaultBranch:
    theirs, ours = f"refs/remotes/origin/{name}", f"refs/heads/{name}"
    if repository.commit(theirs) is None and repository.commit(ours) is None:
        remote.fetch(repository, f"+{ours}:{theirs}", no_tags=True, depth=1)
    for ref in (theirs, ours):
        if repository.commit(ref) is not None:
            return DefaultBranch(name, ref)
    raise UserError(f"the branch `{name}`, to which this change goes, is not here and could not be fetched", hint=_ELSE)


def _named(repository: Repository, ref: str) -> Base:
    commit = repository.commit(ref) or repository.of_origin(ref)
    if commit is None:
        raise UserError(f"the baseline `{ref}` names no commit here", hint=f"{advise_fetching(ref)}ame another.")
    return Base(commit, ref if commit.startswith(ref) else f"{ref} {commit[:7]}")


def _own_past(repository: Repository, head: str, dirty: bool) -> Base:
    if dirty:
        return Base(head, f"HEAD {head[:7]}")
    parent = repository.commit("HEAD^1")
    if parent is None and repository.shallow:
        remote.fetch(repository, deepen=1)
        parent = repository.commit("HEAD^1")
    if parent is not None:
        return Base(parent, f"first parent {parent[:7]}")
    if repository.shallow:
        raise UserError("HEAD's parent is beyond the end of this shallow clone", hint=_unshallow())
    return Base(None, "this is the first commit")


def _merge_base(repository: Repository, default: DefaultBranch) -> str:
    found = _common(repository, default)
    if found is None and repository.shallow:
        tracking = f"+refs/heads/{default.name}:refs/remotes/origin/{default.name}"
        for more in ({"deepen": 50}, {"deepen": 1000}, {"unshallow": True}):
            remote.fetch(repository, tracking, no_tags=True, **more)
            found = _common(repository, default)
            if found is not None:
                break
    if found is not None:
        return found
    if repository.shallow:
        raise UserError(f"no merge base of HEAD and `{default.name}` in this shallow clone", hint=_unshallow())
    raise UserError(f"HEAD and `{default.name}` have no commit in common, so there is no merge base", hint=_ELSE)


def _common(repository: Repository, default: DefaultBranch) -> str | None:
    try:
        return repository.git("merge-base", "HEAD", default.ref) or None
    except GitError:
        return None


def _unshallow() -> str:
    return (
        "Fetch the history: git fetch --unshallow; in GitHub Actions: actions/checkout with `fetch-depth: 0`. " + _ELSE
    )


def advise_fetching(ref: str) -> str:
    """Begin a hint that ends with `ame another`: the other side has names and ids, and no ways as `HEAD~5`."""
    return "N" if ref == "HEAD" or re.search(r"[~^:@{]", ref) else f"Fetch it (git fetch origin {ref}), or n"
