"""The registry's champion as the baseline: what ml-ci promoted, or a version that somebody else registered."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from ml_ci.changes.values import READS, UNSEEN, Fingerprint
from ml_ci.digests import digest
from ml_ci.errors import Failure, StageFailed, UserError
from ml_ci.gates.evidence import NEW_MODEL
from ml_ci.plan.plan import TRAININGS
from ml_ci.records.record import DamagedRecordError, Record, reseal
from ml_ci.registry.location import Location, locate
from ml_ci.registry.query import champion
from ml_ci.registry.values import ENVIRONMENT, LostChampionError, NoAnswerError, Version
from ml_ci.repository import remote
from ml_ci.steps.planning.folds import fail_without_folds, find_folds
from ml_ci.steps.values import Made, Project, Side, Sides

CHAMPION = "champion"
NO_CHAMPION = f"{NEW_MODEL}: no champion yet"
LOST = "champion-lost"
_MODEL = "registered"


def find_location(project: Project) -> Location:
    """Say where the project's registry is."""
    return locate(project.store.root, project.spec.registry, project.options.environment)


def find_champion(project: Project, model: str) -> Version | None:
    """Give a model's champion; None when there never was one.

    StageFailed when the registry does not answer, and when there was one and the alias is gone.
    """
    try:
        return champion(find_location(project), model)
    except NoAnswerError as error:
        raise fail_without_answer(error) from None


def fail_without_answer(error: NoAnswerError) -> StageFailed:
    """Make the failure of a baseline that is declared and cannot be had."""
    code = LOST if isinstance(error, LostChampionError) else "registry-no-answer"
    return StageFailed(Failure("registry", code, error.message, error.hint))


def pair_with_champion(project: Project, candidate: Side, found: Version | None, at: Callable[[str], Side]) -> Sides:
    """Give the sides of a comparison with the champion; `at` gives the model as a commit has it.

    StageFailed when it cannot be had.
    """
    if found is None:
        return Sides(candidate, None, None, CHAMPION, NO_CHAMPION)
    source = f"{CHAMPION} {found.named}"
    folded = find_folds(candidate.model) is not None
    if folded and (not found.ours or found.commit is None):
        raise fail_without_folds(f"ml-ci did not train the {source}: it has no models that did not see a row")
    if not found.ours or found.commit is None:
        return Sides(candidate, _register(candidate, found), None, source)
    _bring(project, found.commit)
    side = at(found.commit)
    if side.model.job.predicts or folded:
        # It is no model: its command predicts this holdout anew. Or its commit's folds are compared, and not it.
        return Sides(candidate, side, found.commit, source)
    try:
        parts, trains = found.fingerprint()
    except NoAnswerError as error:
        raise fail_without_answer(error) from None
    promoted = replace(side.fingerprint, parts=parts, training_parts=trains)
    if promoted.training != found.training:
        raise fail_without_answer(NoAnswerError(f"the tags of {found.model} v{found.version} are damaged"))
    own = _under(side.fingerprint, found, parts)
    return Sides(candidate, replace(side, fingerprint=promoted, own=own, champion=found), found.commit, source)


def _under(own: Fingerprint, found: Version, parts: Mapping[str, str]) -> Fingerprint:
    """Give what the champion's commit says, with what it read and the distributions that it was trained with."""
    own = replace(own, parts={**own.parts, READS: parts.get(READS, UNSEEN)})
    try:
        versions = json.loads(found.tags[ENVIRONMENT])
    except (KeyError, ValueError):
        return own
    known = {**own.parts, "environment": parts.get("environment", "")}
    return replace(own, parts=known, details={**own.details, "environment": versions})


def _register(candidate: Side, found: Version) -> Side:
    """Make the side of a version that ml-ci did not train: it is scored by pyfunc, and decided as the candidate is."""
    known = digest([_MODEL, found.model, found.version, found.source, found.run, found.created])
    scoring = {part: known for part, known in candidate.fingerprint.parts.items() if part in _SCORING}
    fingerprint = Fingerprint({**scoring, _MODEL: known}, frozenset({_MODEL}), {_MODEL: {"version": found.version}})
    model = replace(candidate.model, predict=None, needs=())
    return Side("baseline", model, candidate.tree, fingerprint, {}, None, found)


_SCORING = ("data.holdout", "metrics", "gates")


def _bring(project: Project, commit: str) -> None:
    """Have the champion's commit here: its code scores it. A shallow clone asks its remote."""
    repository = project.repository
    if repository.commit(commit) is None:
        remote.fetch(repository, commit, no_tags=True, depth=1)
    if repository.commit(commit) is None:
        message = f"the champion's commit {commit[:7]} is not in this clone, and could not be fetched"
        hint = "Fetch the history: git fetch --unshallow; in GitHub Actions: actions/checkout with `fetch-depth: 0`."
        raise StageFailed(Failure("registry", "champion-commit", message, hint))


def fetch_champion(project: Project, side: Made) -> Record:
    """Bring the champion's model from the registry, as the record of its training; once, it is found again by its key.

    StageFailed when the registry does not answer, or holds something else than was promoted.
    """
    from ml_ci.registry.mlflow_registry import MlflowRegistry

    version, key = side.champion, side.fingerprint.training
    assert version is not None, "only a champion is fetched"  # noqa: S101
    try:
        registry = MlflowRegistry(find_location(project))
        with project.store.workplace() as work:
            if version.ours:
                return project.store.adopt(
                    _own(project, registry.download(version, "record", work), key), TRAININGS, key
                )
            draft = work / "draft"
            draft.mkdir()
            registry.download(version, None, work).rename(draft / "model")
            return project.store.keep(draft, TRAININGS, key, _content(side, version))
    except DamagedRecordError as error:
        message = f"what the registry holds of {version.named} is not what was promoted: {error}"
        raise StageFailed(Failure("registry", "champion-damaged", message, "Promote another version.")) from None
    except NoAnswerError as error:
        raise fail_without_answer(error) from None
    except UserError as error:
        raise StageFailed(Failure("registry", "no-mlflow", error.message, error.hint)) from None


def _own(project: Project, draft: Path, key: str) -> Path:
    """Seal what was promoted as fetched in this run: the registry vouches for it, wherever it was trained."""
    reseal(draft, TRAININGS, key, project.store.beliefs.here)
    return draft


def _content(side: Made, version: Version) -> dict[str, object]:
    return {
        "model": side.model.name,
        "commit": None,
        "dirty": False,
        "parts": dict(side.fingerprint.parts),
        "details": {_MODEL: {"version": version.version, "source": version.source}},
        "artifact": "model",
        "predictions": None,
        "command": False,
        "seconds": None,
        "megabytes": None,
    }
