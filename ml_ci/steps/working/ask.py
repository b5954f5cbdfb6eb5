"""Ask a side's model about edited rows of the holdout: the same model, threshold and code as when it is judged."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from itertools import chain, count
from typing import TypeAlias

import numpy as np

from ml_ci.behaviours.asks import NO_DECISION, Answers, Ask
from ml_ci.errors import Failure, StageFailed
from ml_ci.evaluation.answered import Yardstick
from ml_ci.evaluation.scores import logistic, own_scale
from ml_ci.frozen import dataclass
from ml_ci.records.record import Record
from ml_ci.steps.planning.reads import resolve_reads
from ml_ci.steps.values import Side
from ml_ci.steps.working.ask_command import CommandAsker, RowsFile
from ml_ci.steps.working.score import ask_to_score, find_cut, find_scores, score_side
from ml_ci.steps.working.train import find_artifact, train_side
from ml_ci.steps.working.workshop import Workshop
from ml_ci.training.answering import SECONDS, ScoringWorker, open_worker
from ml_ci.training.heard import Heard
from ml_ci.training.values import AskRequest, Input, PredictRequest

NO_MODEL = "no-model-to-ask"

# A table without its label, and how many rows it has.
Rows: TypeAlias = tuple[Input, int]


@dataclass(frozen=True)
class SideAsker:
    """Ask one side; an ask that takes longer than `seconds` ends the model, with StageFailed `ask-limit`.

    `cut` is a threshold that was chosen on validation rows, on the scores' own scale; None where the model states one.
    """

    worker: ScoringWorker
    threshold: float
    cut: float | None = None
    seconds: float = SECONDS

    def __call__(self, ask: Ask) -> Answers:
        """Score the rows of an ask."""
        edits = {name: list(values) for name, values in ask.edits.items()}
        heard = self.worker.ask(ask.rows.tolist(), edits, alone=ask.alone, seconds=self.seconds)
        return self._decide(heard)

    def within(self, seconds: float) -> SideAsker:
        """Give one whose asks may take as long as this."""
        return replace(self, seconds=seconds)

    def _decide(self, heard: Heard) -> Answers:
        if heard.kind not in ("probability", "margin"):
            return Answers(heard.scores, heard.positive, heard.errors)
        cut = own_scale(heard.kind, self.threshold, heard.precision) if self.cut is None else self.cut
        decisions = np.where(np.isnan(heard.scores), NO_DECISION, heard.scores >= cut).astype(np.int8)
        scores = logistic(heard.scores) if heard.kind == "margin" else heard.scores
        return Answers(scores, decisions, heard.errors)


@contextmanager
def open_asker(
    shop: Workshop, side: Side, seconds: float = SECONDS, rows: Rows | None = None
) -> Iterator[SideAsker | CommandAsker]:
    """Open what asks a side's model, by the code of its own commit; the model is trained where there is no record.

    Its process is gone at the end of the block. StageFailed where the model cannot be had or does not load,
    `no-model-to-ask` for one that leaves predictions only, and at the end where it ran what is not its side's own.
    Folds are asked by the model of all rows: no label is looked at. `rows` are asked about, the holdout's without them.
    """
    side = resolve_reads(shop.project, side)
    training = train_side(shop, side)
    if find_artifact(training) is None:
        raise _no_model(side)
    request, threshold, cut = _prepare(shop, side, training, rows)
    if request.command is not None:
        yield _by_command(shop, request, request.command, threshold if cut is None else cut, seconds)
        return
    with open_worker(_add_known(shop, side, request)) as worker:
        yield SideAsker(worker, threshold, cut, seconds)


def open_service(
    shop: Workshop,
    side: Side,
    command: str | tuple[str, ...],
    seconds: float = SECONDS,
    rows: Rows | None = None,
) -> CommandAsker:
    """Give what asks a service that serves a side's model, by a command from the copy of its own commit.

    The command gets `{rows}`, `{out}` and `{model}`, and leaves `scores.csv` in `{out}`: scores in [0, 1], of a model
    of margins too. StageFailed as `open_asker`, and at each ask as a job that scores rows.
    """
    side = resolve_reads(shop.project, side)
    training = train_side(shop, side)
    if find_artifact(training) is None:
        raise _no_model(side)
    request, threshold, cut = _prepare(shop, side, training, rows)
    return _by_command(shop, request, command, threshold if cut is None else _put_in_one(shop, side, cut), seconds)


def find_served_threshold(shop: Workshop, side: Side) -> float:
    """Give the score in [0, 1] from which on a side decides positive; that of a model of margins too."""
    side = resolve_reads(shop.project, side)
    cut = find_cut(shop, side, train_side(shop, side), _name_folder(shop, side, "ask-validation"))
    stated = side.model.threshold.value
    return _put_in_one(shop, side, cut) if cut is not None else 0.5 if stated is None else stated


def _put_in_one(shop: Workshop, side: Side, cut: float) -> float:
    is_margin = score_side(shop, side).content["kind"] == "margin"
    return float(logistic(np.array(cut))) if is_margin else cut


def _prepare(
    shop: Workshop, side: Side, training: Record, rows: Rows | None
) -> tuple[PredictRequest, float, float | None]:
    """Say what scores rows of a side, with the threshold that its model states and the cut that was chosen, if any."""
    if side.name != "candidate" and shop.base_holdout is not None:
        raise _no_features(side)
    cut = find_cut(shop, side, training, _name_folder(shop, side, "ask-validation"))
    stated = side.model.threshold.value
    what = _name_folder(shop, side, "ask")
    given, number = (shop.holdout_rows, shop.holdout.rows) if rows is None else rows
    request = ask_to_score(shop, side, training, what, given, number)
    return request, 0.5 if stated is None else stated, cut


def _by_command(
    shop: Workshop, request: PredictRequest, command: str | tuple[str, ...], threshold: float, seconds: float
) -> CommandAsker:
    model, folder = shop.sides.candidate.model, request.work / "asks"
    folder.mkdir()
    by = Yardstick(model.label, shop.labelled, model.positive, threshold)
    return CommandAsker(replace(request, command=command), RowsFile(request.rows, folder), by, seconds)


def _add_known(shop: Workshop, side: Side, request: PredictRequest) -> AskRequest:
    scored = find_scores(shop, side)
    known = "" if scored is None else str(scored.content["kind"])
    return AskRequest(**{one.name: getattr(request, one.name) for one in fields(PredictRequest)}, known=known)


def _name_folder(shop: Workshop, side: Side, what: str) -> str:
    """Give a name that no folder of a job of this side has yet: a side may be asked more than once."""
    names = chain([what], (f"{what}-{number}" for number in count(2)))
    return next(name for name in names if not shop.name_folder(side, name).exists())


def _no_features(side: Side) -> StageFailed:
    """Make the failure of a side that knows the rows by other features than those that are edited."""
    message = (
        f"a job that makes the features of the holdout changed, so the {side.name} cannot be asked about edited rows"
    )
    hint = "Change that job in a change of its own, or ask once without a baseline: --baseline none."
    return StageFailed(Failure("evaluation", NO_MODEL, message, hint))


def _no_model(side: Side) -> StageFailed:
    message = (
        f"`{side.model.name}` leaves predictions and no model, so the {side.name} cannot be asked about other rows"
    )
    hint = "Name the model in `outputs:` too, and what scores rows with it: `predict:`."
    return StageFailed(Failure("evaluation", NO_MODEL, message, hint))
