"""What a promotion rests on: this commit's verdict, judged against the champion that there is, from records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace

from ml_ci.errors import Failure, StageFailed, UserError
from ml_ci.frozen import dataclass
from ml_ci.gates.values import Verdict
from ml_ci.plan.plan import PREDICTIONS, TRAININGS, VERDICTS, Plan
from ml_ci.records.record import Record
from ml_ci.registry.values import RefusedError, Version
from ml_ci.reports.as_json import loads
from ml_ci.reports.values import ModelReport, Report
from ml_ci.steps.planning.champion import CHAMPION, LOST
from ml_ci.steps.planning.decide import plan_work
from ml_ci.steps.planning.judged import Judged, read_verdict
from ml_ci.steps.planning.sides import Fingerprints
from ml_ci.steps.promotion import origins
from ml_ci.steps.promotion.find_kept import find_kept
from ml_ci.steps.promotion.origins import RUN
from ml_ci.steps.promotion.trusted import distrust
from ml_ci.steps.telling.publish import NAME
from ml_ci.steps.values import Project, Side, Sides

ALLOWANCES = ("dirty", "branch", "verdict", "champion", "rolled-back", "pending")


@dataclass(frozen=True)
class Evidence:
    """A model that was judged on this commit: its sides, its verdict, and the records of its training and predictions.

    `used` names what a person had to allow. `kept` are the records of the jobs that its deployments take.
    """

    sides: Sides
    plan: Plan
    judged: Judged
    verdict: Verdict
    training: Record
    predictions: Record | None
    used: tuple[str, ...]
    kept: Mapping[str, Record] = field(default_factory=dict)


@dataclass
class Allowed:
    """What a person allows by hand; what was needed is noted."""

    names: frozenset[str]
    used: list[str]

    def __call__(self, name: str) -> bool:
        if name in self.names and name not in self.used:
            self.used.append(name)
        return name in self.names


def collect_evidence(
    project: Project, name: str, champion: Version | None, allow: Allowed, *, lost: bool = False
) -> Evidence:
    """Collect what lets a model be promoted; RefusedError says what is missing and how to get it.

    `lost` says that there was a champion and the alias is gone: what was judged, was not judged against it.
    """
    project = origins.seeing_all(project)
    fingerprints = Fingerprints(project)
    candidate = fingerprints.candidate(name)
    report, told = _tell(project, name)
    _check_place(project, fingerprints, candidate, allow)
    if told.candidate is not None and told.candidate.record != candidate.fingerprint.training:
        raise RefusedError(f"`{name}` changed after it was judged", hint=RUN)
    _check_verdict(name, told.verdict, told, allow)
    _check_jobs(project, name, report, allow)
    sides, plan, judged = _find(project, name, champion, told, allow, lost)
    verdict = judged.verdict
    _check_verdict(name, verdict, told, allow)
    training = project.store.find(TRAININGS, plan.candidate.training)
    if training is None:
        raise RefusedError(f"the record of the training of `{name}` is not here any more", hint=RUN)
    predictions = project.store.find(PREDICTIONS, plan.candidate.predictions)
    for record in (training, predictions):
        origins.check_origins(project, name, record)
    kept = find_kept(project, fingerprints, name, training) if project.options.stage in (None, CHAMPION) else {}
    return Evidence(sides, plan, judged, verdict, training, predictions, tuple(allow.used), kept)


def check_told(project: Project, name: str, allow: Allowed) -> None:
    """Refuse a model that is in use already where the report of this very commit says that it does not pass."""
    try:
        report, told = _tell(project, name)
    except RefusedError:
        return  # it was let in before, and this commit says nothing of it
    _check_verdict(name, told.verdict, told, allow)
    _check_jobs(project, name, report, allow)


def _tell(project: Project, name: str) -> tuple[Report, ModelReport]:
    """Give the report of this commit, and what it says of a model."""
    report = _report(project)
    if report.commit is None:
        raise RefusedError("the last run here ended before it judged anything", hint=RUN)
    if project.head is None or report.commit != project.head:
        was, now = (report.commit or "none")[:7], (project.head or "none")[:7]
        raise RefusedError(f"the verdict is stale: it is of commit {was}, and HEAD is {now}", hint=RUN)
    if name not in report.models:
        raise RefusedError(f"`{name}` was not judged in the last run", hint=RUN)
    return report, report.models[name]


def _report(project: Project) -> Report:
    try:
        return loads((project.store.root / NAME).read_bytes())
    except FileNotFoundError:
        raise RefusedError("nothing was judged here yet: there is no .ml_ci/report.json", hint=RUN) from None
    except UserError as error:
        raise RefusedError(f".ml_ci/report.json: {error.message}", hint=RUN) from None


def _check_place(project: Project, fingerprints: Fingerprints, candidate: Side, allow: Allowed) -> None:
    if fingerprints.touched(candidate) and not allow("dirty"):
        message = "the tree has changes that are in no commit: what is promoted could not be made again"
        raise RefusedError(message, hint="Commit them, or: --allow-dirty --reason 'why'.")
    why = distrust(project.repository, project.head or "", project.options.environment)
    if why is not None and not allow("branch"):
        raise RefusedError(f"{why}", hint="Promote after the merge, or: --allow-branch --reason 'why'.")


def _check_verdict(name: str, verdict: Verdict, told: ModelReport, allow: Allowed) -> None:
    if verdict == "pass" or (verdict != "error" and allow("verdict")):
        return
    why = told.failure.message if told.failure is not None else ""
    message = f"the verdict on `{name}` is {verdict}{': ' + why if why else ''}"
    raise RefusedError(message, hint=_MEND if verdict == "error" else _ALLOW, verdict=verdict)


def _check_jobs(project: Project, name: str, report: Report, allow: Allowed) -> None:
    """Refuse a model that a check builds on which did not pass: the service that was built with it fails its tests."""
    for check in project.spec.find_checks_of(name):
        verdict = report.jobs[check].verdict if check in report.jobs else None
        if verdict == "pass" or (verdict != "error" and verdict is not None and allow("verdict")):
            continue
        if verdict is None:
            message = f"the job `{check}`, which builds on `{name}`, was not done in the last run"
            raise RefusedError(message, hint=RUN)
        message = f"the verdict on the job `{check}`, which builds on `{name}`, is {verdict}"
        raise RefusedError(message, hint=_MEND if verdict == "error" else _ALLOW, verdict=verdict)


def _find(
    project: Project, name: str, champion: Version | None, told: ModelReport, allow: Allowed, lost: bool
) -> tuple[Sides, Plan, Judged]:
    """Find the sealed verdict on this tree, against the champion that there is."""
    loose = None
    for baseline in (CHAMPION, None):
        asked = replace(project, options=replace(project.options, baseline=baseline or project.options.baseline))
        try:
            sides = Fingerprints(asked).sides(name)
        except StageFailed as error:
            if baseline is None:
                break
            if error.failure.code == LOST and allow("champion"):
                continue
            raise RefusedError(error.failure.message, hint=_hint(error.failure)) from None
        plan = plan_work(asked, sides)
        record = project.store.find(VERDICTS, plan.verdict)
        judged = None if record is None else read_verdict(record)
        if judged is None:
            continue
        origins.check_origins(project, name, record)
        if not lost and _is_against(plan, sides, champion):
            return sides, plan, judged
        loose = (sides, plan, judged)
    if loose is not None and allow("champion"):
        return loose
    raise _judge_by(project, name, _not_judged(name, champion, told))


def _hint(failure: Failure) -> str:
    more = f" Or begin anew: {_ANEW}, then --allow-champion --reason 'why'." if failure.code == LOST else ""
    return f"{failure.hint}{more}"


def _is_against(plan: Plan, sides: Sides, champion: Version | None) -> bool:
    if champion is None:
        return True
    if sides.baseline is None or plan.baseline is None:
        return False
    return sides.baseline.champion == champion or plan.baseline.training == champion.training


def _judge_by(project: Project, name: str, error: RefusedError) -> RefusedError:
    """Name the stage in the next step, where it has gates of its own."""
    stage = project.options.stage
    if any(one.name == stage and one.gates for one in project.spec.models[name].stages):
        hint = f"By the gates of {stage}: ml-ci run --baseline champion --stage {stage}"
        return RefusedError(error.message, hint=hint)
    return error


def _not_judged(name: str, champion: Version | None, told: ModelReport) -> RefusedError:
    source = told.baseline.source if told.baseline is not None else None
    if champion is None or source == f"{CHAMPION} {champion.named}":
        message = f"the verdict on `{name}` is stale: there is no record of it for this tree and its data"
        return RefusedError(message, hint=RUN)
    if source is not None and source.startswith(CHAMPION):
        message = (
            f"the champion of `{name}` moved: it was judged against {source}, and the champion is {champion.named}"
        )
    else:
        against = source or "no baseline"
        message = f"`{name}` was judged against {against}, and the champion is {champion.named}"
    return RefusedError(message, hint=_AGAIN)


_MEND = "Nobody may allow an error. Mend what failed, then: ml-ci run --baseline champion"
_ALLOW = "A person may allow it: --allow-verdict --reason 'why'."
_ANEW = "ml-ci run --baseline merge-base"
_AGAIN = f"{RUN}. Or: --allow-champion --reason 'why'."
