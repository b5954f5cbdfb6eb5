"""What lets a model be promoted, and what is missing where it is not: on a store, with a registry in a file."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ml_ci.plan.plan import PREDICTIONS, TRAININGS, VERDICTS
from ml_ci.records.origin import Origin
from ml_ci.records.record import reseal
from ml_ci.registry.values import TRAINING, RefusedError, Version
from ml_ci.steps.opening.project import locate, open_project
from ml_ci.steps.promotion.evidence import Allowed, Evidence, _is_against, check_told, collect_evidence
from ml_ci.steps.values import Options

GATE = "fnr <= baseline.fnr + 0.1"
RUN = "Judge it here first: ml-ci run --baseline champion"
ALLOW = "A person may allow it: --allow-verdict --reason 'why'."
MEND = "Nobody may allow an error. Mend what failed, then: ml-ci run --baseline champion"
EVERYTHING = ("dirty", "branch", "verdict", "champion", "rolled-back", "pending")


class Case:
    """A project of the small model, judged and asked about as a promotion does."""

    def __init__(self, project: Any, environment: Mapping[str, str]) -> None:
        self.project, self.environment = project, environment

    def options(self, **asked: Any) -> Options:
        return replace(self.project.options(**asked), environment=self.environment)

    def judge(self, gate: str = "fnr <= 0.3", baseline: str = "champion") -> str:
        """Commit another gate, and run."""
        path: Path = self.project.path / "ml-ci.yaml"
        head, _, _ = path.read_text().partition("    gates:\n")
        self.project.commit({"ml-ci.yaml": f"{head}    gates:\n      - {gate}\n"})
        return self.run(baseline)

    def head(self) -> str:
        return str(self.project.repository.git("rev-parse", "HEAD"))

    def run(self, baseline: str = "champion") -> str:
        from ml_ci.pipeline import run

        return str(run(self.options(baseline=baseline)).verdict)

    def ask(self, *allow: str, champion: Version | None = None, lost: bool = False) -> Evidence:
        opened = open_project(locate(self.options()), self.options(models=("cut",), stage="champion"))
        return collect_evidence(opened, "cut", champion, Allowed(frozenset(allow), []), lost=lost)

    def refused(self, *allow: str, **asked: Any) -> RefusedError:
        with pytest.raises(RefusedError) as error:
            self.ask(*allow, **asked)
        return error.value

    def told(self, *allow: str) -> None:
        opened = open_project(locate(self.options()), self.options(models=("cut",), stage="champion"))
        check_told(opened, "cut", Allowed(frozenset(allow), []))

    def folders(self, kind: str) -> list[Path]:
        return [file.parent for file in (self.project.path / ".ml_ci" / "records" / kind).rglob("record.json")]


@pytest.fixture
def case(project: Any, by_hand: Mapping[str, str]) -> Case:
    return Case(project, by_hand)


@pytest.fixture(scope="module")
def once(
    tmp_path_factory: pytest.TempPathFactory, small: Any, git_folder: Any, registry: Any, by_hand: Mapping[str, str]
) -> tuple[Path, Path, Version]:
    """Judge a first model, and a second one against it as champion; give both folders, and the champion."""
    folder = tmp_path_factory.mktemp("judged")
    first = Case(small(git_folder(folder / "first")), by_hand)
    assert first.judge("fnr <= 0.3") == "pass"
    shutil.copytree(folder / "first", folder / "second", symlinks=True)
    second = Case(small(git_folder(folder / "second"), first=False), by_hand)
    champion = registry(second.project).register("1", second.head(), second.ask().training.key)
    second.project.edit("train.py", "BIAS = 4", "BIAS = 2")
    assert second.judge(GATE) == "pass"
    return first.project.path, second.project.path, champion


@pytest.fixture
def copied(tmp_path: Path, small: Any, git_folder: Any, by_hand: Mapping[str, str]) -> Callable[[Path], Case]:
    """Give a copy of what was judged once, to be spoiled."""

    def copy(path: Path) -> Case:
        shutil.copytree(path, tmp_path / path.name, symlinks=True)
        return Case(small(git_folder(tmp_path / path.name), first=False), by_hand)

    return copy


@pytest.fixture
def judged(once: Any, copied: Callable[[Path], Case]) -> Case:
    """Give a project whose model passed."""
    return copied(once[0])


VERDICTS_BY_GATE = {
    "pass": "fnr <= 0.3",
    "fail": "fnr <= 0.1",
    "inconclusive": "fnr <= 0.3 @ 0.95",
    "unjudged": "fnr <= baseline.fnr",
    "error": "auc >= 0.5",
}


@pytest.mark.parametrize("verdict", ["fail", "inconclusive", "unjudged"])
def test_what_does_not_pass_a_person_may_allow(case: Case, verdict: str) -> None:
    assert case.judge(VERDICTS_BY_GATE[verdict]) == verdict
    for allow in ((), tuple(one for one in EVERYTHING if one != "verdict")):
        error = case.refused(*allow)
        assert (error.verdict, error.hint) == (verdict, ALLOW)
        assert error.message.startswith(f"the verdict on `cut` is {verdict}")
    found = case.ask(*EVERYTHING)
    assert (found.verdict, found.used) == (verdict, ("verdict",))


def test_an_error_nobody_may_allow(case: Case) -> None:
    assert case.judge(VERDICTS_BY_GATE["error"]) == "error"
    for allow in ((), EVERYTHING):
        error = case.refused(*allow)
        assert (error.verdict, error.hint) == ("error", MEND)


def test_a_pass_needs_nobody_and_gives_what_it_rests_on(judged: Case) -> None:
    found = judged.ask(*EVERYTHING)
    assert (found.verdict, found.used) == ("pass", ())
    assert [record.kind for record in (found.training, found.predictions) if record] == [TRAININGS, PREDICTIONS]
    assert found.training.key == found.sides.candidate.fingerprint.training
    assert found.judged.gates[0].condition == "fnr <= 0.3"


JOBS = """
jobs:
  image: {run: "cp {needs.cut} {out}/image", needs: [cut], outputs: ["{out}/image"]}
  smoke: {run: "COMMAND", needs: [image]}
  lint: {run: "false"}
