"""Find the first commit at which a gate no longer holds, or at which the model can no longer be made."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import field, replace

from ml_ci.bisect.values import Found, Judgement, Skipped
from ml_ci.changes.values import Change
from ml_ci.conditions import ConditionError, parse
from ml_ci.errors import Failure, StageFailed, UserError
from ml_ci.frozen import dataclass
from ml_ci.gates.values import GateResult
from ml_ci.repository.history import Commit, about, check_ancestor, suspects
from ml_ci.spec.values import GateSpec, ModelSpec
from ml_ci.steps.causes.beside import put_beside, score_ahead
from ml_ci.steps.planning.sides import Fingerprints
from ml_ci.steps.telling.describe import describe_between
from ml_ci.steps.values import Project

# The stages of a failure that is the commit's own: what it trains or scores with does not work.
_OF_THE_JOB = ("training", "evaluation")
_ANOTHER_BAD = "Name a commit at which it does not hold, an earlier or a later one: --bad REF."


@dataclass(frozen=True)
class Search:
    """What is searched: the first commit after `good` up to `bad` at which the gate does not hold.

    `gate` is its text, None for those that do not hold at `bad`. `first_parent` follows merges along one branch only.
    """

    good: str
    bad: str = "HEAD"
    gate: str | None = None
    first_parent: bool = False


def bisect_history(project: Project, fingerprints: Fingerprints, name: str, search: Search) -> Found:
    """Search as git bisect does, training only what no record answers.

    Every commit's model is judged against the good commit's, by today's gates on today's holdout; where the bad one's
    cannot be made at all, the first commit is searched at which that is so. UserError when the gate fails at the good
    commit already, or holds at the bad one.
    """
    good, bad = _commit(project, search.good, "--good"), _commit(project, search.bad, "--bad")
    check_ancestor(project.repository, good, bad)
    project.slots.widen()
    court = _Court(project, fingerprints, name, good)
    before = len(project.journal.deeds)
    court.look_ahead((good, bad))
    found = _find(court, bad, search)
    tried = [deed.finished for deed in project.journal.deeds[before:] if deed.kind == "train"]
    return replace(
        found,
        trainings=len(tried),
        failed_trainings=tried.count(False),
        judged=len(court.heard) + len(court.failures),
        failed=len(court.failures),
    )


def _find(court: _Court, bad: str, search: Search) -> Found:
    """Search for the commit that broke a gate, or else for the one that broke the training."""
    if search.gate is None and court.fails(court.good) is False and court.fails(bad):
        first, unclear = _search(court, court.fails, bad, search)
        return _tell(court, first, (), unclear, court.failures[first].message)
    gates = _watch(court, bad, search)
    first, unclear = _search(court, lambda commit: court.broken(commit, gates), bad, search)
    results = tuple(result for result in court.judge(first).gates if result.condition in gates)
    return _tell(court, first, tuple(result for result in results if result.verdict != "pass"), unclear)


def _tell(
    court: _Court, first: str, gates: tuple[GateResult, ...], unclear: tuple[Commit, ...], failure: str = ""
) -> Found:
    commit, skipped = about(court.project.repository, first), tuple(court.skipped.values())
    return Found(court.name, commit, gates, court.change(first), unclear, skipped, court.good, failure=failure)


@dataclass
class _Court:
    """Judge commits, each once; commits with the same fingerprint share their results as records."""

    project: Project
    fingerprints: Fingerprints
    name: str
    good: str
    heard: dict[str, Judgement] = field(default_factory=dict)
    skipped: dict[str, Skipped] = field(default_factory=dict)
    failures: dict[str, Failure] = field(default_factory=dict)

    @property
    def model(self) -> ModelSpec:
        return self.project.spec.models[self.name]

    def judge(self, commit: str) -> Judgement:
        """Judge a commit's model against the good one's; StageFailed when it cannot be had."""
        if commit not in self.heard:
            self.heard[commit] = Judgement(commit, self._results(commit))
        return self.heard[commit]

    def look_ahead(self, commits: Iterable[str]) -> None:
        """Score what is going to be asked, or may be, where several are done at once; nothing is judged yet."""
        known = {*self.heard, *self.skipped, *self.failures}
        score_ahead(self.project, self.fingerprints, self.name, [one for one in commits if one not in known])

    def fails(self, commit: str) -> bool | None:
        """Say whether a commit's model cannot be made or scored; None, and a note of why, when that cannot be told."""
        if commit in self.failures:
            return True
        try:
            self.judge(commit)
        except StageFailed as error:
            if error.failure.stage in _OF_THE_JOB:
                self.failures[commit] = error.failure
                return True
            self._skip(commit, error.failure.message)
        except UserError as error:
            self._skip(commit, error.message)
        return None if commit in self.skipped else False

    def broken(self, commit: str, gates: Iterable[str]) -> bool | None:
        """Say whether one of the gates does not hold at a commit; None, and a note of why, when it cannot be judged."""
        try:
            results = self.judge(commit).gates
        except (StageFailed, UserError) as error:
            self._skip(commit, error.failure.message if isinstance(error, StageFailed) else error.message)
            return None
        watched = [result for result in results if result.condition in gates]
        wrong = next((result for result in watched if result.verdict == "error"), None)
        if wrong is not None:
            self._skip(commit, wrong.reason)
            return None
        return any(result.verdict != "pass" for result in watched)

    def _skip(self, commit: str, why: str) -> None:
        self.skipped[commit] = Skipped(about(self.project.repository, commit), why)

    def _results(self, commit: str) -> tuple[GateResult, ...]:
        return put_beside(self.project, self.fingerprints, self.name, commit, self.good).gates

    def change(self, commit: str) -> tuple[Change, ...]:
        """Say what a commit changed against its first parent; nothing where either cannot be had."""
        parent = self.project.repository.commit(f"{commit}^1")
        try:
            sides = [self.fingerprints.at(self.name, one) for one in (parent, commit) if one]
        except (StageFailed, UserError):
            return ()
        return describe_between(self.project, sides[0], sides[1]) if len(sides) == 2 else ()


