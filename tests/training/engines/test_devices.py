"""Real libraries that are asked for a GPU where there is none, and what scikit-learn warns of."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ml_ci.training.gpus import find_gpus
from ml_ci.training.interpreter import find
from ml_ci.training.values import Interpreter

pytestmark = pytest.mark.slow

PYTHON = os.environ.get("ML_CI_ENGINES") or sys.executable
TABLE = "import numpy\nx = numpy.random.rand(60, 3)\ny = (x[:, 0] > 0.5).astype(int)\n"
XGBOOST = f"import xgboost\n{TABLE}model = xgboost.XGBClassifier(device='cuda', n_estimators=2).fit(x, y)\n"
NATIVE = f"""\
import xgboost
{TABLE}model = xgboost.train({{"device": "cuda", "objective": "binary:logistic"}}, xgboost.DMatrix(x, y), 2)
"""
TORCH = "import torch\nwith torch.autocast('cuda'):\n    model = torch.nn.Linear(2, 1)\n"
ONNX = """\
import onnx, onnxruntime
from onnx import TensorProto, helper
value = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in "ab"]
graph = helper.make_graph([helper.make_node("Identity", ["a"], ["b"])], "g", value[:1], value[1:])
made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
onnxruntime.InferenceSession(made.SerializeToString(), providers=["CUDAExecutionProvider", "CPUExecutionProvider"])
model = {}
"""
FALLBACKS = {
    "xgboost": ("xgboost", XGBOOST, "from GPU to CPU", ("`cuda` of xgboost",)),
    "xgboost.train": ("xgboost", NATIVE, "from GPU to CPU", ()),
    "torch": ("torch", TORCH, "CUDA is not available", ()),
    "onnxruntime": ("onnxruntime", ONNX, "CUDAExecutionProvider", ()),
}


@pytest.fixture(scope="session")
def python() -> Interpreter:
    return find(PYTHON, Path.cwd())


@pytest.mark.parametrize("by", ["function", "command"])
@pytest.mark.parametrize("case", FALLBACKS)
def test_a_fall_back_to_the_cpu_is_seen(case: str, by: str, jobs: Any, python: Interpreter) -> None:
    library, source, words, asked = FALLBACKS[case]
    if subprocess.run((python.path, "-c", f"import {library}"), capture_output=True).returncode:
        pytest.skip(f"{python.path} has no {library}")
    if find_gpus(os.environ.get("PATH")).count:
        pytest.skip("this machine has a GPU")
    if by == "function":
        body = source.replace("\n", "\n    ")
        trained = jobs.function(f"def train():\n    {body}\n    return model\n", interpreter=python)
    else:
        jobs.write("fit.py", f"{source}open('model.txt', 'w').write('x')\n")
        trained = jobs.command("python fit.py", {"model": "model.txt"}, interpreter=python)
    ran = trained.ran
    assert (ran.devices, ran.asked) == (("cpu",), asked)
    assert any(words in one.text for one in ran.fallbacks), ran


FIT = """\
import sklearn.base
from sklearn.linear_model import LogisticRegression

def train():
    sklearn.base.__version__ = "0.1"  # as if it were stored by another one
    return LogisticRegression(max_iter=1).fit([[0.0], [1.0], [2.0], [30.0]], [0, 1, 0, 1])
"""


def test_what_scikit_learn_warns_of(jobs: Any) -> None:
    trained = jobs.function(FIT)
    assert [one.text.partition(":")[0] for one in trained.ran.warnings] == ["ConvergenceWarning"]
    scored = jobs.scored(trained.artifact, "x\n0.5\n1.5\n")
    assert any(one.text.startswith("InconsistentVersionWarning: Trying to unpickle") for one in scored.ran.warnings)
