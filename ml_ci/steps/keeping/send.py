"""Send what a run made to the shared store, where the caller allows it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ml_ci.plan.plan import TRAININGS
from ml_ci.records import manifests
from ml_ci.records.index import file_of
from ml_ci.records.record import DamagedRecordError, ForeignRecordError, glance
from ml_ci.records.store import Store
from ml_ci.steps.opening.believed import of_pull_request
from ml_ci.steps.values import Project

NOT_SENT = "a pull request's run does not write the shared store"


@contextmanager
def sending(project: Project) -> Iterator[None]:
    """Send what the work of a `with` block made, also where it fails: the report that follows tells what was sent."""
    try:
        yield
    finally:
        send(project)


def send(project: Project) -> None:
    """Send the records that this run made; what goes wrong is a note of the store.

    Only with `push`, and never in a pull request's run: it may read what the default branch made, not write it.
    """
    shared = project.store.shared
    if project.options.push and shared is not None and of_pull_request(project.options.environment):
        said = f"{NOT_SENT}: nothing was sent to {shared.url}"
        shared.notes += [] if said in shared.notes else [said]
    elif project.options.push:
        for kind, key in project.store.kept:
            send_one(project.store, kind, key)
        if shared is not None and project.store.kept:
            from ml_ci.records.ledgers import Ledgers  # it reads tables: a run in which records answer never needs it

            Ledgers(project.store).send()


def send_one(store: Store, kind: str, key: str) -> bool:
    """Send one record, and what is remembered of its commit; say whether it was sent."""
    if store.shared is None:
        return False
    folder = store.folder(kind, key)
    try:
        found = glance(folder, kind, key)
        if why := store.beliefs.foreign(found.origin):
            raise ForeignRecordError(f"it was {why}")
        content, sent = found.content, store.shared.push(kind, key, folder)
    except DamagedRecordError as error:
        store.shared.notes.append(f"the record {kind}/{key[:12]} was not sent: {error}")
        return False
    for one in manifests.unpack_entries(content) if sent else ():
        place = manifests.folder_of(store.root, one.manifest) / f"{one.key}.json"
        if place.is_file():
            store.shared.keep_reads(one.manifest, one.key, place)
    if sent and kind == TRAININGS and content.get("commit"):
        file = file_of(store, content["commit"], content["model"], key)
        if file.is_file():
            store.shared.remember(content["commit"], content["model"], key, file)
    return sent
