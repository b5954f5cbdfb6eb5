"""Read the cases of a behaviour: rows with their right label, those that a change removes among them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ml_ci.behaviours.asks import Asker
from ml_ci.behaviours.columns import Columns, read_columns
from ml_ci.behaviours.measure import BROKEN, NO_ANSWER, measure_cases
from ml_ci.errors import UserError
from ml_ci.evaluation.comparison import stand
from ml_ci.evaluation.labels import ABSENT, classes_of
from ml_ci.frozen import dataclass
from ml_ci.spec.behaviours import Behaviour
from ml_ci.spec.problems import suggest
from ml_ci.spec.values import ModelSpec
from ml_ci.steps.planning.behaviours import CasesFile, read_cases
from ml_ci.steps.working.workshop import Workshop
from ml_ci.tables.table import Table

_HINT = "A case is a row as the holdout has it, with every column and its right label."


@dataclass(frozen=True, eq=False)
class Cases:
    """Hold the cases of each table: what a model is given of them, and which are positive, (cases,).

    `places` say of each case in which table it stands, and where there, from 0.
    """

    parts: tuple[tuple[Columns, NDArray[np.bool_]], ...]
    places: tuple[tuple[str, int], ...] = ()

    @property
    def rows(self) -> int:
        """How many cases there are."""
        return sum(columns.rows for columns, _ in self.parts)

    def tell(self, found: NDArray[np.uint8]) -> str | None:
        """Name the first case that the model is wrong about, and count the others; None where it is right."""
        wrong = np.flatnonzero((found == BROKEN) | (found == NO_ANSWER))
        if not len(wrong):
            return None
        source, row = self.places[wrong[0]]
        is_positive = np.concatenate([positive for _, positive in self.parts])[wrong[0]]
        right, said = ("positive", "negative") if is_positive else ("negative", "positive")
        said = "got no answer" if found[wrong[0]] == NO_ANSWER else f"was called {said}"
        more = f" (and {len(wrong) - 1:,} more)" if len(wrong) > 1 else ""
        return f"case {row + 1:,} of {source} is {right} and {said}{more}"


def measure_all_cases(cases: Cases, asker: Asker) -> NDArray[np.uint8]:
    """Say of each case, uint8 of shape (cases,), what `measure_cases` does."""
    return np.concatenate([measure_cases(columns, positive, asker) for columns, positive in cases.parts])


def read_all_cases(shop: Workshop, behaviour: Behaviour) -> Cases:
    """Read the candidate's cases, and those of the branch whose gates judge where they are others.

    UserError for a file that is not there, and for what is no row of the holdout with its label.
    """
    files = read_cases(shop.project, shop.sides, behaviour)
    if not files:
        raise UserError(f"{behaviour.cases}: there is no such file in this change or its base", hint=_HINT)
    parts, known, places = [], set[str](), list[tuple[str, int]]()
    for number, file in enumerate(files):
        table = _open(shop, file, f"{behaviour.name}-{number}")
        if table is not None:
            columns, positive = _read(shop, table)
            kept = _find_new(columns, positive, known)
            parts += [_take(columns, positive, kept)] if kept.any() else []
            places += [(file.source, row) for row in np.flatnonzero(kept).tolist()]
    return Cases(tuple(parts), tuple(places))


def _open(shop: Workshop, file: CasesFile, name: str) -> Table | None:
    """Open a table of cases; None where it has a header and nothing else."""
    path = shop.work / f"cases-{name}" / file.name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(file.content)
    if not path.suffix.lower().startswith(".parq") and len(file.content.strip().splitlines()) < 2:
        return None
    table = Table.open(path, shown=file.source)
    return table if table.rows else None


def _read(shop: Workshop, table: Table) -> tuple[Columns, NDArray[np.bool_]]:
    model, holdout = shop.sides.candidate.model, shop.holdout
    for column in table.names:
        if not holdout.has(column):
            near = suggest(column, holdout.names)
            raise UserError(f"{table.shown}: the holdout has no column {column!r}{near}", hint=_HINT)
    missing = [name for name in holdout.names if not table.has(name)]
    if missing:
        raise UserError(f"{table.shown}: the column {missing[0]!r} is missing", hint=_HINT)
    return read_columns(table, [model.label]), _read_positive(table, model)


def _read_positive(table: Table, model: ModelSpec) -> NDArray[np.bool_]:
    """Say which cases are positive; all may be of one class."""
    codes, values = table.codes([model.label])
    texts = [value for (value,) in values]
    if any(text in ABSENT for text in texts):
        row = int(np.isin(codes, [place for place, text in enumerate(texts) if text in ABSENT]).argmax())
        raise UserError(f"{table.where(row)}: no label in column {model.label!r}", hint=_HINT)
    if model.positive.comparison is not None:
        return stand(table, model.label, model.positive.comparison)[1]
    classes = classes_of(table.counts(model.label), model.positive)
    return np.array([classes.names[text] in classes.positive for text in texts], np.bool_)[codes]


def _find_new(columns: Columns, positive: NDArray[np.bool_], known: set[str]) -> NDArray[np.bool_]:
    """Say which cases stand in no table before, and note all of them; a case with another label is another."""
    said = [repr((sorted(columns.row(row).items(), key=str), bool(positive[row]))) for row in range(columns.rows)]
    kept = np.array([text not in known for text in said], np.bool_)
    known.update(said)
    return kept


def _take(columns: Columns, positive: NDArray[np.bool_], kept: NDArray[np.bool_]) -> tuple[Columns, NDArray[np.bool_]]:
    taken = {name: replace(one, codes=one.codes[kept]) for name, one in columns.columns.items()}
    return Columns(taken, int(kept.sum())), positive[kept]
