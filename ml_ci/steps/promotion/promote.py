"""Promote a model, take a promotion back, tell the history: the registry's verbs on one project."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from ml_ci.frozen import dataclass
from ml_ci.plan.plan import TRAININGS
from ml_ci.registry.approval import Approval, approve
from ml_ci.registry.approval import approved as approval_of
from ml_ci.registry.history import History, check_not_lost
from ml_ci.registry.history import history as told
from ml_ci.registry.intent import check_none
from ml_ci.registry.mlflow_registry import MlflowRegistry
from ml_ci.registry.promotion import event_of, finish, promote, unfinished
from ml_ci.registry.rollback import rollback
from ml_ci.registry.values import (
    ARTIFACT,
    CHAMPION,
    ROLLED_BACK,
    TRAINING,
    Event,
    LostChampionError,
    Promoted,
    RefusedError,
    Version,
)
from ml_ci.steps.judging.looks import note_promotion as counted
from ml_ci.steps.opening.project import check_models, check_name, locate, open_project
from ml_ci.steps.planning.champion import find_location
from ml_ci.steps.planning.sides import Fingerprints
from ml_ci.steps.promotion import origins, stages
from ml_ci.steps.promotion.alone import alone
from ml_ci.steps.promotion.evidence import Allowed, check_told, collect_evidence
from ml_ci.steps.promotion.offer import Asked, make_offer
from ml_ci.steps.promotion.traffic import check_traffic
from ml_ci.steps.values import Options, Project
from ml_ci.steps.watching.impact import say_impacts


@dataclass(frozen=True)
class Done:
    """What `promote` came to. `moved` False: this very model was in use already. `same` says that the model's file is
    byte for byte the one that it replaced; `completed` that an earlier try was only finished."""

    promoted: Promoted
    same: bool = False
    completed: bool = False


def promote_model(options: Options, name: str, asked: Asked) -> Done:
    """Make the candidate of this commit champion, or put it into the stage that is asked for.

    RefusedError with the reason, and the registry's aliases are as they were.
    """
    project = open_project(locate(options), replace(options, models=(name,), stage=asked.stage))
    stages.check_model_stage(project.spec.models[name], asked.stage)
    with alone(project, name):
        registry = MlflowRegistry(find_location(project))
        if asked.stage == CHAMPION:
            check_none(registry, name)
        champion, current = registry.aliased(name, CHAMPION), registry.aliased(name, asked.stage)
        known = Fingerprints(project).candidate(name).fingerprint.training
        if current is not None and current.training == known:
            if not unfinished(current):
                check_told(project, name, Allowed(asked.allow, []))
            return _in_use(project, registry, current)
        if current is not None and unfinished(current):
            finish(registry, current, project.store.root)
        stages.check_before(registry, project.spec.models[name], asked.stage, known)
        again = _roll_back(registry, name, known, asked)
        said = _approve(registry, name, known, stages.ask_for_approval(project.spec.models[name], asked))
        allow = Allowed(asked.allow, ["rolled-back"] if again else [])
        check_traffic(origins.seeing_all(project), project.spec.models[name], asked.stage, known, champion, allow)
        lost = champion is None and _had_champion(registry, name)
        found = collect_evidence(project, name, champion, allow, lost=lost)
        with project.store.workplace() as folder:
            offer = make_offer(project, found, current, said, again, folder)
            done = promote(registry, offer, project.store.root)
        if asked.stage == CHAMPION:
            counted(project, name, known)
        same = current is not None and bool(offer.tags[ARTIFACT]) and current.tags.get(ARTIFACT) == offer.tags[ARTIFACT]
        return Done(done, same)


def approve_model(options: Options, name: str, asked: Asked) -> Approval:
    """Keep that a person approves the model of this tree for a stage; it holds for this very training and no other."""
    project = open_project(locate(options), replace(options, models=(name,), stage=asked.stage))
    stages.check_model_stage(project.spec.models[name], asked.stage)
    training = Fingerprints(project).candidate(name).fingerprint.training
    if project.store.find(TRAININGS, training) is None:
        raise RefusedError(f"`{name}` as it is here was not trained yet", hint="Judge it first: ml-ci run")
    given = Approval(training, asked.by, asked.time, asked.reason, project.head, asked.stage)
    approve(MlflowRegistry(find_location(project)), name, given)
    return given


def roll_back(options: Options, name: str, asked: Asked) -> Event:
    """Make the champion before this one champion again."""
    project = open_project(locate(options), options)
    check_name(project.spec, name)
    with alone(project, name):
        registry = MlflowRegistry(find_location(project))
        if registry.aliased(name, CHAMPION) is None and not registry.tags(name):
            check_models(project.spec, (name,))
        said = {"by": asked.by, "reason": asked.reason, "time": asked.time}
        return rollback(registry, name, project.store.root, **said, take_over="pending" in asked.allow)


def read_history(options: Options, name: str, now: datetime) -> History:
    """Read who was champion when; UserError for a name that neither the registry nor ml-ci.yaml knows."""
    project = open_project(locate(options), options)
    check_name(project.spec, name)
    found = told(MlflowRegistry(find_location(project)), name, now)
    if found.champion is None and not found.stays and not found.staged:
        check_models(project.spec, (name,))
    return found


def read_costs(options: Options, found: History) -> dict[str, str]:
    """Say by version what the errors of each champion cost on live rows; none of those that nobody looked at."""
    return say_impacts(open_project(locate(options), options), found)


def _had_champion(registry: MlflowRegistry, name: str) -> bool:
    """Say whether a model without a champion had one."""
    try:
        check_not_lost(name, registry.tags(name))
    except LostChampionError:
        return True
    return False


def _in_use(project: Project, registry: MlflowRegistry, champion: Version) -> Done:
    """Finish the promotion of the champion, where a kill left it unfinished; nothing else is to be done."""
    left = unfinished(champion)
    if champion.stage == CHAMPION:
        counted(project, champion.model, champion.training or "")
    event = finish(registry, champion, project.store.root) if left else event_of(champion)
    return Done(Promoted(champion, event, moved=left), completed=left)


def _approve(registry: MlflowRegistry, name: str, training: str, asked: Asked) -> Asked:
    """Add who approved this very model; RefusedError when nobody did and it is required."""
    if asked.approved_by:
        return asked
    found = approval_of(registry, name, training, asked.stage)
    if found is None and asked.needs_approval:
        of, where = ("", "") if asked.stage == CHAMPION else (f" for {asked.stage}", f" --stage {asked.stage}")
        hint = f"A person does: ml-ci approve {name}{where} --reason 'why'"
        raise RefusedError(f"nobody approved this model of {name}{of}", hint=hint)
    return replace(asked, approved_by=None if found is None else found.by)


def _roll_back(registry: MlflowRegistry, name: str, training: str, asked: Asked) -> int:
    """Count how often this very model was taken back; what was, is promoted again only by a person."""
    found = [one for one in registry.versions(name) if one.tags.get(TRAINING) == training and ROLLED_BACK in one.tags]
    if found and "rolled-back" not in asked.allow:
        message = (
            f"{found[-1].named} of {name} is this very model, and it was rolled back on {found[-1].tags[ROLLED_BACK]}"
        )
        raise RefusedError(message, hint="To use it again: --allow-rolled-back --reason 'why'.")
    return len(found)
