"""What `ml-ci doctor` looks at in a set-up: a list of checks, each from a project to what it found."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ml_ci.changes.globs import is_glob
from ml_ci.errors import StageFailed, UserError
from ml_ci.evaluation.alike import alike_notes
from ml_ci.repository.base import default_branch
from ml_ci.repository.by_name import ignored
from ml_ci.repository.git import GitError
from ml_ci.repository.listing import TRACKED, list_files
from ml_ci.setup.action import name_action
from ml_ci.setup.look import find_python
from ml_ci.spec.values import FileEntry, ModelSpec, PartEntry
from ml_ci.steps.examination.needs import check_entries, check_libraries, check_model_files
from ml_ci.steps.examination.own_code import check_own_code
from ml_ci.steps.examination.seeds import check_seeds
from ml_ci.steps.examination.values import Check, Finding
from ml_ci.steps.examination.variables import check_variables
from ml_ci.steps.opening.project import select_entries, select_models
from ml_ci.steps.planning.folds import count_folds
from ml_ci.steps.values import Project
from ml_ci.tables.canonical import canonical as written
from ml_ci.tables.table import Table
from ml_ci.training.interpreter import find


def check_committed(at: Project) -> Iterator[Finding]:
    """Check that what a baseline needs is committed, and here."""
    if not list_files(at.repository.project, TRACKED, [at.spec.path]):
        force = "-f " if ignored(at.repository.top, [f"{at.repository.prefix}{at.spec.path}"]) else ""
        hint = f"git add {force}{at.spec.path}{' (git ignores it)' if force else ''}"
        yield Finding("git", True, f"{at.spec.path} is not committed", hint)
    if at.repository.shallow:
        yield Finding("git", True, "this clone is shallow", "git fetch --unshallow")


def check_branch(at: Project) -> Iterator[Finding]:
    """Check that the baseline can be found."""
    try:
        found = default_branch(at.repository)
    except UserError as error:
        yield Finding("default branch", at.head is None, error.message, error.hint, mistake=at.head is not None)
        return
    yield Finding("default branch", True, f"{found.name}, known as {found.ref}")


def check_holdout(at: Project) -> Iterator[Finding]:
    """Check that each holdout can be read and has the label, with both kinds of rows."""
    for model in (at.spec.models[name] for name in select_models(at)):
        yield from _holdout(at, model)


def _holdout(at: Project, model: ModelSpec) -> Iterator[Finding]:
    about = f"{model.name}: holdout"
    entry = model.holdout
    source = model.data[entry.of] if isinstance(entry, PartEntry) else entry
    cut = " (a part of it is held out)" if isinstance(entry, PartEntry) else ""
    cut = f" (in {count_folds(model)} folds)" if count_folds(model) else cut
    if source.job is not None:
        yield Finding(about, True, f"the job {source.job} leaves {source.path}{cut}: it is read once that was done")
        return
    if "://" in source.path:
        yield Finding(about, True, f"{source.path} is fetched when it is needed")
        return
    if not (any(at.folder.glob(source.path)) if is_glob(source.path) else (at.folder / source.path).exists()):
        do = "The model's `fetch:` gets it." if model.fetch else "Put it there, commit it, or name a `fetch:` command."
        yield Finding(about, bool(model.fetch), f"{source.path} is not here", do, mistake=not model.fetch)
        return
    try:
        table = Table.open(at.folder / source.path, source.columns, shown=source.path)
        values = table.counts(model.label)
    except UserError as error:
        yield Finding(about, False, error.message, error.hint, mistake=True)
        return
    yield _labels(about, model, source, values, table.rows, cut)
    yield from _alike(about, model, values)


def _alike(about: str, model: ModelSpec, values: Mapping[str, int]) -> Iterator[Finding]:
    yield from (Finding(about, True, note) for note in alike_notes(values, model.positive))


def _labels(about: str, model: ModelSpec, source: FileEntry, values: Mapping[str, int], rows: int, cut: str) -> Finding:
    seen = ", ".join(f"{value or 'missing'}: {count:,}" for value, count in list(values.items())[:4])
    where = f"{source.path}, {rows:,} rows{cut}, {model.label}: {seen}"
    wanted = {canonical(str(value)) for value in model.positive.values}
    if wanted and not wanted & {canonical(value) for value in values}:
        said = f"{source.path}: no row has the positive {', '.join(map(str, model.positive.values))}; {seen}"
        return Finding(about, False, said, "Write `positive:` as the label is written.", mistake=True)
    if len([value for value in values if value]) < 2:
        do = "FPR needs negatives, FNR positives."
        return Finding(about, False, f"{where}: one kind of rows only", do, mistake=True)
    if "" in values:
        said = f"{where}: {values['']:,} rows have no label"
        return Finding(about, False, said, "Label them, or leave them out.", mistake=True)
    return Finding(about, True, where)


def canonical(text: str) -> str:
    """Write a label in the one way in which equal labels are equal."""
    return str(written(text))


def check_interpreter(at: Project) -> Iterator[Finding]:
    """Check that each job's Python answers and is 3.8 or later."""
    for model in select_entries(at):
        try:
            found = find(model.python, at.folder, at.options.environment.get("PATH"))
        except StageFailed as error:
            yield Finding(f"{model.name}: Python", False, error.failure.message, error.failure.hint)
            continue
        version = ".".join(map(str, found.version))
        asked, source = find_python(at.repository, at.folder)
        if asked and asked.split(".")[:2] != version.split(".")[:2]:
            do = f"Write `python: python{'.'.join(asked.split('.')[:2])}`, or the path of that Python."
            said = f"{version} at {found.path}, where {source} says {asked}"
            yield Finding(f"{model.name}: Python", True, said, do)
            continue
        whose = "" if model.python else " (ml-ci's own; `python:` names another)"
        yield Finding(f"{model.name}: Python", True, f"{version} at {found.path}{whose}")


