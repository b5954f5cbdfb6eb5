"""Jobs and models as one graph: what is done again after a change, with whose code, and what a failure takes down."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ml_ci.cli.main import command
from ml_ci.pipeline import plan_chain, run
from ml_ci.plan.plan import TRAININGS
from ml_ci.records.store import Store
from ml_ci.reports.values import Report
from ml_ci.steps.values import Options

pytestmark = pytest.mark.slow

TRAIN = """\
import csv, sys

def main(train, holdout, out):
    rows = list(csv.DictReader(open(train)))
    at = min(int(row["x"]) for row in rows if row["y"] == "1")
    rows = list(csv.DictReader(open(holdout)))
    lines = ["prediction", *(str(int(int(row["x"]) >= at)) for row in rows)]
    open(out + "/predictions.csv", "w").write("\\n".join(lines) + "\\n")

main(*sys.argv[1:])
"""
COUNT = "import csv, sys\nprint('rows', len(open(sys.argv[1]).readlines()) - 1)"
FEATURES = """\
from pathlib import Path

SHIFT = 0

def make(clean: Path, out: Path):
    head, *rows = clean.read_text().split()
    moved = [f"{int(x) + SHIFT},{y}" for x, y in (row.split(",") for row in rows)]
    (out / "features.csv").write_text("\\n".join([head, *moved]) + "\\n")
"""
CLEAN = """\
import sys
rows = [line for line in open(sys.argv[1]) if line.strip()]
open("made/clean.csv", "w").writelines(rows)
"""
SPEC = """\
version: 1
jobs:
  clean: {run: "python clean.py {data.raw}", data: {raw: data/raw.csv}, outputs: [made/clean.csv]}
  features:
    function: features:make
    data: {clean: {job: clean, path: made/clean.csv}}
    outputs: ["{out}/features.csv"]
models:
  on_features:
    run: python train.py {data.train} {data.holdout} {out}
    outputs: {predictions: "{out}/predictions.csv"}
    data: {train: {job: features, path: features.csv}, holdout: data/holdout.csv}
    label: y
    positive: 1
    gates: [fnr <= 0.1]
  on_raw:
    run: python train.py {data.train} {data.holdout} {out}
    outputs: {predictions: "{out}/predictions.csv"}
    data: {train: data/raw.csv, holdout: data/holdout.csv}
    label: y
    positive: 1
    gates: [fnr <= 0.1]
