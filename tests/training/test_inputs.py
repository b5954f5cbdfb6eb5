from __future__ import annotations

import csv
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ml_ci.errors import Failure, UserError
from ml_ci.repository.repository import Repository
from ml_ci.spec.values import Budget, CommandJob, FileEntry, FunctionJob, Job, ModelSpec, PartEntry, Positive
from ml_ci.training.delivery import Supply
from ml_ci.training.inputs import place, verify
from ml_ci.training.placement import Placement
from ml_ci.training.values import Inputs, Written
from ml_ci.training.working_copy import working_copy

Git = Callable[..., str]
Failed = Callable[[Callable[[], object]], Failure]
FUNCTION = FunctionJob("jobs:train")
PREDICTS = CommandJob("true", predictions="{out}/p.csv")
LEAVES = CommandJob("true", model="models/model.pkl")


@dataclass
class Project:
    """A repository, and its working copies for the time of the test."""

    top: Path
    work: Path
    git: Git
    stack: ExitStack
    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))

    def write(self, path: str, content: str) -> Path:
        target = self.top / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content)
        return target

    def commit(self) -> str:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "more")
        return self.git("rev-parse", "HEAD")

    def supply(self, commit: str | None = None, **options: Any) -> Supply:
        repository = Repository.find(self.top)
        tree = repository.tree(commit)
        copy = self.stack.enter_context(working_copy(repository, tree, self.work)).project
        options = {"environment": self.environment, **options}
        return Supply(model="churn", tree=tree, copy=copy, origin=self.top, work=self.work / "own", **options)

    def place(self, model: ModelSpec, commit: str | None = None, **options: Any) -> tuple[Path, Inputs]:
        placement = {name: options.pop(name) for name in ("holdout", "hidden") if name in options}
        supply = self.supply(commit, **options)
        return supply.copy, place(Placement(model, supply, self.work / "own", **placement))


@pytest.fixture
def project(git: Git, tmp_path: Path) -> Iterator[Project]:
    with ExitStack() as stack:
        yield Project(tmp_path / "repository", tmp_path / "work", git, stack)


def spec(job: Job = FUNCTION, **options: Any) -> ModelSpec:
    given: dict[str, Any] = {
        "name": "churn",
        "job": job,
        "data": {"train": FileEntry("data/train.csv")},
        "holdout": FileEntry("data/holdout.csv"),
        "label": "y",
        "positive": Positive((1,)),
    }
    return ModelSpec(**{**given, **options})


ROWS = "id,x,y\n" + "".join(f"{number},{number / 7:.3f},{number % 2}\n" for number in range(200))


def rows(path: str | Path) -> list[dict[str, str]]:
    with Path(path).open(newline="") as stream:
        return list(csv.DictReader(stream))


def tracked(project: Project) -> None:
    project.write("data/train.csv", ROWS)
    project.write("data/holdout.csv", "id,x,y\n900,1,1\n")
    project.commit()


def test_the_function_never_finds_the_holdout(project: Project) -> None:
    tracked(project)
    project.write("data/old-holdout.csv", "x")
    copy, inputs = project.place(spec(), hidden=("data/old-holdout.csv",))
    assert sorted(path.name for path in (copy / "data").iterdir()) == ["train.csv"]
    assert set(inputs.data) == {"train"}
    assert inputs.data["train"].path == str(copy / "data/train.csv")
    assert (project.top / "data/holdout.csv").exists()


@pytest.mark.parametrize("job", [PREDICTS, LEAVES])
def test_a_command_that_predicts_is_given_the_holdout_without_its_labels(project: Project, job: CommandJob) -> None:
    tracked(project)
    copy, inputs = project.place(spec(job))
    assert (copy / "data/holdout.csv").read_text() == ("id,x,y\n900,1,\n" if job is PREDICTS else "id,x,y\n900,1,1\n")
    assert set(inputs.data) == ({"train", "holdout"} if job is PREDICTS else {"train"})
    assert (project.top / "data/holdout.csv").read_text() == "id,x,y\n900,1,1\n"


