"""Find the two sides of each model's comparison, and fingerprint them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from threading import RLock
from typing import TYPE_CHECKING

from ml_ci.changes.fingerprint import fingerprint
from ml_ci.errors import Failure, StageFailed, UserError
from ml_ci.gates.evidence import NEW_MODEL
from ml_ci.plan.plan import TRAININGS
from ml_ci.repository.base import Base, find_base
from ml_ci.repository.trees import CommitTree, WorkingTree
from ml_ci.spec.values import JobSpec, ModelSpec, Node, PartEntry, Spec
from ml_ci.steps.opening.project import with_python, with_stage
from ml_ci.steps.opening.spec_cache import load_spec
from ml_ci.steps.planning.blame import BaselineFailed
from ml_ci.steps.planning.decide import has_untrained_folds
from ml_ci.steps.planning.elsewhere import find_elsewhere
from ml_ci.steps.planning.folds import fail_without_folds, find_folds
from ml_ci.steps.planning.foretold import foretell
from ml_ci.steps.planning.pass_over import pass_over
from ml_ci.steps.planning.reads import resolve_on, resolve_reads
from ml_ci.steps.planning.settled import settle
from ml_ci.steps.planning.snapshots import find_surroundings
from ml_ci.steps.values import Made, Project, Side, SideName, Sides

if TYPE_CHECKING:
    from ml_ci.registry.values import Version

_MERGE_BASE = "merge-base"


@dataclass
class Fingerprints:
    """Make sides; each base commit is read once and each model in it fingerprinted once."""

    project: Project
    _bases: dict[tuple[str, bool], Base] = field(default_factory=dict)
    _found: dict[tuple[str, bool], Base] = field(default_factory=dict)
    _specs: dict[str, Spec | None] = field(default_factory=dict)
    _trees: dict[str, CommitTree] = field(default_factory=dict)
    _made: dict[tuple[SideName, str | None, str], Made] = field(default_factory=dict)
    _champions: dict[str, Version | None] = field(default_factory=dict)
    _lock: RLock = field(default_factory=RLock, repr=False)

    def sides(self, name: str) -> Sides:
        """Give both sides of a model.

        A base that is known not to train is passed over. BaselineFailed when the baseline is declared and cannot be
        had; UserError when no base commit can be found, or the candidate's own files are missing. May be called from
        several threads.
        """
        with self._lock:
            try:
                found = self._sides(name)
            except StageFailed as error:
                raise BaselineFailed(error.failure, error.failure) from None
            if found.baseline is not None and found.baseline.champion is not None:
                return settle(self.project, found) if found.base_commit else found
            return pass_over(self.project, self._as_kept(settle(self.project, found)), self.recorded)

    def candidate(self, name: str) -> Side:
        """Give the model as the working tree has it; UserError when its own files are missing."""
        with self._lock:
            return self._side("candidate", self.project.spec, self.project.spec.models[name], self.project.tree)

    def entry(self, name: str) -> Made:
        """Give a model or a job as the working tree has it; UserError when its own files are missing."""
        with self._lock:
            return self._make("candidate", self.project.spec, name, self.project.tree)

    def job(self, name: str) -> tuple[Made, Made | None]:
        """Give a job as the working tree has it, and as the commit does that is compared with; None where none has it.

        UserError when no base commit can be found, or the job's own files are missing.
        """
        with self._lock:
            spec = self.project.spec
            candidate = self._job("candidate", spec, spec.jobs[name], self.project.tree)
            asked = self.project.options.baseline
            wanted = _MERGE_BASE if asked in (None, "champion") else asked
            base = self._find_base(wanted, self._is_touched(candidate))
            try:
                before = None if base.commit is None else self._spec(base.commit)
                if base.commit is None or before is None or name not in before.jobs:
                    return candidate, None
                return candidate, self._job("baseline", before, before.jobs[name], self._tree(base.commit))
            except (StageFailed, UserError):
                return candidate, None

    def touched(self, candidate: Side) -> bool:
        """Say whether changes that are in no commit count for a model."""
        with self._lock:
            return self._is_touched(candidate)

    def dirty(self, names: Iterable[str]) -> bool:
        """Say whether changes in no commit count for a model or a job, as it was seen to read them.

        A build folder or a report that was left in the tree is none. In doubt they count.
        """
        if not self.project.dirty or self.project.tree.edited():
            return self.project.dirty
        return any(self._may_be_touched(name) for name in names)

    def _may_be_touched(self, name: str) -> bool:
        try:
            with self._lock:
                return self._is_touched(self._make("candidate", self.project.spec, name, self.project.tree))
        except (StageFailed, UserError):
            return True

    def at(self, name: str, commit: str) -> Side:
        """Give a model as a commit has it, to be scored on today's holdout.

        A commit that does not declare it is taken with today's entry in ml-ci.yaml.

        StageFailed when it cannot be had.
        """
        with self._lock:
            spec = self._spec(commit)
            today = self.project.spec
            known = spec if spec is not None and name in spec.models else today
            candidate = self._side("candidate", today, today.models[name], self.project.tree)
            found = self._baseline(known, today.models[name], commit)
            return find_elsewhere(self.project, self._foretell(candidate, found))

    def recorded(self, name: str, commit: str) -> Side | None:
        """Give a model as a commit declares it, where its training is on record; None otherwise."""
        try:
            spec = self._spec(commit)
            found = None if spec is None or name not in spec.models else self.at(name, commit)
        except (StageFailed, UserError):
            return None
        return found if found and self.project.store.has(TRAININGS, found.fingerprint.training) else None

    def made(self, candidate: Side, side: SideName, model: ModelSpec, commit: str, needs: Mapping[str, Made]) -> Side:
        """Give the side of a model that no commit declares: in the tree of `commit`, on top of the sides in `needs`.

        It is to be scored on the holdout of `candidate`.
        """
        with self._lock:
            tree = self._tree(commit)
            found = fingerprint(model, tree, find_surroundings(self.project, needs))
            return resolve_reads(self.project, foretell(candidate, Side(side, model, tree, found, needs)))

    def _as_kept(self, sides: Sides) -> Sides:
        if sides.baseline is None:
            return sides
        own = self._foretell(sides.candidate, sides.baseline)
        found = find_elsewhere(self.project, own)
        if found is not own and has_untrained_folds(self.project, sides, found):
            found = own  # what is trained now is trained in the environment here
        return replace(sides, baseline=found)

    def _foretell(self, candidate: Side, side: Side) -> Side:
        told = foretell(candidate, side)
        return side if told is side else resolve_reads(self.project, told)

    def _sides(self, name: str) -> Sides:
        model = self.project.spec.models[name]
        candidate = self._side("candidate", self.project.spec, model, self.project.tree)
        wanted = self.project.options.baseline or model.baseline
        if wanted == "champion":
            return self._against_champion(candidate)
        base = self._base(wanted, self._is_touched(candidate))
        if base.commit is None:
            reason = base.source if wanted == "none" else f"{NEW_MODEL}: {base.source}"
            return Sides(candidate, None, None, base.source, reason)
        spec = self._spec(base.commit)
        if spec is None or name not in spec.models:
            reason = f"{NEW_MODEL}: commit {base.commit[:7]} does not declare it"
            return Sides(candidate, None, base.commit, base.source, reason)
        baseline = self._baseline(spec, model, base.commit)
        return Sides(candidate, baseline, base.commit, base.source, base=spec.models[name])

    def _against_champion(self, candidate: Side) -> Sides:
        from ml_ci.steps.planning.champion import find_champion, pair_with_champion

        name = candidate.model.name
        if name not in self._champions:
            self._champions[name] = find_champion(self.project, name)
        sides = pair_with_champion(
            self.project, candidate, self._champions[name], lambda commit: self._declare(candidate.model, commit)
        )
        if sides.base_commit is not None:
            self._bases[sides.source, False] = Base(sides.base_commit, sides.source)
        return sides

    def _declare(self, candidate: ModelSpec, commit: str) -> Side:
        """Give a model as a commit declares it, its own cut of the holdout too; StageFailed when it does not.

        Where the candidate is judged by folds, so is it.
        """
        spec, name = self._spec(commit), candidate.name
        if spec is None or name not in spec.models:
            message = f"the champion's commit {commit[:7]} does not declare `{name}`"
            raise StageFailed(Failure("registry", "champion-spec", message, "Is it the registry of this repository?"))
        return self._baseline(spec, candidate if find_folds(candidate) else spec.models[name], commit)

    @property
    def base_commit(self) -> str | None:
        """The commit of the baseline, where the models have one in common."""
        commits = {base.commit for base in self._bases.values()}
        return commits.pop() if len(commits) == 1 else None

    def _base(self, wanted: str, touched: bool) -> Base:
        key = (wanted, touched)
        if key not in self._bases:
            self._bases[key] = self._find_base(wanted, touched)
        return self._bases[key]

    def _find_base(self, wanted: str, touched: bool) -> Base:
        key, project = (wanted, touched), self.project
        if key not in self._found:
            target = project.options.target
            self._found[key] = find_base(project.repository, wanted, dirty=touched, target=target)
        return self._found[key]

    def _is_touched(self, candidate: Made) -> bool:
        """Say whether uncommitted changes count: edits of tracked files do, new files where this model depends on them.

        A report or a cache left in the tree is no change: on the default branch the candidate would be compared with
        HEAD, which is the candidate itself.
        """
        head = self.project.head
        if not self.project.dirty or head is None or self.project.tree.edited():
            return self.project.dirty
        try:
            spec, name = self._spec(head), candidate.model.name
            if spec is None or name not in spec.nodes:
                return True
            committed = self._make("candidate", spec, name, self._tree(head))
        except (StageFailed, UserError):
            return True
        return committed.fingerprint.parts != candidate.fingerprint.parts

    def _spec(self, commit: str) -> Spec | None:
        if commit not in self._specs:
            self._specs[commit] = self._load(commit)
        return self._specs[commit]

    def _load(self, commit: str) -> Spec | None:
        path = self.project.spec.path
        try:
            text = self._tree(commit).read(path)
        except FileNotFoundError:
            return None
        try:
            named = f"{path} of commit {commit[:7]}"
            spec = load_spec(text.decode("utf-8", "replace"), named, self.project.store.root, self._tree(commit))
            return with_stage(with_python(spec, self.project.options.python), self.project.options.stage)
        except UserError as error:
            raise StageFailed(
                Failure(
                    "changes",
                    "baseline-spec",
                    f"the baseline's configuration has mistakes: {error.message}",
                    "Compare with a commit whose ml-ci.yaml is right: --baseline REF.",
                )
            ) from None

    def _tree(self, commit: str) -> CommitTree:
        return self._trees.setdefault(commit, self.project.repository.tree(commit))

    def _baseline(self, spec: Spec, candidate: ModelSpec, commit: str) -> Side:
        own = spec.models[candidate.name]
        model = _same_cut(own, candidate)
        part = find_folds(candidate)
        if part is not None and part.of not in own.data:
            raise fail_without_folds(
                f"commit {commit[:7]} has no data entry `{part.of}`, which the folds are cut out of"
            )
        try:
            side = self._side("baseline", spec, model, self._tree(commit))
            return side if model.holdout == own.holdout else replace(side, cut=own.holdout)
        except UserError as error:
            message = f"the baseline of commit {commit[:7]} cannot be had: {error.message}"
            raise StageFailed(Failure("changes", "baseline-data", message, error.hint)) from None

    def _side(self, name: SideName, spec: Spec, model: ModelSpec, tree: WorkingTree | CommitTree) -> Side:
        needs = self._needs(name, spec, model, tree)
        found = fingerprint(model, tree, find_surroundings(self.project, needs))
        return resolve_on(self.project, Side(name, model, tree, found, needs), needs)

    def _needs(self, name: SideName, spec: Spec, node: Node, tree: WorkingTree | CommitTree) -> Mapping[str, Made]:
        """Give a side of everything that an entry builds on."""
        return {needed: self._make(name, spec, needed, tree) for needed in node.upstream}

    def _make(self, name: SideName, spec: Spec, node: str, tree: WorkingTree | CommitTree) -> Made:
        """Give a side of a model or of a job, by its name."""
        if node in spec.models:
            return self._side(name, spec, spec.models[node], tree)
        return self._job(name, spec, spec.jobs[node], tree)

    def _job(self, name: SideName, spec: Spec, job: JobSpec, tree: WorkingTree | CommitTree) -> Made:
        """Give a job as one side would do it: looked at once, since many may build on it, and resolved each time."""
        key = (name, tree.commit, job.name)
        known = self._made.get(key)
        if known is None:
            needs = self._needs(name, spec, job, tree)
            found = fingerprint(job, tree, find_surroundings(self.project, needs))
            known = resolve_on(self.project, Made(name, job, tree, found, needs), needs)
        elif not known.fingerprint.seen:
            known = resolve_reads(self.project, known)  # it may have been done meanwhile
        self._made[key] = known
        return known


def _same_cut(baseline: ModelSpec, candidate: ModelSpec) -> ModelSpec:
    """Keep the candidate's holdout rows from the baseline's training too.

    A change of the cut (its share, its seed) would otherwise put rows that the baseline was trained on into the
    holdout on which both are scored.
    """
    holdout = candidate.holdout
    if isinstance(holdout, PartEntry) and holdout.of in baseline.data:
        return replace(baseline, holdout=holdout)
    return baseline
