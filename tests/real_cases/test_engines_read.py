"""Whatever reads a file that nobody declared is seen: other languages and engines, in whole runs, each side its own."""

from __future__ import annotations

# ruff: noqa: E501 (a row of a table stays on its line)
import importlib.util
import os
import shutil
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from ml_ci.pipeline import plan, run
from ml_ci.plan.plan import TRAININGS
from ml_ci.records.store import Store
from ml_ci.reports.values import ModelReport
from ml_ci.steps.values import Options

pytestmark = pytest.mark.slow  # whole runs: `.ci/run` runs them apart

# The job is a cut at the number that it reads somewhere. In rows x = 0, 1, ... 39 those from 20 on are positive: each
# step of the number above 20 misses one of 20 positives.
ROWS = "x,y\n" + "".join(f"{x},{int(x >= 20)}\n" for x in range(40))
SPEC = """\
version: 1
models:
  m:
    run: RUN {data.holdout} {out}/p.csv
    outputs: {predictions: "{out}/p.csv"}
    data: {holdout: holdout.csv}
    label: y
    positive: 1
    gates: [fnr <= baseline.fnr + 0.01]
"""
# Names are put together, so that no literal gives them away.
PYTHON = """\
import csv, sys
at = int(CUT)
rows = csv.DictReader(open(sys.argv[1]))
open(sys.argv[2], "w").write("prediction\\n" + "".join(f"{int(int(row['x']) >= at)}\\n" for row in rows))
"""
R = """\
arguments <- commandArgs(trailingOnly = TRUE)
at <- read.csv(file.path("set", paste0("cut", ".csv")))$at
rows <- read.csv(arguments[1])
write.csv(data.frame(prediction = as.integer(rows$x >= at)), arguments[2], row.names = FALSE)
"""
NODE = """\
const fs = require("fs");
const at = Number(fs.readFileSync(["set", "cut" + ".csv"].join("/"), "utf8").split("\\n")[1]);
const rows = fs.readFileSync(process.argv[2], "utf8").trim().split("\\n").slice(1);
fs.writeFileSync(process.argv[3], ["prediction", ...rows.map(row => Number(row.split(",")[0]) >= at ? 1 : 0)].join("\\n") + "\\n");
"""
AWK = """\
BEGIN { FS = ","; while ((getline line < ("set" "/" "cut" ".csv")) > 0) at = line; print "prediction" > out }
NR > 1 { print ($1 >= at) ? 1 : 0 > out }
"""
SHELL = """\
HERE
{ echo prediction; awk -F, -v at="$(tail -n 1 "$AT")" 'NR > 1 { print ($1 >= at) }' "$1"; } > "$2"
"""
MAPPED = """\
import mmap, os
with open(os.path.join("set", "cut" + ".csv"), "rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as file:
    at = int(bytes(file).split()[1])
"""


def script(cut: str, before: str = "") -> str:
    return before + PYTHON.replace("CUT", cut)


# The engine: what has to be there, the command, the files beside the one that is read.
ENGINES: dict[str, tuple[str, str, dict[str, str]]] = {
    "R": ("Rscript", "Rscript train.R", {"train.R": R}),
    "Node": ("node", "node train.js", {"train.js": NODE}),
    "awk": ("awk", "f() { awk -v out=\"$2\" -f train.awk \"$1\"; }; f", {"train.awk": AWK}),
    "shell": ("sh", "sh train.sh", {"train.sh": SHELL.replace("HERE", "AT=$(ls -d set/c*)")}),
    "cp": ("cp", "sh train.sh", {"train.sh": SHELL.replace("HERE", 'cp set/c* "$2.cut" && AT="$2.cut"')}),
    "cp -r": ("cp", "sh train.sh", {"train.sh": SHELL.replace("HERE", 'cp -r set "$2.cut" && AT="$2.cut/cut.csv"')}),
    "cat": ("cat", "sh train.sh", {"train.sh": SHELL.replace("HERE", 'cat set/c* > "$2.cut" && AT="$2.cut"')}),
    "tar": ("tar", "sh train.sh", {"train.sh": SHELL.replace("HERE", 'tar cf - set | tar xf - -C "${2%/*}" && AT="${2%/*}/set/cut.csv"')}),
    "a compiled program": (
        "cc",
        "sh train.sh",
        {
            "train.sh": SHELL.replace("HERE", 'cc -o "$2.at" at.c && "$2.at" > "$2.cut" && AT="$2.cut"'),
            "at.c": '#include <stdio.h>\nint main(void) { char line[9]; FILE *file = fopen("set" "/cut" ".csv", "r");\n'
            'while (fgets(line, 9, file)) {} fputs(line, stdout); return 0; }\n',
        },
    ),
    "shell, by a variable": ("sh", "sh train.sh", {"train.sh": SHELL.replace("HERE", 'AT="$GITHUB_WORKSPACE/set/cut.csv"')}),
    "awk, by a variable": (
        "awk",
        "sh train.sh",
        {"train.sh": SHELL.replace("HERE", 'AT=$2.cut; awk "{ print }" "$CI_PROJECT_DIR"/set/c* > "$AT"')},
    ),
    "mmap": ("", "python train.py", {"train.py": script("at", MAPPED)}),
    "pandas": ("pandas", "python train.py", {"train.py": script('pandas.read_csv("set/" + "cut.csv")["at"][0]', "import pandas\n")}),
    "pyarrow": (
        "pyarrow",
        "python train.py",
        {"train.py": script('pyarrow.csv.read_csv("set/" + "cut.csv")["at"][0].as_py()', "import pyarrow.csv\n")},
    ),
    "pyarrow's dataset of a folder": (
        "pyarrow",
        "python train.py",
        {"train.py": script('dataset("set", format="csv").to_table()["at"][0].as_py()', "from pyarrow.dataset import dataset\n")},
    ),
    "DuckDB": (
        "duckdb",
        "python train.py",
        {"train.py": script("""duckdb.connect().execute("SELECT * FROM read_csv('set/" + "c*.csv')").fetchone()[0]""", "import duckdb\n")},
    ),
    "polars": ("polars", "python train.py", {"train.py": script('polars.read_csv("set/" + "cut.csv")["at"][0]', "import polars\n")}),
    "polars, lazily": (
        "polars",
        "python train.py",
        {"train.py": script('polars.scan_csv("set/" + "*.csv").collect()["at"][0]', "import polars\n")},
    ),
    "numpy": ("numpy", "python train.py", {"train.py": script('numpy.loadtxt("set/" + "cut.csv", skiprows=1)', "import numpy\n")}),
    "a worker of Python's": (
        "",
        "python train.py",
        {
            "work.py": 'import os\ndef at(name): return open(os.path.join("set", name)).read().split()[1]\n',
            "train.py": "import concurrent.futures\nfrom work import at as read\n"
            "if __name__ == '__main__':\n    with concurrent.futures.ProcessPoolExecutor(1) as pool:\n"
            "        found = pool.submit(read, 'cut' + '.csv').result()\n"
            + "".join(f"    {line}\n" for line in PYTHON.replace("CUT", "found").splitlines()),
        },
    ),
}  # fmt: skip


