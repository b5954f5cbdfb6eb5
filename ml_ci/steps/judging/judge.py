"""Judge the gates of one model, and keep the verdict."""

from __future__ import annotations

from dataclasses import field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ml_ci.changes.values import Change
from ml_ci.conditions import parse
from ml_ci.evaluation.evaluate import Holdout
from ml_ci.evaluation.grouping import read_grouping
from ml_ci.evaluation.labels import read_labels
from ml_ci.evaluation.repeated import stack
from ml_ci.evaluation.values import Comparison
from ml_ci.frozen import dataclass
from ml_ci.gates.differences import find_differences
from ml_ci.gates.evidence import Case, Policy
from ml_ci.gates.judge import judge
from ml_ci.gates.verdict import of_gates
from ml_ci.gates.yardstick import worst
from ml_ci.plan.plan import COMPARISONS, VERDICTS, Plan
from ml_ci.records.codec import pack
from ml_ci.spec.values import GateSpec, Method, ModelSpec
from ml_ci.steps.judging import holdout
from ml_ci.steps.judging import looks as look
from ml_ci.steps.judging.behaviours import caution_behaviours, check_behaviours, note_behaviours
from ml_ci.steps.judging.dependence import find_dependence
from ml_ci.steps.judging.folds import note_alike
from ml_ci.steps.judging.looks import find_standing
from ml_ci.steps.judging.outside_reads import note_outside_reads
from ml_ci.steps.judging.overlaps import find_overlaps
from ml_ci.steps.judging.padded import note_padded
from ml_ci.steps.judging.preflight import find_unprovable
from ml_ci.steps.judging.ran import read_ran
from ml_ci.steps.judging.repeats import check_repeats
from ml_ci.steps.judging.resamples import OwnResamples, note_resamples
from ml_ci.steps.judging.scorable import check_scorable
from ml_ci.steps.judging.unlike import note_unlike
from ml_ci.steps.judging.yardsticks.judge import judge_by_base
from ml_ci.steps.planning.decide import find_keys
from ml_ci.steps.planning.folds import count_folds, cut_folds
from ml_ci.steps.planning.judged import Judged
from ml_ci.steps.planning.reads import list_verdict_reads
from ml_ci.steps.values import Sides
from ml_ci.steps.working.own_rows import say_matched
from ml_ci.steps.working.score import load_answers
from ml_ci.steps.working.workshop import Workshop

if TYPE_CHECKING:
    from ml_ci.gates.ledger import Standing


@dataclass(frozen=True)
class Prepared:
    """What is settled before anything is trained: how strictly is judged, where the holdout stands, what to tell."""

    policy: Policy
    standing: Standing
    notes: tuple[str, ...] = ()


def prepare(shop: Workshop, plan: Plan) -> Prepared:
    """Look at the holdout and its ledger before anything is trained; tell which gates it can never prove.

    UserError for what the user has to correct in the holdout.
    """
    if not shop.project.store.has(COMPARISONS, plan.comparison):
        holdout.check_holdout(shop)
        check_repeats(shop.holdout, shop.sides.candidate.model)
        _ = shop.base_holdout  # whether both sides have the same rows is told before anything is trained
        check_scorable(shop.project, shop.sides.candidate.model)
    check_behaviours(shop)
    model, found = shop.sides.candidate.model, find_standing(shop, plan)
    how = make_policy(model, found)
    tables = (*note_unlike(shop), *note_padded(shop))
    notes = (*holdout.note_labels(shop), *holdout.note_rows(shop), *tables, *find_unprovable(shop, how))
    for said in notes:
        shop.project.options.progress.note(model.name, said)
    return Prepared(how, found, notes)


def judge_gates(
    shop: Workshop, plan: Plan, comparison: Comparison, changes: tuple[Change, ...], before: Prepared
) -> Judged:
    """Judge every gate of the model, note the look in the holdout's ledger, and keep the verdict under its key."""
    model = shop.sides.candidate.model
    asked = make_case(shop, plan, comparison)
    results = judge(model.gates, asked, before.policy)
    yardsticks = judge_by_base(shop, plan, comparison, results, before.policy)
    overall, counted = worst(of_gates(results), yardsticks), comparison.candidate.confusion
    look.note_look(shop, plan, before.standing, overall, counted)
    own = shop.base_holdout
    matched = () if own is None else (say_matched(shop.sides, own.places),)
    seen = (*matched, *note_alike(shop), *note_outside_reads(shop.project, shop.sides))
    still = note_behaviours(model, comparison.behaviours)
    said = (*_notes(shop.sides), *seen, *before.notes, *look.say_standing(before.standing), *note_resamples(asked))
    said = (*said, *still)
    odd = (
        *caution_behaviours(model),
        *find_dependence(shop, plan, asked, before.policy, results),
    )
    differences = find_differences(asked, before.policy)
    ran = read_ran(shop.project, plan.comparison)
    verdict = Judged(
        comparison,
        results,
        changes,
        said,
        find_overlaps(shop),
        yardsticks,
        differences,
        odd,
        ran,
        look.list_judgements(shop),
    )
    if verdict.verdict == "error" and any(one.why for one in comparison.behaviours.values()):
        return verdict  # what could not be asked today may answer tomorrow: it is no verdict to keep
    with shop.project.store.draft() as draft:
        content = {"model": model.name, "training": plan.candidate.training, "judged": pack(verdict)}
        content["reads"] = _reads(shop, plan)
        shop.project.store.keep(draft, VERDICTS, plan.verdict, content)
    return verdict


