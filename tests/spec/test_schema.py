"""The generated JSON Schema agrees with the loader on what an editor can know."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml

from ml_ci.spec.schema import json_schema

jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed: pip install jsonschema")


def valid(text: str) -> bool:
    validator = jsonschema.Draft202012Validator(json_schema())
    return bool(validator.is_valid(yaml.safe_load(text)))


def test_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())
    assert json_schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert json_schema()["title"] == "ml-ci.yaml"
    assert json.loads(json.dumps(json_schema())) == json_schema()


def test_the_examples_are_valid(design: str, every_key: str) -> None:
    assert valid(design)
    assert valid(every_key)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("label:", "lable:"),
        ("    label: churned\n", ""),
        ("version: 1", "version: 2"),
        ("version: 1", "vesion: 1"),
        ("train: churn.train:train", "train: churn/train.py"),
        ("train: churn.train:train", "run: make"),
        ("train: churn.train:train", "train: a:b\n    outputs: {model: m}"),
        ("train: churn.train:train", "run: make\n    outputs: {}"),
        ("confidence: 0.95", "confidence: 95"),
        ("seed: 0", "seed: -1"),
        ("seed: 0", "seeds: 3"),
        ("time: 5m", "time: 5 minutes"),
        ("memory: 4GB", "memory: 4"),
        ("rows: 50000", "rows: 0"),
        ("rows: 50000", "row: 1"),
        ("slices: [region,", "slices: [[a],"),
        ("baseline: merge-base", "baseline:"),
        ("baseline: merge-base", "threshold: 1.5"),
        ("baseline: merge-base", "method: scor"),
        ("baseline: merge-base", "cost: {fp: 1}"),
        ("  churn:", "  ../churn:"),
        ("      train: data", "      my-data: data"),
        ("holdout: data/holdout.csv ", "holdout: {share: 0.1} "),
        ("holdout: data/holdout.csv ", "holdout: {of: train} "),
        ("holdout: data/holdout.csv ", "holdout: {of: train, share: 0.1, where: {a: 1}} "),
        ("positive: 1 ", "positive: [] "),
        ("seed: 0", "cluster: 7"),
        ("seed: 0", "cluster: []"),
        ("seed: 0", "cluster: {known: [a]}"),
        ("seed: 0", "cluster: {by: a, of: b}"),
        ("seed: 0", "weight: 1"),
    ],
)
def test_an_editor_marks_the_mistake(design: str, old: str, new: str) -> None:
    assert old in design
    assert not valid(design.replace(old, new, 1))


def test_every_key_is_described_for_the_hover() -> None:
    schema = json_schema()
    for place, shape in {"top": schema, **schema["$defs"]}.items():
        assert shape["description"], place
        for key, field in shape["properties"].items():
            assert re.match(r"[A-Z`].{10,}\.$", field["description"]), (place, key)


def test_null_is_no_value() -> None:
    def walk(value: Any) -> None:
        assert value != "null"
        for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            walk(item)

    walk(json_schema())
