"""Look into the store, and move records between it and the shared one."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from functools import cached_property
from typing import Any

from ml_ci.errors import StageFailed, UserError
from ml_ci.frozen import dataclass
from ml_ci.records.prune import Stored, list_stored, prune
from ml_ci.records.record import NAME, DamagedRecordError, glance, read, vouch
from ml_ci.records.shared import Shared
from ml_ci.records.store import Store
from ml_ci.records.unreachable import StoreUnreachableError
from ml_ci.reports.records import RecordRow
from ml_ci.steps.keeping.needed import list_needed
from ml_ci.steps.keeping.send import NOT_SENT, send_one
from ml_ci.steps.opening.believed import of_pull_request
from ml_ci.steps.opening.project import locate, open_project
from ml_ci.steps.planning.sides import Fingerprints
from ml_ci.steps.values import Options, Project

_LOG, _LOG_BYTES = "job.log", 64 * 1024


@dataclass(frozen=True)
class Stock:
    """The records of one project."""

    project: Project

    @classmethod
    def open(cls, options: Options) -> Stock:
        """Open the project's store; UserError when there is no project."""
        return cls(open_project(locate(options), options))

    @property
    def store(self) -> Store:
        return self.project.store

    @cached_property
    def shared(self) -> Shared:
        """The shared store; UserError when none is named."""
        if self.store.shared is None:
            hint = "Name it: `store: URL` in ml-ci.yaml, --store URL, or ML_CI_STORE in the environment."
            raise UserError("there is no shared store", hint=hint)
        return self.store.shared

    def rows(self, model: str | None = None) -> list[RecordRow]:
        """List every record, or those of one model, the longest unused first; what is damaged says so.

        UserError for a model that ml-ci.yaml does not declare and of which there is no record.
        """
        rows = [_row(one) for one in list_stored(self.store)]
        if model is None:
            return rows
        found = [row for row in rows if row.content.get("model") == model]
        if not found and model not in self.project.spec.nodes:
            names = ", ".join(sorted({str(row.content["model"]) for row in rows if "model" in row.content}))
            raise UserError(f"no record is of a model `{model}`", hint=f"There are records of: {names or 'none'}.")
        return found

    def row(self, prefix: str) -> RecordRow:
        """Find the one record whose key begins with `prefix`, or with what follows KIND/; and verify it."""
        found = [one for one in list_stored(self.store) if _begins(one.kind, one.key, prefix)]
        if len(found) != 1:
            raise _not_one(prefix, [f"{one.kind}/{one.key[:16]}" for one in found])
        return _row(found[0], whole=True)

    def files(self, row: RecordRow) -> Mapping[str, Mapping[str, Any]]:
        """Give the files of a record with size and digest; none of a damaged one."""
        try:
            files: Mapping[str, Any] = vouch(self.store.folder(row.kind, row.key), row.kind, row.key)["files"]
        except DamagedRecordError:
            return {}
        return files

    def log(self, row: RecordRow) -> str | None:
        """Give the end of the job's log; None when the record has none."""
        path = self.store.folder(row.kind, row.key) / _LOG
        if not path.is_file():
            return None
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _LOG_BYTES))
            return file.read().decode("utf-8", "replace")

    def size(self) -> int:
        """Give the bytes of all records."""
        return sum(one.size for one in list_stored(self.store))

    def prune(self, limit: int | None, older_than: float | None, *, dry_run: bool) -> tuple[Stored, ...]:
        """Remove the longest unused records, and give them; UserError when it cannot be told what is needed."""
        return prune(self.store, self._find_needed(), limit=limit, older_than=older_than, dry_run=dry_run)

    def push(self, prefixes: Collection[str]) -> int:
        """Send the records to the shared store that it has not; give how many were sent.

        UserError in a pull request's run.
        """
        shared = self.shared
        if of_pull_request(self.project.options.environment):
            raise UserError(f"{NOT_SENT}: nothing was sent to {shared.url}", hint="Push from the default branch's run.")
        names = _chosen([one.name for one in list_stored(self.store)], prefixes)
        return sum(send_one(self.store, kind, key) for kind, key in names if not shared.silent)

    def pull(self, prefixes: Collection[str], *, everything: bool) -> int:
        """Bring records that are not here: all, those that `prefixes` begin, or those that a run here asks for."""
        shared = self.shared
        shared.check()
        if prefixes or everything:
            try:
                names = _chosen(sorted(shared.keys()), prefixes)
            except StoreUnreachableError as error:
                raise UserError(error.said(shared.url), hint=error.hint) from None
        else:
            names = sorted(self._find_needed())
        missing = [(kind, key) for kind, key in names if not self.store.holds(kind, key)]
        return sum(self.store.find(kind, key) is not None for kind, key in missing)

    def _find_needed(self) -> frozenset[tuple[str, str]]:
        try:
            return list_needed(self.project, Fingerprints(self.project))
        except StageFailed as error:
            message = f"it cannot be told which records are needed: {error.failure.message}"
            raise UserError(message, hint=error.failure.hint) from None


def _row(one: Stored, *, whole: bool = False) -> RecordRow:
    now = time.time()
    made = one.used
    try:
        made = (one.folder / NAME).stat().st_mtime
        record = (read if whole else glance)(one.folder, one.kind, one.key)
    except (DamagedRecordError, OSError) as error:
        return RecordRow(one.kind, one.key, one.size, now - made, now - one.used, damage=str(error))
    return RecordRow(one.kind, one.key, one.size, now - made, now - one.used, record.content, origin=record.origin)


def _chosen(names: Collection[tuple[str, str]], prefixes: Collection[str]) -> list[tuple[str, str]]:
    if not prefixes:
        return list(names)
    for prefix in prefixes:
        if not any(_begins(kind, key, prefix) for kind, key in names):
            raise _not_one(prefix, [])
    return [(kind, key) for kind, key in names if any(_begins(kind, key, prefix) for prefix in prefixes)]


def _begins(kind: str, key: str, prefix: str) -> bool:
    return key.startswith(prefix) or f"{kind}/{key}".startswith(prefix)


def _not_one(prefix: str, found: list[str]) -> UserError:
    if not found:
        return UserError(f"no record's key begins with {prefix}", hint="ml-ci records list --all names them.")
    return UserError(f"{len(found)} records begin with {prefix}: {', '.join(found[:5])}", hint="Give more of the key.")
