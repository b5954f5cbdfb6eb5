"""Sides that nobody committed: some parts of the candidate on top of the baseline."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import field
from functools import cached_property

from ml_ci.errors import Failure, StageFailed
from ml_ci.explain.parts import CODE, READS, files_of, mix_model
from ml_ci.explain.values import Part
from ml_ci.frozen import dataclass
from ml_ci.repository.git import GitError
from ml_ci.repository.mixture import frozen, mixed
from ml_ci.spec.values import FileEntry, ModelSpec
from ml_ci.steps.planning.reads import open_whole
from ml_ci.steps.planning.sides import Fingerprints
from ml_ci.steps.values import Project, Side

_EXCHANGED = ("data.", "params", "seed", "budget", "needs.", "code")


@dataclass(frozen=True)
class Mixer:
    """Make sides in which the files and settings of chosen parts are new, and all others old.

    `read` are the files, from the top of the repository, that the part `reads` exchanges.
    """

    project: Project
    fingerprints: Fingerprints = field(repr=False)
    old: Side
    new: Side
    parts: tuple[Part, ...]
    read: frozenset[str] = frozenset()

    def side(self, chosen: Collection[str]) -> Side:
        """Give the model with the parts named in `chosen` as they are in the candidate.

        StageFailed when the parts cannot be exchanged: their files are the same, or the data are nowhere.
        """
        holds = frozenset[str]().union(*(part.holds for part in self.parts if part.name in chosen))
        if len(chosen) == len(self.parts):
            return self.new
        if not chosen:
            return self.old
        code = self.new if CODE in holds else self.old
        model = mix_model(self.old.model, self.new.model, holds)
        needs = {
            name: (self.new if _is_taken(name, model, holds) else self.old).needs.get(name, code.needs[name])
            for name in code.needs
        }
        made = self.fingerprints.made(self.new, "mixture", model, self._commit(holds), needs)
        self._check(made, holds)
        return made

    def _commit(self, holds: Collection[str]) -> str:
        base, other = (self._new, self._old) if CODE in holds else (self._old, self._new)
        prefix = self.project.repository.prefix
        taken = {prefix + path for name in self._elsewhere(holds) for path in self._files(name)}
        if (READS in holds) != (CODE in holds):
            taken |= {*self.read, *(folder for path in self.read for folder in _above(path))}  # or its submodule
        try:
            return mixed(self.project.repository, base, other, taken.__contains__)
        except GitError as error:
            raise StageFailed(
                Failure("explain", "no-mixture", f"git could not mix two trees: {error.message}")
            ) from None

    def _elsewhere(self, holds: Collection[str]) -> Iterable[str]:
        """Name the parts with files that are not of the side that the code is of; the holdout is always the new one."""
        names = ["params", *(f"data.{name}" for name in {**self.old.model.data, **self.new.model.data})]
        yield from (name for name in names if (name in holds) != (CODE in holds))
        if CODE not in holds:
            yield "data.holdout"

    def _files(self, name: str) -> frozenset[str]:
        models = (self.old.model, self.new.model)
        found = files_of(name, models, {**self.old.tree.files(), **self.new.tree.files()})
        locked = name in {one for part in self.parts if len(part.holds) > 1 for one in part.holds} and not found
        return frozenset(path for path in self._locks if locked) | found

    @property
    def _locks(self) -> Iterable[str]:
        return (path for path in {**self.old.tree.files(), **self.new.tree.files()} if path.endswith("dvc.lock"))

    @cached_property
    def _old(self) -> str:
        return self.old.commit or frozen(self.project.repository)

    @cached_property
    def _new(self) -> str:
        return self.new.commit or frozen(self.project.repository)

    def _check(self, made: Side, holds: Collection[str]) -> None:
        """See that every part is really the one that it should be: a share of something else would be wrong."""
        for name, known in made.fingerprint.parts.items():
            meant = self.new if name in holds else self.old
            if name.startswith(_EXCHANGED) and name != "data.holdout" and known != meant.declared.parts.get(name):
                message = f"{name} of the {meant.name} cannot be taken by itself: other parts hold some of its files"
                hint = "Commit everything that changed (data under DVC with `dvc add`), or keep data out of code files."
                raise StageFailed(Failure("explain", "no-mixture", message, hint))
        meant = self.new if READS in holds else self.old
        if open_whole(self.project, made).ids(self.read) != open_whole(self.project, meant).ids(self.read):
            message = f"what the {meant.name} reads cannot be taken by itself: other parts hold some of its files"
            raise StageFailed(Failure("explain", "no-mixture", message, "Commit everything that changed."))


def _is_taken(name: str, model: ModelSpec, holds: Collection[str]) -> bool:
    """Say whether what a model builds on is among the chosen parts: by itself, or as a job that leaves chosen data.

    A job that makes nothing but the rows that judge goes with those that make the rows of training: a model is scored
    on the features that it was trained on.
    """
    made = [f"data.{entry}" for entry, file in model.data.items() if file.job == name]
    if not made and isinstance(model.holdout, FileEntry) and model.holdout.job == name:
        made = [f"data.{entry}" for entry, file in model.data.items() if file.job is not None] or [CODE]
    return f"needs.{name}" in holds or any(part in holds for part in made)


def _above(path: str) -> Iterator[str]:
    while path := path.rpartition("/")[0]:
        yield path
