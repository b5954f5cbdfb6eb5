"""Which column a program takes for the truth, by the calls in its text."""

from __future__ import annotations

import ast

import pytest

from ml_ci.setup.traces import find_traces


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ('SVC().fit(t[["age"]], t["left"])', "left"),
        ('SVC().fit(t[["age"]], t[["left"]])', "left"),
        ('SVC().fit(t[["age"]], t["left"].values)', "left"),
        ('SVC().fit(t[["age"]], t["left"].to_numpy())', "left"),
        ("SVC().fit(t.age, t.left)", "left"),
        ("SVC().fit(X=t.age, y=t.left)", "left"),
        ('train_test_split(t[["age"]], t["left"], test_size=0.2)', "left"),
        ('cross_val_score(SVC(), t[["age"]], t["left"])', "left"),
        ('lgb.Dataset(t[["age"]], label=t["left"])', "left"),
        ('t.drop("id")\nSVC().fit(t, t["left"])', "left"),
        ('y = t["left"]\nSVC().fit(t, y)', "left"),
        ('LGBM(label="left")', "left"),
        ('t.pop("left")', "left"),
        ("KMeans().fit(t)", None),
        ("SVC().fit(X, make(t))", None),
        ("SVC().fit(X, y)", None),
    ],
)
def test_the_target(text: str, first: str | None) -> None:
    assert next(iter(find_traces({"train.py": ast.parse(text)}).named), None) == first
