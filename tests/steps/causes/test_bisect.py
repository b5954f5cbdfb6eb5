from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, ClassVar

import pytest

from ml_ci.bisect.values import Found
from ml_ci.cli.main import call
from ml_ci.errors import UserError
from ml_ci.questions import bisect
from ml_ci.reports.bisected import plain, to_json
from ml_ci.steps.causes.bisect import Search
from ml_ci.steps.progress import Silent

Table = Callable[[int], str]


def search(project: Any, good: str, **asked: Any) -> Found:
    return bisect(project.options(), "cut", Search(good, **asked))


@pytest.fixture
def history(project: Any, data: Table) -> dict[str, str]:
    """Give twelve commits by title; the data of "Import the latest labels" lose six of 20 positives."""
    made = {"First model": project.repository.git("rev-parse", "HEAD")}

    def commit(title: str, files: dict[str, str] | None = None) -> None:
        made[title] = project.commit(files, title)

    commit("Describe", {"README.md": "# Cut\n"})
    project.edit("train.py", "BIAS = 4", "BIAS = 5")
    commit("Raise the bias a little")
    commit("License", {"LICENSE": "none\n"})
    commit("More documentation", {"README.md": "# Cut\n\nIt cuts.\n"})
    commit("Import the latest labels", {"data/train.csv": data(26)})
    commit("Logo", {"logo.svg": "<svg/>\n"})
    project.edit("train.py", "import csv, json", "# A comment\nimport csv, json")
    commit("Comment")
    commit("Contributing", {"CONTRIBUTING.md": "Do.\n"})
    project.edit("train.py", "BIAS = 5", "BIAS = 6")
    commit("Raise it again")
    commit("Code of conduct", {"CODE_OF_CONDUCT.md": "Be kind.\n"})
    return made


def test_the_first_bad_commit_and_what_it_cost(project: Any, history: dict[str, str]) -> None:
    found = search(project, history["First model"])
    assert found.commit.id == history["Import the latest labels"]
    assert (found.commit.title, found.commit.author) == ("Import the latest labels", "A. Tester")
    assert [gate.condition for gate in found.gates] == ["fnr <= baseline.fnr + 0.1"]
    assert [change.part for change in found.changes] == ["data.train"]
    assert (found.unclear, found.skipped) == ((), ())
    assert found.trainings == project.trainings <= 4, "four different models in eleven commits"
    assert found.judged <= 6


def test_a_second_search_trains_nothing(project: Any, history: dict[str, str]) -> None:
    search(project, history["First model"])
    assert search(project, history["First model"]).trainings == 0


def test_another_end(project: Any, history: dict[str, str]) -> None:
    found = search(project, history["Describe"], bad=history["Comment"])
    assert found.commit.title == "Import the latest labels"


def test_a_commit_that_cannot_be_judged_is_skipped_and_named(project: Any, data: Table) -> None:
    good = project.repository.git("rev-parse", "HEAD")
    project.edit("train.py", "import csv", "import nothing_such, csv")
    broken = project.commit(message="Break it")
    project.edit("train.py", "import nothing_such, csv", "import csv")
    project.commit(message="Mend it")
    project.commit({"data/train.csv": data(26)}, "Data")
    found = search(project, good)
    assert found.commit.title == "Data"
    skipped = {one.commit.id: one.reason for one in found.skipped}
    assert set(skipped) <= {broken}
    assert found.unclear == ()


def test_where_the_commit_before_cannot_be_judged_both_are_named(project: Any, data: Table) -> None:
    good = project.repository.git("rev-parse", "HEAD")
    project.edit("train.py", "import csv", "import nothing_such, csv")
    project.commit({"data/train.csv": data(26)}, "Data, and break it")
    project.edit("train.py", "import nothing_such, csv", "import csv")
    project.commit(message="Mend it")
    found = search(project, good)
    assert found.commit.title == "Mend it"
    assert [one.title for one in found.unclear] == ["Data, and break it"]
    assert "nothing_such" in found.skipped[0].reason or "exit code" in found.skipped[0].reason
    assert "or one of these, which cannot be judged" in plain(found)


