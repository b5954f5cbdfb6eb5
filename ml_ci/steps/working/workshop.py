"""Where the work on one model is done: a temporary folder with a clean copy per side and the holdout."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ml_ci.spec.values import FileEntry, ModelSpec, PartEntry
from ml_ci.steps.planning.reads import resolve_reads
from ml_ci.steps.values import Made, Project, Sides
from ml_ci.steps.working.room import Room
from ml_ci.tables.columns import blank, without
from ml_ci.tables.parts import PART, cut
from ml_ci.tables.table import Table
from ml_ci.training.delivery import Delivery
from ml_ci.training.inputs import describe_writing
from ml_ci.training.values import Input, Whole

if TYPE_CHECKING:
    pass

Result = TypeVar("Result")
NOTHING: Mapping[str, Path] = {}


@dataclass
class Workshop(Room):
    """Make what the work on one model needs: its copies, and the tables that both sides are judged on."""

    sides: Sides

    def resolve(self) -> None:
        """See both sides with what was trained of them meanwhile, and what that read."""
        baseline = self.sides.baseline
        self.sides = replace(
            self.sides,
            candidate=resolve_reads(self.project, self.sides.candidate),
            baseline=None if baseline is None else resolve_reads(self.project, baseline),
        )

    @cached_property
    def holdout(self) -> Table:
        """Open the labelled rows on which both sides are scored: the candidate's."""
        model = self.sides.candidate.model
        return Table.open(self._holdout_file, _holdout_columns(model), shown=_holdout_name(model))

    @cached_property
    def labelled(self) -> Table:
        """Open the rows that have every label which a model may predict: of a fold the whole table."""
        model = self.sides.candidate.model
        if isinstance(model.holdout, FileEntry) or model.holdout.fold is None:
            return self.holdout
        entry = model.data[model.holdout.of]
        return Table.open(self.bring(model.holdout.of, entry), entry.columns, shown=entry.path)

    @cached_property
    def validation(self) -> Table:
        """Open the labelled rows on which a threshold is chosen."""
        entry = self.sides.candidate.model.data["validation"]
        return Table.open(self.bring("validation", entry), entry.columns, shown=entry.path)

    def strip_label(self, name: str, table: Table, columns: tuple[str, ...] | None) -> Input:
        """Write the table of the entry `name` without its label column, for a model to score."""
        model = self.sides.candidate.model
        target = self.work / f"{name}-rows" / table.path.name
        if not target.exists():
            target.parent.mkdir()
            python = self.python(self.sides.candidate)
            without(table.path, model.label, target, columns=columns, shown=table.shown, python=python)
        kept = None if columns is None else tuple(name for name in columns if name != model.label)
        return Input(
            str(target),
            kept,
            describe_writing(table.layout),
            Whole(str(table.path), columns=columns, without=model.label),
        )

    @property
    def holdout_rows(self) -> Input:
        """The holdout without its label column; a part is typed as the table that it was cut from."""
        model = self.sides.candidate.model
        rows = self.strip_label("holdout", self.holdout, _holdout_columns(model))
        if isinstance(model.holdout, FileEntry) or model.holdout.whole:
            return rows

        entry = model.data[model.holdout.of]
        whole, columns = self.bring(model.holdout.of, entry), entry.columns
        return replace(rows, whole=Whole(str(whole), str(self._flags), PART, columns, model.label))

    @cached_property
    def _holdout_file(self) -> Path:
        model = self.sides.candidate.model
        if isinstance(model.holdout, FileEntry):
            return self.bring("holdout", model.holdout)
        if model.holdout.whole:
            return self.bring(model.holdout.of, model.data[model.holdout.of])
        return self._cut(model, model.holdout, blank=False)

    @cached_property
    def _blank_holdout(self) -> Path:
        """The rows that a command predicts: their label column is blank."""
        model = self.sides.candidate.model
        if isinstance(model.holdout, PartEntry) and not model.holdout.whole:
            return self._cut(model, model.holdout, blank=True)

        source, columns = self._holdout_file, _holdout_columns(model)
        out = self.work / "holdout-blank" / source.name
        out.parent.mkdir(exist_ok=True)
        python = self.python(self.sides.candidate)
        blank(source, model.label, out, columns=columns, shown=_holdout_name(model), python=python)
        return out

    def _cut(self, model: ModelSpec, part: PartEntry, *, blank: bool) -> Path:
        entry = model.data[part.of]
        source = self.bring(part.of, entry)
        folder = self.work / ("holdout-blank" if blank else "holdout")
        out = folder / source.name
        label = model.label if blank else None
        cut(
            source,
            part,
            None,
            out,
            blank=label,
            columns=entry.columns,
            shown=entry.path,
            flags=None if blank else self._flags,
            python=self.python(self.sides.candidate),
        )
        return out

    @property
    def _flags(self) -> Path:
        """Name the file that says which rows of the whole table are the holdout's."""
        return self.work / "holdout.flags"

    def bring(self, name: str, entry: FileEntry) -> Path:
        """Give the user's own file of an entry, or fetch it as a job's data are fetched."""
        at = self.project.folder / entry.path
        if at.is_file():
            return at
        folder = self.work / "fetched" / self.project.repository.prefix
        folder.mkdir(parents=True, exist_ok=True)
        Delivery(self._supply(self.sides.candidate, folder)).bring(name, entry.path)
        return folder / entry.path

    def find_rows_to_predict(self, side: Made) -> Path | None:
        """Give the candidate's holdout to a command of this model that predicts by itself."""
        own = side.model.name == self.sides.candidate.model.name
        return self._blank_holdout if own and side.model.job.predicts else None

    def list_hidden(self, side: Made) -> tuple[str, ...]:
        """Give the candidate's holdout, where it is a file."""
        candidate = self.sides.candidate.model.holdout
        return (candidate.path,) if side.name != "candidate" and isinstance(candidate, FileEntry) else ()


@contextmanager
def open_workshop(project: Project, sides: Sides) -> Iterator[Workshop]:
    """Open a workshop for one model; it is gone at the end, or after the next run's sweep."""
    with project.copies.held(), project.store.workplace() as work:
        yield Workshop(project, work, sides)


def _holdout_columns(model: ModelSpec) -> tuple[str, ...] | None:
    if isinstance(model.holdout, PartEntry):
        return model.data[model.holdout.of].columns
    return model.holdout.columns


def _holdout_name(model: ModelSpec) -> str:
    if isinstance(model.holdout, FileEntry):
        return model.holdout.path
    path = model.data[model.holdout.of].path
    return path if model.holdout.whole else f"the holdout cut from {path}"
