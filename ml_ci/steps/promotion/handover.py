"""Hand records from one job of a workflow to another of the same run: those of what passed, and no other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from ml_ci.errors import UserError
from ml_ci.frozen import dataclass
from ml_ci.plan.plan import PREDICTIONS, TRAININGS, VERDICTS
from ml_ci.records.archive import unpack
from ml_ci.records.places import Folder
from ml_ci.records.record import DamagedRecordError, Record, glance
from ml_ci.records.remote import Remote
from ml_ci.records.store import Store
from ml_ci.records.unreachable import StoreUnreachableError
from ml_ci.reports.as_json import loads
from ml_ci.reports.text import label
from ml_ci.reports.values import Report
from ml_ci.spec.values import Spec
from ml_ci.steps.opening.project import locate, open_project
from ml_ci.steps.planning.sides import Fingerprints
from ml_ci.steps.telling.publish import NAME
from ml_ci.steps.values import Options, Project

_KEY = "[0-9a-f]{8,128}"
_ARCHIVE = re.compile(rf"(?:.*/)?({TRAININGS}|{PREDICTIONS}|{VERDICTS})/({_KEY})\.tar")
_MOST_ARCHIVES = 10_000


@dataclass(frozen=True)
class Taken:
    """What arrived: the number of records, a sentence for each archive that was refused, and for each model that lacks
    records one that says which."""

    records: int
    refused: tuple[str, ...]
    missing: Mapping[str, str]


def hand_over(options: Options, folder: Path) -> int:
    """Write an archive of each record of what passed in the last run: `FOLDER/KIND/KEY.tar`; give how many.

    They are the trainings that the report names, what was predicted and judged of these, and what jobs made for them
    and of them. UserError when there is no report, when a record is damaged, and when the folder cannot be written.
    """
    project = open_project(locate(options), options)
    store, report = project.store, _report(project.store)
    remote, passed = Remote(Folder(folder)), _list_passed(report)
    wanted = {*passed.values(), *_list_made(project, report, passed)}
    for key in wanted:
        store.find(TRAININGS, key)  # where only the shared store has it, it is brought
    chosen = [one for one in store.records() if _of(*one) in wanted and _is_believed(store, *one)]
    try:
        for kind, key, at in chosen:
            remote.push(kind, key, at)
    except DamagedRecordError as error:
        raise UserError(f"the record {kind}/{key[:12]} is damaged: {error}", hint="Judge again: ml-ci run") from None
    except StoreUnreachableError as error:
        raise UserError(f"{folder}: {error.message}") from None
    return len(chosen)


def take_over(options: Options, folder: Path) -> Taken:
    """Take the records whose archives lie anywhere below a folder, each verified, into the store.

    Of all that lies there nothing is believed: only records of a model that passed, by this run's report, are taken,
    and of jobs that such a model builds on or that passed themselves. What is damaged, of another run or no archive at
    all is refused by name, and the others are taken. UserError when there is no report.
    """
    project = open_project(locate(options), options)
    store, report = project.store, _report(project.store)
    trainings = _list_passed(report)
    jobs = _name_jobs(project.spec, report, trainings)
    taken, refused = [], []
    for path in _archives(folder):
        try:
            taken.append(_take(store, folder, path, _Wanted(frozenset(trainings.values()), jobs)))
        except DamagedRecordError as error:
            refused.append(f"{label(path.relative_to(folder).as_posix())}: {label(str(error), 500)}")
    return Taken(len({(one.kind, one.key) for one in taken}), tuple(refused), dict(_missing(trainings, taken)))


@dataclass(frozen=True)
class _Wanted:
    """What is taken: what is of these trainings, by key, and records of these jobs, by name."""

    trainings: frozenset[str]
    jobs: frozenset[str]

    def __contains__(self, found: tuple[str, str, Path]) -> bool:
        kind, key, folder = found
        return _of(*found) in self.trainings or (kind == TRAININGS and _read(kind, key, folder, "model") in self.jobs)


def _take(store: Store, folder: Path, path: Path, wanted: _Wanted) -> Record:
    found = _ARCHIVE.fullmatch(path.relative_to(folder).as_posix())
    if found is None or not path.is_file() or path.resolve() != folder.resolve() / path.relative_to(folder):
        raise DamagedRecordError("it is no archive of a record")
    kind, key = found.groups()
    with store.draft() as draft:
        with path.open("rb") as stream:
            unpack(stream, draft, kind, key)
        if (kind, key, draft) not in wanted:
            raise DamagedRecordError("it belongs to no model that passed in this run")
        return store.adopt(draft, kind, key)


def _of(kind: str, key: str, folder: Path) -> object:
    """Give the key of the training that a record is of; None for kinds that are of none."""
    if kind == TRAININGS:
        return key
    if kind not in (PREDICTIONS, VERDICTS):
        return None
    return _read(kind, key, folder, "training")


def _read(kind: str, key: str, folder: Path, name: str) -> str | None:
    """Read what a record says of itself; None where it is damaged."""
    try:
        return str(glance(folder, kind, key).content.get(name))
    except DamagedRecordError:
        return None


def _name_jobs(spec: Spec, report: Report, passed: Iterable[str]) -> frozenset[str]:
    """Name the jobs that passed, and those that a model which passed, or one of these, builds on."""
    done = [name for name in spec.jobs if name in report.jobs and report.jobs[name].verdict == "pass"]
    above = (spec.find_upstream(name) for name in (*done, *passed) if name in spec.nodes)
    return frozenset(done).union(*above) & {*spec.jobs}


def _list_made(project: Project, report: Report, passed: Iterable[str]) -> Iterator[str]:
    """Give the keys of what those jobs made."""
    fingerprints = Fingerprints(project)
    for name in _name_jobs(project.spec, report, passed):
        yield fingerprints.job(name)[0].fingerprint.training


def _is_believed(store: Store, kind: str, key: str, folder: Path) -> bool:
    """Say whether a record was made where it is believed; of a damaged one that is said where it is read."""
    try:
        return not store.beliefs.foreign(glance(folder, kind, key).origin)
    except DamagedRecordError:
        return True


def _missing(trainings: Mapping[str, str], taken: list[Record]) -> Iterator[tuple[str, str]]:
    for model, training in trainings.items():
        trained = any((one.kind, one.key) == (TRAININGS, training) for one in taken)
        verdicts = (one.content for one in taken if one.kind == VERDICTS)
        judged = any((one.get("model"), one.get("training")) == (model, training) for one in verdicts)
        lost = " and ".join(name for name, there in (("training", trained), ("verdict", judged)) if not there)
        if lost:
            yield model, f"of `{label(model)}` no record of the {lost} arrived"


def _archives(folder: Path) -> Iterator[Path]:
    found = sorted(path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    if len(found) > _MOST_ARCHIVES:
        raise UserError(f"{folder}: more than {_MOST_ARCHIVES:,} files", hint="Name the folder of this run only.")
    yield from found


def _list_passed(report: Report) -> dict[str, str]:
    """Give the training of each model that passed."""
    return {
        name: model.candidate.record
        for name, model in report.models.items()
        if model.verdict == "pass" and model.candidate is not None and re.fullmatch(_KEY, model.candidate.record)
    }


def _report(store: Store) -> Report:
    try:
        return loads((store.root / NAME).read_bytes())
    except FileNotFoundError:
        raise UserError("nothing was judged here yet: there is no .ml_ci/report.json", hint="ml-ci run") from None