"""


def _with_jobs(case: Case, command: str) -> None:
    path = case.project.path / "ml-ci.yaml"
    case.project.commit({"ml-ci.yaml": path.read_text() + JOBS.replace("COMMAND", command)})
    case.run()


@pytest.mark.parametrize(
    ("command", "verdict", "hint"), [("exit 3", "fail", ALLOW), ("kill -9 $$", "error", MEND)], ids=["fail", "error"]
)
def test_a_check_of_what_was_built_with_the_model_holds_it_up(
    judged: Case, command: str, verdict: str, hint: str
) -> None:
    _with_jobs(judged, command)
    error = judged.refused(*(one for one in EVERYTHING if one != "verdict"))
    assert error.message == f"the verdict on the job `smoke`, which builds on `cut`, is {verdict}"
    assert (error.verdict, error.hint) == (verdict, hint)
    with pytest.raises(RefusedError, match="the verdict on the job `smoke`"):
        judged.told()
    if verdict == "fail":
        assert judged.ask(*EVERYTHING).used == ("verdict",)
    else:
        assert judged.refused(*EVERYTHING).message == error.message


def test_a_check_that_passes_or_builds_on_other_things_holds_nothing_up(judged: Case) -> None:
    _with_jobs(judged, "true")  # and `lint`, which fails, has nothing to do with the model
    assert judged.ask().used == ()


def test_a_check_of_the_model_that_was_not_done_is_no_pass(judged: Case) -> None:
    _with_jobs(judged, "true")
    path = judged.project.path / ".ml_ci" / "report.json"
    report = json.loads(path.read_text())
    del report["jobs"]["smoke"]
    path.write_text(json.dumps(report))
    error = judged.refused(*EVERYTHING)
    assert error.message == "the job `smoke`, which builds on `cut`, was not done in the last run"
    assert error.hint == RUN


def test_the_report_of_this_commit_counts_and_not_only_its_record(case: Case) -> None:
    """The report says what the whole run came to: an error of it is no less of one where the record says pass."""
    case.judge("fnr <= 0.1")
    path = case.project.path / ".ml_ci" / "report.json"
    case.told("verdict")
    with pytest.raises(RefusedError, match="the verdict on `cut` is fail"):
        case.told()
    path.write_text(path.read_text().replace('"fail"', '"error"'))
    with pytest.raises(RefusedError, match="the verdict on `cut` is error"):
        case.told("verdict")


def test_a_commit_of_which_nothing_is_told_is_no_case_against_a_model_in_use(case: Case) -> None:
    case.told()
    case.judge("fnr <= 0.1")
    case.project.commit({"notes.md": "1"})
    case.told()


def _no_report(case: Case) -> None:
    (case.project.path / ".ml_ci" / "report.json").unlink()


def _damaged_report(case: Case) -> None:
    (case.project.path / ".ml_ci" / "report.json").write_text("{")


def _another_model(case: Case) -> None:
    path = case.project.path / ".ml_ci" / "report.json"
    path.write_text(path.read_text().replace('"cut": {', '"other": {'))


def _no_commit(case: Case) -> None:
    path = case.project.path / ".ml_ci" / "report.json"
    path.write_text(path.read_text().replace(f'"{case.head()}"', "null"))


def _next_commit(case: Case) -> None:
    case.project.commit({"notes.md": "1"})


def _no_commit_here(case: Case) -> None:
    case.project.repository.git("update-ref", "-d", "HEAD")


def _changed(case: Case) -> None:
    case.project.edit("train.py", "BIAS = 4", "BIAS = 5")


def _without(kind: str) -> Callable[[Case], None]:
    def spoil(case: Case) -> None:
        for folder in case.folders(kind):
            shutil.rmtree(folder)

    return spoil


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_no_report, "nothing was judged here yet: there is no .ml_ci/report.json"),
        (_damaged_report, ".ml_ci/report.json: The report is no JSON"),
        (_another_model, "`cut` was not judged in the last run"),
        (_no_commit, "the last run here ended before it judged anything"),
        (_next_commit, "the verdict is stale: it is of commit "),
        (_no_commit_here, "the verdict is stale: it is of commit "),
        (_changed, "`cut` changed after it was judged"),
        (_without(VERDICTS), "the verdict on `cut` is stale: there is no record of it for this tree and its data"),
        (_without(TRAININGS), "the record of the training of `cut` is not here any more"),
    ],
)
def test_what_is_missing_is_told_and_nobody_may_allow_it(
    judged: Case, spoil: Callable[[Case], None], said: str
) -> None:
    spoil(judged)
    error = judged.refused(*EVERYTHING)
    assert error.message.startswith(said)
    assert (error.hint, error.verdict) == (RUN, "")


def test_predictions_may_be_gone(judged: Case) -> None:
    _without(PREDICTIONS)(judged)
    assert judged.ask().predictions is None


def test_changes_that_are_in_no_commit_need_a_person(judged: Case) -> None:
    judged.project.edit("ml-ci.yaml", "label: y", "label: y # the same")
    assert judged.run() == "pass"
    error = judged.refused("branch", "verdict", "champion")
    assert error.message == "the tree has changes that are in no commit: what is promoted could not be made again"
    assert judged.ask("dirty").used == ("dirty",)


def test_another_branch_needs_a_person(judged: Case) -> None:
    judged.project.repository.git("checkout", "-q", "-b", "topic")
    error = judged.refused("dirty", "verdict", "champion")
    assert error.message == "the branch is `topic`, and models are promoted from `main`"
    assert error.hint == "Promote after the merge, or: --allow-branch --reason 'why'."
    assert judged.ask("branch", "verdict").used == ("branch",)


@pytest.mark.parametrize("kind", [VERDICTS, TRAININGS, PREDICTIONS])
def test_in_a_run_of_the_default_branch_each_record_is_its_own(case: Case, kind: str) -> None:
    run = {"GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/main", "GITHUB_RUN_ID": "20"}
    case.environment = {**case.environment, **run}
    assert case.judge() == "pass"
    assert case.ask().used == ()
    for folder in case.folders(kind):
        reseal(folder, kind, folder.name, Origin("pull_request", "refs/pull/7/merge", "20"))
    error = case.refused(*EVERYTHING)
    assert "was made elsewhere, in a run of `pull_request` on refs/pull/7/merge" in error.message
    assert error.hint == RUN


@pytest.fixture
def second(once: Any, copied: Callable[[Path], Case], registry: Any) -> tuple[Case, Any, Version, Version]:
    """Give a project whose second model was judged against the first; the champion, and one of another training."""
    champion = once[2]
    case = copied(once[1])
    other = replace(champion, version="2", tags={**champion.tags, TRAINING: "other"})
    return case, registry(case.project), champion, other


def test_what_was_judged_against_the_champion_passes(second: Any) -> None:
    case, _, champion, _ = second
    found = case.ask(*EVERYTHING, champion=champion)
    assert (found.used, found.sides.source) == ((), f"champion {champion.named}")
    assert found.plan.baseline is not None and found.plan.baseline.training == champion.training


def test_a_champion_that_moved_needs_a_person(second: Any) -> None:
    case, file, champion, other = second
    file.register("2", other.commit, "other")
    error = case.refused("dirty", "branch", "verdict", champion=other)
    assert error.message == (
        f"the champion of `cut` moved: it was judged against champion {champion.named}, and the champion is "
        f"{other.named}"
    )
    assert error.hint == f"{RUN}. Or: --allow-champion --reason 'why'."


def test_a_champion_of_another_training_is_another_one(second: Any) -> None:
    """The record of the verdict against the first is here; by number alone it would do for the second."""
    case, _, _, other = second
    assert case.refused("verdict", champion=other).hint == f"{RUN}. Or: --allow-champion --reason 'why'."
    assert case.ask("champion", champion=other).used == ("champion",)


def test_what_was_judged_against_the_merge_base_needs_a_person(second: Any) -> None:
    case, _, champion, _ = second
    case.project.edit("train.py", "BIAS = 2", "BIAS = 1")
    case.project.commit()
    assert case.run("merge-base") == "pass"
    error = case.refused("verdict", champion=champion)
    assert error.message.startswith("`cut` was judged against ")
    assert error.message.endswith(f", and the champion is {champion.named}")
    assert case.ask("champion", champion=champion).used == ("champion",)


def test_what_was_judged_against_nothing_needs_a_person(second: Any) -> None:
    case, _, champion, _ = second
    assert case.judge("fnr <= 0.3", "none") == "pass"
    error = case.refused("verdict", champion=champion)
    assert error.message == f"`cut` was judged against no baseline, and the champion is {champion.named}"


@pytest.mark.parametrize(
    ("stage", "hint"),
    [
        ("staging", "By the gates of staging: ml-ci run --baseline champion --stage staging"),
        ("live", RUN),  # a stage without gates of its own
        ("champion", RUN),
    ],
)
def test_the_next_step_names_a_stage_that_has_gates_of_its_own(case: Case, stage: str, hint: str) -> None:
    path: Path = case.project.path / "ml-ci.yaml"
    stages = "    stages: [{name: staging, gates: [fnr <= 0.4]}, live, champion]\n    gates:\n"
    path.write_text(path.read_text().replace("    gates:\n", stages))
    assert case.judge() == "pass"
    _without(VERDICTS)(case)
    asked = replace(case.options(models=("cut",)), stage=stage)
    with pytest.raises(RefusedError, match="the verdict on `cut` is stale") as error:
        collect_evidence(
            open_project(locate(asked), asked), "cut", None, Allowed(frozenset(EVERYTHING) - {"champion"}, [])
        )
    assert error.value.hint == hint


def test_where_the_champion_was_lost_nothing_was_judged_against_it(second: Any) -> None:
    case, file, _, _ = second
    file.take_alias_away()
    error = case.refused("verdict", lost=True)
    assert error.message == "the champion of cut was v1, and somebody took the alias away, or its version"
    assert error.hint.endswith(" Or begin anew: ml-ci run --baseline merge-base, then --allow-champion --reason 'why'.")
    assert case.run("merge-base") == "pass"
    assert case.ask("champion", lost=True).used == ("champion",)


def test_a_first_model_is_no_lost_one(judged: Case) -> None:
    assert judged.refused("verdict", lost=True).message.startswith("the verdict on `cut` is stale")
    assert judged.ask("champion", lost=True).used == ("champion",)


def test_a_registry_that_does_not_answer_nobody_may_allow(second: Any) -> None:
    case, file, champion, _ = second
    file.path.write_text("no database" * 100)
    error = case.refused(*EVERYTHING, champion=champion)
    assert "mlflow.db cannot be read" in error.message
    assert "begin anew" not in error.hint


def test_whether_it_was_judged_against_the_champion(second: Any) -> None:
    """By the version that was fetched, which may be somebody else's and have no training, or by the training."""
    case, _, champion, other = second
    found, foreign = case.ask(champion=champion), Version("cut", "7")
    assert found.sides.baseline is not None and found.plan.baseline is not None
    against_foreign = replace(found.sides, baseline=replace(found.sides.baseline, champion=foreign))
    alone, unplanned = replace(found.sides, baseline=None), replace(found.plan, baseline=None)
    answers = [
        _is_against(found.plan, found.sides, champion),
        _is_against(found.plan, found.sides, other),
        _is_against(found.plan, found.sides, foreign),
        _is_against(found.plan, against_foreign, foreign),
        _is_against(found.plan, alone, champion),
        _is_against(unplanned, against_foreign, foreign),
        _is_against(found.plan, alone, None),
    ]
    assert answers == [True, False, False, True, False, False, True]
