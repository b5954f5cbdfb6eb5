"""Open the live rows of a model: its sources, and a database of their own for as long as they are read."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ml_ci.errors import UserError
from ml_ci.frozen import dataclass
from ml_ci.live.remote import NothingThereError
from ml_ci.live.sources import Opened, Surroundings, open_source
from ml_ci.spec.live import LiveSpec
from ml_ci.spec.values import ModelSpec
from ml_ci.tables.duck import Database, connect, select


@dataclass(frozen=True)
class Live:
    """The opened rows of one model; `labels` is None where they stand beside the predictions, or nowhere."""

    model: ModelSpec
    live: LiveSpec
    database: Database
    predictions: Opened
    labels: Opened | None
    notes: tuple[str, ...] = ()


@contextmanager
def open_live(model: ModelSpec, folder: Path, environment: Mapping[str, str]) -> Iterator[Live]:
    """Open predictions and labels for the time of a `with` block; UserError where one cannot be read."""
    if model.live is None:
        raise UserError(f"{model.name} has no `live:` in ml-ci.yaml", hint="Say there where its live rows are.")
    with tempfile.TemporaryDirectory(prefix="ml-ci-live-") as work:
        database = connect(shown=f"the live rows of {model.name}")
        try:
            around = Surroundings(model.live, folder, Path(work), environment)
            predictions = open_source(model.live.predictions, database, around)
            labels, notes = _open_labels(model.live, database, around)
            yield Live(model, model.live, database, predictions, labels, notes)
        finally:
            database.execute("RESET file_search_path")
            database.close()


def _open_labels(live: LiveSpec, database: Database, around: Surroundings) -> tuple[Opened | None, tuple[str, ...]]:
    """Open the labels; none of them need be there soon after a promotion, and no rate passes without."""
    if live.labels is None:
        return None, ()
    try:
        return open_source(live.labels, database, around), ()
    except NothingThereError as missing:
        return None, (f"{missing.message.replace('live rows', 'labels')}: no rate is known yet",)


def keep_first_of_units(opened: Live, partition: str) -> list[str]:
    """Let the first row of each unit count, in each of the given columns; say how many rows do not."""
    if opened.live.unit is None:
        return []
    database = opened.database
    before = (database.execute(select("count(*)", "answers")).fetchone() or (0,))[0]
    first = f"QUALIFY row_number() OVER (PARTITION BY {partition}, coalesce('u' || u, 'i' || id) ORDER BY t, id) = 1"
    database.execute(f"CREATE TEMP TABLE firsts AS {select('*', 'answers', first)}")
    database.execute("DROP TABLE answers")
    database.execute("ALTER TABLE firsts RENAME TO answers")
    after = (database.execute(select("count(*)", "answers")).fetchone() or (0,))[0]
    left = before - after
    return [f"{left:,} further rows of units ({opened.live.unit}) were not counted: the first counts"] if left else []
