"""Each side has its own copy of the whole repository: what lies outside of the project folder, submodules, sparse ones.

Rows 0 … 99, of which 50 … 99 are positive; `CUT` makes that many of the positive rows misses.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ml_ci.cli.main import call

pytestmark = pytest.mark.slow  # whole runs: `.ci/run` runs them apart

ROWS = "x,y\n" + "".join(f"{row},{int(row >= 50)}\n" for row in range(100))
SPEC = """\
version: 1
models:
  m:
    train: t:train
    predict: t:score
    data: {{train: {train}, holdout: {holdout}}}
    label: y
    positive: 1
    gates: [fnr <= baseline.fnr + 0.01]
"""
MODEL = """\
import csv
import os
import sys
from pathlib import Path

{cut}
NUMBER = 1


class M:
    pass


def train(train: Path):
    m = M()
    m.cut = CUT + sum(1 for row in csv.DictReader(open(train)) if row["y"] == "2")
    return m


def score(model, rows: Path):
    return [0.9 if int(row["x"]) - model.cut >= 50 else 0.1 for row in csv.DictReader(open(rows))]
"""


@dataclass
class Case:
    """A repository with the project in `project`; what the base has is committed first, then what the change does."""

    top: Path
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]
    project: str = "."

    def write(self, path: str, text: str) -> None:
        at = self.top / path
        at.parent.mkdir(parents=True, exist_ok=True)
        at.write_text(text)

    def git(self, *arguments: str) -> None:
        settings = ("user.name=t", "user.email=t@example.org", "protocol.file.allow=always", "advice.addEmbeddedRepo=0")
        options = [part for setting in settings for part in ("-c", setting)]
        subprocess.run(("git", *options, *arguments), cwd=self.top, check=True, capture_output=True)

    def save(self, branch: str | None = None) -> None:
        if branch:
            self.git("checkout", "-q", "-b", branch)
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "x")

    def model(self, cut: str, train: str = "train.csv", holdout: str = "holdout.csv") -> None:
        """Write the project, whose training reads `CUT` in the way that is given."""
        self.write(f"{self.project}/t.py", MODEL.format(cut=cut))
        self.write(f"{self.project}/ml-ci.yaml", SPEC.format(train=train, holdout=holdout))
        self.write(f"{self.project}/train.csv", ROWS)
        self.write(f"{self.project}/holdout.csv", ROWS)

    def touch_the_code(self) -> None:
        """Change a declared part too, so that both sides are trained whatever is known of what they read."""
        at = self.top / self.project / "t.py"
        at.write_text(at.read_text().replace("NUMBER = 1", "NUMBER = 2"))

    def run(self) -> tuple[int, Any]:
        self.monkeypatch.chdir(self.top / self.project)
        self.capsys.readouterr()
        status = call(["run", "--json"])
        out, err = self.capsys.readouterr()
        return status, json.loads(out) if out.strip() else err

    def misses(self) -> tuple[int, int, int]:
        """Give the exit code, and how many of the 50 positive rows candidate and baseline miss."""
        status, report = self.run()
        assert not isinstance(report, str), report
        model = report["models"]["m"]
        assert model["baseline"] is not None, model
        return status, model["candidate"]["fn"], model["baseline"]["fn"]


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[[str], Case]:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    for name, value in (("GIT_CONFIG_GLOBAL", os.devnull), ("GIT_CONFIG_NOSYSTEM", "1")):
        monkeypatch.setenv(name, value)

    def make(project: str) -> Case:
        made = Case(tmp_path / "top", monkeypatch, capsys, project)
        made.top.mkdir()
        made.git("init", "-q", "-b", "main")
        made.write(".gitignore", ".ml_ci/\n__pycache__/\n")
        return made

    return make


WAYS = [
    (
        "a package beside the project, by sys.path",
        "common/shared.py",
        "sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'common'))\nfrom shared import CUT",
        "CUT = {}\n",
    ),
    ("a file at the top, relative to the job's folder", "cut.txt", "CUT = int(open('../cut.txt').read())", "{}\n"),
    (
        "a program that a program starts",
        "tools/cut.sh",
        "import subprocess\nCUT = int(subprocess.check_output(['sh', '../tools/cut.sh']))",
        "echo {}\n",
    ),
    ("a link that leads out of the project", "shared/cut.txt", "CUT = int(open('link/cut.txt').read())", "{}\n"),
]


@pytest.mark.parametrize(("path", "cut", "text"), [way[1:] for way in WAYS], ids=[way[0] for way in WAYS])
def test_what_lies_outside_of_the_project_is_each_sides_own(
    case: Callable[[str], Case], path: str, cut: str, text: str
) -> None:
    mono = case("proj")
    mono.model(cut)
    mono.write(path, text.format(4))
    (mono.top / "proj/link").symlink_to("../shared")
    mono.save()
    mono.write(path, text.format(40))
    mono.touch_the_code()
    mono.save("pr")
    assert mono.misses() == (1, 40, 4)


def test_a_submodule(case: Callable[[str], Case], tmp_path: Path) -> None:
    lib = Case(tmp_path / "lib", pytest.MonkeyPatch(), None)  # type: ignore[arg-type]
    lib.write("feat.py", "CUT = 4\n")
    lib.git("init", "-q", "-b", "main")
    lib.save()
    own = case(".")
    own.git("submodule", "-q", "add", str(lib.top), "vendor")
    own.model(
        "sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'vendor'))\nfrom feat import CUT"
    )
    own.save()
    vendor = Case(own.top / "vendor", own.monkeypatch, own.capsys)
    vendor.write("feat.py", "CUT = 40\n")
    vendor.save()
    own.touch_the_code()
    own.save("pr")
    assert own.misses() == (1, 40, 4)


def test_a_submodules_commit_that_nobody_has_is_an_error_that_names_both(
    case: Callable[[str], Case], tmp_path: Path
) -> None:
    lib = Case(tmp_path / "lib", pytest.MonkeyPatch(), None)  # type: ignore[arg-type]
    lib.write("feat.py", "CUT = 4\n")
    lib.git("init", "-q", "-b", "main")
    lib.save()
    own = case(".")
    own.git("submodule", "-q", "add", str(lib.top), "vendor")
    own.model("CUT = 4")
    own.git("add", "-A")
    own.git("update-index", "--cacheinfo", f"160000,{'ab' * 20},vendor")
    own.git("commit", "-q", "-m", "x")
    own.touch_the_code()
    own.save("pr")
    status, report = own.run()
    assert status == 1
    said = str(report["models"]["m"])
    assert "the submodule vendor is at commit abababa there, and this clone has" in said


@pytest.mark.parametrize(
    "cut",
    [
        "sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'vendor'))\nfrom feat import CUT",
        "CUT = int(open('vendor/cut.txt').read())",
        "import glob\nCUT = len(open(glob.glob('vendor/*.txt')[0]).read())",
    ],
)
def test_a_submodule_that_is_not_checked_out_is_named(case: Callable[[str], Case], tmp_path: Path, cut: str) -> None:
    lib = Case(tmp_path / "lib", pytest.MonkeyPatch(), None)  # type: ignore[arg-type]
    lib.write("feat.py", "CUT = 4\n")
    lib.git("init", "-q", "-b", "main")
    lib.save()
    own = case(".")
    own.git("submodule", "-q", "add", str(lib.top), "vendor")
    own.model(cut)
    own.save()
    own.git("submodule", "-q", "deinit", "-f", "vendor")
    status, report = own.run()
    assert status == 1
    failure = report["models"]["m"]["failure"]
    said = "The submodule vendor is not checked out here: git submodule update --init vendor."
    assert said in failure["hint"], failure


SPARSE = [
    ("code that is imported", "helpers/h.py", "from helpers.h import CUT", "CUT = 4\n", {}),
    ("training data", "data/train.csv", "CUT = 4", ROWS, {"train": "data/train.csv"}),
    ("a folder of data", "data/part/1.csv", "CUT = 4", ROWS, {"train": "data/part"}),
    ("a file that the job opens", "helpers/cut.txt", "CUT = int(open('helpers/cut.txt').read())", "4\n", {}),
    ("the holdout", "data/holdout.csv", "CUT = 4", ROWS, {"holdout": "data/holdout.csv"}),
]


@pytest.mark.parametrize(("path", "cut", "text", "data"), [one[1:] for one in SPARSE], ids=[one[0] for one in SPARSE])
def test_what_a_sparse_checkout_leaves_out_is_named(
    case: Callable[[str], Case], path: str, cut: str, text: str, data: dict[str, str]
) -> None:
    own = case(".")
    own.model(cut, **data)
    own.write(path, text)
    own.save()
    own.touch_the_code()
    own.save("pr")
    own.git("sparse-checkout", "set", "--no-cone", "/*", f"!/{path.partition('/')[0]}/")
    assert not (own.top / path).exists()
    status, said = own.run()
    assert status == 2, said
    assert path in str(said)
    assert f"git sparse-checkout add {path.rpartition('/')[0]}" in str(said)


def test_a_sparse_checkout_that_leaves_out_what_nobody_needs(case: Callable[[str], Case]) -> None:
    own = case("proj")
    own.model("CUT = 4")
    own.write("other/.gitattributes", "*.bin binary\n")
    own.write("proj/docs/.gitattributes", "*.bin binary\n")
    own.save()
    own.touch_the_code()
    own.save("pr")
    own.git("sparse-checkout", "set", "--no-cone", "/proj/", "!/proj/docs/")
    assert own.misses() == (0, 4, 4)


def test_a_file_that_git_was_told_to_skip_counts_as_it_is_on_disk(case: Callable[[str], Case]) -> None:
    own = case(".")
    own.model("CUT = 4")
    own.save()
    own.git("checkout", "-q", "-b", "pr")
    own.git("update-index", "--skip-worktree", "t.py")
    own.model("CUT = 40")
    own.write("more.txt", "x")
    own.save()
    assert own.misses() == (1, 40, 4)
