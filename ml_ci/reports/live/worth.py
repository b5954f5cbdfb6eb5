"""What a change of champion was worth: from the report of its promotion, and in words."""

from __future__ import annotations

from ml_ci.gates.wording import confidence_said
from ml_ci.registry.values import Worth
from ml_ci.reports.numbers import decimal, money
from ml_ci.reports.text import label, plural
from ml_ci.reports.values import ModelReport


def find_worth(model: ModelReport, before: str | None) -> Worth | None:
    """Say how much less a row this model's errors cost than those of the version `before`, on the same rows.

    None without prices, without a champion before it, and where it was judged against another baseline.
    """
    if before is None or model.cost is None or model.candidate is None or model.baseline is None:
        return None
    source = (model.baseline.source or "").split()
    if source[:2] != ["champion", f"v{before}"]:
        return None
    now, was = (side.metrics.get("cost") for side in (model.candidate, model.baseline))
    if now is None or was is None:
        return None
    told = model.differences.metrics.get("cost")
    interval = None if told is None or told.interval is None else (-told.interval[1], -told.interval[0])
    level = None if told is None or interval is None else told.level
    return Worth(before, was - now, model.cost.currency, interval, level)


def say_worth(version: str, worth: Worth, rows: int = 0) -> str:
    """Say what a change of champion was worth on the holdout's rows, and at that rate on so many live rows since.

    `On the holdout v3 saves 2.57 USD a row against v2 (90% interval of what it saves +1.02 … +4.31).`
    """
    unit = label(worth.currency, 12)
    way = "saves" if worth.saved >= 0 else "costs"
    named = f"v{label(version, 40)} {way} {money(abs(worth.saved), unit)} a row against v{label(worth.before, 40)}"
    if worth.interval is None or worth.level is None:
        return f"On the holdout {named}, which may be noise."
    low, high = (f"{'−' if end < 0 else '+'}{decimal(abs(end), 2)}" for end in worth.interval)
    interval = f"({confidence_said(worth.level)} interval of what it saves {low} … {high})"
    if not worth.told:
        return f"On the holdout {named} {interval}, which may be noise."
    since = f"; at that rate {money(abs(worth.saved) * rows, unit)} on {plural(rows, 'row')} since" if rows else ""
    return f"On the holdout {named} {interval}{since}."
