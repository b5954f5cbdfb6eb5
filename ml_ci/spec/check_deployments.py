"""Whether the jobs after a promotion can be that: one model's, leaving nothing that a run would build on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ml_ci.spec.draft import Draft, Drafts, JobDraft
from ml_ci.spec.problems import Place, Problem, show

Upstream = Mapping[str, Mapping[str, Place]]


def check_deployments(drafts: Drafts, upstream: Upstream) -> Iterator[Problem]:
    """Find what is wrong with jobs after a promotion; `upstream` says what each entry builds on, and where."""
    after = {job.name for job in drafts.jobs if "after" not in job.broken and job.keys.after is not None}
    entries: tuple[Draft | JobDraft, ...] = (*drafts.models, *drafts.jobs)
    for one in entries:
        if one.name not in after:
            yield from _nothing_before(one, upstream, after)
    for job in drafts.jobs:
        if job.name in after:
            yield from _check(job, drafts, upstream, after)


def _nothing_before(one: Draft | JobDraft, upstream: Upstream, after: set[str]) -> Iterator[Problem]:
    for name, place in upstream[one.name].items():
        if name in after:
            message = f"the job {show(name)} is done after the promotion, so that nothing which a run does builds on it"
            yield Problem(place, f"{message}; leave it out, or let this be after: promotion too")


def _check(job: JobDraft, drafts: Drafts, upstream: Upstream, after: set[str]) -> Iterator[Problem]:
    if "outputs" not in job.broken and job.keys.outputs:
        yield Problem(job.place("outputs"), "a job after the promotion leaves nothing that others read; leave this out")
    if not job.broken.isdisjoint({"needs", "data"}):
        return
    models = {model.name for model in drafts.models}
    found = _follow(job.name, upstream, models)
    if not found:
        message = "it follows the promotion of a model, and builds on none; name the model under needs:"
        yield Problem(job.place("after"), message)
    elif len(found) > 1:
        named = ", ".join(sorted(found))
        yield Problem(job.place("after"), f"it builds on the models {named}; name the one that it follows under needs:")
    for name, place in upstream[job.name].items():
        other = _follow(name, upstream, models) if name in after else found
        if len(found) == len(other) == 1 and other != found:
            follows = f"{show(name)} follows the promotion of {show(*other)}, and this one that of {show(*found)}"
            yield Problem(place, f"{follows}: neither waits for the other; leave it out")


def _follow(name: str, upstream: Upstream, models: set[str]) -> set[str]:
    """Name the models whose promotion a job may follow: those that it needs itself, or else through others."""
    direct = models & {*upstream.get(name, ())}
    return direct or models & _find_all(name, upstream)


def _find_all(name: str, upstream: Upstream) -> set[str]:
    """Give all that an entry builds on, at whatever distance; there may be circles yet."""
    found: set[str] = set()
    waiting = [*upstream.get(name, ())]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += upstream.get(one, ())
    return found
