"""Whether the data that a job leaves can be an entry's: the job is there, and leaves that file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from posixpath import normpath

from ml_ci.spec.check_job import find_placeholders
from ml_ci.spec.draft import Draft, Drafts, JobDraft
from ml_ci.spec.entry_shape import FileShape
from ml_ci.spec.problems import Problem, show, suggest
from ml_ci.spec.values import StageJob, name_output


def check_made(one: Draft | JobDraft, drafts: Drafts) -> Iterator[Problem]:
    """Find what is wrong with the entries of a model, or of a job, that jobs leave."""
    yield from _hand_nothing_on(one, drafts)
    for name, entry in list_files(one).items():
        yield from _entry(one, name, entry, drafts)


def list_files(one: Draft | JobDraft) -> Mapping[str, FileShape]:
    """Give the entries under `data:` that are files, the holdout among them; none where they are broken."""
    if "data" in one.broken:
        return {}
    if isinstance(one, JobDraft):
        return one.keys.data
    holdout = one.keys.data.holdout
    return {**one.keys.data.files, **one.read, **({"holdout": holdout} if isinstance(holdout, FileShape) else {})}


def _hand_nothing_on(one: Draft | JobDraft, drafts: Drafts) -> Iterator[Problem]:
    """Refuse `{needs.NAME}` of a job that leaves nothing: it is needed for its place in the order alone."""
    if not one.broken.isdisjoint({"run", "needs"}):
        return
    empty = {job.name for job in drafts.jobs if "outputs" not in job.broken and not job.keys.outputs}
    for found, place in find_placeholders(one):
        kind, _, name = found.partition(".")
        if kind == "needs" and name in empty and name in one.keys.needs:
            message = f"the job {show(name)} leaves nothing, so that {{{found}}} cannot be filled in"
            yield Problem(place, f"{message}; leave it out, or give that job outputs:")


def _entry(one: Draft | JobDraft, name: str, entry: FileShape, drafts: Drafts) -> Iterator[Problem]:
    jobs = {job.name: job for job in drafts.jobs}
    if entry.job is None:
        yield from _unnamed_writer(one, name, entry, drafts)
        return
    place = one.place("data", name, "job")
    if entry.job == one.name:
        yield Problem(place, "a job cannot read what it leaves itself")
    elif (model := _find_stage_model(entry.job, drafts)) is not None:
        yield from _not_left(one, name, entry, list(model.left))
    elif entry.job in {model.name for model in drafts.models}:
        yield Problem(place, f"{show(entry.job)} is a model, which leaves no data; name it under needs:")
    elif entry.job not in jobs:
        hint = suggest(entry.job, jobs) or (f"; jobs are {', '.join(jobs)}" if jobs else "; the file has no jobs:")
        yield Problem(place, f"there is no job {show(entry.job)}{hint}")
    elif "outputs" not in jobs[entry.job].broken:
        yield from _not_left(one, name, entry, [name_output(path) for path in jobs[entry.job].keys.outputs])


def _find_stage_model(name: str, drafts: Drafts) -> StageJob | None:
    """Give the stage that trains a model, which leaves its files as any stage does; None for any other model."""
    return next((model.stage for model in drafts.models if model.name == name), None)


def _not_left(one: Draft | JobDraft, name: str, entry: FileShape, left: list[str]) -> Iterator[Problem]:
    if not any(_is_within(entry.path, path) for path in left):
        known = f"it leaves {', '.join(left)}" if left else "it leaves nothing: give it outputs:"
        hint = suggest(entry.path, left) or f"; {known}"
        yield Problem(one.place("data", name, "path"), f"{show(entry.job)} does not leave {show(entry.path)}{hint}")


def _unnamed_writer(one: Draft | JobDraft, name: str, entry: FileShape, drafts: Drafts) -> Iterator[Problem]:
    """Refuse a file that a job leaves and that is taken from the repository: it would be an older one, or nowhere."""
    for job in drafts.jobs:
        left = () if "outputs" in job.broken else map(name_output, job.keys.outputs)
        if job is not one and any(_is_within(entry.path, path) for path in left):
            message = f"the job {show(job.name)} leaves this file; write {{job: {job.name}, path: {entry.path}}}"
            yield Problem(one.place("data", name), message)


def _is_within(path: str, left: str) -> bool:
    return normpath(path) == left or normpath(path).startswith(f"{left}/")
