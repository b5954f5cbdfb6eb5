"""What the pages tell a reader to type is typed: in a repository with a model `churn`, on a branch with a change."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

# Tested where they can do something: with a registry in tests/registry, with a forge in tests/forges, and an example's
# own commands with that example.
ELSEWHERE = {
    *("promote", "approve", "rollback", "history", "lineage", "reproduce", "card", "deploy", "skew"),
    *("watch", "canary"),
    *("comment", "status", "summary", "alert", "github", "gitlab", "gitea"),
}
OF_EXAMPLES = {"ml-ci ask loans age=39,40", "ml-ci run lint"}
# Named in a sentence, without the words that they need.
MENTIONED = {
    "ml-ci ask",
    "ml-ci bisect",
    "ml-ci records",
    "ml-ci records show",
    "ml-ci report --format",
    "ml-ci report --html",
}
MENTIONED |= {"ml-ci run --report", "ml-ci demo"}
SPEC = """
version: 1
models:
  churn:
    run: python train.py
    outputs: {predictions: scores.csv}
    data: {train: data.csv, holdout: holdout.csv}
    label: label
    positive: 1
    gates: [fnr <= 0.2, fpr <= baseline.fpr + 0.01 @ 0.9]
"""
TRAIN = """
import csv, os
rows = list(csv.DictReader(open(os.environ["ML_CI_DATA_HOLDOUT"])))
with open("scores.csv", "w") as out:
    out.write("score\\n")
    for row in rows:
        out.write(row["x"] + "\\n")
"""
DATA = "x,label\n" + "".join(f"{0.9 if number % 2 else 0.1},{number % 2}\n" for number in range(300))


def typed() -> Iterator[str]:
    """Give what can be typed as it stands."""
    spec = importlib.util.spec_from_file_location("test_pages", Path(__file__).with_name("test_pages.py"))
    assert spec is not None and spec.loader is not None
    pages: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(pages)
    found = {" ".join(line.split()) for page in pages.BY_HAND for line in pages.commands(page)}
    for line in sorted(found - MENTIONED - OF_EXAMPLES):
        placeholder = re.search(r"[…$\[{]|\b(?:REF|MODEL|OWNER|FOLDER|FILE|OLD|NEW|URL)\b|\.venv38|champion", line)
        if not placeholder and line.split()[1] not in ELSEWHERE:
            yield line


def run(line: str, at: Path) -> subprocess.CompletedProcess[str]:
    command = (sys.executable, "-m", *line.replace("ml-ci", "ml_ci", 1).split())
    return subprocess.run(command, cwd=at, capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("documented") / "churn"
    folder.mkdir()

    def git(*words: str) -> None:
        subprocess.run(("git", "-c", "user.name=a", "-c", "user.email=a@b.example", *words), cwd=folder, check=True)

    files = {"ml-ci.yaml": SPEC, "train.py": TRAIN, ".gitignore": ".ml_ci/\nscores.csv\n*.md\n*.svg\nml-ci-*\n"}
    for name, text in {**files, "data.csv": DATA, "holdout.csv": DATA.replace("0.9", "0.8")}.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "test-results").mkdir()
    for words in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-qm", "one"), ("switch", "-qc", "topic")):
        git(*words)
    (folder / "train.py").write_text(TRAIN.replace('row["x"]', 'str(float(row["x"]) * 0.99)'), encoding="utf-8")
    git("commit", "-qam", "two")
    assert run("ml-ci run", folder).returncode in (0, 4)
    return folder


@pytest.mark.parametrize("line", list(typed()))
def test_what_stands_in_a_page_does_something(line: str, at: Path) -> None:
    done = run(line, at)
    assert done.returncode in (0, 4), f"{line}\n{done.stdout}\n{done.stderr}"


def test_there_is_much_to_type() -> None:
    assert len(list(typed())) >= 20
