"""Score rows of the holdout with the model in service and with the service that has it, and count what flips."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ml_ci.behaviours.asks import NO_DECISION, Answers, Ask
from ml_ci.behaviours.columns import Columns, read_columns
from ml_ci.child.canonical import canonical
from ml_ci.child.labels import YES
from ml_ci.evaluation.labels import classes_of
from ml_ci.evaluation.scores import own_scale
from ml_ci.gates.live.skew import judge_skew
from ml_ci.live.endpoint import Endpoint
from ml_ci.live.protocol import Said, fail
from ml_ci.reports.live.skew import Flips, ServedReport
from ml_ci.steps.examination.ask_endpoint import refuse_other_columns
from ml_ci.steps.values import Project
from ml_ci.steps.watching.asked_skew import LIMIT, Asked
from ml_ci.steps.watching.in_service import find_in_service, name_side
from ml_ci.steps.working.ask import find_served_threshold, open_asker
from ml_ci.steps.working.workshop import Workshop, open_workshop

# Scores are alike within this share of the larger one: what single precision, and text, leave.
_WITHIN = 1e-6


def find_served_skew(project: Project, name: str, asked: Asked) -> ServedReport:
    """Ask the model in service here, and the service, about the same rows, and judge the share of flipped decisions.

    The service's scores are decided by the model's own threshold. StageFailed where either cannot be asked, UserError
    where the service takes other columns.
    """
    service = asked.service
    assert service is not None, "asked for with a service"  # noqa: S101
    sides, side = find_in_service(project, name)
    with open_workshop(project, sides) as shop:
        holdout = read_columns(shop.holdout, [sides.candidate.model.label])
        chosen = _choose(holdout, asked.most)
        with open_asker(shop, side) as asker:
            ours = asker(Ask(chosen))
        theirs = _ask_service(service, holdout, chosen, shop, find_served_threshold(shop, side))
    live = sides.candidate.model.live
    stated = LIMIT if live is None or live.features is None else live.features.limit
    flipped = int((ours.decisions != theirs.decisions).sum())
    notes = [
        f"{number:,} rows got no answer from {who}"
        for who, answers in (("the service", theirs), ("the model here", ours))
        if (number := int((~answers.answered).sum()))
    ]
    return ServedReport(
        model=name,
        url=service.url,
        gate=judge_skew(len(chosen), flipped, stated if asked.limit is None else asked.limit),
        differing=_count_differing(ours, theirs),
        flips=Flips(name_side(sides), len(chosen), flipped),
        of_rows=holdout.rows,
        notes=tuple(notes),
    )


def _choose(holdout: Columns, most: int | None) -> NDArray[np.int64]:
    """Choose rows by their content: the same ones tomorrow, in the order in which they stand."""
    if most is None or most >= holdout.rows:
        return np.arange(holdout.rows, dtype=np.int64)
    return np.sort(np.argsort(holdout.hashes, kind="stable")[:most]).astype(np.int64)


def _ask_service(
    service: Endpoint, holdout: Columns, chosen: NDArray[np.int64], shop: Workshop, threshold: float
) -> Answers:
    inputs = service.inputs
    named = [one.name for one in inputs if not one.is_table and one.name in holdout.columns]
    names = list(holdout.columns) if not inputs or inputs[0].is_table else named
    refuse_other_columns(service, names)
    rows = chosen.tolist()
    said = service.ask({name: [holdout.columns[name].cell(row) for row in rows] for name in names})
    return _decide(said, shop, threshold, service)


def _decide(said: Said, shop: Workshop, threshold: float, service: Endpoint) -> Answers:
    """Decide what the service says: scores by the threshold, classes by the holdout's labels, else 1 and true."""
    if said.scores is not None:
        scores = np.array([np.nan if one is None else one for one in said.scores], np.float64)
        cut = own_scale("probability", threshold, "float64")
        return Answers(scores, np.where(np.isnan(scores), NO_DECISION, scores >= cut).astype(np.int8))
    model = shop.sides.candidate.model
    if model.positive.comparison is not None:
        message = f"{service.url} answers with classes, and `positive:` of `{model.name}` compares numbers"
        raise fail("output", message, "Name the output that has scores: --output NAME.")
    classes = classes_of(shop.labelled.counts(model.label), model.positive)
    decided = []
    for one in said.classes or ():
        known = None if one is None else classes.of(one)
        if known is None and canonical(one) not in _WORDS:
            decided.append(NO_DECISION)
        else:
            decided.append(int(classes.is_positive(one) if known is not None else canonical(one) in YES))
    return Answers(np.full(len(decided), np.nan), np.array(decided, np.int8))


_WORDS = {*YES, "0", "false"}


def _count_differing(ours: Answers, theirs: Answers) -> int:
    """Count scores that differ, and answers that one of both gives alone; classes alone have no score to differ."""
    one, other = ours.scores, theirs.scores
    both = ~np.isnan(one) & ~np.isnan(other)
    near = np.abs(one - other) <= _WITHIN * np.maximum(np.abs(one), np.abs(other))
    return int((both & ~near).sum() + (ours.answered != theirs.answered).sum())
