"""Score the models of two commits on today's holdout: what a record answers is neither trained nor scored again."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ml_ci.evaluation.values import Comparison
from ml_ci.gates.evidence import Case
from ml_ci.gates.judge import judge
from ml_ci.gates.values import GateResult
from ml_ci.plan.plan import Plan
from ml_ci.records.record import Record
from ml_ci.spec.values import ModelSpec
from ml_ci.steps.judging.judge import make_case, make_policy
from ml_ci.steps.planning.decide import plan_work, vary_repetition
from ml_ci.steps.planning.sides import Fingerprints
from ml_ci.steps.progress import Progress
from ml_ci.steps.values import Project, Side, Sides
from ml_ci.steps.working.compare import count_scored, refuse_other_kind
from ml_ci.steps.working.score import Scored, score_side
from ml_ci.steps.working.workshop import open_workshop


@dataclass(frozen=True)
class Beside:
    """Two commits' models on today's rows: the sides, both as they stood in the place of the baseline, and counts.

    `plan` names the work of both, `gates` are today's without those of behaviours: nobody is asked.
    """

    new: Side
    old: Side
    plan: Plan
    comparison: Comparison
    case: Case
    gates: tuple[GateResult, ...]


def put_beside(
    project: Project, fingerprints: Fingerprints, name: str, new: str, old: str, *, alike: bool = False
) -> Beside:
    """Judge the model of the commit `new` against that of `old`, by today's gates; no look at the holdout is noted.

    StageFailed where one of them cannot be had; with `alike` where one gives scores and the other labels, too.
    """
    # No baseline is looked for: a clone without a default branch has commits to search all the same.
    today = Sides(fingerprints.candidate(name), None, None, "")
    ours, theirs = (_place(today, fingerprints.at(name, commit), commit) for commit in (new, old))
    model = project.spec.models[name]
    (ours_records, ours_plan), (records, plan) = (_score(project, model, sides) for sides in (ours, theirs))
    first, *again = map(Scored, ours_records, records)
    with open_workshop(project, theirs) as shop:
        for one in (first, *again) if alike else ():
            refuse_other_kind(shop, one.candidate, one.baseline)
        comparison = count_scored(shop, replace(first, again=tuple(again)), _declared(ours))
        both = replace(ours_plan, candidate=ours_plan.baseline or ours_plan.candidate, baseline=plan.baseline)
        case = make_case(shop, both, comparison)
        gates = [gate for gate in model.gates if not gate.condition.behaviours]
        results = judge(gates, case, make_policy(model))
    assert ours.baseline is not None and theirs.baseline is not None  # noqa: S101 - they were placed there
    return Beside(ours.baseline, theirs.baseline, both, comparison, case, results)


def _declared(sides: Sides) -> ModelSpec | None:
    return None if sides.baseline is None else sides.baseline.model


def _place(today: Sides, side: Side, commit: str) -> Sides:
    """Put a commit's model in the place of the baseline, so that it is scored on today's rows."""
    return replace(today, baseline=side, base_commit=commit, source=commit[:7], no_baseline=None)


def _score(project: Project, model: ModelSpec, sides: Sides) -> tuple[list[Record], Plan]:
    """Score what stands in the place of the baseline, as often as the model is asked; the plan is made when it is known
    what the jobs read.
    """
    assert sides.baseline is not None  # noqa: S101
    with open_workshop(_naming(project, sides.source), sides) as shop:
        records = [score_side(shop, one) for one in vary_repetition(model, sides.baseline)]
        shop.resolve()
        return records, plan_work(project, shop.sides)


@dataclass(frozen=True)
class _Naming:
    """Tell of the side that stands in the baseline's place as what it is: a commit."""

    told: Progress
    commit: str

    def begin(self, model: str, what: str) -> None:
        """Pass on that work begins."""
        self.told.begin(model, self._name(what))

    def tick(self, model: str, seconds: float, megabytes: float, last_line: str) -> None:
        """Pass on how a job is."""
        self.told.tick(model, seconds, megabytes, last_line)

    def end(self, model: str, what: str, seconds: float) -> None:
        """Pass on that work ended."""
        self.told.end(model, self._name(what), seconds)

    def stopped(self, model: str, what: str, seconds: float) -> None:
        """Pass on that work was stopped."""
        self.told.stopped(model, self._name(what), seconds)

    def note(self, model: str, text: str) -> None:
        """Pass on what the user should know."""
        self.told.note(model, text)

    def _name(self, what: str) -> str:
        return what.replace("the baseline", f"commit {self.commit}")


def _naming(project: Project, commit: str) -> Project:
    return replace(project, options=replace(project.options, progress=_Naming(project.options.progress, commit)))
