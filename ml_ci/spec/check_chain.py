"""Whether models and jobs fit together: what builds on what, and who leaves which file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from posixpath import normpath

from ml_ci.spec.check_deployments import check_deployments
from ml_ci.spec.check_made import check_made, list_files
from ml_ci.spec.check_steps import check_job
from ml_ci.spec.draft import Draft, Drafts, JobDraft, StageDraft
from ml_ci.spec.problems import Place, Problem, show, suggest
from ml_ci.spec.values import name_output

Entry = Draft | JobDraft


def check_chain(drafts: Drafts) -> Iterator[Problem]:
    """Find what is wrong between models and jobs; what a broken key says is not looked at."""
    entries: tuple[Entry, ...] = (*drafts.models, *drafts.jobs)
    for job in drafts.jobs:
        if not isinstance(job, StageDraft):
            yield from check_job(job, [*(model.name for model in drafts.models), *(one.name for one in drafts.jobs)])
        yield from _one_name(job, drafts)
    for one in entries:
        yield from _needs(one, drafts)
        yield from check_made(one, drafts)
    yield from _find_second_writers(drafts)
    yield from _cycles(entries)
    yield from check_deployments(drafts, {one.name: _upstream(one) for one in entries})


def _one_name(job: JobDraft, drafts: Drafts) -> Iterator[Problem]:
    for model in drafts.models:
        if model.name.lower() == job.name.lower():
            yield Problem(
                job.place(), f"a model has the name {show(model.name)} already (line {model.line}): rename one"
            )
    for other in drafts.jobs[: drafts.jobs.index(job)]:
        if other.name.lower() == job.name.lower():
            yield Problem(job.place(), f"the name differs from {show(other.name)} in capitals only; choose another")


def _needs(one: Entry, drafts: Drafts) -> Iterator[Problem]:
    if "needs" in one.broken:
        return
    models = [other.name for other in drafts.models if other is not one]
    jobs = [other.name for other in drafts.jobs if other is not one]
    what = "model" if isinstance(one, Draft) else "job"
    for index, name in enumerate(one.keys.needs):
        place = one.place("needs", index)
        if name == one.name:
            yield Problem(place, f"a {what} cannot need itself")
        elif name not in (*models, *jobs):
            yield Problem(
                place, f"there is no {'model or job' if jobs else 'model'} {show(name)}{_hint(name, models, jobs)}"
            )
        elif name in one.keys.needs[:index]:
            yield Problem(place, f"{show(name)} is listed twice")


def _hint(name: str, models: Sequence[str], jobs: Sequence[str]) -> str:
    listed = [f"models are {', '.join(models)}"] if models else []
    listed += [f"jobs are {', '.join(jobs)}"] if jobs else []
    return suggest(name, (*models, *jobs)) or f"; {'; '.join(listed) or 'there is no other'}"


def _find_second_writers(drafts: Drafts) -> Iterator[Problem]:
    """Name each file that two of them leave, or of which one is inside the other, at the second."""
    known: dict[str, tuple[str, Place]] = {}
    for path, who, place in _outputs(drafts):
        for other, (first, _) in known.items():
            if path == other or path.startswith(f"{other}/") or other.startswith(f"{path}/"):
                same = show(path) if path == other else f"{show(path)}, which {show(other)} overlaps,"
                yield Problem(place, f"{same} is left by {first} already: two writers of one file; change one path")
                break
        known.setdefault(path, (who, place))


def _outputs(drafts: Drafts) -> Iterator[tuple[str, str, Place]]:
    """Give every path that is left in the project, with whose it is and where that is said."""
    for job in drafts.jobs:
        for index, declared in enumerate(job.keys.outputs if "outputs" not in job.broken else ()):
            yield name_output(declared), f"the job {show(job.name)}", job.place("outputs", index)
    if not drafts.jobs:
        return  # models were always free to leave their files at the same path, each in a copy of its own
    for model in drafts.models:
        for path in model.stage.left if model.stage is not None else ():
            yield path, f"the model {show(model.name)}", model.place("train")
        outputs = model.keys.outputs if "outputs" not in model.broken and model.stage is None else None
        for key in ("predictions", "model") if outputs else ():
            path = getattr(outputs, key)
            if path and "{" not in path and any(_overlaps(normpath(path), job) for job in drafts.jobs):
                yield normpath(path), f"the model {show(model.name)}", model.place("outputs", key)


def _overlaps(path: str, job: JobDraft) -> bool:
    left = [name_output(declared) for declared in job.keys.outputs if "outputs" not in job.broken]
    return any(path == one or path.startswith(f"{one}/") or one.startswith(f"{path}/") for one in left)


def _cycles(entries: Sequence[Entry]) -> Iterator[Problem]:
    """Name each circle once, at the entry of it that stands first."""
    needs = {one.name: _upstream(one) for one in entries}
    places = {one.name: one for one in entries}
    while True:  # take away what needs nothing that is left; only circles and what needs them remain
        free = [name for name, wanted in needs.items() if not any(other in needs for other in wanted)]
        if not free:
            break
        for name in free:
            del needs[name]
    seen: set[str] = set()
    for name in needs:
        trail: list[str] = []
        while name not in trail:
            trail.append(name)
            name = next(other for other in needs[name] if other in needs)
        circle = trail[trail.index(name) :]
        if seen.isdisjoint(circle):
            first = min(circle, key=list(needs).index)
            at = circle.index(first)
            turned = (*circle[at:], *circle[:at])
            what = "models" if all(isinstance(places[one], Draft) for one in circle) else "models and jobs"
            what = "jobs" if all(isinstance(places[one], JobDraft) for one in circle) else what
            place = needs[first][(turned[1:] + turned[:1])[0]]
            yield Problem(place, f"{what} need each other in a circle: {' → '.join((*turned, first))}; leave one out")
        seen.update(circle)


def _upstream(one: Entry) -> Mapping[str, Place]:
    """Give what an entry builds on, with the place that says so first; itself counts as no circle."""
    found: dict[str, Place] = {}
    if "needs" not in one.broken:
        found |= {name: one.place("needs") for name in one.keys.needs}
    for name, entry in list_files(one).items():
        if entry.job is not None:
            own = isinstance(one, JobDraft) or name not in one.read
            found.setdefault(entry.job, one.place("data", name, "job") if own else one.place("train"))
    found.pop(one.name, None)
    return found
