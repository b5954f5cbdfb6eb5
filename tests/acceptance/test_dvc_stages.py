"""The stages of a `dvc.yaml` as jobs: the plan beside `dvc status`, and what is taken from DVC's cache."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from ml_ci.pipeline import plan_chain, run
from ml_ci.plan.plan import TRAININGS
from ml_ci.plan.values import Plans
from ml_ci.records.store import Store
from ml_ci.steps.values import Options
from tests.acceptance.dvc_repository import BELOW, Repository, make_repository

pytestmark = pytest.mark.slow

Change = Callable[[Repository], object]
ALL = {"prepare", *BELOW["prepare"]}


def ask(repository: Repository) -> Options:
    return Options(start=repository.path, environment=dict(os.environ))


def plan(repository: Repository) -> Plans:
    return plan_chain(ask(repository))


def find_work(plans: Plans) -> set[str]:
    """Name the stages that a run would do."""
    jobs = {name for name, job in plans.jobs.items() if job.action == "run"}
    return jobs | {"train" for model in plans.models.values() if model.action == "train"}


def find_made(repository: Repository) -> dict[str, float]:
    """Give what was made, with the seconds that it took; 0 of what was taken."""
    store = Store(repository.path / ".ml_ci")
    records = [store.find(TRAININGS, key) for kind, key, _ in store.records() if kind == TRAININGS]
    return {str(one.content["model"]): float(one.content["seconds"]) for one in records if one is not None}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of a repository in which DVC ran everything and ml-ci nothing."""
    return make_repository(tmp_path_factory.mktemp("dvc") / "repository").path


