"""What `ml-ci skew` is asked for."""

from __future__ import annotations

from ml_ci.frozen import dataclass
from ml_ci.live.endpoint import Endpoint
from ml_ci.live.skew_values import ROWS

# So many rows without a flipped decision prove a share of 0.001.
SERVED_ROWS = 3_000
LIMIT = 0.001


@dataclass(frozen=True)
class Asked:
    """Compare `rows` rows (None: the usual number), or `everything`; `limit` is the share that may differ.

    `pairs` shows rows' own values, with their ids. A `service` is compared with its model instead.
    """

    rows: int | None = None
    everything: bool = False
    limit: float | None = None
    pairs: bool = False
    service: Endpoint | None = None

    @property
    def most(self) -> int | None:
        """How many rows are chosen, None for all."""
        if self.everything:
            return None
        return self.rows or (ROWS if self.service is None else SERVED_ROWS)
