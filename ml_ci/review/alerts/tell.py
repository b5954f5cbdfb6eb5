"""Tell others what a look at live rows found: the issue first, which remembers, then what is sent once for each alarm.

For each alarm a dispatch and an event of the webhook are written down as begun before they are sent, and as done after
it. A process that is killed between the two leaves one begun: the next one asks the forge whether a run of that alarm
is there, and sends it only where none is; the event it sends again, as the same one, with the same id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from typing import TYPE_CHECKING

from ml_ci.errors import UserError
from ml_ci.forges.errors import RefusedError, UnclearError
from ml_ci.forges.values import State, Status
from ml_ci.frozen import dataclass
from ml_ci.gates.values import Verdict
from ml_ci.reports.text import clip, label
from ml_ci.review.alerts.memory import Memory
from ml_ci.review.alerts.told import Channel, Told
from ml_ci.review.alerts.values import Alarm, Alert
from ml_ci.review.alerts.webhook import Webhook, event

if TYPE_CHECKING:
    from ml_ci.review.desk import Desk

_STATES: Mapping[Verdict, State] = {
    "pass": "success",
    "fail": "failure",
    "inconclusive": "pending",
    "error": "error",
    "unjudged": "pending",
}
_MOST_DESCRIPTION = 140
# A run that was dispatched is not listed at once.
_LISTED = 5.0


@dataclass(frozen=True)
class Send:
    """How an alarm is sent by one channel; `sent` asks whether it was, None where nobody can tell."""

    channel: Channel
    send: Callable[[Alarm], None]
    sent: Callable[[Alarm], bool | None]


@dataclass
class Deeds:
    """What was done, in words, and what could not be done."""

    said: list[str] = field(default_factory=list)
    problems: list[UserError] = field(default_factory=list)


def tell(alert: Alert, memory: Memory, sends: tuple[Send, ...]) -> Deeds:
    """Have the memory say what the look found, and send each alarm once by each channel.

    One that cannot be sent keeps no other from being sent; it stays begun, and the next look sends it.
    """
    deeds = Deeds()
    told = memory.read()
    if told.damaged:
        deeds.said.append(f"{alert.model}: what was told before could not be read, so that it may be told once more")
    begun = _begun(told, alert, sends)
    if memory.wants(told):
        memory.write(begun)
    for one in sends:
        for alarm in alert.alarms:
            if told.step(alarm.id, one.channel) != "done" and _sent(one, alarm, told, alert, deeds):
                begun = begun.having(alarm.id, one.channel, "done")
                memory.write(begun)
    if memory.deed:
        deeds.said.insert(0, f"{alert.model}: {memory.deed}")
    return deeds


def _begun(told: Told, alert: Alert, sends: tuple[Send, ...]) -> Told:
    """Give what is remembered before anything is sent."""
    found = Told(alert.version or told.version, told.alarms)
    for alarm in alert.alarms:
        found = found.having(alarm.id)
        for one in sends:
            found = found.having(alarm.id, one.channel, found.step(alarm.id, one.channel) or "begun")
    return found


def _sent(one: Send, alarm: Alarm, told: Told, alert: Alert, deeds: Deeds) -> bool:
    """Send an alarm by a channel; False where it could not be sent, or nobody knows."""
    again = told.step(alarm.id, one.channel) == "begun"
    what = f"{alert.model}: {one.channel} of the alarm on {label(alarm.gate, 80)}"
    try:
        if again and one.sent(alarm):
            deeds.said.append(f"{what}: it was sent before")
            return True
        one.send(alarm)
    except UserError as error:
        deeds.problems.append(error)
        return False
    deeds.said.append(f"{what}: sent{' again: nobody knows whether it arrived before' if again else ''}")
    return True


def by_webhook(webhook: Webhook, alert: Alert, source: str) -> Send:
    """Send alarms to a webhook; who receives one a second time knows it by its id."""
    return Send("webhook", lambda alarm: webhook.send(event(alert, alarm, source)), lambda alarm: None)


def by_dispatch(desk: Desk, alert: Alert, file: str, ref: str) -> Send:
    """Start a workflow for each alarm, with the inputs `model` and `alarm`."""

    def send(alarm: Alarm) -> None:
        try:
            desk.dispatch(file, ref, {"model": alert.model, "alarm": alarm.id})
        except UnclearError:
            desk.sleep(_LISTED)
            if not desk.dispatched(file, alarm.id):
                raise
        except RefusedError as error:
            if error.status not in (404, 422):
                raise
            raise RefusedError(error.status, error.message, hint=_wanted(file, ref)) from None

    return Send("dispatch", send, lambda alarm: desk.dispatched(file, alarm.id))


def _wanted(file: str, ref: str) -> str:
    return (
        f"{file} has to be a workflow on {ref} with `on: {{workflow_dispatch: {{inputs: {{model: …, alarm: …}}}}}}`: "
        "`ml-ci init --workflow retrain` writes such a one."
    )


def set_status(desk: Desk, alert: Alert, context: str, target_url: str) -> str:
    """Let a status of the champion's commit say the verdict; one that says it already is left alone."""
    if not alert.commit:
        return f"{alert.model}: no status, since the champion's commit is not known"
    wanted = Status(context, _STATES[alert.verdict], clip(label(alert.said, 200), _MOST_DESCRIPTION), target_url)
    if _newest(desk.history(alert.commit), context) == (wanted.state, wanted.description):
        return f"{alert.model}: status of commit {alert.commit[:7]} left as it is"
    desk.set_status(alert.commit, wanted)
    return f"{alert.model}: status of commit {alert.commit[:7]}: {wanted.state}"


def _newest(history: Iterator[Status], context: str) -> tuple[State, str] | None:
    return next(((one.state, one.description) for one in history if one.context == context), None)


def context_of(model: str, project: str = "") -> str:
    """Name the status of a model in use: none of a change's, which begin with `ml-ci/`."""
    folder = f" ({label(project, 80)})" if project else ""
    return f"ml-ci watch{folder}/{label(model, 100)}"