def test_a_holdout_outside_of_the_project_comes_without_its_labels(project: Project, tmp_path: Path) -> None:
    tracked(project)
    (tmp_path / "outside.csv").write_text("id,x,y\n900,1,1\n")
    _, inputs = project.place(spec(PREDICTS, holdout=FileEntry(str(tmp_path / "outside.csv"))))
    assert Path(inputs.data["holdout"].path).read_text() == "id,x,y\n900,1,\n"
    assert (tmp_path / "outside.csv").read_text() == "id,x,y\n900,1,1\n"


def test_the_baselines_command_is_given_the_candidates_holdout(project: Project, tmp_path: Path) -> None:
    tracked(project)
    (tmp_path / "candidate.csv").write_text("id,x,y\n901,1,\n")
    copy, inputs = project.place(spec(PREDICTS), project.git("rev-parse", "HEAD"), holdout=tmp_path / "candidate.csv")
    assert inputs.data["holdout"].path == str(copy / "data/holdout.csv")
    assert (copy / "data/holdout.csv").read_text() == "id,x,y\n901,1,\n"


@pytest.mark.parametrize("job", [FUNCTION, PREDICTS])
def test_a_part_is_cut_out(project: Project, job: Job) -> None:
    tracked(project)
    copy, inputs = project.place(spec(job, holdout=PartEntry("train", share=0.25)))
    left = {row["id"] for row in rows(copy / "data/train.csv")}
    assert 120 < len(left) < 180
    if job is FUNCTION:
        assert "holdout" not in inputs.data
        return
    held = rows(inputs.data["holdout"].path)
    assert not Path(inputs.data["holdout"].path).is_relative_to(copy)
    assert {row["id"] for row in held} == {str(number) for number in range(200)} - left
    assert {row["y"] for row in held} == {""}
    assert (project.top / "data/train.csv").read_text() == ROWS


def test_a_sample_is_drawn_after_the_cut(project: Project) -> None:
    tracked(project)
    part = PartEntry("train", share=0.25)
    copy, _ = project.place(spec(holdout=part, budget=Budget(rows={"train": 30})))
    drawn = {row["id"] for row in rows(copy / "data/train.csv")}
    whole, _ = project.place(spec(holdout=part))
    assert len(drawn) == 30
    assert drawn < {row["id"] for row in rows(whole / "data/train.csv")}


def test_another_separator_is_told(project: Project) -> None:
    project.write("data/train.csv", ROWS.replace(",", ";"))
    _, inputs = project.place(spec())
    assert inputs.data["train"].written == Written(";", spaced=False)


def test_the_first_of_several_parts_says_nothing_of_the_white_space_in_others(project: Project) -> None:
    for name, text in (("a.csv", "x,y\n1,b\n"), ("b.csv", "x,y\n2, b\n")):
        project.write(f"data/train/{name}", text)
    _, inputs = project.place(spec(data={"train": FileEntry("data/train")}))
    assert inputs.data["train"].written == Written(spaced=True)


def test_ignored_data_are_copied_and_large_ones_linked_and_watched(project: Project, failed: Failed) -> None:
    project.write(".gitignore", "data/\n")
    original = project.write("data/train.csv", ROWS)
    project.commit()
    copy, inputs = project.place(spec())
    assert (copy / "data/train.csv").read_text() == ROWS
    assert not (copy / "data/train.csv").is_symlink()
    assert inputs.linked == ()

    copy, inputs = project.place(spec(), large=100)
    assert (copy / "data/train.csv").is_symlink()
    verify(inputs)
    (copy / "data/train.csv").write_text("overwritten")
    found = failed(lambda: verify(inputs))
    assert (found.code, found.message) == ("data-changed", f"`data.train`: {original} changed while the job ran")
    original.unlink()
    assert failed(lambda: verify(inputs)).code == "data-changed"


def test_a_large_original_is_cut_into_the_copy_only(project: Project) -> None:
    project.write(".gitignore", "data/\n")
    original = project.write("data/train.csv", ROWS)
    project.commit()
    copy, inputs = project.place(spec(holdout=PartEntry("train", share=0.25)), large=100)
    assert not (copy / "data/train.csv").is_symlink()
    assert len(rows(copy / "data/train.csv")) < 200
    assert original.read_text() == ROWS
    verify(inputs)


