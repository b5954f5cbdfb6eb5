"""The fingerprint of one model, or of one job, in one tree: its parts in order, and the keys that follow from them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from posixpath import normpath

from ml_ci.changes import settings
from ml_ci.changes.code import Code, command_code, function_code, training_code
from ml_ci.changes.data import Data, DataReader
from ml_ci.changes.environment import environment
from ml_ci.changes.params import flat, load_params
from ml_ci.changes.same_values import SameValues, read_as_tables
from ml_ci.changes.sources import beside
from ml_ci.changes.surroundings import Surroundings
from ml_ci.changes.values import READS, UNSEEN, Fingerprint, digest_cut, say_result, seed_digest
from ml_ci.digests import digest
from ml_ci.errors import UserError
from ml_ci.repository.values import Tree
from ml_ci.spec.values import FileEntry, ModelSpec, Node, PartEntry

_VERSIONED = re.compile(r"(?:[\w./~-]*/)?python\d+\.\d+|[\w./~-]*/python\d*")
# How one side is scored: the baseline keeps its own, so that a change of the candidate's is no change of the other.
_OF_ONE_SIDE = frozenset({"predict", "predict.run", "load", "threshold", "id"})
_SCORING = frozenset({"metrics", "gates", "data.holdout"})


def fingerprint(model: Node, tree: Tree, surroundings: Surroundings) -> Fingerprint:
    """Digest everything that the results of a model or a job depend on, as it is in `tree`.

    Nothing is imported or run but, once, another interpreter that is asked for its packages. UserError when a declared
    file is nowhere, when a DVC file or the parameters do not parse, when there is no such interpreter.
    """
    reading = _Reading(model, tree, surroundings)
    reading.code()
    reading.data()
    reading.settings()
    if isinstance(model, ModelSpec):
        reading.judging(model)
    reading.needs()
    reading.environment()
    return reading.finish()


@dataclass
class _Reading:
    """Collect the parts of one fingerprint."""

    model: Node
    tree: Tree
    surroundings: Surroundings
    parts: dict[str, str] = field(default_factory=dict)
    details: dict[str, Mapping[str, object]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    absent: set[str] = field(default_factory=set)
    asked: str = ""

    def __post_init__(self) -> None:
        around = self.surroundings
        self.sources = around.shelf.find(self.tree, around.state, beside(self.model.code))
        self.outside: frozenset[str] = frozenset()

    def code(self) -> None:
        """Add the files of the training code; what it imports from elsewhere is kept for `environment`."""
        found = training_code(self.model, self.sources)
        self.add("code", found.files)
        self.outside = found.outside
        self.warnings += found.warnings

    def data(self) -> None:
        """Add each data entry, and the holdout as a file or as a part of an entry that was added before."""
        reader = DataReader(self.tree, self.surroundings)
        same = SameValues(self.surroundings.state)
        for name, entry in settings.entries(self.model).items():
            if entry.job is None:
                self.entry(f"data.{name}", entry, reader[entry], same)
            else:
                self.made(f"data.{name}", entry, entry.job)
        if isinstance(self.model.kept_back, PartEntry):
            self.part(self.model.kept_back)
        reader.contents.save()

    def entry(self, part: str, entry: FileEntry, data: Data, same: SameValues) -> None:
        """Add one data entry: by its values where the job sees no more of it than those, by its bytes otherwise."""
        known = same.representative(data.digest)
        if known != data.digest and not self.sees_values(part):
            known = data.digest
        said: dict[str, object] = {
            "path": entry.path,
            "content": data.digest,
            "columns": entry.columns,
            "files": len(data.files),
        }
        said["tracked"] = not data.files.keys().isdisjoint(self.tree.files())
        self.parts[part] = digest([known, entry.columns])
        self.details[part] = said
        self.warnings += [f"{part}: {warning}" for warning in data.warnings]
        self.absent |= set() if data.present else {part}

    def made(self, part: str, entry: FileEntry, job: str) -> None:
        """Add an entry that a job leaves: which job that was says what it holds."""
        said = {"path": entry.path, "job": job, "columns": entry.columns}
        self.add(part, {**said, **say_result(self.surroundings.needs[job], normpath(entry.path))})

    def sees_values(self, part: str) -> bool:
        return part in value_parts(self.model, self.tree)

    def part(self, entry: PartEntry) -> None:
        """Add a holdout that is cut out of another entry; UserError where there is no such entry."""
        of = f"data.{entry.of}"
        if of not in self.parts:
            raise UserError(f"data.holdout: there is no entry {entry.of!r} to cut it out of")
        self.parts["data.holdout"], self.details["data.holdout"] = _cut(self.parts, entry)
        self.absent |= {"data.holdout"} if of in self.absent else set()

    def settings(self) -> None:
        """Add what `ml-ci.yaml` says of the job."""
        params = load_params(self.model, self.tree, self.surroundings.folder)
        self.add("params", flat(params), params)
        self.add("job", settings.job(self.model))
        if self.model.ignore:
            self.warnings.append(
                f"ignore: {', '.join(self.model.ignore)} count for nothing, though a job may read them"
            )
        self.add("seed", {"seed": self.model.seed})
        self.parts["seed"] = seed_digest(self.model.seed)
        self.add("budget", dict(self.model.budget.rows))

    def needs(self) -> None:
        """Add the results that the job builds on."""
        for name in self.model.needs:
            self.add(f"needs.{name}", say_result(self.surroundings.needs[name]))

    def judging(self, model: ModelSpec) -> None:
        """Add the gates, and how the model is scored: with the code of `predict` and of the user's metrics."""
        self.add("gates", settings.gates(model))
        said = settings.metrics(model)
        own = [function_code(model, entry, self.sources) for entry in model.metrics.values()]
        scoring = [entry for entry in (model.predict, model.load.factory) if entry]
        found = [*(function_code(model, entry, self.sources) for entry in scoring), *own]
        if model.predict_command is not None:
            found.append(command_code(model, model.scoring_text, self.sources))
        files = _files(found)
        asked = {key: value for key, value in said.items() if key not in _OF_ONE_SIDE}
        entry = model.data.get("validation")
        # what a job leaves there is known when that was done: whoever keys a scoring adds it
        rows = None if entry is None or entry.job is not None else self.parts["data.validation"]
        self.asked = digest([asked, _files(own), rows])
        validation = rows if model.threshold.metric else None
        self.add("metrics", {**said, "code": files}, [said, files, validation])
        self.warnings += [warning for code in found for warning in _new(code, self.warnings)]

    def environment(self) -> None:
        """Add the versions behind the imports; a job in another language has no Python that it depends on."""
        surroundings = self.surroundings
        if not any(path.endswith((".py", ".pyw", ".ipynb")) for path in self.details["code"]) and not self.outside:
            self.add("environment", {})
            return
        found = environment(self.outside, job_python(self.model), surroundings.folder, surroundings.state)
        versions = {**found.versions, **dict.fromkeys(found.missing)}
        self.add("environment", {"python": found.python, **versions})
        inside = surroundings.folder.as_uri()
        for name, url in found.editable.items():
            if url.rstrip("/") != inside and not url.startswith(f"{inside}/"):
                self.warnings.append(f"environment: {name} is installed from {url}: changes of its code go unseen")

    def add(self, part: str, said: Mapping[str, object], digested: object = None) -> None:
        """Add a part: `said` is what is told of it, `digested` what its digest is of (the same, where it is None)."""
        self.parts[part] = digest(said if digested is None else digested)
        self.details[part] = said

    def finish(self) -> Fingerprint:
        """Give the fingerprint, and keep what was read of the sources for the next time."""
        self.sources.save()
        self.parts[READS] = UNSEEN
        trains = frozenset(self.parts) - _SCORING
        if settings.needs_holdout(self.model):
            trains |= {"data.holdout"}
        warnings = tuple(dict.fromkeys(self.warnings))
        return Fingerprint(self.parts, trains, self.details, warnings, frozenset(self.absent), self.asked)


