"""What `ml-ci doctor` says of libraries that ml-ci does not seed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner

from ml_ci.cli.doctor import command

SPEC = """\
version: 1
models:
  cut:
    run: python train.py {{data.train}} {{data.holdout}} {{out}}
    outputs: {{predictions: "{{out}}/predictions.csv"}}
    data: {{train: data/train.csv, holdout: data/holdout.csv}}
    label: y
    positive: 1
    {more}
    gates: [fnr <= 0.1]
"""
GPU = "resources: {gpus: 1}"
UNSEEDED = "ml-ci does not seed torch, and neither does the code that it sees"
STEADY = "torch is seeded, and may train otherwise each time on a GPU"


@pytest.mark.parametrize(
    ("code", "more", "said", "hint"),
    [
        ("import json", "seed: 0", None, ""),
        ("import torch", "seed: 0", UNSEEDED, "torch.manual_seed(seed)"),
        ("from torch import nn", GPU, UNSEEDED, "ML_CI_SEED"),
        ("import lightning as L", "seed: 0", UNSEEDED, "torch.manual_seed(seed)"),
        ("import lightning as L\nL.seed_everything(3)", "seed: 0", "torch is seeded by the code", ""),
        ("import torch\ntorch.manual_seed(3)", "seed: 0", "torch is seeded by the code", ""),
        ("import torch\ntorch.manual_seed(3)", GPU, STEADY, "torch.use_deterministic_algorithms(...)"),
        (
            "import torch\ntorch.manual_seed(3)\ntorch.use_deterministic_algorithms(True)",
            GPU,
            "torch is seeded by the code",
            "",
        ),
        ("import tensorflow as tf\ntf.random.set_seed(3)", "seed: 0", "tensorflow is seeded by the code", ""),
        ("import torch\ndef broken(:", "seed: 0", None, ""),
    ],
)
def test_what_is_said_of_seeds(
    project: Any, monkeypatch: pytest.MonkeyPatch, code: str, more: str, said: str | None, hint: str
) -> None:
    project.commit({"train.py": f"{code}\n", "ml-ci.yaml": SPEC.format(more=more)})
    monkeypatch.chdir(project.path)
    done = CliRunner().invoke(command, ["--json"], standalone_mode=False, catch_exceptions=False)
    found = json.loads(done.output[done.output.index("{") :])["checks"]
    seeds = [one for one in found if one["check"] == "cut: seeds"]
    assert [one["message"] for one in seeds] == ([] if said is None else [said])
    assert all(one["good"] and hint in one["hint"] for one in seeds)