def test_a_holdout_inside_a_data_folder_is_left_out(project: Project) -> None:
    project.write(".gitignore", "data/\n")
    project.write("data/train.csv", ROWS)
    project.write("data/holdout.csv", "secret")
    project.commit()
    copy, _ = project.place(spec(data={"all": FileEntry("data")}), large=100)
    assert [path.name for path in (copy / "data").iterdir()] == ["train.csv"]
    assert (project.top / "data/holdout.csv").read_text() == "secret"


def test_globs_urls_and_data_outside(project: Project, tmp_path: Path) -> None:
    project.write(".gitignore", "*.csv\n")
    project.write("data/a.csv", "x\n1\n")
    project.write("data/b.csv", "x\n1\n")
    project.commit()
    (tmp_path / "outside.csv").write_text("x\n1\n")
    data = {"many": FileEntry("data/*.csv"), "url": FileEntry("s3://bucket/a.csv"), "out": FileEntry("../outside.csv")}
    copy, inputs = project.place(spec(data=data))
    assert sorted(path.name for path in copy.glob("data/*.csv")) == ["a.csv", "b.csv"]
    assert inputs.data["url"].path == "s3://bucket/a.csv"
    assert Path(inputs.data["out"].path).read_text() == "x\n1\n"
    assert [linked.name for linked in inputs.linked] == ["out"]


def test_earlier_outputs_go_also_tracked_ones(project: Project) -> None:
    tracked(project)
    project.write("models/model.pkl", "old")
    project.write("scores/old.csv", "old")
    project.commit()
    copy, _ = project.place(spec(CommandJob("true", predictions="scores", model="models/model.pkl")))
    assert list((copy / "models").iterdir()) == []
    assert list((copy / "scores").iterdir()) == []
    assert (project.top / "models/model.pkl").read_text() == "old"


def test_the_folder_of_an_output_is_made(project: Project) -> None:
    tracked(project)
    copy, _ = project.place(spec(LEAVES))
    assert (copy / "models").is_dir()


@pytest.mark.parametrize("declared", ["../victim.pkl", "link/victim.pkl", "/victim.pkl"])
def test_outputs_outside_are_refused_and_not_deleted(project: Project, tmp_path: Path, declared: str) -> None:
    tracked(project)
    victim = tmp_path / "victim.pkl"
    victim.write_text("precious")
    (project.work / "victim.pkl").parent.mkdir(parents=True, exist_ok=True)
    (project.top / "link").symlink_to(tmp_path)
    declared = str(victim) if declared.startswith("/") else declared
    with pytest.raises(UserError) as caught:
        project.place(spec(CommandJob("true", model=declared)))
    assert f"`outputs.model`: {declared} lies outside of the project folder" in caught.value.message
    assert victim.read_text() == "precious"


def pointer(content: str, path: str = "train.csv") -> str:
    return f"outs:\n- md5: {hashlib.md5(content.encode()).hexdigest()}\n  hash: md5\n  path: {path}\n"


def dvc(project: Project) -> str:
    """Commit version one of data under DVC, then make version two of it."""
    project.write(".gitignore", "data/train.csv\ndata/images\n")
    project.write("data/train.csv", ROWS)
    project.write("data/train.csv.dvc", pointer(ROWS))
    old = project.commit()
    project.write("data/train.csv", ROWS + "900,1,1\n")
    project.write("data/train.csv.dvc", pointer(ROWS + "900,1,1\n"))
    return old


def test_dvc_data_of_the_same_version_are_taken(project: Project) -> None:
    old = dvc(project)
    copy, _ = project.place(spec())
    assert (copy / "data/train.csv").read_text() == ROWS + "900,1,1\n"
    project.write("data/train.csv", ROWS)
    copy, _ = project.place(spec(), old)
    assert (copy / "data/train.csv").read_text() == ROWS


def test_dvc_data_of_another_version_are_named(project: Project, failed: Failed) -> None:
    old = dvc(project)
    found = failed(lambda: project.place(spec(), old))
    assert found.code == "data-missing"
    assert "`data.train`: data/train.csv: data/train.csv.dvc names md5:" in found.message
    assert f"today's file is another (commit {old[:7]})" in found.message
    assert found.hint == "Get it, or say how: `fetch: dvc pull {path}`."


