"""Where the work on one model is done: a temporary folder with a clean copy per side and the holdout."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path

from ml_ci.changes.globs import declared_by, is_glob
from ml_ci.changes.remote import is_remote
from ml_ci.errors import UserError
from ml_ci.spec.values import FileEntry, ModelSpec, PartEntry
from ml_ci.steps.planning.blame import blaming_baseline
from ml_ci.steps.planning.foretold import foretell_again
from ml_ci.steps.planning.own_rows import find_source, have_own_rows, have_own_validation
from ml_ci.steps.planning.reads import resolve_reads
from ml_ci.steps.values import Made, Project, Side, Sides
from ml_ci.steps.working.own_rows import BaseHoldout, are_same_bytes, match_rows, refuse_without_id
from ml_ci.steps.working.room import Room, know_distant
from ml_ci.steps.working.train import bring_made
from ml_ci.tables.blanked import blank_as_it_lies
from ml_ci.tables.columns import blank, without
from ml_ci.tables.gathered import find_parts
from ml_ci.tables.parts import PART, cut
from ml_ci.tables.table import Table
from ml_ci.training.delivery import Delivery
from ml_ci.training.distant import Distant, bring_here
from ml_ci.training.inputs import describe_writing
from ml_ci.training.values import Input, Whole


@dataclass
class Workshop(Room):
    """Make what the work on one model needs: its copies, and the tables that both sides are judged on."""

    sides: Sides

    def resolve(self) -> None:
        """See both sides with what was trained of them meanwhile, and what that read."""
        baseline = self.sides.baseline
        candidate = resolve_reads(self.project, self.sides.candidate)
        if baseline is not None:
            baseline = resolve_reads(self.project, foretell_again(candidate, baseline))
        self.sides = replace(self.sides, candidate=candidate, baseline=baseline)

    @cached_property
    def holdout(self) -> Table:
        """Open the labelled rows on which both sides are scored: the candidate's."""
        return self._open_holdout(None)

    def hold_holdout(self, holding: Callable[[Table], None]) -> None:
        """Have the holdout hold columns, at best while it is opened."""
        if "holdout" in self.__dict__:
            holding(self.holdout)
        else:
            self.__dict__["holdout"] = self._open_holdout(holding)

    def _open_holdout(self, holding: Callable[[Table], None] | None) -> Table:
        model = self.sides.candidate.model
        at, columns = self._holdout_file, find_source(model).columns
        return Table.open(at, columns, shown=_holdout_name(model), holding=holding)

    @cached_property
    def base_holdout(self) -> BaseHoldout | None:
        """Open what the baseline's own job makes of the rows that judge; None where both sides are scored on one table.

        StageFailed where these are not the same rows, or cannot be told apart.
        """
        candidate, side = self.sides.candidate, self.sides.baseline
        if side is None or not have_own_rows(candidate, side):
            return None
        with blaming_baseline(side):
            table = self._open_base(side)
        if candidate.model.id is None and are_same_bytes(table, self.holdout):
            return None
        refuse_without_id(self.sides)
        return BaseHoldout(table, match_rows(self.holdout, table, self.sides))

    def _open_base(self, side: Side) -> Table:
        source, part = find_source(side.model), side.model.holdout
        name = part.of if isinstance(part, PartEntry) else "holdout"
        at, shown = self.bring_base(side, name, source), f"{source.path} of commit {(side.commit or '')[:7]}"
        if isinstance(part, PartEntry) and not part.whole:
            out = self.work / "base-own-holdout" / at.name
            flags, python = self._base_flags, self.python(side)
            cut(at, part, None, out, columns=source.columns, shown=source.path, flags=flags, python=python)
            at, shown = out, f"the holdout cut from {shown}"
        return Table.open(at, source.columns, shown=shown)

    @cached_property
    def labelled(self) -> Table:
        """Open the rows that have every label which a model may predict: of a fold the whole table."""
        model = self.sides.candidate.model
        if isinstance(model.holdout, FileEntry) or model.holdout.fold is None:
            return self.holdout
        entry = model.data[model.holdout.of]
        return Table.open(self.bring(model.holdout.of, entry), entry.columns, shown=entry.path)

    def open_validation(self, side: Side) -> tuple[Table, Input]:
        """Open the labelled rows on which a side's threshold is chosen, and give them without their label.

        They are the candidate's, or what the side's own job makes of them.
        """
        name, chosen = "validation", self.sides.candidate
        if have_own_validation(chosen, side):
            name, chosen = "base-validation", side
        entry = chosen.model.data["validation"]
        bring = self.bring if chosen is not side or side.name == "candidate" else partial(self.bring_base, side)
        table = Table.open(bring("validation", entry), entry.columns, shown=entry.path)
        return table, self._strip(name, table, entry.columns, chosen)

    def _strip(
        self, name: str, table: Table, columns: tuple[str, ...] | None, side: Side, *, written: bool = True
    ) -> Input:
        """Give a table without the label column of a side, for a model to score.

        DataFrames are read from the whole table, and the label is left out then: only who may ask for a path needs a
        file that is `written` without it.
        """
        label = side.model.label
        target = self.work / f"{name}-rows" / table.path.name
        if written and not target.exists():
            target.parent.mkdir()
            without(table.path, label, target, columns=columns, shown=table.shown, python=self.python(side))
        kept = None if columns is None else tuple(name for name in columns if name != label)
        whole = Whole(str(table.path), columns=columns, without=label)
        return Input(str(target), kept, describe_writing(table.layout), whole)

    @property
    def base_rows(self) -> Input:
        """The baseline's own holdout without its label column."""
        side, found = self.sides.baseline, self.base_holdout
        assert side is not None and found is not None  # noqa: S101
        part, source = side.model.holdout, find_source(side.model)
        rows = self._strip("base-own", found.table, source.columns, side)
        if isinstance(part, FileEntry) or part.whole:
            return rows
        whole, flags = self.bring_base(side, part.of, source), str(self._base_flags)
        return replace(rows, whole=Whole(str(whole), flags, PART, source.columns, side.model.label))

    @property
    def holdout_rows(self) -> Input:
        """The holdout without its label column; a part is typed as the table that it was cut from."""
        return self._strip_holdout(written=True)

    def give_rows(self, side: Side) -> Input:
        """Give the holdout's rows to a side's model; a file of them where a function or a command may ask for one."""
        return self._strip_holdout(written=bool(side.model.predict or side.model.predict_command))

    def _strip_holdout(self, *, written: bool) -> Input:
        model, columns = self.sides.candidate.model, find_source(self.sides.candidate.model).columns
        rows = self._strip("holdout", self.holdout, columns, self.sides.candidate, written=written)
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

        source, columns = self._holdout_file, find_source(model).columns
        out = self.work / "holdout-blank" / ("parts" if is_glob(source.name) else source.name)
        out.parent.mkdir(exist_ok=True)
        python = self.python(self.sides.candidate)
        blank_as_it_lies(source, model.label, out, columns=columns, shown=_holdout_name(model), python=python)
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

    @property
    def _base_flags(self) -> Path:
        return self.work / "base-own-holdout.flags"

    def bring(self, name: str, entry: FileEntry) -> Path:
        """Give the user's own file of an entry, or fetch it as a job's data are fetched; what a job leaves is made."""
        if entry.job is not None:
            return bring_made(self, self.sides.candidate, entry.job) / entry.path
        if is_remote(entry.path):
            return self._bring_distant(self.sides.candidate, name, entry)
        at = self.project.folder / entry.path
        if at.exists() or find_parts(at, entry.path) is not None:
            return at
        folder = self.work / "fetched" / self.project.repository.prefix
        folder.mkdir(parents=True, exist_ok=True)
        Delivery(self._supply(self.sides.candidate, folder)).bring(name, entry.path)
        return folder / entry.path

    def bring_base(self, base: Side, name: str, entry: FileEntry) -> Path:
        """Bring an entry's file as the base's commit has it; what a job leaves is made, with that commit's code."""
        if entry.job is not None and entry.job not in base.needs:
            raise UserError(f"`data.{name}`: {entry.path} of the job `{entry.job}` cannot be had for its commit")
        if entry.job is not None:
            return bring_made(self, base, entry.job) / entry.path
        if is_remote(entry.path):
            return self._bring_distant(base, name, entry)
        folder = self.work / "base-data" / self.project.repository.prefix
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / entry.path
        if not target.exists():
            for path in declared_by(posixpath.normpath(entry.path), base.tree.files()):
                at = folder / path
                at.parent.mkdir(parents=True, exist_ok=True)
                at.write_bytes(base.tree.read(path))  # or a pointer, which is replaced by what it points to
            Delivery(replace(self._supply(base, folder), work=self.work / "base-fetch")).bring(name, entry.path)
        return target

    def _bring_distant(self, side: Side, name: str, entry: FileEntry) -> Path:
        """Bring what ml-ci reads itself from its URL, once for all who read it on this machine."""
        one, store = Distant(name, entry.path, know_distant(side)[name]), self.project.store
        with store.lock(one.known):
            return bring_here(one, store.ready() / "cache" / "urls")

    def find_rows_to_predict(self, side: Made) -> Path | None:
        """Give the candidate's holdout to a command of this model that predicts by itself, or what its own job makes
        of those rows.
        """
        if side.model.name != self.sides.candidate.model.name or not side.model.job.predicts:
            return None
        if side.name == "candidate" or not isinstance(side, Side) or not have_own_rows(self.sides.candidate, side):
            return self._blank_holdout
        return self._blank_base(side)

    def _blank_base(self, side: Side) -> Path:
        table, columns = self._open_base(side), find_source(side.model).columns
        out = self.work / "base-holdout-blank" / table.path.name
        out.parent.mkdir(exist_ok=True)
        python = self.python(side)
        blank(table.path, side.model.label, out, columns=columns, shown=table.shown, python=python)
        return out

    def list_hidden(self, side: Made) -> tuple[str, ...]:
        """Give the candidate's holdout, where it is a file."""
        candidate = self.sides.candidate.model.holdout
        return (candidate.path,) if side.name != "candidate" and isinstance(candidate, FileEntry) else ()


@contextmanager
def open_workshop(project: Project, sides: Sides) -> Iterator[Workshop]:
    """Open a workshop for one model; it is gone at the end, or after the next run's sweep."""
    with project.copies.held(), project.store.workplace() as work:
        yield Workshop(project, work, sides)


def _holdout_name(model: ModelSpec) -> str:
    if isinstance(model.holdout, FileEntry):
        return model.holdout.path
    path = model.data[model.holdout.of].path
    return path if model.holdout.whole else f"the holdout cut from {path}"
