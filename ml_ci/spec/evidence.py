"""What `ml-ci.yaml` says of the rows of a holdout as evidence."""

from __future__ import annotations

from ml_ci.frozen import dataclass


@dataclass(frozen=True)
class ClusterSpec:
    """Say which rows of the holdout belong together: those of equal values in `columns`; () declares that none do.

    `known` are values of a single column whose rows count by themselves: a verdict is about them, and about others like
    the rest.
    """

    columns: tuple[str, ...] = ()
    known: tuple[str | int | float | bool, ...] = ()
