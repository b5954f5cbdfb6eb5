"""What the registry knows of a model: its versions, what ml-ci wrote at each, and the moves of its aliases."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, TypeAlias

from ml_ci.errors import UserError
from ml_ci.frozen import dataclass

CHAMPION, PREVIOUS, NONE = "champion", "previous", "none"

# Tags of a version that ml-ci registered. `PROMOTED` is written last: without it a promotion is not finished.
PROMOTION, COMMIT, TRAINING, ARTIFACT = "ml-ci.promotion", "ml-ci.commit", "ml-ci.training", "ml-ci.artifact"
FINGERPRINT, ENVIRONMENT, REPLACES, EVENT = "ml-ci.fingerprint", "ml-ci.environment", "ml-ci.replaces", "ml-ci.event"
PROMOTED, WITHDRAWN, ROLLED_BACK = "ml-ci.promoted", "ml-ci.withdrawn", "ml-ci.rolled-back"
STAGE = "ml-ci.stage"  # the alias that a version was registered for, where it is another than champion
# Tags of a registered model: one per move of the alias, and a rollback that is under way.
MOVE, INTENT = "ml-ci.move.", "ml-ci.rollback"
# A person's approval of one training, by its key.
APPROVAL = "ml-ci.approval."
# Of a registered model: a try of a job after a promotion. Of a version: when a job was done for it, and the digests of
# what the jobs before it left that a deployment takes.
DEPLOYMENT, DEPLOYED, JOBS = "ml-ci.deployment.", "ml-ci.deployed.", "ml-ci.jobs"


class NoAnswerError(Exception):
    """Say that the registry did not answer, or answered what is no answer; `hint` is the next step."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class LostChampionError(NoAnswerError):
    """Say that a model had a champion, and that the alias names none any more: no first model, and no baseline."""

    def __init__(self, model: str, last: str) -> None:
        message = f"the champion of {model} was v{last}, and somebody took the alias away, or its version"
        super().__init__(message, f"Put back what is left of it: ml-ci rollback {model} --reason 'why'.")


class RefusedError(UserError):
    """Say why a model was not promoted: the champion is as it was. `verdict` is the model's, where that is why."""

    def __init__(self, message: str, *, hint: str = "", verdict: str = "") -> None:
        super().__init__(message, hint=hint)
        self.verdict = verdict


@dataclass(frozen=True)
class Version:
    """One version of a registered model; `created` in seconds since 1970, `source` is where its files are."""

    model: str
    version: str
    created: float = 0.0
    source: str = ""
    run: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def ours(self) -> bool:
        """Whether ml-ci registered it."""
        return PROMOTION in self.tags and TRAINING in self.tags and FINGERPRINT in self.tags

    @property
    def commit(self) -> str | None:
        return self.tags.get(COMMIT)

    @property
    def training(self) -> str | None:
        return self.tags.get(TRAINING)

    @property
    def stage(self) -> str:
        """The alias that ml-ci registered it for."""
        return self.tags.get(STAGE, CHAMPION)

    @property
    def finished(self) -> bool:
        """Whether its promotion came to an end, one way or the other."""
        return PROMOTED in self.tags or WITHDRAWN in self.tags

    @property
    def named(self) -> str:
        """Name it in a sentence: `v3 (3f2c1ab)`."""
        return f"v{self.version} ({self.commit[:7]})" if self.commit else f"v{self.version}"

    def fingerprint(self) -> tuple[dict[str, str], frozenset[str]]:
        """Give the parts that it was made of, and which of them its training depends on; NoAnswerError when damaged."""
        try:
            said = json.loads(self.tags[FINGERPRINT])
            parts = {str(part): str(known) for part, known in said["parts"].items()}
            trains = frozenset(str(part) for part in said["trains"])
        except (KeyError, TypeError, ValueError, AttributeError):
            raise NoAnswerError(f"the tags of {self.model} v{self.version} are damaged") from None
        if not trains <= set(parts):
            raise NoAnswerError(f"the tags of {self.model} v{self.version} are damaged")
        return parts, trains


@dataclass(frozen=True)
class Worth:
    """What a change of champion was worth: how much less the errors of the new one cost a row than those of `before`.

    Both scored the same rows of the holdout. `saved` is in the `currency` of `cost:`, negative where the new one costs
    more; `interval` is two-sided at `level`, None where nothing can be told.
    """

    before: str
    saved: float
    currency: str = ""
    interval: tuple[float, float] | None = None
    level: float | None = None

    @property
    def told(self) -> bool:
        """Whether it is more than noise: its interval leaves out 0."""
        return self.interval is not None and not self.interval[0] <= 0 <= self.interval[1]


@dataclass(frozen=True)
class Event:
    """One move of the champion, or of another `stage`.

    It says who, when (UTC, ISO 8601), from which version to which, and why it was allowed.

    `replaced` is the version that was in use before, None when there was none. `overrides` names what a person allowed
    by hand, for which `reason` is given. `worth` is what it saves, where errors have a price.
    """

    id: str
    kind: str
    model: str
    time: str
    by: str
    version: str
    replaced: str | None = None
    commit: str | None = None
    verdict: str | None = None
    reason: str = ""
    approved_by: str | None = None
    overrides: tuple[str, ...] = ()
    stage: str = CHAMPION
    worth: Worth | None = None


TryState: TypeAlias = Literal["begun", "done", "failed", "lost", "withdrawn"]


@dataclass(frozen=True)
class Try:
    """One try of a job after the promotion of a `version`, begun and ended at times in UTC (ISO 8601).

    `deployment` is the same for every try of the same job after the same `move` of the champion. `place` is where it
    was begun: a CI system's run, or a machine's checkout. At the time `until` ml-ci has ended it, wherever it is.
    `state`: `begun` until it ended, `done` or `failed`; `lost` when it never said, `withdrawn` when it never started.
    """

    id: str
    deployment: str
    job: str
    move: str
    version: str
    begun: str
    until: str
    place: str
    by: str
    approved_by: str | None = None
    state: TryState = "begun"
    ended: str | None = None
    said: str = ""

    def may_be_at_work(self, place: str, now: datetime) -> bool:
        """Say whether it may be at work still: what was begun at this very place was stopped."""
        return self.state == "begun" and self.place != place and datetime.fromisoformat(self.until) > now


@dataclass(frozen=True)
class Dataset:
    """One data entry of a training: its digest, whole, and where the spec finds it."""

    name: str
    digest: str
    source: str
    context: str


@dataclass(frozen=True)
class Offer:
    """A model that may be promoted, with all that is kept of it.

    `folder` holds the files of the run: `record/`, `model/`, reports, lineage. `replaces` is the version that it was
    judged against, "none" without one. `id` is the same whenever the same promotion is tried again. `summary` is a
    sentence for who looks at the version, `description` the report in Markdown for who looks at the run.
    """

    id: str
    model: str
    event: Event
    replaces: str
    tags: Mapping[str, str]
    folder: Path
    params: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    datasets: tuple[Dataset, ...] = ()
    take_over: bool = False
    summary: str = ""
    description: str = ""


@dataclass(frozen=True)
class Promoted:
    """What a promotion came to: the version in use, the one before, and whether this call moved the alias."""

    version: Version
    event: Event
    moved: bool


@dataclass(frozen=True)
class Lineage:
    """What a version was made of and judged by: `made` is its `lineage.json`, empty for a version of somebody else.

    `aliases` name it now; `moves` are those that brought it into use, `tries` those to deploy it.
    """

    version: Version
    made: Mapping[str, Any] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    moves: tuple[Event, ...] = ()
    tries: tuple[Try, ...] = ()