def test_dvc_data_of_another_version_are_fetched(project: Project, tmp_path: Path) -> None:
    old = dvc(project)
    (tmp_path / "remote.csv").write_text(ROWS)
    copy, _ = project.place(spec(), old, fetch=f"cp {tmp_path}/remote.csv {{path}}")
    assert (copy / "data/train.csv").read_text() == ROWS
    assert (project.top / "data/train.csv").read_text() != ROWS


@pytest.mark.parametrize("layout", [".dvc/cache/files/md5", ".dvc/cache"])
def test_dvc_data_of_another_version_are_taken_from_the_cache(project: Project, failed: Failed, layout: str) -> None:
    old = dvc(project)
    known = hashlib.md5(ROWS.encode()).hexdigest()
    content = project.write(f"{layout}/{known[:2]}/{known[2:]}", ROWS)
    content.chmod(0o444)
    copy, _ = project.place(spec(), old)
    assert (copy / "data/train.csv").read_text() == ROWS
    assert os.access(copy / "data/train.csv", os.W_OK)
    content.chmod(0o644)
    content.write_text("damaged")
    assert failed(lambda: project.place(spec(), old)).code == "data-missing"


@pytest.mark.parametrize(
    ("fetch", "message", "log"),
    [
        ("echo no remote >&2; exit 4", "ended with exit code 4", "no remote"),
        ("true", "`true` ended well and did not bring it", ""),
    ],
)
def test_a_fetch_that_fails(project: Project, failed: Failed, fetch: str, message: str, log: str) -> None:
    old = dvc(project)
    found = failed(lambda: project.place(spec(), old, fetch=fetch))
    assert (found.code, found.log_tail) == ("data-missing", log)
    assert message in found.message


def test_a_fetch_that_hangs(project: Project, failed: Failed) -> None:
    old = dvc(project)
    found = failed(lambda: project.place(spec(), old, fetch="sleep 60", seconds=0.3))
    assert "`fetch:` took longer than 0.3 s" in found.message


def test_a_dvc_folder_is_known_by_its_files(project: Project, failed: Failed) -> None:
    project.write(".gitignore", "data/images\n")
    project.write("data/images/b.txt", "b")
    project.write("data/images/sub/a.txt", "a")
    listed = [
        {"md5": hashlib.md5(text).hexdigest(), "relpath": path} for text, path in ((b"b", "b.txt"), (b"a", "sub/a.txt"))
    ]
    known = hashlib.md5(json.dumps(listed, sort_keys=True).encode()).hexdigest() + ".dir"
    project.write("data/images.dvc", f"outs:\n- md5: {known}\n  hash: md5\n  path: images\n")
    old, model = project.commit(), spec(data={"images": FileEntry("data/images")})
    copy, _ = project.place(model, old)
    assert (copy / "data/images/sub/a.txt").read_text() == "a"
    project.write("data/images/sub/a.txt", "changed")
    assert failed(lambda: project.place(model, old)).code == "data-missing"


def test_unversioned_data_of_a_commit_are_todays(project: Project) -> None:
    project.write(".gitignore", "data/\n")
    project.write("data/train.csv", ROWS)
    copy, _ = project.place(spec(), project.commit())
    assert (copy / "data/train.csv").read_text() == ROWS


def test_data_that_are_nowhere(project: Project, failed: Failed) -> None:
    project.write("README", "x")
    project.commit()
    found = failed(lambda: project.place(spec()))
    assert (found.code, found.hint) == ("data-missing", "Get it, or say how: `fetch: dvc pull {path}`.")
    assert found.message == "`data.train`: data/train.csv: it is neither in git nor on this machine"


def test_git_lfs_pointers_are_not_data(project: Project, failed: Failed) -> None:
    text = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize {}\n"
    project.write("data/train.csv", text.format(hashlib.sha256(ROWS.encode()).hexdigest(), len(ROWS)))
    old = project.commit()
    found = failed(lambda: project.place(spec()))
    assert "only its Git LFS pointer is here" in found.message
    assert found.hint == "Get it, or say how: `fetch: git lfs pull --include {path}`."
    project.write("data/train.csv", ROWS)
    copy, _ = project.place(spec(), old)
    assert (copy / "data/train.csv").read_text() == ROWS