def _watch(court: _Court, bad: str, search: Search) -> tuple[str, ...]:
    """Name the gates to watch; see that they hold at the good commit and not at the bad one."""
    at_good = _end(court, court.good, f"--good {search.good}")
    at_bad = _end(court, bad, f"--bad {search.bad}")
    asked = None if search.gate is None else _gate(court.model, search.gate)
    failing = {result.condition for result in at_bad if result.verdict != "pass" and asked in (None, result.condition)}
    if not failing:
        what = f"`{asked}` holds" if asked else "every gate holds"
        raise UserError(f"{what} at {bad[:7]}: there is no bad commit to find", hint=_ANOTHER_BAD)
    already = {result.condition for result in at_good if result.verdict != "pass"}
    if failing <= already:
        which = ", ".join(f"`{gate}`" for gate in sorted(failing))
        message = f"{which} does not hold at {court.good[:7]} either"
        raise UserError(message, hint="Name an earlier good commit: --good REF.")
    return tuple(gate.text for gate in court.model.gates if gate.text in failing - already)


def _end(court: _Court, commit: str, option: str) -> tuple[GateResult, ...]:
    """Judge an end of the search; UserError names the end and its commit where it cannot be."""
    try:
        return court.judge(commit).gates
    except StageFailed as error:
        failure: Failure = error.failure
        another = f"ame another commit: {option.partition(' ')[0]} REF."
        known = failure.hint.replace("ml-ci run --retry", "--retry")  # an option of this command too
        hint = f"N{another}" if not known or "--baseline" in known else f"{known} Or n{another}"
        raise UserError(f"{option} (commit {commit[:7]}) cannot be judged: {failure.message}", hint=hint) from None


def _gate(model: ModelSpec, asked: str) -> str:
    """Find the gate that is asked for, however it is spaced; UserError names those that there are."""
    for gate in model.gates:
        if gate.text == asked or _same(gate.text, asked):
            _refuse_behaviours(gate)
            return gate.text
    texts = ", ".join(f"`{gate.text}`" for gate in model.gates)
    raise UserError(f"{model.name} has no gate `{asked}`", hint=f"Its gates are: {texts}.")


def _refuse_behaviours(gate: GateSpec) -> None:
    """Refuse a gate that no old model is asked for: a search compares scores of the holdout's rows."""
    if gate.condition.behaviours:
        message = f"`{gate.text}` is on a behaviour, and old models are not asked about edited rows"
        raise UserError(message, hint="Search by a gate on counts or scores, such as fnr <= baseline.fnr + 0.01.")


def _same(one: str, other: str) -> bool:
    try:
        return str(parse(one)) == str(parse(other))
    except ConditionError:
        return False


def _search(
    court: _Court, ask: Callable[[str], bool | None], bad: str, search: Search
) -> tuple[str, tuple[Commit, ...]]:
    """Give the first commit of which the answer is yes, and those that it may have been instead."""
    repository, good = court.project.repository, {court.good}
    while True:
        left = suspects(repository, bad, good, first_parent=search.first_parent)
        if len(left) > 1:
            court.project.options.progress.note(court.name, f"{len(left)} commits left, {_left(len(left))} to judge")
        question = next((one for one in left if one != bad and one not in court.skipped), None)
        if question is None:
            return bad, tuple(about(repository, one) for one in left if one != bad)
        if question not in court.heard and question not in court.failures:
            court.look_ahead(_foresee(court, bad, good, search))
        answer = ask(question)
        if answer is True:
            bad = question
        elif answer is False:
            good.add(question)


def _foresee(court: _Court, bad: str, good: set[str], search: Search) -> list[str]:
    """Give the next question, and those that may follow on either answer, the nearest first: one for each slot."""
    asked, ends = list[str](), [(bad, frozenset(good))]
    while ends and len(asked) < court.project.slots.number > 1:
        worst, best = ends.pop(0)
        left = suspects(court.project.repository, worst, best, first_parent=search.first_parent)
        question = next((one for one in left if one != worst and one not in court.skipped), None)
        if question is not None:
            asked += [] if question in asked else [question]
            ends += [(question, best), (worst, best | {question})]
    return asked


def _left(left: int) -> str:
    number = max(1, math.ceil(math.log2(left)))
    return f"about {number} more commit{'' if number == 1 else 's'}"


def _commit(project: Project, ref: str, option: str) -> str:
    found = project.repository.commit(ref)
    if found is None:
        raise UserError(f"{option} {ref} names no commit here", hint="Fetch it, or name another.")
    return found
