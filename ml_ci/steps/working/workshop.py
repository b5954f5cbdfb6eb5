"""Where the work on one model is done: a temporary folder with a clean copy per side and the holdout."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ml_ci.errors import Failure, StageFailed, UserError
from ml_ci.spec.values import FileEntry, ModelSpec, Node, PartEntry
from ml_ci.steps.planning.reads import open_whole, resolve_reads
from ml_ci.steps.planning.variables import list_fetch_variables
from ml_ci.steps.values import Made, Project, Sides
from ml_ci.steps.working.side_by_side import StoppedError
from ml_ci.tables.columns import blank, without
from ml_ci.tables.parts import PART, cut
from ml_ci.tables.table import Table
from ml_ci.training.delivery import Delivery, Supply
from ml_ci.training.inputs import Placement, describe_writing, list_handed, place
from ml_ci.training.interpreter import find
from ml_ci.training.values import Ground, Input, Inputs, Interpreter, Whole

if TYPE_CHECKING:
    from ml_ci.training.working_copy import WorkingCopy

Result = TypeVar("Result")


@dataclass(frozen=True)
class Bench:
    """One side's clean copy: the project folder in it, its data in place, the job's interpreter.

    It stands until the next bench is asked for: models share the copy of a side.
    """

    folder: Path
    inputs: Inputs
    interpreter: Interpreter
    ground: Ground


@dataclass
class Workshop:
    """Make what the jobs of one model need, each thing once and only when it is asked for."""

    project: Project
    sides: Sides
    work: Path
    _benches: dict[tuple[str, str], Bench] = field(default_factory=dict)

    def bench(self, side: Made) -> Bench:
        """Give a side's copy with its data in place, as for a first job: what an earlier one did to it is undone."""
        key = (side.name, side.model.name)
        copy = self._copy(side)
        if not copy.ready((id(self), key)) or key not in self._benches:
            copy.restore()
            self._benches[key] = self._place(side, copy, (id(self), key))
        return self._benches[key]

    def resolve(self) -> None:
        """See both sides with what was trained of them meanwhile, and what that read."""
        baseline = self.sides.baseline
        self.sides = replace(
            self.sides,
            candidate=resolve_reads(self.project, self.sides.candidate),
            baseline=None if baseline is None else resolve_reads(self.project, baseline),
        )

    def job_folder(self, side: Made, what: str) -> Path:
        """Give a fresh folder for one job's log and results."""
        folder = self.work / f"{side.name}-{side.model.name}-{what}"
        folder.mkdir(parents=True)
        return folder

    @cached_property
    def holdout(self) -> Table:
        """Open the labelled rows on which both sides are scored: the candidate's."""
        model = self.sides.candidate.model
        return Table.open(self._holdout_file, _holdout_columns(model), shown=_holdout_name(model))

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
        if isinstance(model.holdout, FileEntry):
            return rows

        entry = model.data[model.holdout.of]
        whole, columns = self.bring(model.holdout.of, entry), entry.columns
        return replace(rows, whole=Whole(str(whole), str(self._flags), PART, columns, model.label))

    @cached_property
    def _holdout_file(self) -> Path:
        model = self.sides.candidate.model
        if isinstance(model.holdout, FileEntry):
            return self.bring("holdout", model.holdout)
        return self._cut(model, model.holdout, blank=False)

    @cached_property
    def _blank_holdout(self) -> Path:
        """The rows that a command predicts: their label column is blank."""
        model = self.sides.candidate.model
        if isinstance(model.holdout, PartEntry):
            return self._cut(model, model.holdout, blank=True)

        source, entry = self._holdout_file, model.holdout
        out = self.work / "holdout-blank" / source.name
        out.parent.mkdir(exist_ok=True)
        python = self.python(self.sides.candidate)
        blank(source, model.label, out, columns=entry.columns, shown=entry.path, python=python)
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

    def python(self, side: Made) -> Path:
        """Find the interpreter of a side's jobs."""
        path = self.project.options.environment.get("PATH")
        return find(side.model.python, self.project.folder, path).path

    def bring(self, name: str, entry: FileEntry) -> Path:
        """Give the user's own file of an entry, or fetch it as a job's data are fetched."""
        at = self.project.folder / entry.path
        if at.is_file():
            return at
        folder = self.work / "fetched" / self.project.repository.prefix
        folder.mkdir(parents=True, exist_ok=True)
        Delivery(self._supply(self.sides.candidate, folder)).bring(name, entry.path)
        return folder / entry.path

    def _copy(self, side: Made) -> WorkingCopy:
        """Give the copy of a side's tree; that a baseline's cannot be made is no mistake of the change."""
        try:
            made = self.project.copies.of(side.tree)
        except UserError as error:
            if side.name == "candidate":
                raise
            message = f"the {side.name} of commit {str(side.commit)[:7]} cannot be had: {error.message}"
            raise StageFailed(Failure("training", "baseline-copy", message, error.hint)) from None
        if side.commit is None:
            open_whole(self.project, side).stand_on(made.copied)
        return made

    def _place(self, side: Made, copy: WorkingCopy, purpose: object) -> Bench:
        environment = self.project.options.environment
        interpreter = find(side.model.python, self.project.folder, environment.get("PATH"))
        placement = Placement(
            model=side.model if side.champion is None else _without_data(side.model),
            supply=self._supply(side, copy.project),
            work=self.work / f"{side.name}-{side.model.name}-inputs",
            holdout=self._blank_holdout if self._predicts(side) else None,
            hidden=self._hide(side),
            python=interpreter.path,
        )
        inputs = place(placement)
        copy.prepare(purpose)
        ground = Ground(copy.top, self.project.repository.top, copy.prepared, tuple(list_handed(inputs)))
        return Bench(copy.project, inputs, interpreter, ground)

    def _supply(self, side: Made, folder: Path) -> Supply:
        return Supply(
            model=side.model.name,
            tree=side.tree,
            copy=folder,
            origin=self.project.folder,
            work=self.work / f"{side.name}-{side.model.name}-fetch",
            environment=self.project.options.environment,
            prefix=self.project.repository.prefix,
            fetch=side.model.fetch,
            progress=self.project.options.progress,
            env=list_fetch_variables(self.project, side.model),
        )

    def _predicts(self, side: Made) -> bool:
        """Say whether a side of this model is a command that predicts by itself: it gets the candidate's holdout."""
        own = side.model.name == self.sides.candidate.model.name
        return own and side.model.job.predicts

    def _hide(self, side: Made) -> tuple[str, ...]:
        candidate = self.sides.candidate.model.holdout
        return (candidate.path,) if side.name != "candidate" and isinstance(candidate, FileEntry) else ()


