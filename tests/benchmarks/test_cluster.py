"""What a cluster costs and brings: models of 10 s each on four nodes of one CPU, and a job's overhead on a warm worker.

They need Ray beside the tests: `python -m pytest -m benchmark -s tests/benchmarks/test_cluster.py`
"""

from __future__ import annotations

import importlib.util
import os
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ml_ci.pipeline import run
from ml_ci.spec.values import CommandJob
from ml_ci.steps.values import Options
from ml_ci.training import process
from ml_ci.training.cluster import executor
from ml_ci.training.job import train
from ml_ci.training.process import Order, Outcome
from ml_ci.training.progress import Progress, Silent
from ml_ci.training.values import Inputs, Interpreter, TrainRequest

pytestmark = pytest.mark.benchmark

SECONDS, NODES, MODELS, TIMES = 10, 4, 8, 20
SETTLED = 15.0  # seconds
MODEL = """\
  model{number}:
    run: sleep {seconds}; cp data/predicted.csv {{out}}/p.csv; echo {number}
    outputs: {{predictions: "{{out}}/p.csv"}}
    data: {{train: data/train.csv, holdout: data/holdout.csv}}
    label: y
    positive: 1
    gates: [fnr <= 0.1]
"""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Give a cluster of four nodes with one declared CPU each."""
    pytest.importorskip("ray", reason="Ray is not installed here")
    path = Path(__file__).parents[1] / "training" / "cluster" / "real_cluster.py"
    spec = importlib.util.spec_from_file_location("benchmarks_real_cluster", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    with module.open_cluster(*[("--num-cpus=1",)] * NODES) as made:
        time.sleep(
            SETTLED
        )  # the agents of five nodes begin on one machine: a cluster that is there has none that begins
        yield made


def test_eight_models_take_two_waves_on_four_nodes(cluster: Any, repository: Any) -> None:
    models = "".join(MODEL.format(number=number, seconds=SECONDS) for number in range(MODELS))
    repository.commit(
        {
            "ml-ci.yaml": f"version: 1\nmodels:\n{models}",
            "data/train.csv": "x,y\n1,1\n",
            "data/holdout.csv": "x,y\n" + "0,0\n1,1\n" * 20,
            "data/predicted.csv": "prediction\n" + "0\n1\n" * 20,
        }
    )
    environment = {**os.environ, "ML_CI_EXECUTOR": cluster.address}
    address = cluster.address.removeprefix("ray://")
    # Joined, as this process may be already; that a run asks for slots is what has workers started.
    assert len(executor.list_nodes(executor.join(address), address)) == NODES + 1
    started = time.monotonic()
    report = run(Options(start=Path(repository.path), environment=environment, baseline="none"))
    took, ideal = time.monotonic() - started, MODELS / NODES * SECONDS
    print(f"\n{MODELS} models of {SECONDS} s on {NODES} nodes: {took:.1f} s, {took / ideal:.2f} of {ideal:.0f} s")
    assert report.verdict == "pass"
    assert took <= 1.35 * ideal


def test_a_job_on_a_warm_worker_costs_little_beyond_our_own(
    cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders: list[Order] = []

    def keep(order: Order, progress: Progress) -> Outcome:
        orders.append(order)
        return process.run(order, progress)

    monkeypatch.setattr("ml_ci.training.job.executor", lambda environment: keep)
    for name in ("project", "work"):
        (tmp_path / name).mkdir()
    for number in range(50):
        (tmp_path / "project" / f"{number}.py").write_text("x = 1\n" * 200)
    own = Interpreter(Path(sys.executable), sys.version_info[:3])
    job = CommandJob("echo made > {out}/model.txt", model="{out}/model.txt")
    folder, work = tmp_path / "project", tmp_path / "work"
    train(TrainRequest("m", job, folder, work, Inputs(), own, dict(os.environ)))
    there = executor.connect(cluster.address.removeprefix("ray://"))
    order = replace(orders[0], watched=True)
    took: dict[str, list[float]] = {"here": [], "there": []}
    for _ in range(NODES):
        there(order, Silent())  # each worker once
    for _ in range(TIMES):
        for name, call in (("here", process.run), ("there", there)):
            started = time.monotonic()
            call(order, Silent())
            took[name].append(time.monotonic() - started)
    middle = {name: statistics.median(one) for name, one in took.items()}
    least = {name: min(one) for name, one in took.items()}
    more = 1000 * (least["there"] - least["here"])
    print(f"\na job of no work: median {middle}, least {least}: {more:.0f} ms more on a warm worker")
    assert more <= 50
