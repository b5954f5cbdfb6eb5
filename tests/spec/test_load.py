"""From a good ml-ci.yaml to values."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from ml_ci.errors import UserError
from ml_ci.spec.evidence import ClusterSpec
from ml_ci.spec.load import decode, load
from ml_ci.spec.shape import ModelShape
from ml_ci.spec.values import (
    AuditSpec,
    Budget,
    Card,
    CommandJob,
    Cost,
    DataEntry,
    FileEntry,
    FunctionJob,
    Load,
    ModelSpec,
    PartEntry,
    Positive,
    Price,
    Resources,
    Reuse,
    SliceSpec,
    Threshold,
)

ROOT = Path(__file__).parents[2]


def minimal(**keys: str) -> str:
    """Give a small file with keys replaced or added; a value of "" leaves a key out."""
    given = {
        "train": "churn.train:train",
        "data": "{train: t.csv, holdout: h.csv}",
        "label": "churned",
        "positive": "1",
        **keys,
    }
    lines = [f"    {key}: {value}" for key, value in given.items() if value]
    return "\n".join(["version: 1", "models:", "  m:", *lines, ""])


def model(**keys: str) -> ModelSpec:
    return load(minimal(**keys), "ml-ci.yaml").models["m"]


CUT_BY = "{train: t.csv, holdout: {of: train, share: 0.2, by: customer_id}}"


def test_reads_the_example_of_the_design(design: str) -> None:
    spec = load(design, "ml-ci.yaml")
    churn = spec.models["churn"]
    assert (spec.store, spec.path, list(spec.models)) == (None, "ml-ci.yaml", ["churn"])
    assert churn.job == FunctionJob("churn.train:train")
    assert churn.data == {"train": FileEntry("data/train.csv")}
    assert churn.holdout == FileEntry("data/holdout.csv")
    assert (churn.label, churn.positive) == ("churned", Positive((1,)))
    assert (churn.params_file, churn.params) == (("params.yaml", "churn"), None)
    assert churn.slices == (SliceSpec(("region",)), SliceSpec(("age",), (18.0, 30.0, 50.0)))
    assert (churn.baseline, churn.seed, churn.confidence) == ("merge-base", 0, 0.95)
    assert churn.budget == Budget(300.0, 4_000_000_000, {"train": 50000})
    assert [(gate.text, gate.line) for gate in churn.gates] == [
        ("fpr <= 0.05", 17),
        ("fnr <= baseline.fnr + 0.01", 18),
        ("each(fnr, by=region) <= 0.20", 19),
        ("gap(fpr, by=region) <= 0.05", 20),
    ]
    assert [gate.condition.relative for gate in churn.gates] == [False, True, False, False]
    assert churn.line == 3


def test_reads_every_key(every_key: str) -> None:
    spec = load(every_key, "ml-ci.yaml")
    embedder, spam = spec.models["embedder"], spec.models["spam.v2"]
    assert (spec.store, spec.registry) == ("s3://bucket/ml-ci", "https://mlflow.example.org")
    assert embedder.job == CommandJob(("python3.8", "embed.py", "--out", "{out}"), None, "{out}/embedder.bin")
    assert embedder.holdout == FileEntry("s3://bucket/holdout/*.parquet")
    assert embedder.positive == Positive(("spam", True, 3))
    assert (embedder.load, spam.load) == (Load("scoring:embed", ("own.Type",)), Load())
    assert isinstance(spam.job, CommandJob)
    assert spam.job.predictions == "{out}/predictions.csv"
    assert spam.data["train"] == FileEntry("big/train.tsv", ("text", "label", "n"))
    assert spam.holdout == PartEntry("train", share=0.2, by="text", seed=3)
    assert spam.positive == Positive(comparison=(">=", 30.0))
    assert spam.params == {"rate": 0.1, "layers": [3, None], "7": "seven"}
    assert (spam.id, spam.min_rows, spam.baseline, spam.seed, spam.seeds) == ("text", 50, "origin/main~2", 7, 5)
    assert spam.threshold == Threshold(None, "fpr", 0.01)
    assert spam.budget == Budget(5400.0, 2 * 2**30, {"train": 10, "validation": 5})
    assert spam.resources == Resources(2, 0, 8 * 10**9)
    assert (spam.confidence, spam.method) == (0.9, "anytime")
    assert (spam.cluster, spam.weight) == (ClusterSpec(("text",), ("acme", 7)), "n")
    assert (spam.metrics, spam.cost, spam.reuse) == (
        {"lift": "own.metrics:lift"},
        Cost(5.0, 120.5, "USD"),
        Reuse(8, 1),
    )
    assert (spam.repeats, spam.price) == (1, Price(0.002, "EUR"))
    assert (spam.code, spam.ignore) == (("sql/**/*.sql",), ("docs/**",))
    assert (spam.needs, spam.cwd) == (("embedder",), "src")
    assert (spam.python, spam.fetch, spam.fetch_env) == ("/usr/bin/python3.8", "dvc pull {path}", ("AWS_PROFILE",))
    assert (spam.env, spam.env_values) == (("HF_HOME",), {"MODE": "fast", "RATE": "0.1"})
    assert [(stage.name, [gate.text for gate in stage.gates], stage.approval) for stage in spam.stages] == [
        ("staging", ["fpr <= 0.02"], True),
        ("champion", [], False),
    ]
    assert spam.approval
    audit = AuditSpec("sex", "ethnicity", ("Other",), "negative")
    assert spam.card == Card("Rank mails", "Risk", "None known", audit, {"data-period": "May 2026"})


def test_the_file_with_every_key_has_every_key(every_key: str) -> None:
    missing = [key for key in ModelShape.model_fields if f"    {key}:" not in every_key and key != "train"]
    assert missing == []


def test_a_key_left_out_has_the_default_of_the_values() -> None:
    defaults = ModelSpec("m", FunctionJob("churn.train:train"), {}, FileEntry("h.csv"), "churned", Positive((1,)))
    got = model(data="{holdout: h.csv}")
    for field in fields(ModelSpec):
        if field.name != "line":
            assert getattr(got, field.name) == getattr(defaults, field.name), field.name


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({}, None),
        ({"cluster": "customer_id"}, ClusterSpec(("customer_id",))),
        ({"cluster": "[shop, customer]"}, ClusterSpec(("shop", "customer"))),
        ({"cluster": "none"}, ClusterSpec()),
        ({"cluster": "[none]"}, ClusterSpec(("none",))),
        ({"cluster": "{by: [shop, customer]}"}, ClusterSpec(("shop", "customer"))),
        ({"cluster": "{by: c, known: [acme, acme, 7]}"}, ClusterSpec(("c",), ("acme", 7))),
        ({"data": CUT_BY}, ClusterSpec(("customer_id",))),
        ({"data": CUT_BY, "cluster": "none"}, ClusterSpec()),
        ({"data": CUT_BY, "cluster": "household"}, ClusterSpec(("household",))),
        ({"data": CUT_BY.replace(", by: customer_id", "")}, None),
    ],
)
def test_rows_belong_together_as_is_said_or_as_the_holdout_is_cut(keys: Any, expected: ClusterSpec | None) -> None:
    assert model(**keys).clustering == expected


def test_columns_of_gates_become_slices(every_key: str) -> None:
    spam = load(every_key, "f").models["spam.v2"]
    assert spam.slices == (SliceSpec(("sex", "race")), SliceSpec(("n",), (0.0, 1.5)), SliceSpec(("a", "b")))


def test_edges_of_a_slice_stay_when_a_gate_names_its_column() -> None:
    assert model(slices="[{age: [18]}]", gates="['each(fnr, by=age) <= 0.5']").slices == (SliceSpec(("age",), (18.0,)),)


@pytest.mark.parametrize(
    ("cluster", "by"),
    [
        ("customer", "customer"),
        ("[shop, customer]", "shop"),
        ("{by: customer, known: [a]}", "customer"),
        ("none", None),
    ],
)
def test_folds_keep_the_rows_of_a_cluster_together(cluster: str, by: str | None) -> None:
    found = model(data="{train: t.csv, holdout: {of: train, folds: 5}}", cluster=cluster).holdout
    assert found == PartEntry("train", by=by, folds=5, label="churned")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{of: train, share: 0.25}", PartEntry("train", share=0.25)),
        ("{of: train, after: {date: 2026-01-01}}", PartEntry("train", after=("date", "2026-01-01"))),
        ("{of: train, after: {at: 1:30}}", PartEntry("train", after=("at", "1:30"))),
        ("{of: train, where: {split: test}}", PartEntry("train", where=("split", ("test",)))),
        ("{of: train, where: {fold: [1, yes, false]}}", PartEntry("train", where=("fold", (1, "yes", False)))),
        ("{of: train, folds: 5}", PartEntry("train", folds=5, label="churned")),
        ("{of: train, folds: 5, by: id, seed: 2}", PartEntry("train", by="id", seed=2, folds=5, label="churned")),
        ("https://example.org/h.csv?a=..", FileEntry("https://example.org/h.csv?a=..")),
        ("{path: h.tsv}", FileEntry("h.tsv")),
        ("2026-01-01", FileEntry("2026-01-01")),
    ],
)
def test_reads_a_holdout(text: str, expected: DataEntry) -> None:
    assert model(data=f"{{train: t.csv, holdout: {text}}}").holdout == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", Positive((1,))),
        ("yes", Positive(("yes",))),
        ("true", Positive((True,))),
        ("1.5", Positive((1.5,))),
        ("'>50K'", Positive((">50K",))),
        ("'<=50K'", Positive(("<=50K",))),
        ("[a, 2]", Positive(("a", 2))),
        ("['> 3']", Positive(("> 3",))),
        ("'> -3.5e2'", Positive(comparison=(">", -350.0))),
        ("<=3", Positive(comparison=("<=", 3.0))),
    ],
)
def test_reads_the_positive_class(text: str, expected: Positive) -> None:
    assert model(positive=text).positive == expected


def test_whole_numbers_are_read_for_floats() -> None:
    assert model(cost="{fp: 1, fn: 2}").cost == Cost(1.0, 2.0)
    assert model(budget="{time: 90}").budget.seconds == 90.0


def test_a_parameter_file_without_a_key_is_read_whole() -> None:
    assert model(params="conf/params.yaml").params_file == ("conf/params.yaml", "")


def test_values_are_shared_by_aliases() -> None:
    text = minimal(gates="&gates [fpr <= 0.1]") + minimal(gates="*gates").split("models:\n")[1].replace("  m:", "  n:")
    spec = load(text, "f")
    assert [gate.text for gate in spec.models["n"].gates] == ["fpr <= 0.1"]


@pytest.mark.parametrize("data", [b"\xef\xbb\xbfversion: 1\n", b"version: 1\r\n"])
def test_reads_byte_order_marks_and_windows_lines(data: bytes) -> None:
    rest = minimal().partition("\n")[2].encode()
    assert "m" in load(decode(data + rest, "f"), "f").models


def test_names_the_line_that_is_not_utf_8() -> None:
    with pytest.raises(UserError) as caught:
        decode(b"version: 1\nmodels: caf\xe9\n", "ml-ci.yaml")
    assert caught.value.message == "ml-ci.yaml:2: the file is not UTF-8 text: byte 0xe9; save it as UTF-8"


def test_a_file_that_is_too_large_is_refused() -> None:
    with pytest.raises(UserError, match="1,000,011 characters, more than the 1,000,000"):
        load(minimal()[:11] + "#" * 1_000_000, "f")


def test_aliases_that_unfold_without_end_are_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    with pytest.raises(UserError, match="unfolds to more than 50,000 values"):
        load("\n".join(lines), "f")


def test_a_file_of_nothing_but_mistakes_is_answered_soon_and_in_short() -> None:
    text = "version: 1\nmodels:\n  m:\n" + "".join(f"    treshold{n}: 1\n" for n in range(40_000))
    started = time.process_time()
    with pytest.raises(UserError) as caught:
        load(text, "ml-ci.yaml")
    assert time.process_time() - started < 20
    lines = caught.value.message.split("\n")
    assert len(lines) == 101 and lines[-1].startswith("ml-ci.yaml: and at least ")


def test_loading_imports_nothing_heavy() -> None:
    """A run in which nothing changed starts with this, and has 0.3 s."""
    code = (
        "import sys; from ml_ci.spec.load import load; from ml_ci.spec.find import find; load(sys.stdin.read(), 'f')\n"
        "print(*{'numpy', 'scipy', 'duckdb', 'rich', 'git', 'requests', 'click'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], input=minimal(), capture_output=True, text=True, cwd=ROOT, check=True, timeout=300
    )
    assert done.stdout.strip() == ""
