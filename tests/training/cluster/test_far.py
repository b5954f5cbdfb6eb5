"""Jobs on the other side leave what they leave here: models, files, logs, reads, and each way to fail."""

from __future__ import annotations

import json
import pickle
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ml_ci.errors import Failure
from ml_ci.spec.values import Budget, CommandJob
from ml_ci.training.cluster import folders, packing
from ml_ci.training.job import train
from ml_ci.training.values import Input, Inputs, Interpreter, Linked
from ml_ci.variables.given import Env

Failed = Callable[[Callable[[], object]], Failure]
CSV = "age,churned\n30,1\n41,0\n"
FUNCTION = """
    import os, pathlib, helper
    def train(train, params, seed, out, first):
        (out / "note").write_text("x")
        print("at", pathlib.Path("helper.py").resolve())
        return [train.age.tolist(), params, seed, first, helper.VALUE, os.environ.get("GITHUB_TOKEN")]
"""


@pytest.fixture
def there(jobs: Any, other_side: Any) -> Any:
    """Give jobs that are done on the other side."""
    jobs.environment["ML_CI_EXECUTOR"] = "there"
    return jobs


def test_a_function_has_its_data_params_needs_and_modules(there: Any, other_side: Any, tmp_path: Path) -> None:
    first = tmp_path / "elsewhere" / "first.pkl"
    first.parent.mkdir()
    first.write_bytes(pickle.dumps("made by another"))
    there.table("train", CSV)
    there.write("helper.py", "VALUE = 3\n")
    model = there.function(FUNCTION, params={"depth": 2}, seed=5, needs={"first": first})
    assert pickle.loads(model.artifact.read_bytes()) == [[30, 41], {"depth": 2}, 5, "made by another", 3, None]
    assert (there.work / "out" / "note").read_text() == "x"
    assert f"at {there.folder}/helper.py" in model.log.read_text()
    assert not list((folders.base() / "jobs").glob(f"{other_side.parcels[0].job}*"))


def test_a_model_is_asked_and_measured_there(there: Any) -> None:
    source = "class M:\n    def predict_proba(self, rows):\n        return [[0.75, 0.25] for _ in range(len(rows))]\n"
    there.write(
        "m.py", f"{source}def train():\n    return M()\ndef one(y_true, score):\n    return float(sum(score))\n"
    )
    artifact = train(there.request("m:train")).artifact
    kept = artifact.parent.parent / "kept.pkl"
    artifact.rename(kept)
    scored = there.scored(kept, "age\n1\n2\n", count=2)
    assert (scored.rows, scored.kind) == (2, "probability") and scored.predictions.is_file()
    assert there.measured({"one": "m:one"}, "y_true,score\n1,0.5\n0,1\n") == {"one": 1.5}


def test_what_a_command_leaves_and_removes_is_so_here(there: Any, other_side: Any) -> None:
    there.write("old/gone.txt", "x")
    there.write(
        "run.sh", "echo $1 > made/deep/a.txt; ln -s a.txt made/deep/b.txt; ln -s /etc/passwd made/p; rm -r old\n"
    )
    there.environment["SAYS"] = "hello"
    command = "mkdir -p made/deep && sh run.sh $SAYS && printenv > {out}/model.txt; ls $TMPDIR; mkfifo made/pipe"
    model = there.command(command, env=Env(("SAYS",)))
    assert (there.folder / "made/deep/b.txt").read_text() == "hello\n"
    assert sorted(path.name for path in (there.folder / "made").iterdir()) == ["deep"]
    assert not (there.folder / "old").exists()
    given = dict(line.split("=", 1) for line in model.artifact.read_text().splitlines() if "=" in line)
    assert given["SAYS"] == "hello" and "hunter2" not in model.artifact.read_text()
    assert "hunter2" not in other_side.parcels[0].dump().decode()
    assert not Path(given["TMPDIR"]).exists()