@pytest.fixture(scope="module")
def judged(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of a copy in which ml-ci has judged the commit."""
    path = tmp_path_factory.mktemp("judged") / "repository"
    shutil.copytree(made, path, symlinks=True)
    assert run(ask(Repository(path))).verdict == "pass"
    return path


@pytest.fixture
def fresh(made: Path, tmp_path: Path) -> Repository:
    shutil.copytree(made, tmp_path / "repository", symlinks=True)
    return Repository(tmp_path / "repository")


@pytest.fixture
def known(judged: Path, tmp_path: Path) -> Repository:
    shutil.copytree(judged, tmp_path / "repository", symlinks=True)
    return Repository(tmp_path / "repository")


def edit(path: str, old: str, new: str) -> Change:
    return lambda repository: repository.edit(path, old, new)


def add_stage(repository: Repository) -> None:
    with (repository.path / "dvc.yaml").open("a") as file:
        file.write(
            "  lint:\n    cmd: test -s data/raw.csv && touch lint.txt\n    deps: [data/raw.csv]\n    outs: [lint.txt]\n"
        )


AGREED: Mapping[str, tuple[Change, set[str]]] = {
    "nothing": (lambda _: None, set()),
    "code": (edit("src/features.py", "table.writeheader()", "table.writeheader(); print()"), {"features"}),
    "code of a leaf": (edit("src/evaluate.py", "right / len", "1.0 * right / len"), {"evaluate"}),
    "a parameter in the command": (edit("params.yaml", "share: 100", "share: 90"), {"prepare"}),
    "a parameter": (edit("params.yaml", "margin: 0", "margin: 1"), {"train"}),
    "a parameter that nothing uses": (edit("params.yaml", "unused: 1", "unused: 2"), set()),
    "a value of a loop": (edit("params.yaml", "y: 0", "y: 2"), {"count@0"}),
    "one more in a loop": (edit("params.yaml", "    y: 1\n", "    y: 1\n  - name: more\n    y: 3\n"), {"count@2"}),
    "data": (edit("data/raw.csv", "x,y\n", "x,y\n5,0\n"), {"prepare"}),
    "the command": (edit("dvc.yaml", "python3 src/evaluate.py", "python3 -B src/evaluate.py"), {"evaluate"}),
    "a list of commands": (edit("dvc.yaml", "mkdir -p counts", "mkdir -p ./counts"), {"count@0", "count@1"}),
    "a variable in the command": (edit("dvc.yaml", "- python: python3", "- python: python3 -B"), {"prepare"}),
    "a description": (edit("dvc.yaml", "Cut the rows", "Cut all rows"), set()),
    "how dvc.yaml is written": (
        edit("dvc.yaml", "[features, src/train.py]", "\n    - features\n    - src/train.py"),
        set(),
    ),
    "a new stage": (add_stage, {"lint"}),
}


@pytest.mark.parametrize("name", AGREED)
def test_the_plan_agrees_with_dvc_status(known: Repository, name: str) -> None:
    change, own = AGREED[name]
    change(known)
    expected = own.union(*(BELOW.get(one, set()) for one in own))
    assert known.find_changed() == expected
    assert find_work(plan(known)) == expected


def test_a_frozen_stage_is_as_the_lock_says_whatever_its_code(known: Repository) -> None:
    known.dvc("freeze", "features")
    assert (known.find_changed(), find_work(plan(known))) == (set(), {"train", "evaluate"} - {"features"})
    known.commit()
    report = run(ask(known))
    assert report.verdict == "pass"
    known.edit("src/features.py", "table.writeheader()", "raise SystemExit(1)")
    planned = plan(known)
    assert (known.find_changed(), find_work(planned)) == (set(), set())
    assert "frozen: it is never run, and leaves what dvc.lock says" in planned.jobs["features"].notes
    assert run(ask(known)).verdict == "pass"


# Where ml-ci means to differ: what DVC calls changed, and what ml-ci does, each with all that builds on it.
DIFFERENT: Mapping[str, tuple[Change, set[str], set[str]]] = {
    "a comment": (edit("src/features.py", "import csv, os", "import csv, os  # none"), {"features"}, set()),
    "an output that is gone": (lambda one: (one.path / "features/train.csv").unlink(), {"features"}, set()),
    "an output that was edited": (
        lambda one: (
            (one.path / "features/train.csv").chmod(0o644),
            one.edit("features/train.csv", "x,y\n", "x,y\n5,0\n"),
        ),
        {"features"},
        set(),
    ),
    "a module that is no dep": (edit("src/shift.py", "SHIFT = 0", "SHIFT = 1"), set(), {"features"}),
    "a stage that DVC always runs": (
        edit("dvc.yaml", "desc: Cut the rows", "always_changed: true"),
        {"prepare"},
        set(),
    ),
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_the_plan_differs_from_dvc_status_where_it_means_to(known: Repository, name: str) -> None:
    change, theirs, ours = DIFFERENT[name]
    change(known)
    assert known.find_changed() == theirs.union(*(BELOW.get(one, set()) for one in theirs))
    assert find_work(plan(known)) == ours.union(*(BELOW.get(one, set()) for one in ours))


@pytest.mark.parametrize("declared", [True, False])
def test_what_dvc_has_cached_is_taken_and_not_run(fresh: Repository, *, declared: bool) -> None:
    if declared:  # without, DVC would not have seen a change of the module, and its result is not believed
        fresh.edit("dvc.yaml", "made/train.csv, src/features.py", "made/train.csv, src/features.py, src/shift.py")
        fresh.dvc("commit", "-f", "-q")
        fresh.commit()
    for name in ("features", "made", "counts"):
        shutil.rmtree(fresh.path / name)
    lock, cache = (fresh.path / "dvc.lock").read_bytes(), list_files(fresh.path / ".dvc/cache")
    planned = plan(fresh)
    assert find_work(planned) == (ALL - {"prepare"} if not declared else {"train", "evaluate"})
    said = "DVC has what it leaves, as dvc.lock says: that is taken, and the stage is not run"
    assert said in planned.jobs["prepare"].notes
    asked = "src/shift.py: no dep of the stage, so that DVC does not look at it, and what DVC has cached is not taken"
    assert (asked in planned.jobs["features"].notes) is not declared
    report = run(ask(fresh))
    assert report.verdict == "pass"
    seconds = find_made(fresh)
    done = {"churn"} if declared else {"churn", "features"}  # what came of these is what the lock says, and so the rest
    assert {name for name, took in seconds.items() if took > 0} == done
    assert {name for name, took in seconds.items() if took == 0} == ALL - done - {"train"}
    assert not (fresh.path / "features").exists()
    assert (fresh.path / "dvc.lock").read_bytes() == lock
    assert list_files(fresh.path / ".dvc/cache") == cache


def test_the_cache_is_where_dvcs_settings_say(fresh: Repository) -> None:
    cache = fresh.path.parent / "shared"
    fresh.dvc("cache", "dir", "--local", str(cache))
    (fresh.path / ".dvc/cache").rename(cache)
    shutil.rmtree(fresh.path / "made")
    assert plan(fresh).jobs["prepare"].action == "reuse"
    shutil.rmtree(cache)
    assert plan(fresh).jobs["prepare"].action == "run"


def test_the_bases_lock_serves_a_change_that_is_none(fresh: Repository) -> None:
    fresh.git("checkout", "-qb", "change")
    fresh.edit("src/prepare.py", "import csv, os, sys", "import csv, os, sys  # none")
    fresh.commit()
    assert "prepare" in fresh.find_changed()
    assert "prepare" not in find_work(plan(fresh))
    assert run(ask(fresh)).verdict == "pass"
    assert find_made(fresh)["prepare"] == 0


def test_a_frozen_stage_whose_result_is_nowhere_is_an_error_that_says_how_to_get_it(fresh: Repository) -> None:
    fresh.dvc("freeze", "features")
    fresh.commit()
    shutil.rmtree(fresh.path / "features")
    shutil.rmtree(fresh.path / ".dvc/cache")
    model = run(ask(fresh)).models["churn"]
    assert model.verdict == "error"
    assert model.failure is not None
    assert (
        "the stage features is frozen, and what dvc.lock says of features is not on this machine"
        in model.failure.message
    )
    assert "dvc pull features" in model.failure.hint


def test_a_damaged_cache_is_no_result(fresh: Repository) -> None:
    for name in ("made/train.csv", "made/test.csv"):
        (fresh.path / name).unlink()
    for one in (fresh.path / ".dvc/cache").rglob("*"):
        if one.is_file() and b"x,y" in one.read_bytes():
            one.chmod(0o644)
            one.write_bytes(one.read_bytes() + b"99,1\n")
    assert run(ask(fresh)).verdict == "pass"
    assert find_made(fresh)["prepare"] > 0


def list_files(folder: Path) -> dict[str, tuple[int, int]]:
    return {str(one): (one.stat().st_mtime_ns, one.stat().st_size) for one in folder.rglob("*") if one.is_file()}


def test_a_stage_finds_what_lies_beside_its_deps_and_the_holdout_in_a_folder_of_both(fresh: Repository) -> None:
    rows = [x * 37 % 401 for x in range(1, 401)]  # no two are equal
    (fresh.path / "data/raw.csv").write_text("x,y\n" + "".join(f"{x},{int(x >= 200)}\n" for x in rows))
    fresh.edit("dvc.yaml", "outs: [made/train.csv, made/test.csv]", "outs: [made, rest.txt]")
    fresh.edit("src/prepare.py", "for name, part", "open('rest.txt', 'w').write('0')\nfor name, part")
    fresh.edit("dvc.yaml", "[made/train.csv, src/features.py]", "[made, src/features.py]")
    fresh.edit("dvc.yaml", "[model.json, made/test.csv, src/evaluate.py]", "[model.json, made, src/evaluate.py]")
    fresh.edit("src/evaluate.py", "import csv, json", "import csv, json\nint(open('rest.txt').read())")  # it is no dep
    fresh.edit("dvc.yaml", "deps: [features, src/train.py]", "deps: [features, made, src/train.py]")
    fresh.edit("ml-ci.yaml", "data/holdout.csv}", "{job: prepare, path: made/test.csv}}")
    alone = replace(ask(fresh), baseline="none")
    report = run(alone)
    assert (report.verdict, report.jobs["evaluate"].verdict) == ("pass", "pass")
    said = " ".join(report.models["churn"].cautions)
    assert "The stage train, which trains, finds the holdout made/test.csv where DVC has it" in said
    assert "The job `features` reads made/test.csv, the holdout" in said
    found = report.models["churn"].overlaps or ()
    assert {one.data: one.same for one in found} == {"features": 0, "made": 0, "made of `features`": 0}
    assert plan_chain(alone).jobs["evaluate"].action == "reuse"
