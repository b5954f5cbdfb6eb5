"""What the jobs of a side ran on and warned of, as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ml_ci.training.ran import Ran, Warned, split_new


def write_ran(own: Mapping[str, Ran], other: Mapping[str, Ran] | None) -> dict[str, Any]:
    """Give the jobs of a side as builtin types; of warnings whether the `other` side, the baseline, has none alike.

    That is None where it is not known.
    """
    return {job: _job(ran, None if other is None else other.get(job)) for job, ran in own.items()}


def _job(ran: Ran, other: Ran | None) -> dict[str, Any]:
    hardware = ran.hardware
    return {
        "devices": list(ran.devices),
        "hardware": {"cpu": hardware.cpu, "cores": int(hardware.cores), "gpus": list(hardware.gpus)},
        "asked": list(ran.asked),
        "fallbacks": _warned(ran.fallbacks, None if other is None else other.fallbacks),
        "warnings": _warned(ran.warnings, None if other is None else other.warnings),
        "more": int(ran.more),
    }


def _warned(own: tuple[Warned, ...], other: tuple[Warned, ...] | None) -> list[dict[str, Any]]:
    new, _ = split_new(own, other)
    return [{"text": one.text, "count": int(one.count), "new": None if other is None else one in new} for one in own]
