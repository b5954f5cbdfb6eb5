"""Look for rows of the holdout in what each side was trained on; what was found is kept in the cache of the store."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from ml_ci.changes.globs import is_glob, matching
from ml_ci.changes.remote import is_remote
from ml_ci.digests import digest
from ml_ci.errors import StageFailed, UserError
from ml_ci.frozen import dataclass
from ml_ci.plan.plan import TRAININGS
from ml_ci.records.atomic import write_text
from ml_ci.records.codec import pack, unpack_if_fit
from ml_ci.repository.git import GitError
from ml_ci.spec.values import FileEntry, ModelSpec, PartEntry
from ml_ci.steps.values import Made, Project, Sides
from ml_ci.steps.working.train import find_outputs
from ml_ci.steps.working.workshop import Workshop
from ml_ci.suspicion.overlap import Overlap, add_answers, judge_overlap
from ml_ci.tables.parts import cut
from ml_ci.tables.shared_rows import Compared, shared_rows
from ml_ci.tables.table import Table

FORMAT = 2
# A table in more files than these, or with more rows, is not looked through.
MOST_FILES = 200
MOST_ROWS = 50_000_000
_TABLES = (".csv", ".tsv", ".txt", ".gz", ".parquet", ".pq")


@dataclass(frozen=True)
class Training:
    """A table that a side was trained on: the entry `name` of `side`, said as `shown`; `of` is whose training it is."""

    of: Literal["candidate", "baseline"]
    side: Made
    name: str
    shown: str

    @property
    def entry(self) -> FileEntry:
        return self.side.model.data[self.name]

    @property
    def cut(self) -> PartEntry | None:
        """What is cut out of it before its model is trained; where that is judged by folds, all of them."""
        holdout = self.side.model.kept_back
        if not isinstance(holdout, PartEntry) or holdout.of != self.name or (holdout.whole and self.needed):
            return None
        return holdout

    @property
    def needed(self) -> bool:
        """Whether it is the table of a model that the judged one builds on."""
        return self.shown != self.name

    def named(self, found: Overlap) -> Overlap:
        """Say whose table it is in which rows were found."""
        folds = 0 if self.cut is None or self.cut.folds is None else self.cut.folds
        cut = self.cut is not None
        return replace(found, side=self.of, data=self.shown, path=self.entry.path, cut=cut, folds=folds)

    @property
    def content(self) -> object:
        """What tells one table from another; None where that is not known."""
        said = self.side.declared.details.get(f"data.{self.name}", {})
        if self.entry.job is not None:
            return [said.get("training") or said.get("content"), self.entry.path, self.entry.columns, pack(self.cut)]
        return None if said.get("content") is None else [said["content"], self.entry.columns, pack(self.cut)]


def find_overlaps(shop: Workshop) -> tuple[Overlap, ...]:
    """Count the rows of the holdout in every table that a side was trained on; nothing of what cannot be read here."""
    found = []
    for training in list_tables(shop.sides):
        file = _file(shop.project, shop.sides, training)
        one = _find_cached(file)
        if one is None:
            with contextlib.suppress(UserError, StageFailed, GitError, OSError):
                one = _look(shop, training)
                _keep(shop.project, file, one)
        found += [] if one is None else [training.named(one)]
    return tuple(one for one in found if one.rows)


def list_tables(sides: Sides) -> Iterator[Training]:
    """List the tables of the candidate and of what it builds on, then the baseline's where they are others.

    What the job reads that leaves the holdout as a file holds its rows: that is what was cut, and not what is left.
    """
    holdout = sides.candidate.model.holdout
    cutting = holdout.job if isinstance(holdout, FileEntry) else None
    own = list(_trainings("candidate", sides.candidate, "", cutting))
    yield from own
    known = [one.content for one in own]
    champion = None if sides.baseline is None else sides.baseline.champion
    if sides.baseline is not None and (champion is None or champion.ours):
        yield from (one for one in _trainings("baseline", sides.baseline, "", cutting) if one.content not in known)


def _trainings(of: Literal["candidate", "baseline"], side: Made, whose: str, cutting: str | None) -> Iterator[Training]:
    for name, entry in side.model.data.items():
        if not is_remote(entry.path):
            yield Training(of, side, name, name + whose)
    for name, needed in side.needs.items():
        if name != cutting:
            yield from _trainings(of, needed, f" of `{name}`", cutting)


def _look(shop: Workshop, training: Training) -> Overlap:
    """Compare the holdout with one table. UserError and OSError where that is nowhere, or no table."""
    if training.cut is not None and training.cut.whole:
        return _judge(_compare_folds(shop, training, training.cut))
    return _judge(_compare(shop, shop.holdout, _tables(shop, training)))


def _judge(answers: Sequence[Compared]) -> Overlap:
    return judge_overlap(answers) if answers else Overlap("candidate", "", "", 0, None, 0)


def _compare(shop: Workshop, holdout: Table, tables: Sequence[Table]) -> Sequence[Compared]:
    model = shop.sides.candidate.model
    if not tables or sum(table.rows for table in tables) > MOST_ROWS:
        return ()
    return shared_rows(holdout, tables, model.label, without=_cutting(model), naming=_naming(model))


def _compare_folds(shop: Workshop, training: Training, part: PartEntry) -> Sequence[Compared]:
    """Compare each fold with the rows that its model is trained on, those of all other folds."""
    folder, entry, found = _folder(shop, training), training.entry, []
    places = _places(shop, training, folder)
    for number in range(part.folds or 0) if len(places) == 1 else ():
        fold, own = replace(part, fold=number), folder / f"fold-{number}-{shop.holdout.path.name}"
        rest = _rest(training, fold, places[0], folder / str(number))
        columns = None if shop.holdout.layout.header or shop.holdout.layout.parquet else shop.holdout.names
        cut(shop.holdout.path, fold, None, own, columns=columns)
        tables = [Table.open(rest, entry.columns, shown=entry.path)]
        found.append(_compare(shop, Table.open(own, columns, shown=entry.path), tables))
    return add_answers(found)


def _cutting(model: ModelSpec) -> tuple[str, ...]:
    """Name the column by whose value rows were cut: it differs between the parts by itself."""
    part = model.holdout
    if not isinstance(part, PartEntry):
        return ()
    return tuple(condition[0] for condition in (part.where, part.after) if condition is not None)


def _naming(model: ModelSpec) -> tuple[str, ...]:
    """Name the columns that say which row it is: equal rows under two names are equal rows."""
    part = model.holdout
    by = part.by if isinstance(part, PartEntry) else None
    return tuple(name for name in (model.id, by) if name is not None)


def _tables(shop: Workshop, training: Training) -> Sequence[Table]:
    """Open the table of an entry without the rows that are cut out of it, or the tables of a folder or a pattern."""
    folder = _folder(shop, training)
    places = _places(shop, training, folder)
    if training.cut is not None and len(places) == 1:
        places = [_rest(training, training.cut, places[0], folder)]
    return [Table.open(place, training.entry.columns, shown=training.entry.path) for place in places]


def _folder(shop: Workshop, training: Training) -> Path:
    return shop.work / "overlaps" / f"{training.of}-{digest([training.shown])[:12]}"


def _rest(training: Training, part: PartEntry, source: Path, folder: Path) -> Path:
    """Write the rows of a table that are left to train on."""
    rest = folder / f"rest-{source.name}"
    rest.parent.mkdir(parents=True, exist_ok=True)
    cut(source, part, rest, folder / f"part-{source.name}", columns=training.entry.columns)
    return rest


def _places(shop: Workshop, training: Training, folder: Path) -> list[Path]:
    """Give the files of an entry: of the working tree as they lie there, of a commit as git has them, of a job as its
    record has them; UserError where that was not done.
    """
    project, tree, path = shop.project, training.side.tree, training.entry.path
    holdout = shop.sides.candidate.model.holdout
    judging = holdout.path if isinstance(holdout, FileEntry) and holdout.path != path else ""  # in a folder of both
    if training.entry.job is not None:
        made = project.store.find(TRAININGS, training.side.needs[training.entry.job].fingerprint.training)
        left = None if made is None else find_outputs(made)
        if left is None:
            raise UserError(f"the job `{training.entry.job}` was not done")
        return _chosen([left / one for one in _here(left, path) if left / one != left / judging])
    if tree.commit is None:
        here = (project.folder / one for one in _here(project.folder, path))
        return _chosen([one for one in here if one != project.folder / judging])
    places = []
    for number, one in enumerate(_chosen([Path(one) for one in matching(path, tree.files()) if one != judging])):
        places.append(folder / str(number) / one.name)
        places[-1].parent.mkdir(parents=True, exist_ok=True)
        places[-1].write_bytes(tree.read(one.as_posix()))
    return places


def _here(folder: Path, path: str) -> list[str]:
    if is_glob(path):
        return sorted(str(one) for one in folder.glob(path) if one.is_file())
    if (folder / path).is_dir():
        return sorted(str(one) for one in (folder / path).rglob("*") if one.is_file())
    return [path] if (folder / path).is_file() else []


def _chosen(places: list[Path]) -> list[Path]:
    """Take one file as it is, and of several those whose names are of tables, unless there are very many."""
    if len(places) <= 1:
        return places
    tables = [one for one in places if one.suffix.lower() in _TABLES]
    return tables if len(tables) <= MOST_FILES else []


def _file(project: Project, sides: Sides, training: Training) -> Path | None:
    """Name the file of the cache; None where it is not known what the table is."""
    if training.content is None:
        return None
    model, known = sides.candidate.model, sides.candidate.fingerprint.holdout
    key = [FORMAT, known, model.label, _cutting(model), _naming(model), training.content]
    return project.store.root / "cache" / "overlaps" / f"{digest(key)}.json"


def _find_cached(file: Path | None) -> Overlap | None:
    try:
        return None if file is None else unpack_if_fit(Overlap, json.loads(file.read_bytes()))
    except (OSError, ValueError, RecursionError):
        return None


def _keep(project: Project, file: Path | None, found: Overlap) -> None:
    if file is not None:
        project.store.ready()
        file.parent.mkdir(parents=True, exist_ok=True)
        write_text(file, json.dumps(pack(found)))
