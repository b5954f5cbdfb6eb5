"""The kept spec is the spec that was read, and only that."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ml_ci.errors import UserError
from ml_ci.spec.load import load as read
from ml_ci.steps.opening.spec_cache import load_spec

FULL = """\
version: 1
store: shared
models:
  churn:
    train: churn.train:train
    data:
      train: data/train.csv
      validation: {path: data/valid.csv, columns: [a, b, churned]}
      holdout: {of: train, share: 0.2, by: customer, seed: 3}
    label: churned
    positive: [1, "yes", true, 0.5]
    params: {depth: 3, names: [a, {b: null}], is: tuple}
    slices: [region, {age: [18, 30]}, [region, plan]]
    threshold: fpr=0.01
    seed: 4
    budget: {time: 5m, memory: 4GB, rows: 50000}
    cost: {fp: 5, fn: 120, currency: USD}
    metrics: {lift: churn.metrics:lift}
    gates:
      - fpr <= 0.05
      - fnr <= baseline.fnr + 0.01 @ 0.95 and 0.1 <= lift <= 0.9
      - each(fnr, by=region) <= 0.20
      - 2 * (fpr - fnr) <= 0.3
  other:
    run: [Rscript, train.R]
    data: {holdout: h.csv, train: t.csv}
    outputs: {predictions: out.csv}
    label: y
    positive: ">= 30"
    needs: [churn]
    gates: ["gap(fpr, by=[a, b]) <= 0.05"]
"""


def kept(state: Path) -> list[Path]:
    return sorted(state.glob("cache/spec-*.json"))


def test_what_was_kept_is_what_was_read(tmp_path: Path) -> None:
    spec = read(FULL, "ml-ci.yaml")
    assert load_spec(FULL, "ml-ci.yaml", tmp_path) == spec
    assert len(kept(tmp_path)) == 1
    again = load_spec(FULL, "ml-ci.yaml", tmp_path)
    assert again == spec
    assert [str(gate.condition) for gate in again.models["churn"].gates] == [
        str(gate.condition) for gate in spec.models["churn"].gates
    ]
    assert (tmp_path / ".gitignore").read_text() == "*\n"


def test_the_path_is_the_callers(tmp_path: Path) -> None:
    load_spec(FULL, "ml-ci.yaml", tmp_path)
    assert load_spec(FULL, "ml-ci.yaml of commit 3f2c1ab", tmp_path).path == "ml-ci.yaml of commit 3f2c1ab"


def test_another_text_is_read_anew(tmp_path: Path) -> None:
    load_spec(FULL, "ml-ci.yaml", tmp_path)
    assert (
        load_spec(FULL.replace("0.20", "0.21"), "ml-ci.yaml", tmp_path).models["churn"].gates[2].text.endswith("0.21")
    )
    assert len(kept(tmp_path)) == 2


def test_mistakes_are_not_kept(tmp_path: Path) -> None:
    wrong = FULL.replace("label: churned", "lable: churned")
    for _ in range(2):
        with pytest.raises(UserError, match="lable"):
            load_spec(wrong, "ml-ci.yaml", tmp_path)
    assert kept(tmp_path) == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b"null",
        b'{"is": "Spec"}',
        b'{"is": "ModelSpec", "name": "x"}',
        b'{"is": "Path", "of": "/etc"}',
        b'{"is": ["Spec"], "models": {}}',
        b'{"is": "Spec", "models": {}, "surplus": 1}',
    ],
)
def test_a_damaged_cache_is_read_anew(tmp_path: Path, content: bytes) -> None:
    load_spec(FULL, "ml-ci.yaml", tmp_path)
    kept(tmp_path)[0].write_bytes(content)
    assert load_spec(FULL, "ml-ci.yaml", tmp_path) == read(FULL, "ml-ci.yaml")
    assert json.loads(kept(tmp_path)[0].read_text())[0]["spec"]["is"] == "Spec"


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file stands here")
    assert load_spec(FULL, "ml-ci.yaml", tmp_path / "state") == read(FULL, "ml-ci.yaml")


def test_neither_pydantic_nor_yaml_the_second_time(tmp_path: Path) -> None:
    load_spec(FULL, "ml-ci.yaml", tmp_path)
    code = (
        "import sys; from pathlib import Path; from ml_ci.steps.opening.spec_cache import load_spec as load\n"
        "load(sys.stdin.read(), 'ml-ci.yaml', Path(sys.argv[1]))\n"
        "print(sorted({'pydantic', 'yaml', 'ml_ci.spec.load', 'ml_ci.conditions.parser'} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        (sys.executable, "-c", code, str(tmp_path)),
        input=FULL,
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[3],
    )
    assert done.stdout == "[]\n"
