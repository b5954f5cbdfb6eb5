"""The features of an order, made from its event in one place: training, batch, service and stream all call this."""

from __future__ import annotations

from datetime import datetime
from typing import Any

NAMES = ("kilometres", "items", "hour", "express")


def make_features(event: dict[str, Any]) -> dict[str, Any]:
    """Make them from what the shop sends: metres, the number of items, when it was placed, and how it is sent."""
    placed = datetime.fromisoformat(event["placed_at"].replace("Z", "+00:00"))
    return {
        "kilometres": event["metres"] / 1000,
        "items": event["items"],
        "hour": placed.hour,
        "express": "yes" if event["express"] else "no",
    }