def check_store(at: Project) -> Iterator[Finding]:
    """Check that records can be kept, and that git does not see them."""
    state = at.folder / ".ml_ci"
    try:
        state.mkdir(exist_ok=True)
        probe = state / ".doctor"
        probe.touch()
        probe.unlink()
    except OSError as error:
        yield Finding("store", False, f"{state} cannot be written: {error.strerror}", "Make it writable.", mistake=True)
        return
    shared = f", shared at {at.spec.store}" if at.spec.store else ", not shared (`store:` names a URL)"
    yield Finding("store", True, f"{state}{shared}")


_USES = re.compile(r"uses:\s*([\w.-]+/[\w.-]+)/actions/(plan|gate|report|promote)@([^\s#]+)")
_NEEDS = {
    "gate": ("contents: read",),
    "report": ("contents: read", "pull-requests: write", "statuses: write"),
    "promote": ("contents: read", "statuses: write"),
}


def check_workflows(at: Project) -> Iterator[Finding]:
    """Check the workflows that use ml-ci's actions: pinned, one version, with the permissions they need."""
    folder = at.repository.top / ".github" / "workflows"
    files = sorted(file for file in folder.glob("*.y*ml") if file.is_file()) if folder.is_dir() else []
    used = {file.name: text for file in files for text in [file.read_text("utf-8", "replace")] if _USES.search(text)}
    if not used:
        yield Finding("workflow", True, "no workflow uses ml-ci's actions", "ml-ci init writes one.")
    versions: dict[str, str] = {}
    for name, text in used.items():
        for owner, action, ref in _USES.findall(text):
            versions[f"{owner}@{ref}"] = name
            yield from _find_pins(name, owner, action, ref)
        yield from _permissions(name, text)
    if len(versions) > 1:
        said = f"the workflows use {len(versions)} versions of the actions: {', '.join(sorted(versions))}"
        yield Finding("workflow", True, said, "Use one: the stages of one run have to understand each other.")


def _find_pins(name: str, owner: str, action: str, ref: str) -> Iterator[Finding]:
    if (owner, ref) == ("OWNER/ml-ci", "SHA"):
        yield Finding(
            "workflow",
            True,
            f"{name}: OWNER/ml-ci/actions/{action}@SHA is a template's",
            "Put the repository and the commit of ml-ci's actions there.",
        )
    elif not re.fullmatch(r"[0-9a-f]{40}", ref):
        yield Finding(
            "workflow", True, f"{name}: {owner}/actions/{action}@{ref} may move", "Pin it to a commit's 40 digits."
        )
    else:
        yield Finding("workflow", True, f"{name}: {action} at {ref[:7]}")


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
                False,
                f"{name}: the permission `{line}` is not given",
                f"Add `{line}` to the job's permissions.",
            )


def check_actions(at: Project) -> Iterator[Finding]:
    """Check that the workflows use the actions of the ml-ci that runs here."""
    own = name_action()
    folder = at.repository.top / ".github" / "workflows"
    for file in sorted(folder.glob("*.y*ml")) if own and folder.is_dir() else ():
        for owner, used, ref in _USES.findall(file.read_text("utf-8", "replace")):
            if owner == (own or "").partition("@")[0] and ref != (own or "").partition("@")[2]:
                yield Finding(
                    "workflow",
                    True,
                    f"{file.name}: {used} is at {ref[:7]}, this ml-ci at {(own or '')[-40:][:7]}",
                    f"Use {own}.",
                )


CHECKS: tuple[Check, ...] = (
    check_committed,
    check_branch,
    check_holdout,
    check_interpreter,
    check_own_code,
    check_entries,
    check_libraries,
    check_model_files,
    check_seeds,
    check_variables,
    check_store,
    check_workflows,
    check_actions,
)


def check_set_up(at: Project) -> Iterator[Finding]:
    """Run every check of a set-up; one that cannot look says so, and the others go on."""
    for check in CHECKS:
        try:
            yield from check(at)
        except (GitError, OSError) as error:
            yield Finding(check.__name__, False, str(error))
