"""Find the model in use, and a candidate beside it, as the registry knows them, with what they came to on holdouts."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from ml_ci.errors import Failure, StageFailed, UserError
from ml_ci.frozen import dataclass
from ml_ci.live.values import Candidate, Champion
from ml_ci.registry.history import History, history
from ml_ci.registry.registry import Registry
from ml_ci.registry.values import PROMOTED, Version, Worth
from ml_ci.reports.as_json import loads
from ml_ci.reports.history import lost
from ml_ci.reports.values import ModelReport
from ml_ci.spec.values import Stage
from ml_ci.steps.values import Project

NO_CHAMPION = "no-champion"


@dataclass(frozen=True)
class InUse:
    """The champion as live rows are held against it; `worth` is what its promotion saved, None where unknown."""

    champion: Champion
    version: Version
    worth: Worth | None


def find_in_use(project: Project, registry: Registry, name: str, now: datetime) -> InUse:
    """Find the champion with its threshold, its counts on the holdout and since when it is in use.

    StageFailed where there is none, where ml-ci did not put it there, and where nothing is known of its holdout;
    NoAnswerError when the registry does not answer.
    """
    found = history(registry, name, now)
    version = _check_ours(name, found)
    event = found.stays[0].event
    report = read_judged(project, registry, version)
    assert report.candidate is not None, "read_judged refuses a report without"  # noqa: S101
    threshold = find_threshold(version, report)
    counts = report.candidate.confusion
    champion = Champion(name, version.version, event.time, version.commit or "", threshold, counts)
    return InUse(champion, version, event.worth)


def find_candidate(project: Project, registry: Registry, name: str, stage: Stage) -> tuple[Candidate, Version]:
    """Find the model that ml-ci put into a stage; StageFailed where there is none."""
    version = registry.aliased(name, stage.name)
    where = f"ml-ci promote {name} --stage {stage.name}"
    if version is None:
        raise _fail("no-candidate", f"no model of `{name}` is in the stage {stage.name}", f"Put one there: {where}")
    if not version.ours or version.stage != stage.name or PROMOTED not in version.tags:
        message = f"v{version.version} of `{name}` is in {stage.name}, and ml-ci did not put it there"
        raise _fail("not-ours", message, f"Put one there by: {where}")
    report = read_judged(project, registry, version)
    since = version.tags[PROMOTED]
    found = Candidate(version.version, since, version.commit or "", find_threshold(version, report))
    return found, version


def _check_ours(name: str, found: History) -> Version:
    if found.lost:
        raise _fail("champion-lost", lost(found), f"Put back what is left of it: ml-ci rollback {name} --reason 'why'.")
    if found.champion is None:
        raise _fail(NO_CHAMPION, f"`{name}` has no champion yet", f"Promote one: ml-ci promote {name}")
    if found.foreign or not found.champion.ours:
        message = f"v{found.champion.version} is champion of `{name}`, and ml-ci did not put it there: nothing says"
        hint = f"Promote a model by ml-ci, or take it back: ml-ci rollback {name} --reason 'why'."
        raise _fail("not-ours", f"{message} since when, and how it did on its holdout", hint)
    return found.champion


def read_judged(project: Project, registry: Registry, version: Version) -> ModelReport:
    """Read the report by which a version was let in; StageFailed where it is gone, damaged, or has no counts."""
    with project.store.workplace() as work:
        try:
            report = loads(_download(registry, version, work).read_bytes())
        except (UserError, OSError) as error:
            why = error.message if isinstance(error, UserError) else str(error)
            raise _fail("no-record", _lacks(version, f": {why}"), _AGAIN) from None
    found = report.models.get(version.model)
    if found is None or found.candidate is None or not found.candidate.confusion.rows:
        raise _fail("no-record", _lacks(version, ""), _AGAIN)
    return found


def _download(registry: Registry, version: Version, work: Path) -> Path:
    return registry.download(version, "report.json", work)


def _lacks(version: Version, why: str) -> str:
    return f"nothing is known of how v{version.version} of `{version.model}` did on its holdout{why}"


_AGAIN = "Judge and promote it anew: ml-ci run --baseline champion, then ml-ci promote."


def find_threshold(version: Version, report: ModelReport) -> float | None:
    """Give the score from which on a version decides positive: as chosen for its holdout, or as stated.

    None where it is not known, as of a model that gives labels.
    """
    if report.pictures is None or report.pictures.cuts is None:
        return None
    return report.pictures.cuts.operating[0]


def _fail(code: str, message: str, hint: str) -> StageFailed:
    return StageFailed(Failure("live", code, message, hint))
