"""Measure what both sides do by each behaviour: find its records, or ask the models."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ml_ci.behaviours.asks import Asker
from ml_ci.behaviours.columns import Columns, read_columns
from ml_ci.behaviours.measure import BROKEN, DOES_NOT_APPLY, NO_ANSWER, NOT_SAMPLED, measure
from ml_ci.behaviours.taken import find_still
from ml_ci.errors import StageFailed
from ml_ci.evaluation.behaved import count_broken, no_labels, read_rows
from ml_ci.evaluation.evaluate import Holdout
from ml_ci.evaluation.stream import is_large
from ml_ci.evaluation.values import Behaved, Comparison, Shown
from ml_ci.plan.plan import BEHAVIOURS, Plan
from ml_ci.spec.behaviours import Behaviour
from ml_ci.steps.planning.behaviours import digest_beside, digest_rows, list_measured
from ml_ci.steps.working.cases import Cases, measure_all_cases, read_all_cases
from ml_ci.steps.working.examples import Broken, find_shown, pack_shown
from ml_ci.steps.working.questioned import FILE, AskedRows, Found, Questioned
from ml_ci.steps.working.workshop import Workshop
from ml_ci.tables.parts import select
from ml_ci.tables.table import Table
from ml_ci.variables.masks import Mask

Bytes = NDArray[np.uint8]
Bools = NDArray[np.bool_]


def add_behaviours(shop: Workshop, plan: Plan, comparison: Comparison) -> Comparison:
    """Give the comparison with what each behaviour of the candidate's came to, of both sides on the same rows.

    What a record answers is not asked. What cannot be measured is said, and makes the gates on it an error. StageFailed
    where a side ran what is not its own.
    """
    model = shop.sides.candidate.model
    if not model.behaviours:
        return comparison
    return _measure_all(shop, plan, comparison, AskedRows(shop.holdout, model))


def add_behaviours_of_rows(shop: Workshop, plan: Plan, comparison: Comparison, rows: AskedRows) -> Comparison:
    """Give the comparison with what each behaviour came to on other rows than the change's; cases are the same ones."""
    return _measure_all(shop, plan, comparison, rows)


def _measure_all(shop: Workshop, plan: Plan, comparison: Comparison, rows: AskedRows) -> Comparison:
    with _Court.open(shop, plan, rows) as court:
        found = {one.name: court.measure(one) for one in list_measured(rows.model)}
    return replace(comparison, behaviours={name: found[name] for name in rows.model.behaviours})


