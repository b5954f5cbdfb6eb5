"""Ask a model about rows of a person's own making: the holdout's columns, and what asks each side."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property

from ml_ci.behaviours.asks import Asker
from ml_ci.behaviours.columns import Columns, read_columns
from ml_ci.steps.planning.blame import blaming_baseline
from ml_ci.steps.values import Project, Sides
from ml_ci.steps.working.ask import open_asker
from ml_ci.steps.working.workshop import Workshop, open_workshop


class Asking:
    """Ask the sides of one model. Each is opened when it is first asked for, trained where no record is, and once."""

    def __init__(self, shop: Workshop, until: ExitStack) -> None:
        self._shop, self._until = shop, until

    @cached_property
    def holdout(self) -> Columns:
        """The columns of the holdout, without the label."""
        return read_columns(self._shop.holdout, [self._shop.sides.candidate.model.label])

    @cached_property
    def candidate(self) -> Asker:
        """What asks the candidate; StageFailed where it cannot be had."""
        return self._until.enter_context(open_asker(self._shop, self._shop.sides.candidate))

    @cached_property
    def baseline(self) -> Asker | None:
        """What asks the baseline, None without one; BaselineFailed where it cannot be had."""
        side = self._shop.sides.baseline
        if side is None:
            return None
        with blaming_baseline(side):
            return self._until.enter_context(open_asker(self._shop, side))

    @property
    def no_baseline(self) -> str | None:
        """Why there is no baseline."""
        return self._shop.sides.no_baseline

    @property
    def label(self) -> str:
        """The column that no model is given."""
        return self._shop.sides.candidate.model.label


@contextmanager
def open_asking(project: Project, sides: Sides) -> Iterator[Asking]:
    """Open what asks the sides; their processes are gone at the end of the block."""
    with open_workshop(project, sides) as shop, ExitStack() as until:
        yield Asking(shop, until)
