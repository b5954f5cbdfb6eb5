"""The place where jobs of one entry of ml-ci.yaml are done: a clean copy per side, with its data in place."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ml_ci.changes.data import REMOTE
from ml_ci.errors import Failure, StageFailed, UserError
from ml_ci.frozen import dataclass
from ml_ci.reports.values import DeedKind
from ml_ci.spec.values import FileEntry, JobSpec, ModelSpec, Node, PartEntry
from ml_ci.steps.planning.reads import open_whole
from ml_ci.steps.planning.variables import list_fetch_variables
from ml_ci.steps.values import Made, Project, Side
from ml_ci.steps.working.side_by_side import StoppedError
from ml_ci.training.delivery import Supply
from ml_ci.training.inputs import list_handed, place
from ml_ci.training.interpreter import find
from ml_ci.training.placement import Placement
from ml_ci.training.values import Ground, Inputs, Interpreter

if TYPE_CHECKING:
    from ml_ci.training.working_copy import WorkingCopy

Result = TypeVar("Result")
NOTHING: Mapping[str, Path] = {}


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
class Room:
    """Make what jobs need, each thing once and only when it is asked for, below the folder `work`."""

    project: Project
    work: Path
    _benches: dict[tuple[str, str], Bench] = field(default_factory=dict, kw_only=True)

    def bench(self, side: Made, made: Mapping[str, Path] = NOTHING) -> Bench:
        """Give a side's copy with its data in place, as for a first job: what an earlier one did to it is undone.

        `made` are the folders of what the jobs left that its data are of.
        """
        key = (side.name, side.model.name)
        copy = self._copy(side)
        if not copy.ready((id(self), key)) or key not in self._benches:
            copy.restore()
            self._benches[key] = self._place(side, copy, (id(self), key), made)
        return self._benches[key]

    def job_folder(self, side: Made, what: str) -> Path:
        """Give a fresh folder for one job's log and results."""
        folder = self.name_folder(side, what)
        folder.mkdir(parents=True)
        return folder

    def name_folder(self, side: Made, what: str) -> Path:
        """Give where the folder of a job lies, whether it is made yet or not."""
        again = f"-{side.repetition + 1}" if isinstance(side, Side) and side.repetition else ""
        return self.work / f"{side.name}-{side.model.name}-{what}{again}"

    def python(self, side: Made) -> Path:
        """Find the interpreter of a side's jobs."""
        path = self.project.options.environment.get("PATH")
        return find(side.model.python, self.project.folder, path).path

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

    def _place(self, side: Made, copy: WorkingCopy, purpose: object, made: Mapping[str, Path]) -> Bench:
        environment = self.project.options.environment
        interpreter = find(side.model.python, self.project.folder, environment.get("PATH"))
        placement = Placement(
            model=side.model if side.champion is None else _without_data(side.model),
            supply=self._supply(side, copy.project),
            work=self.work / f"{side.name}-{side.model.name}-inputs",
            holdout=self.find_rows_to_predict(side),
            hidden=self.list_hidden(side),
            python=interpreter.path,
            made=made,
            known=know_distant(side),
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

    def find_rows_to_predict(self, side: Made) -> Path | None:
        """Give the table that a command predicts which does so by itself; None for any other job."""
        return None

    def list_hidden(self, side: Made) -> tuple[str, ...]:
        """Give the paths that a job must not find in its copy, beside its own holdout."""
        return ()


@contextmanager
def open_room(project: Project) -> Iterator[Room]:
    """Open a room for a job that is no model's; it is gone at the end, or after the next run's sweep."""
    with project.copies.held(), project.store.workplace() as work:
        yield Room(project, work)


def know_distant(side: Made) -> Mapping[str, str]:
    """Give the digests by which a side's fingerprint knows its data behind URLs, by entry."""
    content = {name: str(said.get("content")) for name, said in side.fingerprint.details.items()}
    data = {name.removeprefix("data."): known for name, known in content.items() if name.startswith("data.")}
    return {name: known.removeprefix(REMOTE) for name, known in data.items() if known.startswith(REMOTE)}


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


def _with_fold(side: Made) -> str:
    """Name the fold that is left out."""
    holdout = side.model.kept_back
    if not isinstance(holdout, PartEntry) or holdout.fold is None:
        return ""
    return f" (without fold {holdout.fold + 1} of {holdout.folds})"


def say_work(project: Project, side: Made) -> tuple[DeedKind, str]:
    """Say what kind of work it is, in words too; the seed is named where several are trained."""
    if isinstance(side.model, JobSpec):
        return "make", f"doing the job for the {side.name}"
    return "train", f"training the {side.name}{say_seed(project, side)}{_with_fold(side)}"


def say_seed(project: Project, side: Made) -> str:
    """Name the seed where several are trained, ` (seed 3)`; "" where there is one."""
    declared = project.spec.models.get(side.model.name)
    return f" (seed {side.model.seed})" if declared is not None and declared.seeds > 1 else ""


def tell_waiting(project: Project, side: Made, does: str) -> Callable[[Callable[[], object]], object]:
    """Tell that another run does the same already, while it is waited for."""
    said = f"waiting for another run that {does} the {side.name}"

    def waited(acquire: Callable[[], object]) -> object:
        # Who waits lends its slot: what the other does may be handed out further, in this very run.
        with project.journal.noting("wait", side.name, side.model.name), project.slots.lent(project.stops):
            return time_work(project, side.model.name, said, acquire)

    return waited


def _without_data(model: Node) -> Node:
    """Give a model that is only scored: the data of its own training may be nowhere any more."""
    if isinstance(model, ModelSpec):
        return replace(model, data={}, holdout=FileEntry(f"{model.name}.holdout"))
    return replace(model, data={})