@dataclass
class _Court:
    """Measure behaviours one by one; the first says whether a side answers alike by itself."""

    shop: Workshop
    sides: tuple[Questioned, ...]
    rows: AskedRows
    shown: dict[str, Shown | None] = field(default_factory=dict)
    _columns: Columns | None = None
    _holdout: Holdout | None = None
    _parts: int = 0

    @classmethod
    @contextmanager
    def open(cls, shop: Workshop, plan: Plan, rows: AskedRows) -> Iterator[_Court]:
        """Open both sides, each with its model when it is asked; what was found is kept once all ended well."""
        fresh: dict[str, Found] = {}
        named = [(shop.sides.candidate, plan.candidate), (shop.sides.baseline, plan.baseline)]
        project, known = shop.project, rows.known
        sides = tuple(
            Questioned(
                shop,
                side,
                digest_rows(keys.predictions, known),
                digest_beside(project, shop.sides, side),
                fresh,
                rows.given,
            )
            for side, keys in named
            if side is not None and keys is not None
        )
        court = cls(shop, sides, rows)
        try:
            yield court
        finally:
            for side in sides:
                side.close()
        name = shop.sides.candidate.model.name
        for key, found in fresh.items():
            with shop.project.store.draft() as draft:
                (draft / FILE).write_bytes(found.rows.tobytes())
                shop.project.store.keep(draft, BEHAVIOURS, key, {"model": name, "still": list(found.still)})
        for key, shown in court.shown.items():
            with shop.project.store.draft() as draft:
                shop.project.store.keep(draft, BEHAVIOURS, key, {"model": name, "shown": pack_shown(shown)})

    @property
    def columns(self) -> Columns:
        """The columns that a model may be given, read when a side is first asked."""
        if self._columns is None:
            self._columns = read_columns(self.rows.table, [self.rows.model.label])
        return self._columns

    def measure(self, behaviour: Behaviour) -> Behaved:
        """Give what a behaviour came to; that a side could not be asked is said."""
        missing = [name for name in behaviour.columns if not self.rows.table.has(name)]
        if missing:
            return Behaved(behaviour.kind, why=f"the holdout has no column '{missing[0]}' any more")
        cases = None
        if behaviour.cases is not None:
            cases = read_all_cases(self.shop, behaviour)
            if not cases.rows:
                return Behaved(behaviour.kind, why=f"{behaviour.cases} has no cases")
        found: list[Found] = []
        keys = [side.key(behaviour) for side in self.sides]
        said = ""
        for side, key in zip(self.sides, keys, strict=True):
            try:
                found.append(self._ask(side, key, behaviour, cases))
            except StageFailed as error:
                mask = Mask.of(self.shop.project.options.environment)
                said = mask.text(f"the {side.name} could not be asked: {error.failure.message.rstrip('.')}")
                break  # without the candidate there is nothing to compare
        behaved = self._judge(behaviour, found, said) if found else Behaved(behaviour.kind, why=said)
        if behaved.comparison is None or self.rows.known:
            return behaved  # rows of the base's are shown to nobody
        if cases is not None:
            return replace(behaved, shown=self._tell_cases(cases, found[0]))
        of = Broken(behaviour, found[0].rows, tuple(keys[: len(found)]))
        key, shown = find_shown(self.shop, self.sides[: len(found)], of, lambda: self.columns)
        if key:
            self.shown[key] = shown
        return replace(behaved, shown=shown, fails_beyond=behaviour.hunt_fails)

    def _tell_cases(self, cases: Cases, found: Found) -> Shown | None:
        """Name a case that is broken; cases stand in the repository, and are nobody's secret there."""
        words = None if self.shop.sides.candidate.model.counterexamples == "none" else cases.tell(found.rows)
        return None if words is None else Shown(words)

    def _ask(self, side: Questioned, key: str, behaviour: Behaviour, cases: Cases | None) -> Found:
        """Give what a side does; of one that may answer otherwise by itself that would say nothing."""
        if behaviour.same != "again" and (unsteady := side.tell_unsteady()):
            raise unsteady
        found = side.find(key)
        if found is None:
            found = side.measure(key, behaviour, self._work(side, behaviour, cases))
        if behaviour.same == "again":
            side.unsteady = int((found.rows == BROKEN).sum()), int((found.rows != NOT_SAMPLED).sum())
        return found

    def _work(self, side: Questioned, behaviour: Behaviour, cases: Cases | None) -> Callable[[Asker], Found]:
        def work(asker: Asker) -> Found:
            if cases is not None:
                return Found(measure_all_cases(cases, asker))
            columns, served = self.columns, side.open_served(behaviour)
            return Found(measure(behaviour, columns, asker, served), find_still(behaviour, columns, asker))

        return work

    def _judge(self, behaviour: Behaviour, found: list[Found], why: str) -> Behaved:
        """Count what was found of the candidate, and of the baseline where it was asked."""
        own, *others = (one.rows for one in found)
        applies = _applies(own)
        if any(not np.array_equal(applies, _applies(other)) for other in others):
            said = "candidate and baseline were asked about different rows, which is a mistake of ml-ci's"
            return Behaved(behaviour.kind, why=said)
        rows = (applies, _is_broken(own), *map(_is_broken, others))
        holdout, arrays = (_NO_SLICES, rows) if behaviour.kind == "cases" else self._see(rows)
        return Behaved(
            behaviour.kind,
            rows=int((own != NOT_SAMPLED).sum()),
            comparison=count_broken(holdout, *arrays),
            why=why,
            no_answer=(_count_unanswered(own), sum(map(_count_unanswered, others))),
            certain=behaviour.kind == "cases",
            still=found[0].still,
        )

    def _see(self, rows: tuple[Bools, ...]) -> tuple[Holdout, tuple[Bools, ...]]:
        """Give the holdout with its slices and clusters; of a large one only the rows to which it applies."""
        model, table = self.rows.model, self.rows.table
        if not is_large(table):
            if self._holdout is None:
                self._holdout = read_rows(table, model)
            return self._holdout, rows
        applies = rows[0]
        if not applies.any():
            return _NO_SLICES, rows
        self._parts += 1
        out = (
            self.shop.job_folder(self.shop.sides.candidate, f"asked-rows-{self.rows.known[:8]}-{self._parts}")
            / table.path.name
        )
        select(table, applies, out, python=self.shop.python(self.shop.sides.candidate))
        names = None if table.layout.header or table.layout.parquet else table.names
        few = Table.open(out, names, shown=table.shown)
        return read_rows(few, model), tuple(one[applies] for one in rows)


_NO_SLICES = Holdout(no_labels(0))


def _applies(rows: Bytes) -> Bools:
    return np.asarray((rows != DOES_NOT_APPLY) & (rows != NOT_SAMPLED))


def _is_broken(rows: Bytes) -> Bools:
    """Say which rows are broken: no answer is no better than a wrong one."""
    return np.asarray((rows == BROKEN) | (rows == NO_ANSWER))


def _count_unanswered(rows: Bytes) -> int:
    return int((rows == NO_ANSWER).sum())
