"""A history of every kind of commit, with the traps of real repositories: what a careful person would do at each."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest

from ml_ci.changes.describe import describe
from ml_ci.changes.settle import settle
from ml_ci.changes.values import evaluation_key, judging_key
from ml_ci.spec.values import CommandJob, FileEntry, GateSpec, ModelSpec

SCRIPT = '''"""Train a forest."""
import numpy as np
from churn.features import FEATURES, clean


def train(train, seed):
    """Fit."""
    rows = clean(train)
    rng = np.random.default_rng(42)
    return rows[FEATURES], rng, {"trees": 100}
'''
FEATURES = """FEATURES = ["age", "region", "tenure"]


def clean(rows):
    kept = rows.dropna()
    return kept
"""

Step = tuple[str, Callable[[Any, ModelSpec], ModelSpec | None], str, tuple[str, ...]]


def gate(text: str) -> tuple[GateSpec, ...]:
    return (GateSpec(text, cast(Any, None)),)


def text_of(history: Any, path: str) -> str:
    return str((history.folder / path).read_text())


def edit(path: str, *pairs: tuple[str, str]) -> Callable[[Any, ModelSpec], None]:
    def step(history: Any, model: ModelSpec) -> None:
        text = text_of(history, path)
        for was, now in pairs:
            assert was in text
            text = text.replace(was, now)
        history.write(path, text)

    return step


def write(path: str, text: str) -> Callable[[Any, ModelSpec], None]:
    return lambda history, model: history.write(path, text) and None


def set_to(**changed: Any) -> Callable[[Any, ModelSpec], ModelSpec]:
    return lambda history, model: replace(model, **changed)


def retab(history: Any, model: ModelSpec) -> ModelSpec:
    text = text_of(history, "data/train.csv")
    (history.folder / "data/train.csv").unlink()
    history.write("data/train.tsv", text.replace(",", "\t"))
    return replace(model, data={"train": FileEntry("data/train.tsv")})


def reformat(history: Any, model: ModelSpec) -> None:
    text = text_of(history, "churn/train.py")
    text = text.replace('"""Fit."""', '"""Fit the forest to the rows."""  # at last').replace('"trees"', "'trees'")
    text = text.replace("return rows[FEATURES], rng", "return (  # three things\n        rows[FEATURES],\n        rng")
    history.write("churn/train.py", text.replace("100}\n", "100},\n    )\n"))


def pull(history: Any, model: ModelSpec) -> ModelSpec:
    """Put the training table under DVC."""
    text = text_of(history, "data/train.tsv")
    known = hashlib.md5(text.encode()).hexdigest()
    history.git("rm", "-q", "--cached", "data/train.tsv")
    history.write(".gitignore", "/data/train.tsv\n")
    history.write("data/train.tsv.dvc", json.dumps({"outs": [{"path": "train.tsv", "md5": known, "hash": "md5"}]}))
    return model


STEPS: list[Step] = [
    ("Write a README", write("README.md", "# Churn\n"), "reuse", ()),
    ("Rewrite every comment and reformat", reformat, "reuse", ()),
    ("Rename a local variable", edit("churn/features.py", ("kept", "left")), "train", ("code",)),
    ("Remove spaces: every line, no value", edit("data/train.csv", (", ", ",")), "reuse", ("data.train",)),
    ("Turn the CSV into a TSV", retab, "reuse", ("data.train",)),
    ("Create FastAPI", edit("churn/features.py", (', "tenure"', "")), "train", ("code",)),
    ("Add unit tests for api", edit("churn/train.py", ("100", "10")), "train", ("code",)),
    ("Add tests", write("tests/test_train.py", "def test(): pass\n"), "reuse", ()),
    ("Seed inside the script", edit("churn/train.py", ("42", "43")), "train", ("code",)),
    ("Seed in ml-ci.yaml", set_to(seed=7), "train", ("seed",)),
    ("More rows", edit("data/train.tsv", ("\n1\t", "\n901\t20\tnorth\t3\t1\n1\t")), "train", ("data.train",)),
    (
        "More labels in the holdout",
        edit("data/holdout.csv", ("\n1,", "\n901,20,north,3,1\n1,")),
        "evaluate",
        ("data.holdout",),
    ),
    ("Add a gate", set_to(gates=gate("f1 >= 0.80")), "judge", ("gates",)),
    ("For CI stability", set_to(gates=gate("f1 >= 0.72")), "judge", ("gates",)),
    ("Another label", set_to(label="region"), "evaluate", ("metrics",)),
    ("Put the data under DVC", pull, "reuse", ("data.train",)),
    ("Rewrite the pointer", edit("data/train.tsv.dvc", ('{"outs"', '{ "outs"')), "reuse", ()),
    ("Move clean() to a module of its own", write("churn/words.py", FEATURES), "reuse", ()),
    ("Use it", edit("churn/train.py", ("churn.features", "churn.words")), "train", ("code",)),
    ("An unused module", write("churn/unused.py", "x = 1\n"), "reuse", ()),
    ("A workflow", write(".github/workflows/ci.yml", "on: push\n"), "reuse", ()),
    ("Notebook nobody imports", write("explore.ipynb", "{}"), "reuse", ()),
]


def rows(count: int, seed: int) -> str:
    rng = random.Random(seed)
    lines = [f"{n}, {rng.randint(20, 70)}, north, {rng.randint(1, 9)}, {n % 2}" for n in range(count)]
    return "\n".join(["customer, age, region, tenure, churned", *lines]) + "\n"


def action(old: Any, new: Any) -> str:
    keys = [
        (one.training, evaluation_key(one.training, one.holdout, one.metrics), one.gates)
        for one in (old.fingerprint, new.fingerprint)
    ]
    if keys[0][0] != keys[1][0]:
        return "train"
    if keys[0][1] != keys[1][1]:
        return "evaluate"
    return (
        "reuse"
        if judging_key(*keys[0][1:2], None, keys[0][2]) == judging_key(*keys[1][1:2], None, keys[1][2])
        else "judge"
    )


@pytest.mark.parametrize("cold", [False, True])
def test_each_commit_gets_the_work_that_it_needs(history: Any, cold: bool) -> None:
    history.write("churn/train.py", SCRIPT)
    history.write("churn/features.py", FEATURES)
    history.write("data/train.csv", rows(60, 0))
    history.write("data/holdout.csv", rows(30, 1).replace(", ", ","))
    model = history.model
    commit = history.commit()
    told = []
    for title, step, expected, parts in STEPS:
        before = history.snapshot(commit, model, cold=cold)
        model = step(history, model) or model
        commit = history.commit()
        after = settle(before, history.snapshot(commit, model, cold=cold))
        found = tuple(change.part for change in describe(before, after, lambda was, now: now < was))
        told.append(
            (title, action(before, after), found) == (title, expected, parts) or (title, action(before, after), found)
        )
    assert [one for one in told if one is not True] == []


def test_what_the_traps_are_called(history: Any) -> None:
    history.write("churn/train.py", SCRIPT)
    history.write("churn/features.py", FEATURES)
    history.write("data/train.csv", rows(60, 0))
    model = history.model
    commit = history.commit()
    said = {}
    for title, step, *_ in STEPS[:14]:
        before = history.snapshot(commit, model)
        if title == "More labels in the holdout":
            continue
        model = step(history, model) or model
        commit = history.commit()
        after = settle(before, history.snapshot(commit, model))
        said[title] = [change.summary for change in describe(before, after, lambda was, now: now < was)]
    assert said["Rename a local variable"] == ["churn/features.py: clean()"]
    assert said["Remove spaces: every line, no value"] == ["bytes changed, no value did: nothing to train again"]
    assert said["Create FastAPI"] == ["churn/features.py: FEATURES"]
    assert said["Add unit tests for api"] == ["churn/train.py: train()"]
    assert said["More rows"] == ["60 → 61 rows (+1), positives 50% → 51%"]
    assert said["For CI stability"] == ["f1 >= 0.80 → f1 >= 0.72 (loosened)"]


def test_a_command_job_trains_when_only_the_spaces_change(history: Any) -> None:
    model = replace(history.model, job=CommandJob("python churn/train.py {data.train}", model="model.pkl"))
    history.write("data/train.csv", rows(60, 0))
    commit = history.commit()
    history.write("data/train.csv", rows(60, 0).replace(", ", ","))
    before = history.snapshot(commit, model)
    assert action(before, settle(before, history.snapshot(model=model))) == "train"
