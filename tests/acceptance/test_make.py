"""A Makefile and a Snakefile as one job each: done again for what their rules read, and for nothing else."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from ml_ci.pipeline import plan_chain, run
from ml_ci.steps.values import Options

pytestmark = pytest.mark.slow

FILES = {
    "Makefile": """\
features.csv: clean.csv shift.py
\tpython shift.py clean.csv > features.csv

clean.csv: data/raw.csv
\tgrep . data/raw.csv > clean.csv
""",
    "Snakefile": """\
rule features:
    input: "clean.csv"
    output: "features.csv"
    shell: "python shift.py {input} > {output}"

rule clean:
    input: "data/raw.csv"
    output: "clean.csv"
    shell: "grep . {input} > {output}"
""",
    "shift.py": "import sys\n\nprint(open(sys.argv[1]).read(), end='')\n",
    "train.py": """\
def train(train):
    return Least(min(row.x for row in train.itertuples() if row.y == 1))


class Least:
    def __init__(self, at):
        self.at = at

    def predict(self, rows):
        return [int(x >= self.at) for x in rows["x"]]
""",
    "data/raw.csv": "x,y\n" + "".join(f"{x},{int(x >= 20)}\n\n" for x in range(60)),
    "data/holdout.csv": "x,y\n" + "".join(f"{x},{int(x >= 20)}\n" for x in range(40)),
    "notes.md": "none\n",
}
SPEC = """\
version: 1
jobs:
  features: {{run: {command}, data: {{raw: data/raw.csv}}, outputs: [features.csv]}}
models:
  least:
    train: train:train
    data: {{train: {{job: features, path: features.csv}}, holdout: data/holdout.csv}}
    label: y
    positive: 1
    gates: [fnr <= 0.1]
"""


@pytest.mark.parametrize(
    ("program", "command"), [("make", "make features.csv"), ("snakemake", "snakemake -c1 features")]
)
def test_a_tool_of_steps_is_one_job(repository: Any, program: str, command: str) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    path = Path(repository.path)
    repository.commit({**FILES, "ml-ci.yaml": SPEC.format(command=command)}, "First")
    options = Options(start=path, environment=dict(os.environ))
    assert run(options).verdict == "pass"

    def plan_after(file: str, old: str, new: str) -> str:
        text = (path / file).read_text()
        assert old in text
        (path / file).write_text(text.replace(old, new))
        found = plan_chain(options).jobs["features"].action
        (path / file).write_text(text)
        return found

    rules = "Makefile" if program == "make" else "Snakefile"
    assert plan_after("notes.md", "none", "some") == "reuse"
    assert plan_after("shift.py", "import sys\n", "import sys  # none\n") == "reuse"
    assert plan_after("shift.py", "end=''", "end='', flush=True") == "run"
    assert plan_after(rules, "grep .", "grep -v none") == "run"
    assert plan_after("data/raw.csv", "5,0", "6,0") == "run"
