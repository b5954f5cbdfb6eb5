"""What `ml-ci doctor` looks at: a list of checks, each a function from a set-up to what it found."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from ml_ci.errors import StageFailed, UserError
from ml_ci.repository.git import GitError
from ml_ci.repository.repository import Repository
from ml_ci.spec.values import FileEntry, ModelSpec, PartEntry, Spec

State: TypeAlias = Literal["good", "warning", "bad"]


@dataclass(frozen=True)
class Finding:
    """One line of the doctor: what was looked at, how it is, and what to do about it ("" when good)."""

    about: str
    state: State
    said: str
    do: str = ""


@dataclass(frozen=True)
class SetUp:
    """A set-up to be checked. `environment` is the process's."""

    folder: Path
    spec: Spec
    repository: Repository
    environment: Mapping[str, str]


Check: TypeAlias = Callable[[SetUp], Iterator[Finding]]


def git(at: SetUp) -> Iterator[Finding]:
    """Check that there is a commit, and that what is needed is committed."""
    if at.repository.head() is None:
        yield Finding("git", "bad", "there is no commit yet", "git add . && git commit -m 'First commit'")
        return
    yield Finding("git", "good", f"{at.repository.top}, at {(at.repository.head() or '')[:7]}")
    if at.spec.path not in at.repository.git("ls-files", "--", at.spec.path).splitlines():
        yield Finding("git", "warning", f"{at.spec.path} is not committed", f"git add {at.spec.path}")
    if at.repository.shallow:
        yield Finding("git", "warning", "this clone is shallow", "git fetch --unshallow")


def branch(at: SetUp) -> Iterator[Finding]:
    """Check that the baseline can be found."""
    from ml_ci.repository.base import default_branch

    try:
        found = default_branch(at.repository)
    except UserError as error:
        yield Finding("default branch", "bad", error.message, error.hint)
        return
    yield Finding("default branch", "good", f"{found.name}, known as {found.ref}")


def holdout(at: SetUp) -> Iterator[Finding]:
    """Check that each holdout can be read and has the label, with both kinds of rows."""
    for model in at.spec.models.values():
        yield _holdout(at, model)


def _holdout(at: SetUp, model: ModelSpec) -> Finding:
    from ml_ci.tables.table import Table

    about = f"{model.name}: holdout"
    entry = model.holdout
    source = model.data[entry.of] if isinstance(entry, PartEntry) else entry
    cut = " (a part of it is held out)" if isinstance(entry, PartEntry) else ""
    if "://" in source.path:
        return Finding(about, "good", f"{source.path} is fetched when it is needed")
    if not (at.folder / source.path).exists():
        do = "The model's `fetch:` gets it." if model.fetch else "Put it there, commit it, or name a `fetch:` command."
        return Finding(about, "warning" if model.fetch else "bad", f"{source.path} is not here", do)
    try:
        table = Table.open(at.folder / source.path, source.columns, shown=source.path)
        values = table.counts(model.label)
    except UserError as error:
        return Finding(about, "bad", error.message, error.hint)
    return _labels(about, model, source, values, table.rows, cut)


def _labels(about: str, model: ModelSpec, source: FileEntry, values: Mapping[str, int], rows: int, cut: str) -> Finding:
    seen = ", ".join(f"{value or 'missing'}: {count:,}" for value, count in list(values.items())[:4])
    where = f"{source.path}, {rows:,} rows{cut}, {model.label}: {seen}"
    wanted = {canonical(str(value)) for value in model.positive.values}
    if wanted and not wanted & {canonical(value) for value in values}:
        said = f"{source.path}: no row has the positive {', '.join(map(str, model.positive.values))}; {seen}"
        return Finding(about, "bad", said, "Write `positive:` as the label is written.")
    if len([value for value in values if value]) < 2:
        return Finding(about, "bad", f"{where}: one kind of rows only", "FPR needs negatives, FNR positives.")
    if "" in values:
        return Finding(about, "bad", f"{where}: {values['']:,} rows have no label", "Label them, or leave them out.")
    return Finding(about, "good", where)


def canonical(text: str) -> str:
    """Write a label in the one way in which equal labels are equal."""
    from ml_ci.tables.canonical import canonical as written

    return str(written(text))


def interpreter(at: SetUp) -> Iterator[Finding]:
    """Check that each job's Python answers and is 3.8 or later."""
    from ml_ci.training.interpreter import find

    for model in at.spec.models.values():
        try:
            found = find(model.python, at.folder, at.environment.get("PATH"))
        except StageFailed as error:
            yield Finding(f"{model.name}: Python", "bad", error.failure.message, error.failure.hint)
            continue
        version = ".".join(map(str, found.version))
        whose = "" if model.python else " (ml-ci's own; `python:` names another)"
        yield Finding(f"{model.name}: Python", "good", f"{version} at {found.path}{whose}")


