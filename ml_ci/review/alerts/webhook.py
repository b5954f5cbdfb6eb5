"""Send an alarm to the team's own webhook, as an event of CloudEvents 1.0 in structured mode.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md#32-structured-content-mode

The address is the permission to use it: it is in no message, and neither is what the other side answers.
"""

from __future__ import annotations

import json
import re
import time
from dataclasses import field
from typing import Any

import requests
from requests.auth import AuthBase

from ml_ci import __version__
from ml_ci.errors import UserError
from ml_ci.forges.errors import RefusedError, UnavailableError
from ml_ci.forges.values import Token
from ml_ci.frozen import dataclass
from ml_ci.review.alerts.values import Alarm, Alert

VARIABLE = "ML_CI_WEBHOOK"
TYPE = "ml-ci.alarm"
_HEADERS = {"Content-Type": "application/cloudevents+json; charset=utf-8", "User-Agent": f"ml-ci/{__version__}"}
_URL = re.compile(r"^https?://[^\s/?#@]+(?:[/?#]\S*)?$")
# Seconds to connect, and to wait for the answer.
_TIMEOUT = (10.0, 30.0)
_ATTEMPTS = 4
_PATIENCE = 30.0


def event(alert: Alert, alarm: Alarm, source: str) -> dict[str, Any]:
    """Make the event of an alarm: sent again it is the same event, with the same `source` and `id`."""
    return {
        "specversion": "1.0",
        "id": alarm.id,
        "source": source,
        "type": TYPE,
        "subject": alert.model,
        "time": alarm.end,
        "datacontenttype": "application/json",
        "data": {
            "model": alert.model,
            "version": alert.version,
            "commit": alert.commit or None,
            "gate": alarm.gate,
            "window": {"begin": alarm.begin, "end": alarm.end},
        },
    }


@dataclass(frozen=True)
class Webhook:
    """Where events are sent; `address` is a secret."""

    address: Token = field(repr=False)

    def __post_init__(self) -> None:
        if not _URL.match(self.address.value):
            raise UserError(
                f"{VARIABLE} holds no URL",
                hint="It begins with https:// and names a host; a login before the host is none of it.",
            )

    def send(self, said: dict[str, Any]) -> None:
        """Send an event until it is taken (2xx); a receiver knows one that came before by `source` and `id`.

        RefusedError where it is not taken, UnavailableError where nobody answers, four times.
        """
        data = json.dumps(said, ensure_ascii=True).encode("ascii")
        for attempt in range(_ATTEMPTS):
            status, wait = self._posted(data)
            if isinstance(status, int) and 200 <= status < 300:
                return
            if isinstance(status, int) and status < 500 and status not in (408, 429):
                raise RefusedError(status, f"the webhook answered {status}", hint=_hint(status))
            if attempt + 1 == _ATTEMPTS:
                what = f"it answered {status}" if isinstance(status, int) else status
                raise UnavailableError(f"could not reach the webhook: {what}, {_ATTEMPTS} times", hint=_LATER)
            time.sleep(max(wait, 2.0**attempt))

    def _posted(self, data: bytes) -> tuple[int | str, float]:
        """Give the status of the answer and for how long it asks to wait, or what happened to the connection."""
        try:
            with requests.post(
                self.address.value,
                data=data,
                headers=_HEADERS,
                timeout=_TIMEOUT,
                allow_redirects=False,
                stream=True,  # what it answers is not read
                auth=_Nobody(),
            ) as answer:
                after = answer.headers.get("Retry-After", "")
                asked = float(after) if after.isascii() and after.isdecimal() else 0.0
                return answer.status_code, min(asked, _PATIENCE)
        except requests.Timeout:
            return "no answer in time", 0.0
        except requests.ConnectionError as error:
            return f"no connection ({type(error).__name__})", 0.0
        except requests.RequestException as error:  # an address that is none, whatever it looked like
            raise UserError(f"{VARIABLE} cannot be used ({type(error).__name__})", hint="Set it anew.") from None


class _Nobody(AuthBase):
    """Add no login: a ~/.netrc may have one for this host, and it is no business of the webhook."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


_LATER = "The alarm is not lost: the next look sends it."


def _hint(status: int) -> str:
    if 300 <= status < 400:
        return f"It leads elsewhere, and is not followed: set {VARIABLE} to where it leads."
    return f"Is {VARIABLE} still right? It takes events of CloudEvents 1.0: application/cloudevents+json. {_LATER}"