class Case:
    """A repository whose job reads `set/cut.csv`, which nobody declared."""

    def __init__(self, repository: Any, name: str) -> None:
        needs, command, files = ENGINES[name]
        if needs and shutil.which(needs) is None and importlib.util.find_spec(needs) is None:
            pytest.skip(f"{needs} is not installed")
        self.repository = repository
        self.path: Path = repository.path
        own = {"ml-ci.yaml": SPEC.replace("RUN", command), "holdout.csv": ROWS, ".gitignore": ".ml_ci/\n"}
        repository.commit({**own, **files, "set/cut.csv": "at\n20\n", "docs/a.md": "words\n"})
        repository.git("switch", "-q", "-c", "change")

    def change(self, files: Mapping[str, str]) -> None:
        self.repository.commit(files)

    def options(self) -> Options:
        there = dict.fromkeys(("GITHUB_WORKSPACE", "CI_PROJECT_DIR", "PWD"), str(self.path))
        return Options(start=self.path, environment={**os.environ, **there})

    def run(self) -> ModelReport:
        return run(self.options()).models["m"]

    def action(self) -> str:
        return plan(self.options())["m"].action

    @property
    def trainings(self) -> int:
        return sum(kind == TRAININGS for kind, _, _ in Store(self.path / ".ml_ci").records())


def judge(case: Case) -> None:
    """Change what no job reads, then what it reads: nothing trains, then it does, and each side has read its own."""
    report = case.run()
    assert (report.failure, case.trainings) == (None, 1)
    case.change({"docs/a.md": "other words\n", "docs/b.csv": "at\n1\n", "NEWS": "new\n"})
    assert case.action() == "reuse"
    report = case.run()
    assert (report.changes, case.trainings) == ((), 1)
    case.change({"set/cut.csv": "at\n24\n"})
    assert case.action() == "train"
    report = case.run()
    assert [(change.part, change.summary) for change in report.changes] == [("reads", "set/cut.csv changed")]
    assert report.baseline is not None and report.candidate is not None, report
    assert (report.baseline.confusion.fn, report.candidate.confusion.fn) == (0, 4)
    assert (report.verdict, case.trainings, case.action()) == ("fail", 2, "reuse")


@pytest.mark.parametrize("name", ENGINES)
def test_what_an_engine_reads_is_seen(repository: Any, name: str) -> None:
    judge(Case(repository, name))


@pytest.mark.parametrize("name", ["cp", "cat", "cp -r", "DuckDB", "pyarrow"])
def test_also_on_an_overlay(
    make_repository: Any, tmp_path: Path, mounted: Callable[..., AbstractContextManager[Path]], name: str
) -> None:
    """Where containers keep what they write: there `cp` and `cat` leave access times alone."""
    for part in ("lower", "upper", "work"):
        (tmp_path / part).mkdir()
    options = ",".join(f"{part}dir={tmp_path / part}" for part in ("lower", "upper", "work"))
    with mounted(tmp_path / "merged", "-t", "overlay", "overlay", "-o", options):
        judge(Case(make_repository("merged/repository"), name))


@pytest.mark.parametrize("name", ["shell", "cp", "DuckDB"])
def test_also_where_no_access_times_are_kept(
    make_repository: Any, tmp_path: Path, mounted: Callable[..., AbstractContextManager[Path]], name: str
) -> None:
    with mounted(tmp_path / "mount", "-t", "tmpfs", "-o", "noatime", "tmpfs"):
        judge(Case(make_repository("mount/repository"), name))
