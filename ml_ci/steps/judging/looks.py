"""Hold a look at the holdout against its ledger, and note it there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ml_ci.digests import digest
from ml_ci.evaluation.confusion import Confusion
from ml_ci.evaluation.sketch import read_sketch
from ml_ci.gates.ledger import Ledger, Look, Pair, Standing, judgements, standing, strictest
from ml_ci.gates.values import Judgement, Verdict
from ml_ci.plan.plan import Plan
from ml_ci.records.ledgers import Ledgers
from ml_ci.spec.values import Load
from ml_ci.steps.judging.holdout import list_content, read_content, read_older_content
from ml_ci.steps.values import Project, Side, Sides
from ml_ci.steps.working.workshop import Workshop
from ml_ci.tables.content import content, older_content

if TYPE_CHECKING:
    from ml_ci.tables.table import Table


def name_pair(sides: Sides, plan: Plan) -> Pair:
    """Name the two models that are compared."""
    baseline = None if sides.baseline is None or plan.baseline is None else plan.baseline.training
    decides = [_decides(side) for side in (sides.candidate, sides.baseline) if side is not None]
    return Pair(sides.candidate.model.name, plan.candidate.training, baseline, digest(["decides", decides]))


def find_standing(shop: Workshop, plan: Plan) -> Standing:
    """Say where the holdout stands before this look; the shared store's ledgers are asked for first."""
    model, ledgers = shop.sides.candidate.model, Ledgers(shop.project.store)
    ledgers.bring()
    known = list(ledgers.all())
    return standing(
        read_content(shop),
        known,
        name_pair(shop.sides, plan),
        model.reuse,
        strictest(model.gates, model.confidence),
        read_sketch(shop.holdout, model),
        read_older_content(shop) if _are_older(known) else None,
    )


def _are_older(ledgers: Sequence[Ledger]) -> bool:
    """Say whether a ledger knows its holdout in the older form: to read that is slow, and rarely asked for."""
    return any(one.holdout.is_older for one in ledgers)


def note_look(shop: Workshop, plan: Plan, found: Standing, verdict: Verdict, counted: Confusion) -> None:
    """Note the look in the holdout's ledger, unless it shows nothing new; `counted` is the candidate's."""
    if not found.fresh:
        return
    when = datetime.now(UTC).isoformat(timespec="seconds")
    counts = (counted.tp, counted.fp, counted.tn, counted.fn)
    look = Look(name_pair(shop.sides, plan), when, verdict, shop.project.head, counts=counts)
    clusters = read_sketch(shop.holdout, shop.sides.candidate.model)
    Ledgers(shop.project.store).note(read_content(shop), look, clusters)


def list_judgements(shop: Workshop) -> tuple[Judgement, ...]:
    """List how this model's candidates were judged on this holdout, the one at hand among them."""
    holdout = read_content(shop).digest
    ledgers = (one for one in Ledgers(shop.project.store).all() if one.holdout.digest == holdout)
    return next((judgements(one, shop.sides.candidate.model.name) for one in ledgers), ())


def note_base_look(shop: Workshop, plan: Plan, table: Table, verdict: Verdict) -> None:
    """Note that rows of the base were looked at which the change's holdout does not have, unless that is known."""
    ledgers, rows, pair = Ledgers(shop.project.store), content(table, list_content(shop)), name_pair(shop.sides, plan)
    known = list(ledgers.all())
    older = older_content(table, list_content(shop)) if _are_older(known) else None
    if standing(rows, known, pair, None, None, older=older).fresh:
        when = datetime.now(UTC).isoformat(timespec="seconds")
        ledgers.note(rows, Look(pair, when, verdict, shop.project.head))


def say_standing(found: Standing) -> Iterator[str]:
    """Say what a report tells of the ledger."""
    yield from (f"Holdout: {note}." for note in found.notes)


def note_promotion(project: Project, model: str, training: str) -> int:
    """Note that the model of a training was promoted; give the number of holdouts whose ledgers know it."""
    return Ledgers(project.store).promote(model, training)


def _decides(side: Side) -> object:
    threshold = side.model.threshold
    command = side.model.predict_command
    scored = [side.model.predict] if command is None else [side.model.predict, command]
    loaded = [asdict(side.model.load)] if side.model.load != Load() else []
    return [threshold.value, threshold.metric, threshold.at, *scored, *loaded]
