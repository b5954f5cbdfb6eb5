"""What `resources:` may say."""

from __future__ import annotations

import pytest

from ml_ci.errors import UserError
from ml_ci.spec.load import load
from ml_ci.spec.values import Resources

SPEC = """\
version: 1
jobs:
  clean: {{run: clean, outputs: [made.csv], resources: {0}}}
models:
  m:
    train: a:b
    data: {{train: {{job: clean, path: made.csv}}, holdout: h.csv}}
    label: y
    positive: 1
    resources: {0}
"""


@pytest.mark.parametrize(
    ("text", "asked", "said"),
    [
        ("{cpus: 2, gpus: 1, memory: 8GB}", Resources(2, 1, 8 * 10**9), "2 CPUs, 1 GPU, 8 GB of memory"),
        ("{cpus: 0.5}", Resources(0.5), "0.5 CPUs"),
        ("{cpus: 1, gpus: 4}", Resources(1, 4), "1 CPU, 4 GPUs"),
        ("{memory: 1500MB}", Resources(None, 0, 1500 * 10**6), "1.5 GB of memory"),
        ("{}", Resources(), ""),
    ],
)
def test_a_model_and_a_job_ask_for_them(text: str, asked: Resources, said: str) -> None:
    spec = load(SPEC.format(text), "ml-ci.yaml")
    assert spec.models["m"].resources == spec.jobs["clean"].resources == asked
    assert asked.text == said


WRONG = ["{cpus: 0}", "{cpus: -1}", "{cpus: two}", "{cpus: .inf}", "{gpus: 1.5}", "{gpus: -1}", "{memory: 8}"]


@pytest.mark.parametrize("text", [*WRONG, "{gpu: 1}", "4"])
def test_anything_else_is_named_with_its_line(text: str) -> None:
    with pytest.raises(UserError) as caught:
        load(SPEC.format(text), "ml-ci.yaml")
    lines = caught.value.message.splitlines()
    assert {line.split(":")[1] for line in lines} == {"3", "10"}
    assert all(".resources" in line for line in lines)