def store(at: SetUp) -> Iterator[Finding]:
    """Check that records can be kept, and that git does not see them."""
    state = at.folder / ".ml_ci"
    try:
        state.mkdir(exist_ok=True)
        probe = state / ".doctor"
        probe.touch()
        probe.unlink()
    except OSError as error:
        yield Finding("store", "bad", f"{state} cannot be written: {error.strerror}", "Make it writable.")
        return
    shared = f", shared at {at.spec.store}" if at.spec.store else ", not shared (`store:` names a URL)"
    yield Finding("store", "good", f"{state}{shared}")


_USES = re.compile(r"uses:\s*([\w.-]+/[\w.-]+)/actions/(plan|gate|report|promote)@([^\s#]+)")
_NEEDS = {
    "gate": ("contents: read",),
    "report": ("contents: read", "pull-requests: write", "statuses: write"),
    "promote": ("contents: read", "statuses: write"),
}


def workflows(at: SetUp) -> Iterator[Finding]:
    """Check the workflows that use ml-ci's actions: pinned, one version, with the permissions they need."""
    folder = at.repository.top / ".github" / "workflows"
    files = sorted(file for file in folder.glob("*.y*ml") if file.is_file()) if folder.is_dir() else []
    used = {file.name: text for file in files for text in [file.read_text("utf-8", "replace")] if _USES.search(text)}
    if not used:
        yield Finding("workflow", "warning", "no workflow uses ml-ci's actions", "ml-ci init writes one.")
    versions: dict[str, str] = {}
    for name, text in used.items():
        for owner, action, ref in _USES.findall(text):
            versions[f"{owner}@{ref}"] = name
            yield from _pinned(name, owner, action, ref)
        yield from _permissions(name, text)
    if len(versions) > 1:
        said = f"the workflows use {len(versions)} versions of the actions: {', '.join(sorted(versions))}"
        yield Finding("workflow", "warning", said, "Use one: the stages of one run have to understand each other.")


def _pinned(name: str, owner: str, action: str, ref: str) -> Iterator[Finding]:
    if (owner, ref) == ("OWNER/ml-ci", "SHA"):
        yield Finding(
            "workflow",
            "bad",
            f"{name}: OWNER/ml-ci/actions/{action}@SHA is a template's",
            "Put the repository and the commit of ml-ci's actions there.",
        )
    elif not re.fullmatch(r"[0-9a-f]{40}", ref):
        yield Finding(
            "workflow", "warning", f"{name}: {owner}/actions/{action}@{ref} may move", "Pin it to a commit's 40 digits."
        )
    else:
        yield Finding("workflow", "good", f"{name}: {action} at {ref[:7]}")


def _permissions(name: str, text: str) -> Iterator[Finding]:
    asked = {action for _, action, _ in _USES.findall(text)}
    needed = [line for action in sorted(asked) for line in _NEEDS.get(action, ())]
    if "merge_group" in text or 'comment: "false"' in text:
        needed = [line for line in needed if not line.startswith("pull-requests")]
    if "report" in asked and "workflow_run" in text:
        needed.append("actions: read")
    for line in dict.fromkeys(needed):
        if line not in text and f"{line.split(':')[0]}: write" not in text:
            yield Finding(
                "workflow",
                "bad",
                f"{name}: the permission `{line}` is not given",
                f"Add `{line}` to the job's permissions.",
            )


def stale(at: SetUp) -> Iterator[Finding]:
    """Check that the workflows use the actions of the ml-ci that runs here."""
    from ml_ci.setup.action import action

    own = action()
    folder = at.repository.top / ".github" / "workflows"
    for file in sorted(folder.glob("*.y*ml")) if own and folder.is_dir() else ():
        for owner, used, ref in _USES.findall(file.read_text("utf-8", "replace")):
            if owner == (own or "").partition("@")[0] and ref != (own or "").partition("@")[2]:
                yield Finding(
                    "workflow",
                    "warning",
                    f"{file.name}: {used} is at {ref[:7]}, this ml-ci at {(own or '')[-40:][:7]}",
                    f"Use {own}.",
                )


CHECKS: tuple[Check, ...] = (git, branch, holdout, interpreter, store, workflows, stale)


def examine(at: SetUp) -> tuple[Finding, ...]:
    """Run every check; one that cannot look says so, and the others go on."""
    found: list[Finding] = []
    for check in CHECKS:
        try:
            found += check(at)
        except (GitError, OSError) as error:
            found.append(Finding(check.__name__, "bad", str(error)))
    return tuple(found)
