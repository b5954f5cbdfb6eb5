"""What a model depends on, and a change between two such states, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from functools import cached_property
from posixpath import normpath
from typing import Literal, TypeAlias

from ml_ci.changes.drift import ColumnDrift
from ml_ci.digests import digest
from ml_ci.frozen import dataclass

Stage: TypeAlias = Literal["train", "score", "metric"]
READS = "reads"
# What stands for the reads of a training that was not seen yet, or only in another state of what it reads.
UNSEEN = "unseen"
HOLDOUT = "data.holdout"
# Marks the details of rows that a side predicts and that are another side's: nothing of its own says what they are.
FORETOLD = "foretold"


@dataclass(frozen=True)
class Change:
    """Say in words what changed in one part of the fingerprint (`code`, `data.train`, `params`, ...).

    `summary` is one line without the part's name, for example `4,601 → 5,804 rows (+1,203), positives 39% → 31%`;
    `details` are further lines (columns that moved, functions, keys), most telling first. `drift` has the numbers
    behind them: every column that was measured, the farthest first.
    """

    part: str
    summary: str
    details: tuple[str, ...] = ()
    drift: tuple[ColumnDrift, ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class Fingerprint:
    """Hold the digests of everything that one model's results depend on.

    `parts` maps a part (`code`, `job`, `data.NAME`, `data.holdout`, `params`, `environment`, `seed`, `budget`,
    `needs.NAME`, `metrics`, `gates`) to a hexadecimal digest. `training_parts` names those that a training depends
    on. `details` says, by part, what the digest was made of (files and their digests, keys and their values,
    distributions and their versions): builtin types only, so that a record can keep it. `absent` names the data
    parts that are known by a pointer only: their content is not on this machine. `asked` digests what an evaluation
    asks of both sides alike (label, positive, slices, the user's metrics), and not how this side's model is scored.
    `left` has the digests of what a job left, by the paths that it declares; {} where it was not done, and of a model.
    """

    parts: Mapping[str, str]
    training_parts: frozenset[str]
    details: Mapping[str, Mapping[str, object]] = field(default_factory=dict, compare=False)
    warnings: tuple[str, ...] = field(default=(), compare=False)
    absent: frozenset[str] = field(default=frozenset(), compare=False)
    asked: str = ""
    left: Mapping[str, str] = field(default_factory=dict, compare=False)

    @cached_property
    def training(self) -> str:
        """The key of the training with the model's own seed; no record has it where its reads are `unseen`."""
        return digest({part: self.parts[part] for part in self.training_parts})

    @cached_property
    def manifest(self) -> str:
        """The key of the declared parts alone: several trainings may have it, which found different files to read."""
        return digest({part: self.parts[part] for part in self.training_parts if part != READS})

    @property
    def seen(self) -> bool:
        """Whether it is known what this training reads."""
        return self.parts.get(READS, UNSEEN) != UNSEEN

    def with_reads(
        self, states: Mapping[str, Mapping[str, str]] | None, left: Mapping[str, str] | None = None
    ) -> Fingerprint:
        """Give the fingerprint of the training that read what is in these states; None where none was seen.

        `left` are the digests of what it left.
        """
        known = UNSEEN if states is None else digest([READS, states])
        details: dict[str, Mapping[str, object]] = {**self.details, READS: states or {}}
        parts = {**self.parts, READS: known}
        trains = self.training_parts | {READS}
        return replace(self, parts=parts, training_parts=trains, details=details, left=left or {})

    def with_needs(self, needs: Mapping[str, Fingerprint]) -> Fingerprint:
        """Give the fingerprint on top of other results, by what they are of; itself where they are the same."""
        said: dict[str, Mapping[str, object]] = {
            part: say_result(one) for name, one in needs.items() if (part := f"needs.{name}") in self.parts
        }
        made = ((part, one, str(one.get("job"))) for part, one in self.details.items() if part.startswith("data."))
        said |= {
            part: {**_leave_out_result(one), **say_result(needs[job], normpath(str(one["path"])))}
            for part, one, job in made
            if job in needs and not one.get(FORETOLD)
        }
        parts = {part: digest(one) for part, one in said.items()}
        cut = self.details.get(HOLDOUT, {})
        if HOLDOUT not in said and f"data.{cut.get('of')}" in parts and not cut.get(FORETOLD):
            parts[HOLDOUT] = digest_cut(parts[f"data.{cut['of']}"], cut)
        if all(self.parts.get(part) == known for part, known in parts.items()):
            return self
        return replace(self, parts={**self.parts, **parts}, details={**self.details, **said})

    def with_seed(self, seed: int) -> Fingerprint:
        """Give the fingerprint of the same model trained from another seed (`seeds: k` trains k times)."""
        return replace(self, parts={**self.parts, "seed": seed_digest(seed)})

    @property
    def holdout(self) -> str:
        return self.parts["data.holdout"]

    @property
    def metrics(self) -> str:
        return self.parts["metrics"]

    @property
    def gates(self) -> str:
        return self.parts["gates"]


def say_result(made: Fingerprint, path: str | None = None) -> Mapping[str, object]:
    """Say by what a result is known that others build on: what a job left by its content, once it was done.

    Equal bytes are the same whichever job made them: what builds on them is not done again. `path` is what of it is
    taken, None for all. A model, and what was not done yet, are known by their training's key.
    """
    if path is None:
        return {"content": digest(sorted(made.left.items()))} if made.left else {"training": made.training}
    whole = next((declared for declared in made.left if path == declared or path.startswith(f"{declared}/")), None)
    return {"training": made.training} if whole is None else {"content": made.left[whole]}


def _leave_out_result(said: Mapping[str, object]) -> dict[str, object]:
    return {key: known for key, known in said.items() if key not in ("training", "content")}


def digest_cut(source: str, said: Mapping[str, object]) -> str:
    """Digest a holdout that is cut as `said` out of the entry that `source` digests."""
    return digest([source, said])


def seed_digest(seed: int) -> str:
    """Digest a seed as the part `seed` does."""
    return digest(["seed", seed])


# How predictions are read: with another number, what an earlier ml-ci read is scored and read again.
READING = 2


def evaluation_key(training: str, holdout: str, metrics: str) -> str:
    """Give the key of an evaluation: which model, on which rows, counted how."""
    return digest(["evaluation", READING, training, holdout, metrics])


def repetition_key(evaluation: str, repetition: int) -> str:
    """Give the key of a further scoring of the same model on the same rows; the first, 0, is the evaluation's own."""
    return digest(["repetition", repetition, evaluation]) if repetition else evaluation


def judging_key(candidate: str, baseline: str | None, gates: str) -> str:
    """Give the key of a judgement from the keys of two evaluations (`baseline` None: there is none) and the gates."""
    return digest(["judging", candidate, baseline, gates])