"""


def _table(rows: int) -> str:
    return "x,y\n" + "".join(f"{x},{int(x >= 20)}\n" for x in range(rows))


FILES = {
    "train.py": TRAIN,
    "features.py": FEATURES,
    "clean.py": CLEAN,
    "data/raw.csv": _table(60),
    "data/holdout.csv": _table(40),
    "ml-ci.yaml": SPEC,
    "notes.md": "",
}


class Chain:
    """A repository with two jobs in a row, a model on top of them and one beside them."""

    def __init__(self, repository: Any) -> None:
        self.repository, self.path = repository, Path(repository.path)
        self.known: set[str] = set()
        repository.commit(FILES, "First")

    def edit(self, path: str, old: str, new: str) -> None:
        text = (self.path / path).read_text()
        assert old in text
        (self.path / path).write_text(text.replace(old, new))

    @property
    def options(self) -> Options:
        return Options(start=self.path, environment=dict(os.environ))

    def run(self, **asked: Any) -> Report:
        return run(replace(self.options, **asked))

    def made(self) -> list[str]:
        """Name what was made since this was asked last."""
        store = Store(self.path / ".ml_ci")
        keys = {key for kind, key, _ in store.records() if kind == TRAININGS}
        new, self.known = keys - self.known, keys
        return sorted(str(store.find(TRAININGS, key).content["model"]) for key in new)  # type: ignore[union-attr]

    def planned(self) -> dict[str, str]:
        plans = plan_chain(self.options)
        return {name: one.action for name, one in (*plans.jobs.items(), *plans.models.items())}


@pytest.fixture
def chain(repository: Any) -> Chain:
    made = Chain(repository)
    assert made.run().verdict == "pass"
    assert made.made() == ["clean", "features", "on_features", "on_raw"]
    return made


@pytest.mark.parametrize(
    ("path", "old", "new", "again"),
    [
        ("features.py", "SHIFT = 0", "SHIFT = 1", ["features", "on_features"]),
        ("clean.py", "line.strip()", "line.strip() not in ('', '0,0')", ["clean", "features", "on_features"]),
        ("features.py", "SHIFT = 0", "SHIFT = 0  # none", []),
        ("notes.md", "", "read me", []),
        ("train.py", "lines = [", "lines = [] + [", ["on_features", "on_raw"]),
        ("data/raw.csv", "59,1", "58,1", ["clean", "features", "on_features", "on_raw"]),
        ("data/holdout.csv", "39,1", "38,1", ["on_features", "on_raw"]),
    ],
    ids=["transform", "first job", "comment", "docs", "training", "data", "holdout"],
)
def test_only_what_builds_on_a_change_is_made_again(
    chain: Chain, path: str, old: str, new: str, again: list[str]
) -> None:
    chain.edit(path, old, new)
    planned = [name for name, action in chain.planned().items() if action in ("run", "train")]
    assert sorted(planned) == again
    chain.run()
    assert chain.made() == again


@pytest.mark.parametrize(
    ("path", "old", "new", "planned", "made"),
    [
        ("features.py", "SHIFT = 0", "SHIFT = 1 - 1", ["features", "on_features"], ["features"]),
        ("clean.py", "line.strip()", "line.strip() != ''", ["clean", "features", "on_features"], ["clean"]),
        ("ml-ci.yaml", "python clean", "python -u clean", ["clean", "features", "on_features"], ["clean"]),
    ],
    ids=["transform", "first job", "command"],
)
def test_job_that_leaves_the_same_bytes_trains_nothing(
    chain: Chain, path: str, old: str, new: str, planned: list[str], made: list[str]
) -> None:
    chain.edit(path, old, new)
    assert sorted(name for name, action in chain.planned().items() if action in ("run", "train")) == planned
    report = chain.run().models["on_features"]
    assert chain.made() == made
    assert (report.verdict, [deed.kind for deed in report.done or () if deed.kind == "train"]) == ("pass", [])
    last = "on_features" if made == ["features"] else "features"
    again = "trained" if last == "on_features" else "done"
    said = f"`{last}` was not {again} again for the candidate: what it builds on left the same bytes."
    assert said in report.notes
    assert {"run", "train"}.isdisjoint(chain.planned().values())
    assert chain.run().models["on_features"].done == ()


def test_each_side_runs_its_own_code_and_the_cause_is_told(chain: Chain) -> None:
    chain.repository.git("checkout", "-qb", "change")
    chain.edit("features.py", "SHIFT = 0", "SHIFT = 5")
    chain.repository.commit()
    report = chain.run()
    model = report.models["on_features"]
    assert (model.verdict, report.models["on_raw"].verdict) == ("fail", "pass")
    assert model.candidate is not None and model.baseline is not None
    assert (model.candidate.confusion.fn, model.baseline.confusion.fn) == (5, 0)
    (change,) = model.changes
    assert (change.part, change.summary) == ("data.train", "the job `features` made it anew, for its code")
    done = [(deed.kind, deed.model) for deed in model.done or () if deed.kind != "score"]
    assert done == [("make", "features"), ("train", "on_features")]


FAILED = "the job `{}`, which this one builds on, failed (candidate): {}"


@pytest.mark.parametrize(
    ("path", "old", "new", "said"),
    [
        ("clean.py", "import sys", "import sys; sys.exit(3)", FAILED.format("clean", "the job ended with exit code 3")),
        ("clean.py", "made/clean.csv", "made/other.csv", "left nothing at made/clean.csv"),
        (
            "features.py",
            "SHIFT = 0",
            "raise ValueError('no')",
            FAILED.format("features", "importing `features` raised"),
        ),
    ],
    ids=["exit code", "output that is not left", "function"],
)
def test_failed_job_makes_what_builds_on_it_an_error_and_no_other(
    chain: Chain, path: str, old: str, new: str, said: str
) -> None:
    chain.edit(path, old, new)
    report = chain.run()
    failure = report.models["on_features"].failure
    assert failure is not None
    assert (report.models["on_features"].verdict, failure.code) == ("error", "needs-failed")
    assert said in failure.message
    assert failure.message.count("which this one builds on") == 1  # however deep
    assert report.models["on_raw"].verdict == "pass"
    assert chain.made() == []


def test_jobs_side_by_side_make_what_they_share_once(repository: Any) -> None:
    shared = SPEC.replace("train: data/raw.csv", "train: {job: features, path: features.csv}") + "    seed: 1\n"
    chain = Chain(repository)
    chain.repository.commit({"ml-ci.yaml": shared})
    assert chain.run(jobs=2, baseline="none").verdict != "error"
    assert chain.made() == ["clean", "features", "on_features", "on_raw"]


def test_another_clone_takes_them_from_the_shared_store(
    chain: Chain, tmp_path: Path, git_folder: Callable[..., Any]
) -> None:
    (tmp_path / "shared").mkdir()
    shared = str(tmp_path / "shared")
    other = tmp_path / "other"
    chain.edit("clean.py", "import sys", "import os, sys")
    chain.edit("train.py", "import csv, sys", "import csv, os, sys")
    chain.repository.commit()
    assert chain.run(store=shared, push=True, baseline="none").verdict == "pass"
    chain.repository.git("clone", "-q", str(chain.path), str(other))
    report = run(Options(start=other, environment=dict(os.environ), store=shared, baseline="none"))
    assert report.verdict == "pass"
    assert all(
        not [deed for deed in model.done or () if deed.kind in ("make", "train")] for model in report.models.values()
    )


def test_a_job_takes_a_model_and_hands_on_what_it_makes_of_it(repository: Any) -> None:
    chain = Chain(repository)
    more = SPEC.replace(
        "models:\n",
        "  image: {run: 'cp {needs.on_raw} {out}/image', needs: [on_raw], outputs: ['{out}/image']}\nmodels:\n",
    ).replace("data: {train: {job: features", "needs: [image]\n    data: {train: {job: features")
    chain.repository.commit({"ml-ci.yaml": more})
    assert chain.run(models=("on_features",), baseline="none").verdict == "pass"
    assert chain.made() == ["clean", "features", "image", "on_features", "on_raw"]


def test_reading_the_holdout_in_a_job_is_told(chain: Chain) -> None:
    chain.edit("ml-ci.yaml", "data: {raw: data/raw.csv}", "data: {raw: data/raw.csv, more: data/holdout.csv}")
    (caution,) = (one for one in chain.run().models["on_features"].cautions if one.startswith("The job"))
    assert caution.startswith("The job `clean` reads data/holdout.csv, the holdout: ")


def test_reading_the_holdout_undeclared_is_told(chain: Chain) -> None:
    chain.edit("clean.py", "import sys", "import sys; open('data/holdout.csv').close()")
    chain.run()
    cautions = chain.run().models["on_features"].cautions
    assert any(one.startswith("The job `clean` reads data/holdout.csv, the holdout: ") for one in cautions)


def test_plan_as_json_has_the_jobs(chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(chain.path)
    chain.edit("features.py", "SHIFT = 0", "SHIFT = 3")
    said = json.loads(CliRunner().invoke(command, ["plan", "--json"]).stdout)
    assert {name: job["action"] for name, job in said["jobs"].items()} == {"clean": "reuse", "features": "run"}
    assert said["jobs"]["features"]["changes"] == [{"part": "code", "summary": "features.py: SHIFT"}]
    assert said["models"]["on_raw"]["action"] == "reuse"


LINT = """\
import sys
rows = open("data/raw.csv").read().split()
print(len(rows), "rows")
sys.exit(0 if len(rows) > 50 else "too few")
"""


def _with_checks(repository: Any) -> Chain:
    chain = Chain(repository)
    jobs = """\
  lint: {run: python lint.py}
  smoke: {run: "test -s {needs.image}/image", needs: [image]}
  image: {run: "cp {needs.on_raw} {out}/image", needs: [on_raw], outputs: ["{out}/image"]}
