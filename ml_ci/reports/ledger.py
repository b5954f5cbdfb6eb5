"""The ledgers of holdouts, in words: `ml-ci ledger`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ml_ci.gates.ledger import Ledger, Look
from ml_ci.reports.text import label, plural

FORMAT = 1


def lines(ledgers: Sequence[Ledger]) -> Iterator[str]:
    """Say each holdout with its looks, the latest holdout last."""
    if not ledgers:
        yield "No holdout has been looked at yet: `ml-ci run` notes every look."
    for ledger in ledgers:
        looks, promotions = plural(len(ledger.looks), "look"), plural(ledger.promotions, "promotion")
        yield f"holdout {ledger.holdout.digest[:12]}: {plural(ledger.holdout.rows, 'row')}, {looks}, {promotions}"
        yield from (f"  {_look(number, look)}" for number, look in enumerate(ledger.looks, 1))


def to_json(ledgers: Sequence[Ledger]) -> dict[str, Any]:
    """Give the ledgers as builtin types."""
    return {
        "format": FORMAT,
        "holdouts": [
            {
                "digest": ledger.holdout.digest,
                "rows": ledger.holdout.rows,
                "promotions": ledger.promotions,
                "looks": [
                    {
                        "when": look.when,
                        "model": look.pair.model,
                        "candidate": look.pair.candidate,
                        "baseline": look.pair.baseline,
                        "commit": look.commit,
                        "verdict": look.verdict,
                        "promoted": look.promoted,
                    }
                    for look in ledger.looks
                ],
            }
            for ledger in ledgers
        ],
    }


def _look(number: int, look: Look) -> str:
    against = f"against {look.pair.baseline[:7]}" if look.pair.baseline else "without a baseline"
    commit = f" at {label(look.commit, 40)[:7]}" if look.commit else ""
    promoted = ", promoted" if look.promoted else ""
    model = label(look.pair.model, 60)
    judged = f"{model} {look.pair.candidate[:7]} {against}{commit}: {look.verdict}{promoted}"
    return f"{number:3}. {label(look.when, 40)}  {judged}"
