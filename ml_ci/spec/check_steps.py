"""Whether one entry under `jobs:` is whole: its name, one way to do it, what it leaves, what it is given."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator, Sequence
from posixpath import normpath

from ml_ci.spec.check_job import Known, check_placeholder, find_placeholders
from ml_ci.spec.draft import JobDraft
from ml_ci.spec.entry_shape import ENTRY_NAME
from ml_ci.spec.names import MODEL_NAME
from ml_ci.spec.problems import Problem, show, suggest
from ml_ci.spec.values import OUT, name_output

_RESERVED = ("params", "seed", "out", "holdout")


def check_job(job: JobDraft, names: Sequence[str]) -> Iterator[Problem]:
    """Find what is wrong with a job by itself; `names` are those of all models and jobs."""
    if not re.fullmatch(MODEL_NAME, job.name):
        expected = "expected a name that can be a file's: up to 64 letters, digits, '-', '_' and '.'"
        yield Problem(job.place(), f"{expected}, got {show(job.name)}")
    if job.broken.isdisjoint({"run", "function"}):
        yield from _one_way(job)
    if "outputs" not in job.broken:
        yield from _outputs(job)
    if "data" not in job.broken:
        yield from _data(job)
    if job.broken.isdisjoint({"run", "data", "needs", "params"}):
        known = Known(tuple(job.keys.data), tuple(job.keys.needs), job.keys.params is not None, "job")
        for found, place in find_placeholders(job):
            yield from check_placeholder(found, place, known)
    if job.broken.isdisjoint({"data", "budget"}):
        yield from _budget(job)


def _one_way(job: JobDraft) -> Iterator[Problem]:
    keys = job.keys
    if keys.run and keys.function:
        yield Problem(job.place("run"), "there is function: already; keep one of the two")
    if not keys.run and not keys.function:
        yield Problem(job.place(), 'there is nothing to do; add "run: COMMAND" or "function: module:function"')


def _outputs(job: JobDraft) -> Iterator[Problem]:
    for index, declared in enumerate(job.keys.outputs):
        place, rest = job.place("outputs", index), declared.removeprefix(OUT)
        if "{" in rest or "}" in rest:
            yield Problem(place, "only {out} is filled in here, at the beginning: {out}/features.parquet")
        elif any(sign in rest for sign in "*?["):
            yield Problem(place, f"expected the path of a file or a folder, got the pattern {show(declared)}")
        elif name_output(declared) == "." or name_output(declared).startswith(".."):
            yield Problem(place, f"expected a path below the folder of this file, got {show(declared)}")


def _data(job: JobDraft) -> Iterator[Problem]:
    variables: dict[str, str] = {}  # a command gets ML_CI_DATA_NAME
    left = {name_output(declared) for declared in job.keys.outputs}
    for name, entry in job.keys.data.items():
        place = job.place("data", name)
        if name in _RESERVED or keyword.iskeyword(name):
            yield Problem(place, f"{show(name)} cannot name data of a job: it means something else there")
        elif not re.fullmatch(ENTRY_NAME, name):
            yield Problem(place, f"expected a name such as raw or raw_2024 (a Python parameter), got {show(name)}")
        elif variables.setdefault(name.upper(), name) != name:
            yield Problem(
                place, f"the name differs from {show(variables[name.upper()])} in capitals only; choose another"
            )
        elif name in job.keys.needs:
            yield Problem(place, f"{show(name)} is listed under needs: too; rename the data entry")
        elif normpath(entry.path) in left:
            message = f"the job reads {show(entry.path)} and leaves it: what it reads would be gone; change one path"
            yield Problem(place, message)


def _budget(job: JobDraft) -> Iterator[Problem]:
    for name in job.keys.budget.rows:
        if name not in job.keys.data:
            hint = "; a number means the entry 'train'" if name == "train" else suggest(name, job.keys.data)
            yield Problem(job.place("budget", "rows"), f"there is no data entry {show(name)} for the job{hint}")