def test_before_ml_ci_was_adopted(project: Any, data: Table) -> None:
    """A commit without ml-ci.yaml is judged by today's."""
    spec = (project.path / "ml-ci.yaml").read_text()
    (project.path / "ml-ci.yaml").unlink()
    good = project.commit(message="Without")
    project.commit({"data/train.csv": data(26)}, "Data")
    project.commit({"ml-ci.yaml": spec}, "Adopt ml-ci")
    assert search(project, good).commit.title == "Data"


def test_a_merge_is_the_first_bad_one_along_first_parents(project: Any, data: Table) -> None:
    good = project.repository.git("rev-parse", "HEAD")
    project.repository.git("switch", "-q", "-c", "labels")
    project.commit({"data/train.csv": data(26)}, "Data")
    project.commit({"NOTES.md": "x\n"}, "Notes")
    project.repository.git("switch", "-q", "main")
    project.commit({"README.md": "# Cut\n"}, "Describe")
    project.repository.git("merge", "-q", "--no-ff", "-m", "Merge labels", "labels")
    assert search(project, good).commit.title == "Data"
    assert search(project, good, first_parent=True).commit.title == "Merge labels"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"good": "nowhere"}, "--good nowhere names no commit here"),
        ({"good": "HEAD", "bad": "HEAD~3"}, "is no ancestor of"),
        ({"good": "HEAD~8", "bad": "HEAD~7"}, "there is no bad commit to find"),
        ({"good": "HEAD~10", "gate": "fpr <= 1"}, "cut has no gate `fpr <= 1`"),
    ],
)
def test_mistakes(project: Any, history: dict[str, str], asked: dict[str, str], said: str) -> None:
    with pytest.raises(UserError, match=said):
        search(project, **asked)


def test_a_gate_that_never_held(project: Any, history: dict[str, str]) -> None:
    project.edit("ml-ci.yaml", "fnr <= baseline.fnr + 0.1", "fnr <= 0.01")
    with pytest.raises(UserError, match=r"`fnr <= 0.01` does not hold at \w{7} either"):
        search(project, history["First model"])


def test_the_gate_that_is_asked_for(project: Any, history: dict[str, str]) -> None:
    project.edit(
        "ml-ci.yaml", "      - fnr <= baseline.fnr + 0.1", "      - fnr <= baseline.fnr + 0.1\n      - fnr <= 0.22"
    )
    found = search(project, history["First model"], gate="fnr<=0.22")
    assert found.commit.title == "Raise the bias a little"
    assert search(project, history["First model"]).commit.title == "Raise the bias a little", "of all, the first"


def test_looks_and_command(project: Any, history: dict[str, str], monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.chdir(project.path)
    assert call(["bisect", "cut", "--good", history["First model"], "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["commit"] == history["Import the latest labels"]
    assert said["changes"][0]["part"] == "data.train"
    found = search(project, history["First model"])
    assert to_json(found)["gates"][0]["value"] == 0.55
    text = plain(found)
    assert text.startswith(
        f"cut: the first commit at which `fnr <= baseline.fnr + 0.1` does not hold is\n  {found.commit.id[:12]}"
    )
    assert "Import the latest labels" in text
    assert call(["bisect", "cut"]) == 2


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"train.py": "raise SystemExit('no such solver')\n"}, "the job ended with exit code 1: no such solver"),
        ({"train.py": "x = = 1\n"}, "the job ended with exit code 1: SyntaxError"),
        ({"train.py": "pass\n"}, "the command ended well and left nothing at {out}/predictions.csv"),
        ({"data/train.csv": "x,z\n1,1\n2,0\n"}, "the job ended with exit code 1: KeyError: 'y'"),
        (
            {"train.py": "import sys\nopen(sys.argv[3] + '/predictions.csv', 'w').write('prediction\\n1\\n')\n"},
            "predictions.csv",
        ),
    ],
)
def test_the_commit_that_broke_the_training_is_found(project: Any, files: dict[str, str], said: str) -> None:
    good = project.repository.git("rev-parse", "HEAD")
    for number in range(2):
        project.commit({f"doc{number}.md": "x\n"}, "Before")
    broke = project.commit(files, "Rewrite")
    for number in range(3):
        project.commit({f"more{number}.md": "x\n"}, "After")
    found = search(project, good)
    assert (found.commit.id, found.gates, found.unclear) == (broke, (), ())
    assert said in found.failure
    text = plain(found)
    assert text.startswith(f"cut: the first commit at which the model cannot be made is\n  {broke[:12]} Rewrite\n")
    assert said in text
    assert to_json(found)["failure"] == found.failure


