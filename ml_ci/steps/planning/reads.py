"""Lead from what is declared of a job over what it was seen to read to the key of what came out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from ml_ci.changes.read_states import ReadStates, States
from ml_ci.changes.reads import Reads
from ml_ci.changes.values import READS, UNSEEN, Fingerprint, Stage
from ml_ci.changes.whole import Whole
from ml_ci.digests import digest
from ml_ci.frozen import dataclass
from ml_ci.records.manifests import Entry, entries, is_kept, leading_to, note, pack_entries
from ml_ci.steps.values import Made, Project, Side

AnyMade = TypeVar("AnyMade", bound=Made)


def resolve_reads(project: Project, side: AnyMade) -> AnyMade:
    """Give a side with the reads that agree with its tree, upstream first; `unseen` where no set of them does.

    What was trained since the side was made counts. A champion stays what it was promoted as.
    """
    if side.champion is not None:
        return side
    return resolve_on(project, side, {name: resolve_reads(project, needed) for name, needed in side.needs.items()})


def resolve_on(project: Project, side: AnyMade, needs: Mapping[str, Made]) -> AnyMade:
    """Give a side on top of others that are resolved already, with the reads that agree with its tree."""
    known = {name: needed.fingerprint for name, needed in needs.items()}
    declared = side.fingerprint.with_needs(known)
    entry = _find_agreeing(project, side, declared, "train", declared.manifest)
    states, left = (None, None) if entry is None else (entry.states, entry.left)
    own = None if side.own is None else side.own.with_needs(known).with_reads(states, left)
    return replace(side, needs=needs, fingerprint=declared.with_reads(states, left), own=own)


def enter_training(
    project: Project, side: Made, reads: Reads, left: Mapping[str, str] | None = None
) -> tuple[Fingerprint, Entry]:
    """Give the fingerprint of a training that read this, and the entry that leads to what came out of it.

    `left` has the digests of what a job left.
    """
    declared = side.fingerprint
    states = open_states(project, side, declared, "train").of(reads)
    found = declared.with_reads(states, left)
    return found, Entry(declared.manifest, found.training, states, reads.outside, left or {})


def remember(project: Project, entry: Entry) -> None:
    """Let what came out be found by what was read."""
    project.store.ready()
    note(project.store.root, entry)


@dataclass(frozen=True)
class Scoring:
    """What a scoring depends on: its side, the candidate whose metrics count, and the key of all that is declared.

    `metric` is what stands for the reads of the user's own metrics, "" where there are none.
    """

    side: Side
    candidate: Side
    metric: str
    manifest: str

    @property
    def foretold(self) -> bool:
        """Whether the training's own command predicts: then no job scores, and there is nothing more to read."""
        return self.side.model.job.predicts and self.side.champion is None


def key_predictions(project: Project, asked: Scoring) -> str:
    """Give the key of a side's predictions; of none that there is, where their reads were not seen in this state."""
    if asked.foretold:
        return asked.manifest
    states = _agreeing(project, asked.side, asked.side.fingerprint, "score", asked.manifest)
    return make_key(asked.manifest, states)


def enter_scoring(project: Project, asked: Scoring, reads: Reads) -> Entry:
    """Give the entry of a scoring that read this."""
    states = open_states(project, asked.side, asked.side.fingerprint, "score").of(reads)
    return Entry(asked.manifest, make_key(asked.manifest, states), states, reads.outside)


def key_metrics(candidate: Side) -> str:
    """Give the key of what is declared of the user's own metrics: they are the candidate's, for both sides."""
    return digest(["metric", candidate.fingerprint.asked, candidate.fingerprint.parts.get("environment")])


def key_metric_reads(project: Project, candidate: Side) -> str:
    """Give what stands for the reads of the user's own metrics; "" where the model has none."""
    if not candidate.model.metrics:
        return ""
    manifest = key_metrics(candidate)
    return make_key(manifest, _agreeing(project, candidate, candidate.fingerprint, "metric", manifest))


def enter_metrics(project: Project, candidate: Side, reads: Reads) -> Entry:
    """Give the entry of the user's own metrics that read this."""
    manifest = key_metrics(candidate)
    states = open_states(project, candidate, candidate.fingerprint, "metric").of(reads)
    return Entry(manifest, make_key(manifest, states), states, reads.outside)


def list_verdict_reads(
    project: Project, candidate: Side, baseline: Side | None, predictions: Iterable[str]
) -> list[Any]:
    """Give all reads that a verdict rests on, of both sides: who takes it over elsewhere finds it by the same key.

    `predictions` are the keys of what was scored, and of folds those of their trainings too.
    """
    sides = [one for one in (candidate, baseline) if one is not None]
    keys = {*predictions, key_metric_reads(project, candidate), *(key for side in sides for key in _trainings(side))}
    return pack_entries(leading_to(project.store.root, frozenset(keys)))


def _trainings(side: Made) -> Iterator[str]:
    yield side.fingerprint.training
    for needed in side.needs.values():
        yield from _trainings(needed)


def make_key(manifest: str, states: States | None) -> str:
    """Give the key that a manifest and one set of reads lead to."""
    return digest([manifest, UNSEEN if states is None else digest([READS, states])])


def open_states(project: Project, side: Made, declared: Fingerprint, stage: Stage) -> ReadStates:
    """Give what looks at reads in a side's tree."""
    return ReadStates(side.model, declared, open_whole(project, side), stage)


def open_whole(project: Project, side: Made) -> Whole:
    """Give the whole repository as a side has it; what is asked for twice is looked at once in a run."""
    if side.commit not in project.wholes:
        project.wholes[side.commit] = Whole(project.repository, side.tree, project.store.root)
    return project.wholes[side.commit]


def find_reads(project: Project, side: Made, stage: Stage, manifest: str) -> Entry:
    """Give the reads that agree with a side's tree; where none do, those that were seen last; nothing where none were.

    Only what is kept here counts.
    """
    found = list(entries(project.store.root, manifest))
    look = open_states(project, side, side.fingerprint, stage) if found else None
    agreeing = (one for one in found if look is not None and look.now(one.states) == one.states)
    return next(agreeing, found[0]) if found else Entry(manifest, "", {})


def _agreeing(project: Project, side: Made, declared: Fingerprint, stage: Stage, manifest: str) -> States | None:
    """Give the states of the newest set of reads that is here as it was then."""
    found = _find_agreeing(project, side, declared, stage, manifest)
    return None if found is None else found.states


def _find_agreeing(project: Project, side: Made, declared: Fingerprint, stage: Stage, manifest: str) -> Entry | None:
    """Find the newest set of reads that is here as it was then."""
    look = None
    for entry in project.store.reads(manifest):
        look = look or (open_states(project, side, declared, stage) if entry.states else None)
        if not entry.states or (look is not None and look.now(entry.states) == entry.states):
            _keep(project, entry, look)
            return entry
    return None


def _keep(project: Project, entry: Entry, look: ReadStates | None) -> None:
    """Keep an entry that the shared store had, and what was looked at on disk."""
    if not is_kept(project.store.root, entry):
        remember(project, entry)
    if look is not None:
        look.save()