@contextmanager
def open_workshop(project: Project, sides: Sides) -> Iterator[Workshop]:
    """Open a workshop for one model; it is gone at the end, or after the next run's sweep."""
    with project.copies.held(), project.store.workplace() as work:
        yield Workshop(project, sides, work)


def time_work(project: Project, model: str, what: str, call: Callable[[], Result]) -> Result:
    """Tell of work while it goes on."""
    started = time.monotonic()
    progress = project.options.progress
    progress.begin(model, what)
    try:
        made = call()
    except (KeyboardInterrupt, StoppedError):
        progress.stopped(model, what, time.monotonic() - started)
        raise
    except BaseException:
        progress.end(model, f"{what}, which failed,", time.monotonic() - started)
        raise
    progress.end(model, what, time.monotonic() - started)
    return made


def tell_waiting(project: Project, side: Made, does: str) -> Callable[[Callable[[], object]], object]:
    """Tell that another run does the same already, while it is waited for."""
    said = f"waiting for another run that {does} the {side.name}"

    def waited(acquire: Callable[[], object]) -> object:
        with project.journal.noting("wait", side.name, side.model.name):
            return time_work(project, side.model.name, said, acquire)

    return waited


def _holdout_columns(model: ModelSpec) -> tuple[str, ...] | None:
    if isinstance(model.holdout, PartEntry):
        return model.data[model.holdout.of].columns
    return model.holdout.columns


def _holdout_name(model: ModelSpec) -> str:
    if isinstance(model.holdout, PartEntry):
        return f"the holdout cut from {model.data[model.holdout.of].path}"
    return model.holdout.path


def _without_data(model: Node) -> Node:
    """Give a model that is only scored: the data of its own training may be nowhere any more."""
    if isinstance(model, ModelSpec):
        return replace(model, data={}, holdout=FileEntry(f"{model.name}.holdout"))
    return replace(model, data={})
