"""What a machine has to have: told before anything is done, and no part of what comes out."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ml_ci.pipeline import plan_chain, run
from ml_ci.steps.values import Options

pytestmark = pytest.mark.slow

SPEC = """\
version: 1
jobs:
  clean: {run: cp data/raw.csv made.csv, outputs: [made.csv]}
  features:
    run: cp {data.x} more.csv
    data: {x: {job: clean, path: made.csv}}
    outputs: [more.csv]
    resources: {cpus: 1}
models:
"""
MODEL = """\
  {name}:
    run: cp data/predicted.csv {{out}}/p.csv
    outputs: {{predictions: "{{out}}/p.csv"}}
    data: {{train: {train}, holdout: data/holdout.csv}}
    label: y
    positive: 1
    gates: [fnr <= 0.1]
"""
SPEC += MODEL.format(name="deep", train="{job: features, path: more.csv}")
SPEC += MODEL.format(name="plain", train="data/raw.csv")
FILES = {
    "ml-ci.yaml": SPEC,
    "data/raw.csv": "x,y\n1,1\n",
    "data/holdout.csv": "x,y\n" + "0,0\n1,1\n" * 20,
    "data/predicted.csv": "prediction\n" + "0\n1\n" * 20,
}


def _ask(repository: Any, tmp_path: Path, gpus: int) -> Options:
    """Give what asks in a place where nvidia-smi lists so many GPUs."""
    tool = tmp_path / f"bin{gpus}" / "nvidia-smi"
    tool.parent.mkdir()
    tool.write_text("#!/bin/sh\n" + "".join(f"echo 'GPU {number}: A'\n" for number in range(gpus)))
    tool.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tool.parent}:{os.environ['PATH']}"}
    return Options(start=Path(repository.path), environment=environment, baseline="none")


def test_gpu_that_is_not_there_is_told_before_anything_is_done(repository: Any, tmp_path: Path) -> None:
    repository.commit({**FILES, "ml-ci.yaml": SPEC.replace("{cpus: 1}", "{cpus: 1, gpus: 1}")})
    asked = _ask(repository, tmp_path, 0)
    said = "asks for 1 CPU, 1 GPU, and this machine has no GPU (nvidia-smi -L)"
    plans = plan_chain(asked)
    assert f"`features` {said}" in plans.jobs["features"].notes
    found = run(asked).models
    failure = found["deep"].failure
    assert failure is not None
    assert (failure.code, failure.message) == ("no-gpu", f"the job `features` {said}")
    assert (found["deep"].verdict, found["deep"].done) == ("error", ())
    assert found["plain"].verdict == "pass"
    there = replace(asked, environment=_ask(repository, tmp_path, 1).environment)
    assert run(there).models["deep"].verdict == "pass"
    assert run(asked).models["deep"].verdict == "pass"  # nothing has to be done


def test_they_are_no_part_of_what_comes_out(repository: Any, tmp_path: Path) -> None:
    repository.commit(FILES)
    asked = _ask(repository, tmp_path, 2)
    assert run(asked).verdict == "pass"
    other = SPEC.replace("{cpus: 1}", "{cpus: 2, gpus: 2, memory: 4GB}") + "    resources: {memory: 1GB}\n"
    (asked.start / "ml-ci.yaml").write_text(other)
    plans = plan_chain(asked)
    assert {one.action for one in (*plans.models.values(), *plans.jobs.values())} == {"reuse"}
    assert plans.jobs["features"].resources is not None
    assert plans.jobs["features"].resources.text == "2 CPUs, 2 GPUs, 4 GB of memory"
    assert plans.jobs["clean"].resources is None
