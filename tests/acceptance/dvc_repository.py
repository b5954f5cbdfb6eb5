"""A repository whose stages DVC runs, made by DVC itself; for tests that need it installed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

FILES = {
    "src/prepare.py": """\
import csv, os, sys

share = int(sys.argv[1])
rows = list(csv.DictReader(open("data/raw.csv")))
os.makedirs("made", exist_ok=True)
for name, part in (("train", rows[share:]), ("test", rows[:share])):
    with open(f"made/{name}.csv", "w", newline="") as file:
        table = csv.DictWriter(file, ["x", "y"])
        table.writeheader()
        table.writerows(part)
""",
    "src/shift.py": "SHIFT = 0\n\n\ndef move(x):\n    return x + SHIFT\n",
    "src/features.py": """\
import csv, os
from shift import move

os.makedirs("features", exist_ok=True)
rows = list(csv.DictReader(open("made/train.csv")))
with open("features/train.csv", "w", newline="") as file:
    table = csv.DictWriter(file, ["x", "y"])
    table.writeheader()
    table.writerows({"x": move(int(row["x"])), "y": row["y"]} for row in rows)
""",
    "src/count.py": """\
import csv, sys

rows = [row for row in csv.DictReader(open("features/train.csv")) if row["y"] == sys.argv[1]]
open(sys.argv[2], "w").write(str(len(rows)))
""",
    "src/train.py": """\
import csv, json

margin = next(int(line.split()[1]) for line in open("params.yaml") if line.startswith("margin:"))
rows = list(csv.DictReader(open("features/train.csv")))
at = min(int(row["x"]) for row in rows if row["y"] == "1") - margin
json.dump({"at": at}, open("model.json", "w"))
""",
    "src/evaluate.py": """\
import csv, json

at = json.load(open("model.json"))["at"]
rows = list(csv.DictReader(open("made/test.csv")))
right = sum((int(row["x"]) >= at) == (row["y"] == "1") for row in rows)
json.dump({"accuracy": right / len(rows)}, open("metrics.json", "w"))
""",
    "score.py": """\
import csv
import json
from pathlib import Path


def predict(model, rows: Path):
    at = json.load(open(model))["at"]
    return [int(int(row["x"]) >= at) for row in csv.DictReader(open(rows))]
""",
    "params.yaml": "share: 100\nmargin: 0\nunused: 1\nclasses:\n  - name: none\n    y: 0\n  - name: some\n    y: 1\n",
    "dvc.yaml": """\
vars:
  - python: python3
stages:
  prepare:
    desc: Cut the rows
    cmd: ${python} src/prepare.py ${share}
    deps: [data/raw.csv, src/prepare.py]
    params: [share]
    outs: [made/train.csv, made/test.csv]
  features:
    cmd: python3 src/features.py
    deps: [made/train.csv, src/features.py]
    outs: [features]
  count:
    foreach: ${classes}
    do:
      cmd:
        - mkdir -p counts
        - python3 src/count.py ${item.y} counts/${item.name}.txt
      deps: [features/train.csv, src/count.py]
      outs: ["counts/${item.name}.txt"]
  train:
    cmd: python3 src/train.py
    deps: [features, src/train.py]
    params: [margin]
    outs: [model.json]
  evaluate:
    cmd: python3 src/evaluate.py
    deps: [model.json, made/test.csv, src/evaluate.py]
    metrics: [metrics.json: {cache: false}]
""",
    "data/holdout.csv": "x,y\n" + "".join(f"{x},{int(x >= 40)}\n" for x in range(97)),
    "ml-ci.yaml": """\
version: 1
dvc: dvc.yaml
models:
  churn: {train: "dvc.yaml:train", predict: "score:predict", label: y, positive: 1, gates: [fnr <= 0.1],
          data: {holdout: data/holdout.csv}}
""",
    ".gitignore": "__pycache__\n",
}
# What builds on what, as `dvc dag` draws it; a model stands for the stage that trains it.
BELOW = {
    "prepare": {"features", "count@0", "count@1", "train", "evaluate"},
    "features": {"count@0", "count@1", "train", "evaluate"},
    "train": {"evaluate"},
}


def find_dvc() -> str:
    """Give the `dvc` to use; skip the test where there is none."""
    found = os.environ.get("ML_CI_DVC") or shutil.which("dvc")
    if found is None:
        pytest.skip("DVC is not installed: name it by ML_CI_DVC=/path/to/bin/dvc")
    return found


class Repository:
    """A repository under git and DVC."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def dvc(self, *words: str) -> str:
        settings = {"DVC_NO_ANALYTICS": "1", "DVC_GLOBAL_CONFIG_DIR": str(self.path.parent / "none")}
        return self._call(find_dvc(), *words, **settings)

    def git(self, *words: str) -> str:
        return self._call("git", "-c", "user.name=n", "-c", "user.email=n@example.org", *words)

    def _call(self, *words: str, **settings: str) -> str:
        done = subprocess.run(
            words, cwd=self.path, env={**os.environ, **settings}, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def commit(self, title: str = "Change") -> None:
        self.git("add", "-A")
        self.git("commit", "-qm", title)

    def edit(self, path: str, old: str, new: str) -> None:
        text = (self.path / path).read_text()
        assert old in text
        (self.path / path).write_text(text.replace(old, new))

    def find_changed(self) -> set[str]:
        """Name the stages that `dvc status` calls changed, and all that builds on them."""
        found: dict[str, Any] = json.loads(self.dvc("status", "--json"))
        own = {name.removeprefix("dvc.yaml:") for name in found if not name.endswith(".dvc")}
        return own.union(*(BELOW.get(name, set()) for name in own))


def make_repository(path: Path) -> Repository:
    """Make a repository, run its stages by DVC, and commit what DVC wrote."""
    made = Repository(path)
    for name, text in FILES.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(text)
    rows = [(x * 37 % 97, int(x * 37 % 97 >= 40)) for x in range(400)]
    (path / "data/raw.csv").write_text("x,y\n" + "".join(f"{x},{y}\n" for x, y in rows))
    made.git("init", "-q", "-b", "main")
    made.dvc("init", "-q")
    made.dvc("add", "-q", "data/raw.csv")
    made.dvc("repro", "-q")
    made.commit("First")
    return made
