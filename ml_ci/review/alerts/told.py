"""What was told of which alarm, as it is remembered from look to look. Pure.

Before something is sent that cannot be taken back, `begun` is written; after it, `done`. What is found begun and not
done may have been sent or not: the process was killed between the two.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import field, replace
from typing import Literal, TypeAlias

from ml_ci.frozen import dataclass

Channel: TypeAlias = Literal["webhook", "dispatch"]
Step: TypeAlias = Literal["begun", "done"]

CHANNELS: tuple[Channel, ...] = ("webhook", "dispatch")
# The oldest are forgotten: an issue's body has no room for more, and no model has so many alarms.
_MOST_ALARMS = 100
_MOST_TEXT = 20_000
_ID = re.compile(r"^[0-9a-f]{16,64}$")
_STEPS: tuple[Step, ...] = ("begun", "done")
_VERSION = re.compile(r"^[0-9A-Za-z._-]{0,100}$")


@dataclass(frozen=True)
class Told:
    """The version that was last told of, and of each alarm's id how far each channel came; none of a known one is "".

    `damaged` says that what was remembered could not be read.
    """

    version: str = ""
    alarms: Mapping[str, Mapping[Channel, Step]] = field(default_factory=dict)
    damaged: bool = False

    def knows(self, alarm: str) -> bool:
        """Say whether this alarm was told of."""
        return alarm in self.alarms

    def step(self, alarm: str, channel: Channel) -> Step | None:
        """Give how far a channel came with an alarm."""
        return self.alarms.get(alarm, {}).get(channel)

    def having(self, alarm: str, channel: Channel | None = None, step: Step = "begun") -> Told:
        """Give what is remembered when a channel has come so far; without a channel, when the alarm is known."""
        steps = {**self.alarms.get(alarm, {}), **({} if channel is None else {channel: step})}
        return replace(self, alarms=dict(list({**self.alarms, alarm: steps}.items())[-_MOST_ALARMS:]))

    def encode(self) -> str:
        """Write it as one word of letters and digits, which no Markdown and no quick action changes."""
        said = json.dumps(to_json(self), sort_keys=False, separators=(",", ":"))
        return base64.urlsafe_b64encode(said.encode("ascii")).decode("ascii")


def decode(word: str) -> Told:
    """Read what `encode` wrote; what is none gives what knows of nothing, and says that it is damaged."""
    try:
        if len(word) > _MOST_TEXT:
            raise ValueError("too long")
        return from_json(json.loads(base64.b64decode(word.encode("ascii"), altchars=b"-_", validate=True)))
    except (ValueError, RecursionError, binascii.Error):
        return Told(damaged=True)


def to_json(told: Told) -> dict[str, object]:
    """Give it as builtin types."""
    return {"version": told.version, "alarms": {alarm: dict(steps) for alarm, steps in told.alarms.items()}}


def from_json(data: object) -> Told:
    """Read it from builtin types; ValueError for what is none of it."""
    if not isinstance(data, dict) or not isinstance(data.get("alarms"), dict):
        raise ValueError("no memory of alarms")
    version = data.get("version")
    if not isinstance(version, str) or not _VERSION.match(version):
        raise ValueError("no version")
    return Told(version, {_id(alarm): _steps(steps) for alarm, steps in data["alarms"].items()})


def _id(alarm: object) -> str:
    if not isinstance(alarm, str) or not _ID.match(alarm):
        raise ValueError("no alarm's id")
    return alarm


def _steps(steps: object) -> dict[Channel, Step]:
    if (
        not isinstance(steps, dict)
        or not set(steps) <= set(CHANNELS)
        or not all(one in _STEPS for one in steps.values())
    ):
        raise ValueError("no channel's step")
    return dict(steps)