models:
"""
    chain.repository.commit({"ml-ci.yaml": SPEC.replace("models:\n", jobs), "lint.py": LINT}, "Check")
    return chain


def test_checks_have_verdicts_and_are_done_again_only_for_what_they_read(repository: Any) -> None:
    chain = _with_checks(repository)
    report = chain.run(baseline="none")
    assert {name: (job.verdict, job.action) for name, job in report.jobs.items()} == {
        "lint": ("pass", "run"),
        "smoke": ("pass", "run"),
    }
    chain.made()
    chain.edit("lint.py", "> 50", "> 40")
    assert chain.planned() == {
        "clean": "reuse", "features": "reuse", "lint": "run", "smoke": "reuse", "image": "reuse",
        "on_features": "reuse", "on_raw": "reuse",
    }  # fmt: skip
    report = chain.run(baseline="none")
    assert {name: job.action for name, job in report.jobs.items()} == {"lint": "run", "smoke": "reuse"}
    assert chain.made() == ["lint"]
    chain.edit("data/raw.csv", "59,1", "58,1")  # the linter was seen to read it
    assert chain.planned()["lint"] == "run"


@pytest.mark.parametrize(
    ("path", "old", "new", "verdicts", "code"),
    [
        ("lint.py", "> 50", "> 500", {"lint": "fail", "smoke": "pass"}, "job-exit"),
        ("ml-ci.yaml", "test -s {needs.image}/image", "test -s nowhere", {"lint": "pass", "smoke": "fail"}, "job-exit"),
        ("ml-ci.yaml", "cp {needs.on_raw} {out}/image", "false", {"lint": "pass", "smoke": "error"}, "needs-failed"),
        ("ml-ci.yaml", "lint: {run: python lint.py}", "lint: {run: sleep 9, budget: {time: 1s}}",
         {"lint": "error", "smoke": "pass"}, "time-limit"),
    ],
)  # fmt: skip
def test_failed_check_fails_the_run_and_no_model(
    repository: Any, path: str, old: str, new: str, verdicts: dict[str, str], code: str
) -> None:
    chain = _with_checks(repository)
    chain.edit(path, old, new)
    report = chain.run(baseline="none")
    assert {name: job.verdict for name, job in report.jobs.items()} == verdicts
    assert [job.failure.code for job in report.jobs.values() if job.failure] == [code]
    assert {model.verdict for model in report.models.values()} == {"pass"}
    assert report.verdict == ("error" if "error" in verdicts.values() else "fail")


def test_check_that_a_change_drops_is_an_error(repository: Any) -> None:
    chain = _with_checks(repository)
    chain.repository.git("checkout", "-qb", "change")
    chain.edit("ml-ci.yaml", "  lint: {run: python lint.py}\n", "")
    chain.repository.commit()
    report = chain.run(gates_from="main")
    failure = report.jobs["lint"].failure
    assert (report.verdict, failure and failure.code) == ("error", "lost-job")
    assert failure is not None
    assert failure.message == "the job `lint` is a check on `main` and no longer in this change: nobody would do it"


def test_check_that_a_change_makes_another_one_is_told(repository: Any) -> None:
    chain = _with_checks(repository)
    chain.repository.git("checkout", "-qb", "change")
    chain.edit("ml-ci.yaml", "lint: {run: python lint.py}", "lint: {run: 'true', env: [SECRET]}")
    chain.repository.commit()
    cautions = chain.run(gates_from="main").cautions
    assert cautions == (
        "The check lint is another one in this change (python lint.py → true): look at it, that one is done.",
        "The job lint: `env` was changed in this change (none → [SECRET]): jobs get what the old one names.",
    )


def test_one_job_by_its_name(repository: Any) -> None:
    chain = _with_checks(repository)
    report = chain.run(models=("clean",))
    assert (report.verdict, list(report.models), list(report.jobs)) == ("pass", [], ["clean"])
    assert chain.made() == ["clean"]


@pytest.mark.parametrize(
    ("how", "named"), [("by: x", "by which they are chosen"), ("seed: 1}}\n    id: x #", "which names a row")]
)
def test_rows_that_judge_are_taken_out_of_what_a_job_left(repository: Any, how: str, named: str) -> None:
    chain = Chain(repository)
    spec = SPEC.replace(
        "data: {train: {job: features, path: features.csv}, holdout: data/holdout.csv}",
        "data: {raw: data/raw.csv, train: {job: features, path: features.csv}, holdout: {of: raw, share: 0.3, by: x}}",
    ).replace("by: x", how)
    named_rows = TRAIN.replace('"prediction", *(str(', '"x,prediction", *(row["x"] + "," + str(')
    chain.repository.commit({"ml-ci.yaml": spec, "train.py": named_rows.replace("import csv, sys", COUNT)})
    model = chain.run(models=("on_features",), baseline="none").models["on_features"]
    assert model.candidate is not None
    judged = model.candidate.confusion.rows
    [log] = (chain.path / ".ml_ci" / "logs").glob("on_features-candidate.log")
    assert 0 < judged < 60
    assert log.read_text().split() == ["rows", str(60 - judged)]
    said = f"taken out of what it leaves wherever that still has the column `x`, {named}"
    assert any(said in one for one in model.cautions)
