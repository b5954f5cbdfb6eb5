"""PyTorch on a node of a cluster that declares a GPU: where it ran, what it saw of it, and what is said of the seed.

`ML_CI_ENGINES` names a Python that has torch, where this one has not. Ray hands out what a node declares, and asks
nobody for it: on a machine without a GPU the job is given the number of one that torch does not find. It takes the CPU
then, as a training of somebody's would, and that has to be said.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ml_ci.pipeline import run
from ml_ci.questions import examine
from ml_ci.reports.values import ModelReport
from ml_ci.steps.values import Options

pytestmark = pytest.mark.slow

PYTHON = os.environ.get("ML_CI_ENGINES") or sys.executable
WORD = "torch-on-the-node-with-a-gpu"
TRAIN = """\
import json, os, sys
import torch

out, seed = sys.argv[1], int(sys.argv[2])
os.makedirs(out + "/model")
torch.manual_seed(seed)
device = "cuda" if torch.cuda.is_available() else "cpu"
rows = [list(map(float, line.split(","))) for line in open("data/train.csv").read().split()[1:]]
x, y = torch.tensor(rows, device=device).split(1, dim=1)
model = torch.nn.Sequential(torch.nn.Linear(1, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1)).to(device)
steps = torch.optim.Adam(model.parameters(), 0.1)
for _ in range(100):
    steps.zero_grad()
    torch.nn.functional.binary_cross_entropy_with_logits(model(x), y).backward()
    steps.step()
with open(out + "/model/weights.json", "w") as file:
    json.dump({name: value.tolist() for name, value in model.state_dict().items()}, file)
with open(out + "/model/saw.json", "w") as file:
    json.dump({"device": device, "given": os.environ.get("CUDA_VISIBLE_DEVICES")}, file)
asked = [[float(line.split(",")[0])] for line in open("data/holdout.csv").read().split()[1:]]
with torch.no_grad(), open(out + "/p.csv", "w") as file:
    scores = torch.sigmoid(model(torch.tensor(asked, device=device))).flatten().tolist()
    print("prediction", *(int(one >= 0.5) for one in scores), sep="\\n", file=file)
"""
SPEC = f"""\
version: 1
models:
  net:
    run: python train.py {{out}} {{seed}} {WORD}
    python: "{PYTHON}"
    outputs: {{predictions: "{{out}}/p.csv", model: "{{out}}/model"}}
    data: {{train: data/train.csv, holdout: data/holdout.csv}}
    label: y
    positive: 1
    seed: SEED
    resources: {{gpus: 1}}
    gates: [fnr <= 0.1]
"""
ROWS = "x,y\n" + "-1,0\n1,1\n-2,0\n2,1\n" * 10


def _files(seed: int, train: str = TRAIN) -> dict[str, str]:
    spec = SPEC.replace("SEED", str(seed))
    return {"ml-ci.yaml": spec, "train.py": train, "data/train.csv": ROWS, "data/holdout.csv": ROWS}


@pytest.fixture(scope="module")
def sees_gpu() -> bool:
    """Say whether torch finds a GPU here where all that there are may be used."""
    asked = (PYTHON, "-c", "import torch; print(torch.cuda.is_available())")
    done = subprocess.run(asked, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"{PYTHON} has no torch")
    return done.stdout.strip() == "True"


def _left(report: ModelReport, repository: Any, name: str) -> Any:
    found = [at.read_text() for at in Path(repository.path).glob(f".ml_ci/records/**/{name}")]
    assert len(set(found)) == 1, (found, report)
    return json.loads(found[0])


def test_torch_runs_where_the_gpu_is_and_what_it_took_is_said(
    sees_gpu: bool, cluster: Any, make_repository: Callable[[str], Any]
) -> None:
    weights: dict[int, Any] = {}
    for seed in (1, 2):
        repository = make_repository(f"seed-{seed}")
        repository.commit(_files(seed))
        options = Options(
            start=Path(repository.path),
            environment={**os.environ, "ML_CI_EXECUTOR": cluster.address},
            baseline="none",
        )
        hosts: list[str] = []

        def look(hosts: list[str] = hosts) -> None:
            cluster.wait(lambda: hosts.extend(map(cluster.host_of, cluster.find(WORD))) or any(hosts), 240)

        looker = threading.Thread(target=look)
        looker.start()
        report = run(options).models["net"]
        looker.join()
        assert report.verdict == "pass", report.failure
        declares = [node.host for node in cluster.nodes.values() if "--num-gpus=1" in node.resources]
        assert {host for host in hosts if host} == set(declares)
        saw = _left(report, repository, "saw.json")
        assert saw == {"device": "cuda" if sees_gpu else "cpu", "given": "0"}
        ran = report.candidate.ran["training"]
        assert [one.partition(":")[0] for one in ran.devices] == [saw["device"]]
        said = "The training asks for a GPU (`resources: {gpus: 1}`) and was seen to use the CPU only"
        assert any(said in one for one in report.cautions) == (not sees_gpu), report.cautions
        weights[seed] = _left(report, repository, "weights.json")
        if seed == 1:
            again = {one.check: one for one in examine(options, determinism=True)}
            assert again["net: seeds"].message == "torch is seeded, and may train otherwise each time on a GPU"
            if not sees_gpu:  # what a GPU does is the advice's matter
                assert again["determinism"].good, again["determinism"]
                assert "trained twice, the same prediction for each of 40 rows" in again["determinism"].message
    assert weights[1] != weights[2]
    assert sees_gpu or weights[1] == _train_here(make_repository("here"), 1)


def _train_here(repository: Any, seed: int) -> Any:
    repository.write(_files(seed))
    command = (PYTHON, "train.py", ".", str(seed))
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run(command, cwd=repository.path, env=environment, check=True)
    return json.loads((Path(repository.path) / "model/weights.json").read_text())


def test_doctor_says_that_torch_is_not_seeded(sees_gpu: bool, repository: Any) -> None:
    repository.commit(_files(1, TRAIN.replace("torch.manual_seed(seed)\n", "")))
    found = {one.check: one for one in examine(Options(start=Path(repository.path), environment=os.environ))}
    assert found["net: seeds"].message == "ml-ci does not seed torch, and neither does the code that it sees"
