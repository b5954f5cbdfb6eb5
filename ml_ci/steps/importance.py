"""What a model relies on: how much worse it gets when one feature of the holdout is shuffled."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ml_ci.errors import StageFailed, UserError
from ml_ci.registry.values import NoAnswerError, Version
from ml_ci.reports.card_values import Importance, Moved
from ml_ci.steps.champion import against
from ml_ci.steps.score import read_predictions, scored_rows, with_threshold
from ml_ci.steps.sides import Fingerprints
from ml_ci.steps.train import trained
from ml_ci.steps.values import Project, Side
from ml_ci.steps.workshop import Workshop, workshop
from ml_ci.training.values import Input

if TYPE_CHECKING:
    from ml_ci.evaluation.scores import Predictions

ROWS, FEATURES, SEED, SECONDS = 1000, 40, 0, 300.0


@dataclass(frozen=True)
class Sample:
    """Rows of the holdout: the names of the features, their cells, and the label of each row."""

    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    labels: tuple[str, ...]
    headed: bool
    separator: str


def importance(project: Project, version: Version) -> Importance:
    """Have a version score shuffled rows of today's holdout, in one job; where that cannot be, it says why."""
    try:
        candidate = Fingerprints(project).candidate(version.model)
        found = Fingerprints(project)
        sides = against(project, candidate, version, lambda commit: found.at(version.model, commit))
        if sides.baseline is None or version.fingerprint()[0].get("data.holdout") != _holdout(candidate):
            return Importance(why="the holdout is another than the one that it was judged on")
        with workshop(project, sides) as shop:
            return _measured(shop, _limited(sides.baseline))
    except StageFailed as error:
        return Importance(why=error.failure.message)
    except NoAnswerError as error:
        return Importance(why=error.message)
    except UserError as error:
        return Importance(why=error.message)


def _holdout(side: Side) -> str | None:
    return side.fingerprint.parts.get("data.holdout")


def _limited(side: Side) -> Side:
    """Give the job no more time than a card may take."""
    budget = replace(side.model.budget, seconds=min(side.model.budget.seconds, SECONDS))
    return replace(side, model=replace(side.model, budget=budget))


def _measured(shop: Workshop, side: Side) -> Importance:
    from ml_ci.evaluation.labels import read_labels
    from ml_ci.tables.table import Table

    training = trained(shop, side)
    if training.content["predictions"] is not None:
        return Importance(why="its command predicts the holdout itself, and scores no other rows")
    sample = _sample(shop)
    if sample is None:
        return Importance(why="the holdout is no text table")
    names = sample.names[:FEATURES]
    rows, labelled = shop.work / "shuffled.csv", shop.work / "shuffled-labelled.csv"
    label = shop.sides.candidate.model.label
    _write(rows, sample, names, None)
    _write(labelled, sample, names, label)
    columns = None if sample.headed else sample.names
    table = Table.open(labelled, None if columns is None else (*columns, label), shown="the shuffled holdout")
    given = Input(str(rows), columns, None if sample.separator == "," else sample.separator)
    scored = scored_rows(shop, side, training, "shuffled holdout", given, table.rows)
    model = shop.sides.candidate.model
    predicted = read_predictions(model, side, scored.predictions, table, scored.kind)
    decided = with_threshold(shop, side, training, predicted)
    y_true = read_labels(table, label, model.positive).y_true
    return _compared(sample, names, y_true, decided)


def _sample(shop: Workshop) -> Sample | None:
    """Draw rows of the holdout by a fixed seed; None where it is no text table."""
    rows = shop.holdout_rows
    path = Path(rows.path)
    if path.suffix.lower() not in (".csv", ".tsv", ".txt"):
        return None
    separator = rows.separator or ","
    with path.open(newline="", encoding="utf-8-sig") as file:
        lines = [tuple(row) for row in csv.reader(file, delimiter=separator) if row]
    names, cells = (rows.columns, lines) if rows.columns is not None else (lines[0], lines[1:])
    labels = shop.holdout.text(shop.sides.candidate.model.label)
    if len(labels) != len(cells) or any(len(row) != len(names) for row in cells):
        return None
    drawn = sorted(random.Random(SEED).sample(range(len(cells)), min(ROWS, len(cells))))  # noqa: S311
    return Sample(
        tuple(name.strip() for name in names),
        tuple(cells[at] for at in drawn),
        tuple(str(labels[at]) for at in drawn),
        rows.columns is None,
        separator,
    )


def _write(path: Path, sample: Sample, names: tuple[str, ...], label: str | None) -> None:
    """Write the rows as they are, then once more for each feature with that one shuffled; `label` adds its column."""
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, delimiter=sample.separator, lineterminator="\n")
        if sample.headed:
            out.writerow((*sample.names, *(() if label is None else (label,))))
        for block in _blocks(sample, len(names)):
            for row, true in zip(block, sample.labels, strict=True):
                out.writerow((*row, *(() if label is None else (true,))))


def _blocks(sample: Sample, features: int) -> Iterator[list[tuple[str, ...]]]:
    yield list(sample.rows)
    for at in range(features):
        order = list(range(len(sample.rows)))
        random.Random(f"{SEED} {sample.names[at]}").shuffle(order)  # noqa: S311
        yield [
            (*row[:at], sample.rows[other][at], *row[at + 1 :]) for row, other in zip(sample.rows, order, strict=True)
        ]


def _compared(sample: Sample, names: tuple[str, ...], y_true: Any, decided: Predictions) -> Importance:
    """Measure each block of rows, and give how much worse it is than the first."""
    from ml_ci.evaluation.metrics import auc, curve

    size = len(sample.rows)
    scores = decided.score

    def rates(number: int) -> tuple[float | None, float | None, float | None]:
        at = slice(number * size, (number + 1) * size)
        drawn = None if scores is None else auc(curve(y_true[at], scores[at]))
        wrong = decided.decision[at] != y_true[at]
        return (_share(wrong, ~y_true[at]), _share(wrong, y_true[at]), drawn)

    base = rates(0)
    moved = [
        Moved(name, *(_less(now, was) for now, was in zip(rates(number), base, strict=True)))
        for number, name in enumerate(names, 1)
    ]
    moved.sort(key=lambda one: -(abs(one.fpr or 0.0) + abs(one.fnr or 0.0) + abs(one.auc or 0.0)))
    return Importance(tuple(moved), size, len(sample.names) - len(names))


def _share(wrong: Any, among: Any) -> float | None:
    whole = int(among.sum())
    return int((wrong & among).sum()) / whole if whole else None


def _less(now: float | None, was: float | None) -> float | None:
    return None if now is None or was is None else now - was
