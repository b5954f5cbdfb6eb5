"""Report a model that could not be judged: whose failure it is, and the candidate's numbers where there are any."""

from __future__ import annotations

import re
from dataclasses import replace

from ml_ci.errors import Failure, StageFailed
from ml_ci.evaluation.values import Evaluation
from ml_ci.plan.plan import COMPARISONS, TRAININGS
from ml_ci.reports.values import ModelReport
from ml_ci.steps.clock import Clock
from ml_ci.steps.judging import holdout
from ml_ci.steps.keeping.send import sending
from ml_ci.steps.planning.blame import BaselineFailed
from ml_ci.steps.planning.decide import plan_work
from ml_ci.steps.planning.sides import Fingerprints
from ml_ci.steps.telling.outcome import add_numbers, report_failed
from ml_ci.steps.values import Broken, Project, Side, Sides
from ml_ci.steps.working.compare import compare_sides
from ml_ci.steps.working.train import train_side
from ml_ci.steps.working.workshop import open_workshop

_DIGITS = re.compile(r"\d+")


def report_not_judged(
    project: Project, fingerprints: Fingerprints, name: str, error: StageFailed, clock: Clock
) -> ModelReport:
    """Report what stopped a model: the baseline, which blocks, or the candidate, which the base may resemble."""
    if isinstance(error, BaselineFailed):
        return _without_baseline(project, fingerprints, name, error, clock)
    broken = _base_of(project, fingerprints, name, error.failure, clock)
    if broken is None:
        return report_failed(project, name, error.failure, clock.seconds)
    same = broken.side.fingerprint.training == _candidate(fingerprints, name).fingerprint.training
    if same or _alike(error.failure, broken.failure):
        return report_failed(project, name, _of_both(error.failure, broken, same), clock.seconds)
    other = f"The base {broken.named} does not train either, for another reason: {broken.failure.message.rstrip('.')}."
    return _with_caution(report_failed(project, name, error.failure, clock.seconds), other)


def _without_baseline(
    project: Project, fingerprints: Fingerprints, name: str, error: BaselineFailed, clock: Clock
) -> ModelReport:
    """Work on the candidate all the same: its numbers are there, and found again once the baseline can be had."""
    try:
        own, record = _alone(project, _candidate(fingerprints, name), clock)
    except StageFailed as own_error:
        said = f"Nor can the baseline be had: {error.its_own.message.rstrip('.')}."
        return _with_caution(report_failed(project, name, own_error.failure, clock.seconds), said)
    return add_numbers(report_failed(project, name, error.failure, clock.seconds), project, name, own, record)


def _alone(project: Project, candidate: Side, clock: Clock) -> tuple[Evaluation, str]:
    """Train, score and count the candidate, with nothing beside it; give its counts and the key of its training."""
    sides = Sides(candidate, None, None, "", "the baseline cannot be had")
    plan = plan_work(project, sides, verify=True)
    with sending(project), open_workshop(project, sides) as shop:
        with clock("plan"):
            if not project.store.has(COMPARISONS, plan.comparison):
                holdout.check_holdout(shop)
        if plan.candidate_action == "train":
            with clock("train"):
                train_side(shop, candidate)
        with clock("evaluate"):
            evaluation = compare_sides(shop, plan).candidate
        # The key is known only now, where nobody knew before what the training reads.
        return evaluation, shop.sides.candidate.fingerprint.training


def _candidate(fingerprints: Fingerprints, name: str) -> Side:
    try:
        return fingerprints.sides(name).candidate
    except StageFailed:
        return fingerprints.candidate(name)


def _base_of(project: Project, fingerprints: Fingerprints, name: str, failure: Failure, clock: Clock) -> Broken | None:
    """Give the base where it does not train either; it is tried when nobody knows, for a failure that lasts only."""
    if not failure.lasting:
        return None
    try:
        sides = fingerprints.sides(name)
        if sides.broken is not None or sides.baseline is None or sides.baseline.champion is not None:
            return sides.broken
        if project.store.has(TRAININGS, sides.baseline.fingerprint.training):
            return None
        project.options.progress.note(name, f"the candidate does not train: {failure.message}")
        with clock("train"):
            _try(project, sides)
        return fingerprints.sides(name).broken
    except StageFailed:
        return None


def _try(project: Project, sides: Sides) -> None:
    """Train the base, to know whether it trains at all: what comes of it is on record for the next run."""
    assert sides.baseline is not None  # noqa: S101
    try:
        with sending(project), open_workshop(project, sides) as shop:
            train_side(shop, sides.baseline)
    except StageFailed:
        return


def _alike(one: Failure, other: Failure) -> bool:
    """Say whether two jobs failed in the same way: numbers of lines and the like may differ."""
    said = [(failure.code, _DIGITS.sub("#", failure.message)) for failure in (one, other)]
    return said[0] == said[1]


def _of_both(failure: Failure, broken: Broken, same: bool) -> Failure:
    """Say that the change is not to blame."""
    how = "fails alike, from the same inputs" if same else "fails alike"
    untouched = (
        "This change touches nothing that its training depends on" if same else "This change does not mend the cause"
    )
    message = f"the base {broken.named} {how}: {failure.message}"
    hint = f"{untouched}: mend the base first, or mend it here. {failure.hint}".strip()
    return replace(failure, message=message, hint=hint)


def _with_caution(report: ModelReport, said: str) -> ModelReport:
    return replace(report, cautions=(said, *report.cautions))
