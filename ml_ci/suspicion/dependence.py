"""What to say of rows that may be no independent evidence, where nobody said which belong together."""

from __future__ import annotations

from ml_ci.frozen import dataclass


@dataclass(frozen=True)
class Dependence:
    """What rows of one value of a column would count as: `rows` of `clusters`, `effective` independent ones.

    `effect` is the design effect of the candidate's errors; `verdict` is what would come of it where it is, `now` what
    came without.
    """

    column: str
    rows: int
    clusters: int
    effect: float
    effective: float
    now: str
    verdict: str


def say_dependence(found: Dependence) -> str:
    """Say what a column that nobody named means for the verdict, and what to write."""
    same = found.verdict == found.now
    changed = f"stays {found.now}" if same else f"would be {found.verdict} instead of {found.now}"
    return (
        f"Rows of one `{found.column}` may not be independent: {found.rows:,} rows of {found.clusters:,}, design "
        f"effect {found.effect:.1f}: they count as {found.effective:,.0f}. With `cluster: {found.column}` the verdict "
        f"{changed}. Write it, or declare that rows are independent: `cluster: none`."
    )


def say_copies(copies: int, rows: int) -> str:
    """Say how many rows are copies of others."""
    return (
        f"{copies:,} of {rows:,} rows of the holdout are copies of another row (label aside), and no evidence of their "
        "own: remove them, or name the column whose rows belong together: `cluster: COLUMN`."
    )
