"""The ledgers of holdouts, kept beside the records: one file per holdout, never pruned."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ml_ci.errors import UserError
from ml_ci.evaluation.clusters import Sketch
from ml_ci.frozen import dataclass
from ml_ci.gates.ledger import Ledger, Look, merged, promoted
from ml_ci.records.atomic import write_text
from ml_ci.records.codec import pack, unpack
from ml_ci.records.store import Store
from ml_ci.tables.content import Content

FORMAT = 1
FOLDER = "ledgers"


@dataclass(frozen=True)
class Ledgers:
    """Read and write the ledgers of a store; several processes may do so at the same time."""

    store: Store

    def all(self) -> Iterator[Ledger]:
        """Give every ledger, the one with the latest look last; UserError for a file that is damaged.

        A damaged ledger is never passed over: forgotten looks would be spent twice.
        """
        found = [loads(path.read_text(encoding="utf-8"), str(path)) for path in self._paths()]
        yield from sorted(found, key=lambda one: max((look.when for look in one.looks), default=""))

    def note(self, holdout: Content, look: Look, clusters: Sketch | None = None) -> Ledger:
        """Add a look to a holdout's ledger, and its clusters; what stands there already stays as it is."""
        return self.merge(Ledger(holdout, (look,), clusters))

    def merge(self, ledger: Ledger) -> Ledger:
        """Join a ledger, from elsewhere or of a new look, with the one that is here."""
        return self._change(ledger.holdout, lambda here: merged(here, ledger))

    def promote(self, model: str, candidate: str) -> int:
        """Note that a candidate (the key of its training) was promoted; give the number of ledgers that know it."""
        known = 0
        for ledger in list(self.all()):
            after = promoted(ledger, model, candidate)
            if any((look.pair.model, look.pair.candidate) == (model, candidate) for look in ledger.looks):
                self.merge(after)
                known += 1
        return known

    def bring(self) -> None:
        """Join the ledgers of the shared store with those here; one that does not answer is a note of it."""
        shared = self.store.shared
        for name, text in (shared.ledgers() if shared is not None else {}).items():
            self.merge(loads(text, f"the ledger {name} of the shared store"))

    def send(self) -> None:
        """Send the ledgers to the shared store, joined with what is there."""
        self.bring()
        for path in self._paths() if self.store.shared is not None else ():
            self.store.shared.keep_ledger(path)  # type: ignore[union-attr]

    def _change(self, holdout: Content, change: Callable[[Ledger], Ledger]) -> Ledger:
        path = self.store.ready() / FOLDER / f"{holdout.digest}.json"
        path.parent.mkdir(exist_ok=True)
        with self.store.lock(f"ledger-{holdout.digest[:32]}"):
            here = loads(path.read_text(encoding="utf-8"), str(path)) if path.exists() else Ledger(holdout)
            after = change(here)
            if after != here:
                write_text(path, dumps(after))
        return after

    def _paths(self) -> list[Path]:
        return sorted((self.store.root / FOLDER).glob("*.json"))


def dumps(ledger: Ledger) -> str:
    """Write a ledger as JSON text."""
    return json.dumps({"format": FORMAT, **pack(ledger)}, indent=1, sort_keys=True) + "\n"


def loads(text: str, name: str) -> Ledger:
    """Read a ledger back; UserError when it is none."""
    try:
        data: Any = json.loads(text)
        if not isinstance(data, dict) or data.pop("format", None) != FORMAT:
            raise ValueError(f"it has another format than {FORMAT}")
        return unpack(Ledger, data)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise UserError(
            f"{name} is damaged: {error}",
            hint="Take it from another copy of the store; if there is none, remove it and label fresh rows.",
        ) from None