def test_a_failed_training_is_counted_and_remembered(project: Any) -> None:
    """One training of three commits' common failure; a second search, and a run, know of it; --retry asks again."""
    good = project.repository.git("rev-parse", "HEAD")
    project.commit({"doc.md": "x\n"}, "Before")
    project.commit({"train.py": "raise SystemExit('no such solver')\n"}, "Break")
    for number in range(2):
        project.commit({f"more{number}.md": "x\n"}, "After")
    first = search(project, good)
    assert (first.commit.title, first.trainings, first.failed_trainings) == ("Break", 2, 1)
    assert "2 trainings, 1 of which failed, the others were known." in plain(first)
    second = search(project, good)
    assert (second.commit.id, second.trainings, second.failed_trainings) == (first.commit.id, 0, 0)
    again = bisect(project.options(retry=True), "cut", Search(good))
    assert (again.commit.id, again.trainings, again.failed_trainings) == (first.commit.id, 1, 1)
    with pytest.raises(UserError) as caught:
        search(project, "HEAD")
    assert (
        caught.value.hint is not None
        and "not tried again. Where the machine was to blame: --retry. Or" in caught.value.hint
    )


def test_an_end_that_cannot_be_judged_is_named_with_its_commit(project: Any) -> None:
    broken = project.commit({"train.py": "raise SystemExit('no such solver')\n"}, "Break")
    project.commit({"README.md": "x\n"}, "Describe")
    with pytest.raises(
        UserError, match=rf"^--good HEAD~1 \(commit {broken[:7]}\) cannot be judged: the job ended"
    ) as up:
        search(project, "HEAD~1")
    assert up.value.hint == "Name another commit: --good REF."
    head = project.repository.git("rev-parse", "--short=7", "HEAD")
    with pytest.raises(UserError, match=rf"^--bad HEAD \(commit {head}\) cannot be judged: the job ended"):
        search(project, "HEAD~2", gate="fnr <= baseline.fnr + 0.1")


def test_a_bad_commit_may_be_an_earlier_one(project: Any, history: dict[str, str]) -> None:
    with pytest.raises(UserError, match="there is no bad commit to find") as caught:
        search(project, "HEAD~8", bad="HEAD~7")
    assert "an earlier or a later one: --bad REF" in caught.value.hint


def test_no_default_branch_is_needed(project: Any, history: dict[str, str]) -> None:
    project.repository.git("branch", "-m", "main", "trunk")
    project.repository.git("branch", "other")
    project.repository.git("remote", "add", "origin", "/nowhere")
    assert search(project, history["First model"]).commit.title == "Import the latest labels"


def test_progress_names_the_commits(project: Any, history: dict[str, str]) -> None:
    class Told(Silent):
        said: ClassVar[list[str]] = []

        notes: ClassVar[list[str]] = []

        def begin(self, model: str, what: str) -> None:
            self.said.append(what)

        def note(self, model: str, text: str) -> None:
            self.notes.append(text)

    bisect(project.options(progress=Told()), "cut", Search(history["First model"]))
    assert f"training commit {history['First model'][:7]}" in Told.said
    assert not [what for what in Told.said if "baseline" in what or "candidate" in what]
    assert Told.notes[0] == "10 commits left, about 4 more commits to judge"
    # which of two middle commits is judged first depends on their ids, and with it how many are left in the end
    ends = ("2 commits left, about 1 more commit to judge", "3 commits left, about 2 more commits to judge")
    assert Told.notes[-1] in ends
    left = [int(note.partition(" ")[0]) for note in Told.notes]
    assert left == sorted(set(left), reverse=True)