def recut(found: Fingerprint, entry: PartEntry) -> Fingerprint:
    """Give the fingerprint of a training without the rows of another part of the same entry: of one fold."""
    known, said = _cut(found.parts, entry)
    return replace(
        found,
        parts={**found.parts, "data.holdout": known},
        training_parts=found.training_parts | {"data.holdout"},
        details={**found.details, "data.holdout": said},
    )


def _cut(parts: Mapping[str, str], entry: PartEntry) -> tuple[str, Mapping[str, object]]:
    said = settings.part(entry)
    return digest_cut(parts[f"data.{entry.of}"], said), said


def value_parts(model: Node, tree: Tree) -> frozenset[str]:
    """Name the data parts of which only the values matter: tables of a function job, and a holdout that ml-ci reads."""
    tables = {f"data.{name}" for name in read_as_tables(model, tree) if model.data[name].job is None}
    reads = isinstance(model, ModelSpec) and bool(model.job.entry) and model.predict is None
    reads = reads and isinstance(model, ModelSpec) and model.predict_command is None
    reads = reads and not (isinstance(model.kept_back, FileEntry) and model.kept_back.job)
    return frozenset(tables | ({"data.holdout"} if reads else set()))


def job_python(model: Node) -> str | None:
    """Give the interpreter that a job's packages come from: `python:`, or the one that a command itself names.

    Plain `python` and `python3` are the job's interpreter in a command.
    """
    if model.python is None:
        command = model.job.command
        words = command.split() if isinstance(command, str) else command
        return next((word for word in words if _VERSIONED.fullmatch(word)), None)
    return model.python


def _files(found: Iterable[Code]) -> dict[str, str]:
    return {path: known for code in found for path, known in code.files.items()}


def _new(code: Code, known: list[str]) -> list[str]:
    return [warning for warning in code.warnings if warning not in known]
