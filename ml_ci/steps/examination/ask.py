"""Ask candidate and baseline about rows that a person names, and find out what changes the candidate's decision."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from ml_ci.behaviours.asks import NO_DECISION, POSITIVE, Answers, Cell
from ml_ci.behaviours.flips import find_changes, find_sways
from ml_ci.behaviours.told import Reply, Told
from ml_ci.behaviours.wanted import Wanted, ask_for, read_wanted
from ml_ci.child.labels import describe_positive
from ml_ci.errors import StageFailed
from ml_ci.steps.examination.asking import Asking, open_asking
from ml_ci.steps.values import Project, Sides


def ask_sides(project: Project, sides: Sides, words: Sequence[str], row: int | None) -> Told:
    """Ask both sides; what no record answers is trained. UserError for a person's mistake, StageFailed for a job's."""
    model = sides.candidate.model
    with open_asking(project, sides) as asking:
        wanted = read_wanted(words, asking.holdout, model.label, row)
        rows = [wanted.values(asking.holdout, number) for number in range(len(wanted.rows))]
        first = _replies(asking.candidate(ask_for(rows, wanted.start)))
        second, why = _ask_baseline(asking, wanted, rows)
        about = (asking.candidate, asking.holdout, rows[0], wanted.start)
        changes = find_changes(*about)
        sways = () if changes else find_sways(*about)
    return Told(
        model=model.name,
        positive=describe_positive(asdict(model.positive)),
        row=row,
        start={} if row is None else asking.holdout.row(row - 1),
        values=wanted.rows,
        candidate=first,
        baseline=second,
        commit=None if sides.baseline is None else sides.baseline.commit,
        no_baseline=why,
        changes=changes,
        sways=sways,
        notes=wanted.notes,
    )


def _ask_baseline(
    asking: Asking, wanted: Wanted, rows: Sequence[Mapping[str, Cell]]
) -> tuple[tuple[Reply, ...] | None, str]:
    """Ask the baseline; that it cannot be asked is told, and keeps nobody from what the candidate says."""
    try:
        if asking.baseline is None:
            return None, asking.no_baseline or "there is none"
        return _replies(asking.baseline(ask_for(rows, wanted.start))), ""
    except StageFailed as error:
        return None, error.failure.message


def _replies(answers: Answers) -> tuple[Reply, ...]:
    return tuple(_reply(answers, place) for place in range(len(answers.decisions)))


def _reply(answers: Answers, place: int) -> Reply:
    score, decision = float(answers.scores[place]), int(answers.decisions[place])
    positive = None if decision == NO_DECISION else decision == POSITIVE
    return Reply(positive, None if math.isnan(score) else score, answers.errors.get(place, ""))