FAILS = {
    "exit": ("exit 3", {}),
    "time": ("sleep 60", {"budget": Budget(seconds=0.5)}),
    "memory": (
        f"{sys.executable} -c 'x = bytearray(300_000_000); import time; time.sleep(60)'",
        {"budget": Budget(seconds=60.0, memory=150_000_000)},
    ),
    "killed": ("kill -9 $$", {}),
    "nothing": ("true", {}),
    "no folder": ("top=$PWD; cd / && rm -r $top", {}),
    "not there": (("no-such-program",), {}),
}


@pytest.mark.parametrize("name", FAILS)
def test_each_way_to_fail_has_the_code_that_it_has_here(name: str, jobs: Any, other_side: Any, failed: Failed) -> None:
    command, options = FAILS[name]
    made = {"MKL_NUM_THREADS": "1"}
    codes = []
    for place in ("local", "there"):
        jobs.folder.mkdir(exist_ok=True)
        jobs.environment.update({**made, "ML_CI_EXECUTOR": place})
        found = failed(lambda: jobs.command(command, **options))
        codes.append((found.stage, found.code))
    assert codes[0] == codes[1]


def test_an_interpreter_that_is_not_there_is_named(there: Any, failed: Failed, tmp_path: Path) -> None:
    gone = Interpreter(tmp_path / "gone", (3, 11, 0))
    found = failed(lambda: there.command("true", interpreter=gone))
    assert found.code == "interpreter" and f"{gone.path} is not there" in found.message
    other = Interpreter(Path(sys.executable).with_name(Path(sys.executable).name), (3, 1, 0))
    found = failed(lambda: there.command("true", interpreter=other))
    assert found.code == "interpreter" and "Python 3.1 where it was asked" in found.message


def test_large_data_go_along_up_to_a_limit(there: Any, failed: Failed, tmp_path: Path, monkeypatch: Any) -> None:
    original = tmp_path / "large" / "train.csv"
    original.parent.mkdir()
    original.write_text(CSV)
    (there.folder / "data").mkdir()
    (there.folder / "data/train.csv").symlink_to(original)
    found = original.stat()
    linked = Linked("train", original, found.st_size, found.st_mtime_ns)
    inputs = Inputs({"train": Input(str(there.folder / "data/train.csv"))}, (linked,))
    job = CommandJob("cat {data.train} data/train.csv > {out}/model.txt", model="{out}/model.txt")
    model = train(there.request(job, inputs=inputs))
    assert model.artifact is not None and model.artifact.read_text() == CSV * 2
    assert (there.folder / "data/train.csv").is_symlink()
    monkeypatch.setattr(packing, "LARGEST", len(CSV) - 1)
    (there.folder / "data/train.csv").unlink()
    there.write("data/train.csv", CSV)
    failure = failed(lambda: train(there.request(job, inputs=replace(inputs, linked=()))))
    assert failure.code == "data-too-large"
    assert "data/train.csv has 22 B" in failure.message and "by a URL" in failure.hint


def test_too_much_that_a_job_leaves_is_named(there: Any, other_side: Any, failed: Failed) -> None:
    other_side.most = 100_000
    found = failed(lambda: there.command("head -c 200000 /dev/zero > {out}/model.txt"))
    assert found.code == "output-too-large" and "more than 0.0001 GB" in found.message


def test_the_same_files_are_the_same_bytes_for_every_job(there: Any, other_side: Any) -> None:
    there.write("big.bin", "x" * 1_200_000)
    there.write("more/big.bin", "x" * 1_200_000)
    for _ in range(2):
        there.command("cmp big.bin more/big.bin && echo . > {out}/model.txt")
    first, second = (set(parcel.blobs) for parcel in other_side.parcels)
    big = [item for item in other_side.parcels[0].places[0].items if item.size == 1_200_000]
    assert len({item.blob for item in big}) == 1
    assert other_side.parcels[0].blobs[big[0].blob] in first & second


def test_what_crosses_names_no_variable_of_this_machine(there: Any, other_side: Any) -> None:
    there.command("echo . > {out}/model.txt")
    told = json.loads(other_side.parcels[0].dump())
    assert not {"HOME", "USER", "TMPDIR", "CUDA_VISIBLE_DEVICES"} & set(told["environment"])
    assert "environment" not in repr(other_side.parcels[0])