def _reads(shop: Workshop, plan: Plan) -> list[Any]:
    predictions = [key for keys in (plan.candidate, plan.baseline) if keys is not None for key in keys.scored]
    for side in (shop.sides.candidate, shop.sides.baseline):
        for fold in cut_folds(shop.project, shop.sides, side) if side is not None else ():
            keys = find_keys(shop.project, fold.sides, fold.side)
            predictions += [keys.training, keys.predictions]
    return list_verdict_reads(shop.project, shop.sides.candidate, shop.sides.baseline, predictions)


def make_case(shop: Workshop, plan: Plan, comparison: Comparison) -> Case:
    """Put together what gates are judged on."""
    model, sides, rows = shop.sides.candidate.model, shop.sides, StoredScores(shop, plan)
    folds = count_folds(model)
    return Case(
        comparison=comparison,
        no_baseline=sides.no_baseline,
        same=plan.baseline is not None and plan.baseline.training == plan.candidate.training,
        cost=None if model.cost is None else (model.cost.fp, model.cost.fn),
        predictions=rows,
        own=OwnResamples(shop, plan, comparison) if model.metrics and model.weight is None and not folds else None,
        row_clusters=None if comparison.clusters is None else rows,
        folds=folds,
    )


def make_policy(model: ModelSpec, found: Standing | None = None) -> Policy:
    """Say how strictly a model's gates are judged, with what the holdout's ledger leaves where it is asked.

    Where it is not, nothing of the ledger is spent: so a look back at old commits judges.
    """
    if found is None:
        return Policy(model.confidence, model.method, model.min_rows, model.seed)
    method: Method = "anytime" if found.anytime else model.method
    why = found.anytime if model.method != "anytime" else ""
    return Policy(model.confidence, method, model.min_rows, model.seed, found.alpha, why, found.largest, found.grown)


def parse_gates(model: ModelSpec, conditions: tuple[str, ...]) -> tuple[GateSpec, ...]:
    """Parse further gates, as a test in Python gives them; ConditionError for what is no condition."""
    return tuple(GateSpec(text, parse(text, tuple(model.metrics), tuple(model.behaviours))) for text in conditions)


@dataclass(frozen=True)
class StoredScores:
    """Read labels, scores, clusters and weights of the holdout's rows when a gate asks for them: counts answer most.

    Rows of weight 0 are left out. Of several repetitions there are the answers of each, below each other.
    """

    shop: Workshop = field(repr=False)
    plan: Plan = field(repr=False)

    @cached_property
    def y_true(self) -> Any:
        """Which rows are positive, bool of shape (rows,)."""
        return self._holdout.y_true

    @cached_property
    def candidate(self) -> Any:
        """The candidate's scores, float64 of shape (rows,)."""
        return self._take(load_answers(self.shop, self.shop.sides.candidate, self.plan.candidate))

    @cached_property
    def baseline(self) -> Any | None:
        """The baseline's scores, float64 of shape (rows,); None without a baseline."""
        side = self.shop.sides.baseline
        if side is None or self.plan.baseline is None:
            return None
        return self._take(load_answers(self.shop, side, self.plan.baseline))

    @property
    def clusters(self) -> Any | None:
        """The number of each row's cluster, int64 of shape (rows,); None where each row is its own."""
        return None if self._holdout.grouping is None else self._holdout.grouping.codes

    @property
    def weights(self) -> Any | None:
        """What each row weighs, float64 of shape (rows,); None where every row counts as one."""
        return self._holdout.weights

    @cached_property
    def _holdout(self) -> Holdout:
        model, table = self.shop.sides.candidate.model, self.shop.holdout
        labels = read_labels(table, model.label, model.positive)
        found = Holdout(labels, grouping=read_grouping(table, model)).counted()
        return found if model.repeats == 1 else stack(found, model.repeats)

    def _take(self, scores: Any) -> Any:
        kept = self._holdout.kept
        return scores if kept is None else scores[kept]


def _notes(sides: Sides) -> tuple[str, ...]:
    return sides.candidate.fingerprint.warnings
