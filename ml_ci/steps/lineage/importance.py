"""What a model relies on: how much worse it gets when one feature of the holdout is shuffled."""

from __future__ import annotations

import csv
import random
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ml_ci.errors import StageFailed, UserError
from ml_ci.evaluation.labels import read_labels
from ml_ci.evaluation.metrics import auc, curve
from ml_ci.frozen import dataclass
from ml_ci.registry.values import NoAnswerError, Version
from ml_ci.reports.card_values import Importance, Moved
from ml_ci.steps.planning.champion import pair_with_champion
from ml_ci.steps.planning.folds import count_folds
from ml_ci.steps.planning.sides import Fingerprints
from ml_ci.steps.values import Project, Side
from ml_ci.steps.working.score import choose_threshold, read_predictions, score_rows
from ml_ci.steps.working.train import train_side
from ml_ci.steps.working.workshop import Workshop, open_workshop
from ml_ci.tables.shuffled import shuffle
from ml_ci.tables.table import Table

if TYPE_CHECKING:
    from ml_ci.evaluation.scores import Predictions

ROWS, FEATURES, SEED, SECONDS = 1000, 40, 0, 300.0
_ONE_GO = (
    "one command trains it and predicts the holdout, and there is no model apart from it that could score changed rows "
    "(`outputs: {model: ...}` in place of `predictions:` would be one)"
)
_SEEN = "it was judged by folds, and has itself seen every row that could be shuffled"


@dataclass(frozen=True)
class Draw:
    """Rows of the holdout, by their places, and for each feature that is shuffled the order of its values in them."""

    names: tuple[str, ...]
    places: tuple[int, ...]
    orders: tuple[tuple[int, ...], ...]
    left: int


def measure_importance(project: Project, version: Version) -> Importance:
    """Have a version score shuffled rows of today's holdout, in one job; where that cannot be, it says why."""
    try:
        candidate = Fingerprints(project).candidate(version.model)
        found = Fingerprints(project)
        sides = pair_with_champion(project, candidate, version, lambda commit: found.at(version.model, commit))
        if sides.baseline is None or version.fingerprint()[0].get("data.holdout") != _holdout(candidate):
            return Importance(why="the holdout is another than the one that it was judged on")
        if count_folds(candidate.model):
            return Importance(why=_SEEN)
        if sides.baseline.model.job.predicts:
            return Importance(why=_ONE_GO)
        with open_workshop(project, sides) as shop:
            return _measure(shop, _limit(sides.baseline))
    except StageFailed as error:
        return Importance(why=error.failure.message)
    except (NoAnswerError, UserError) as error:
        return Importance(why=error.message)


def _holdout(side: Side) -> str | None:
    return side.fingerprint.parts.get("data.holdout")


def _limit(side: Side) -> Side:
    """Give the job no more time than a card may take."""
    budget = replace(side.model.budget, seconds=min(side.model.budget.seconds, SECONDS))
    return replace(side, model=replace(side.model, budget=budget))


def _measure(shop: Workshop, side: Side) -> Importance:
    model, given = shop.sides.candidate.model, shop.holdout_rows
    training = train_side(shop, side)
    draw = _draw(shop.holdout.names, model.label.strip(), shop.holdout.rows)
    source = Path(given.path)
    rows, labelled = shop.work / "shuffled" / source.name, shop.work / "shuffled-labels.csv"
    rows.parent.mkdir()
    shuffle(source, rows, draw.places, draw.orders, columns=given.columns, shown="the holdout")
    _write_labels(labelled, shop, draw)
    table = Table.open(labelled, shown="the labels of the shuffled holdout")
    changed = replace(given, path=str(rows), whole=None)
    scored = score_rows(shop, side, training, "shuffled holdout", changed, table.rows)
    predicted = read_predictions(model, side, scored.predictions, table, scored)
    decided = choose_threshold(shop, side, training, predicted)
    return _compare(draw, read_labels(table, model.label, model.positive).y_true, decided)


def _draw(names: tuple[str, ...], label: str, rows: int) -> Draw:
    """Draw rows and orders by a fixed seed."""
    features = tuple(name for name in names if name != label)
    places = sorted(random.Random(SEED).sample(range(rows), min(ROWS, rows)))  # noqa: S311
    orders = []
    for name in features[:FEATURES]:
        order = list(range(len(places)))
        random.Random(f"{SEED} {name}").shuffle(order)  # noqa: S311
        orders.append(tuple(order))
    return Draw(features[:FEATURES], tuple(places), tuple(orders), len(features) - len(orders))


def _write_labels(path: Path, shop: Workshop, draw: Draw) -> None:
    """Write the label of each row of each block, beside a number: a table of one column may be read in two ways."""
    label = shop.sides.candidate.model.label.strip()
    labels = shop.holdout.text(label)
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow((f"{label} row", label))
        for block in range(len(draw.orders) + 1):
            out.writerows((f"{block}.{place}", labels[place]) for place in draw.places)


def _compare(draw: Draw, y_true: Any, decided: Predictions) -> Importance:
    """Measure each block of rows, and give how much worse it is than the first."""
    size = len(draw.places)
    scores = decided.score

    def rates(number: int) -> tuple[float | None, float | None, float | None]:
        at = slice(number * size, (number + 1) * size)
        drawn = None if scores is None else auc(curve(y_true[at], scores[at]))
        wrong = decided.decision[at] != y_true[at]
        return (_share(wrong, ~y_true[at]), _share(wrong, y_true[at]), drawn)

    base = rates(0)
    moved = [
        Moved(name, *(_less(now, was) for now, was in zip(rates(number), base, strict=True)))
        for number, name in enumerate(draw.names, 1)
    ]
    moved.sort(key=lambda one: -(abs(one.fpr or 0.0) + abs(one.fnr or 0.0) + abs(one.auc or 0.0)))
    return Importance(tuple(moved), size, draw.left)


def _share(wrong: Any, among: Any) -> float | None:
    whole = int(among.sum())
    return int((wrong & among).sum()) / whole if whole else None


def _less(now: float | None, was: float | None) -> float | None:
    return None if now is None or was is None else now - was
