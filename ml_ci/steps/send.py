"""Send what a run made to the shared store, where the caller allows it."""

from __future__ import annotations

from ml_ci.plan.plan import TRAININGS
from ml_ci.records import manifests
from ml_ci.records.index import file_of
from ml_ci.records.ledgers import Ledgers
from ml_ci.records.record import DamagedRecordError, glance
from ml_ci.records.store import Store
from ml_ci.steps.values import Project


def send(project: Project) -> None:
    """Send the records that this run made; what goes wrong is a note of the store.

    Only with `push`: a pull request's run may read what the default branch made, and must not write it.
    """
    if project.options.push:
        for kind, key in project.store.kept:
            send_one(project.store, kind, key)
        if project.store.shared is not None and project.store.kept:
            Ledgers(project.store).send()


def send_one(store: Store, kind: str, key: str) -> bool:
    """Send one record, and what is remembered of its commit; say whether it was sent."""
    if store.shared is None:
        return False
    folder = store.folder(kind, key)
    try:
        sent = store.shared.push(kind, key, folder)
        content = glance(folder, kind, key).content
    except DamagedRecordError as error:
        store.shared.notes.append(f"the record {kind}/{key[:12]} was not sent: {error}")
        return False
    for one in manifests.unpacked(content) if sent else ():
        place = manifests.folder_of(store.root, one.manifest) / f"{one.key}.json"
        if place.is_file():
            store.shared.keep_reads(one.manifest, one.key, place)
    if sent and kind == TRAININGS and content.get("commit"):
        file = file_of(store, content["commit"], content["model"], key)
        if file.is_file():
            store.shared.remember(content["commit"], content["model"], key, file)
    return sent
