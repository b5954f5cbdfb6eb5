"""What live traffic says of a model that leaves a stage with `traffic:`; a promotion asks for it by name."""

from __future__ import annotations

from collections.abc import Mapping

from ml_ci.errors import UserError
from ml_ci.gates.live.values import Decision
from ml_ci.gates.values import Verdict
from ml_ci.registry.values import RefusedError, Version
from ml_ci.reports.live.values import CanaryReport
from ml_ci.spec.values import ModelSpec, Stage
from ml_ci.steps.opening.believed import find_beliefs
from ml_ci.steps.promotion.evidence import Allowed
from ml_ci.steps.values import Project
from ml_ci.steps.watching.leave import read_canary

_VERDICTS: Mapping[Decision, Verdict] = {"promote": "pass", "roll back": "fail", "continue": "inconclusive"}


def check_traffic(
    project: Project, model: ModelSpec, stage: str, training: str, champion: Version | None, allow: Allowed
) -> None:
    """Hold that live rows let a model out of the stage before, where that has traffic; RefusedError says what lacks.

    The decision is of `ml-ci canary`, about this very model against the champion that there is.
    """
    before = _find_before(model, stage)
    if before is None or before.traffic is None:
        return
    again = f"First: ml-ci canary {model.name} --stage {before.name}"
    report = _read(project, model.name, before.name, again)
    if report.training != training:
        message = f"the decision on {before.name} is about v{report.version} of {model.name}, which is another model"
        raise RefusedError(message, hint=again)
    if champion is None or report.champion != champion.version:
        now = "none" if champion is None else champion.named
        message = f"v{report.version} of {model.name} was held against v{report.champion}, and the champion is {now}"
        raise RefusedError(message, hint=again)
    if report.decision == "promote" or allow("verdict"):
        return
    message = f"live rows do not let v{report.version} of {model.name} out of {before.name}: {report.decision}"
    why = f" ({report.reason})" if report.reason else ""
    hint = "A person may allow it: --allow-verdict --reason 'why'."
    raise RefusedError(f"{message}{why}", hint=hint, verdict=_VERDICTS[report.decision])


def _find_before(model: ModelSpec, stage: str) -> Stage | None:
    names = [one.name for one in model.stages]
    at = names.index(stage) if stage in names else 0
    return model.stages[at - 1] if at else None


def _read(project: Project, name: str, stage: str, again: str) -> CanaryReport:
    """Read what was decided on the stage, by a run that is believed here."""
    try:
        report, record = read_canary(project.store)
    except FileNotFoundError:
        message = f"nobody decided by live rows whether the model in {stage} of {name} may go on"
        raise RefusedError(message, hint=again) from None
    except UserError as error:
        raise RefusedError(f".ml_ci/canary.json: {error.message}", hint=again) from None
    if (report.model, report.stage) != (name, stage):
        message = f"the last decision by live rows is on {report.stage} of {report.model}, and not on {stage} of {name}"
        raise RefusedError(message, hint=again)
    if record is None:
        raise RefusedError(".ml_ci/canary.json was written elsewhere, or changed since", hint=again)
    if why := find_beliefs(project.repository, project.options.environment).foreign(record.origin):
        raise RefusedError(f"the decision on {stage} of {name} was {why}", hint=again)
    return report
