"""What was deployed: each try of a job after a promotion, as the registry keeps it.

A try is written down before its job starts and again when it ended. One that ended well is the last of its deployment:
nobody starts that again. One that was begun and is not known to have ended was killed, or is at work elsewhere; only
its time tells these apart, since ml-ci ends a job at its limit.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from ml_ci.records.codec import pack
from ml_ci.registry.history import champions, list_tries, moves
from ml_ci.registry.intent import check_none
from ml_ci.registry.registry import Registry
from ml_ci.registry.values import (
    CHAMPION,
    DEPLOYED,
    DEPLOYMENT,
    Event,
    NoAnswerError,
    RefusedError,
    Try,
    TryState,
    Version,
)

_UNKNOWN = ("begun", "lost")
_SPARE = timedelta(minutes=5)  # for what comes before a job's own time, and after it
_MOST_WORDS = 500
_PAUSES = (1.0, 5.0, 15.0)  # seconds between the tries to say how a job ended


def limit(begun: datetime, seconds: float) -> str:
    """Say when a job with so many seconds has ended for certain."""
    return (begun + timedelta(seconds=seconds) + _SPARE).isoformat(timespec="seconds")


def find_done(tries: Iterable[Try], deployment: str) -> Try | None:
    """Give the try by which a deployment was done; None where it was not yet."""
    return next((one for one in tries if one.deployment == deployment and one.state == "done"), None)


def find_begun(tries: Iterable[Try], deployment: str) -> Try | None:
    """Give the last try of a deployment of which nobody knows whether it ended; None where there is none."""
    found = [one for one in tries if one.deployment == deployment and one.state in _UNKNOWN]
    return found[-1] if found else None


def find_deployed(tries: Iterable[Try], job: str) -> Try | None:
    """Give the try of a job that ended well last: what is deployed, as far as the registry knows."""
    found = [one for one in tries if one.job == job and one.state == "done"]
    return max(found, key=lambda one: one.ended or "", default=None)


def find_move(registry: Registry, model: str) -> tuple[Event, Version]:
    """Give the move that brought the champion into use, and its version.

    RefusedError where there is no champion, where ml-ci did not put it there, and while it is being moved.
    """
    check_none(registry, model)
    champion, known = registry.aliased(model, CHAMPION), champions(moves(registry.tags(model)))
    if champion is None:
        raise RefusedError(f"{model} has no champion: nothing is deployed", hint=f"First: ml-ci promote {model}")
    if champion.ours and not champion.finished:
        message = f"the promotion of {champion.named} of {model} is not finished"
        raise RefusedError(message, hint=f"This completes it: ml-ci promote {model}")
    if not known or known[-1].version != champion.version:
        message = f"{champion.named} is champion of {model}, and ml-ci did not put it there: it is not deployed"
        raise RefusedError(message, hint=f"Promote what was judged: ml-ci promote {model}")
    return known[-1], champion


def begin(registry: Registry, model: str, own: Try, now: datetime, *, take_over: bool = False) -> Try | None:
    """Write a try down before its job starts; give the one before it that never said how it ended, if there is one.

    Whoever begins leaves word first and looks for others' then: of two at the same time one at least sees the other.
    RefusedError when another may be at work, and when the champion moved meanwhile; then nothing was begun.
    """
    before = list_tries(model, registry.tags(model))
    _check_alone(model, own, before, now, take_over=take_over)
    for one in before:
        if one.job == own.job and one.state == "begun":
            write(registry, model, replace(one, state="lost"))
    write(registry, model, own)
    try:
        after = list_tries(model, registry.tags(model))
        known = {one.id for one in before}
        _check_alone(model, own, [one for one in after if one.id not in known], now)
        if find_done(after, own.deployment) is not None:
            raise RefusedError(f"the job {own.job} was done for v{own.version} of {model} at the same time")
        if find_move(registry, model)[0].id != own.move:
            raise RefusedError(f"the champion of {model} moved: v{own.version} is not deployed", hint=_MOVED)
    except RefusedError:
        write(registry, model, replace(own, state="withdrawn"))
        raise
    return find_begun(before, own.deployment)


def end(registry: Registry, model: str, own: Try, state: TryState, ended: str, said: str = "") -> Try:
    """Write down how a try ended; where the registry does not answer just then, more than once.

    NoAnswerError says how the job ended: it will be done again, as one that never said so.
    """
    told = replace(own, state=state, ended=ended, said=said[:_MOST_WORDS])
    for pause in (*_PAUSES, None):
        try:
            write(registry, model, told)
            if state == "done":
                registry.tag(model, own.version, DEPLOYED + own.job, ended)  # for who looks at the version
            break
        except NoAnswerError as error:
            if pause is None:
                message = f"the job {own.job} of {model} v{own.version} ended ({state}), and nobody could be told"
                raise NoAnswerError(f"{message}: {error.message}", _UNTOLD.format(model)) from None
            time.sleep(pause)
    return told


def write(registry: Registry, model: str, one: Try) -> None:
    """Write a try into the registry, in place of what was written of it before."""
    registry.tag_model(model, DEPLOYMENT + one.id, json.dumps(pack(one), ensure_ascii=False))


def _check_alone(model: str, own: Try, others: Iterable[Try], now: datetime, *, take_over: bool = False) -> None:
    """Refuse while the same job may be at work elsewhere, for whichever version."""
    for one in others:
        if one.job == own.job and one.id != own.id and one.may_be_at_work(own.place, now) and not take_over:
            message = f"the job {one.job} was begun for v{one.version} of {model} at {one.begun} by {one.by}"
            hint = (
                f"It may be at work until {one.until}: wait for it. If it was stopped: "
                f"ml-ci deploy {model} --allow-pending --reason 'why'."
            )
            raise RefusedError(f"{message} ({one.place}), and is not known to have ended", hint=hint)


_UNTOLD = (
    "Once it answers: ml-ci deploy {}. The job is done again then, and finds in ML_CI_BEGUN that it was begun before."
)
_MOVED = "See `ml-ci history`; what is champion now is deployed by `ml-ci deploy`."
