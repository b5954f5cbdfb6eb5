"""The JSON of a report: the design's keys, no NaN, read back as untrusted data."""

from __future__ import annotations

import copy
import json
import math
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_ci.changes.values import Change
from ml_ci.errors import Failure, UserError
from ml_ci.evaluation.confusion import Confusion
from ml_ci.gates.values import Difference, Differences, GateResult
from ml_ci.metrics import COUNTS, OF_COUNTS
from ml_ci.reports import markdown, terminal
from ml_ci.reports.as_json import dumps, from_json, loads, schema, to_json
from ml_ci.reports.json_parts import MOST_BYTES
from ml_ci.reports.plain import plain
from ml_ci.reports.values import ModelReport, Report, Side
from ml_ci.spec.values import Cost

NAMES = OF_COUNTS - COUNTS
Reports = dict[str, Callable[[], Report]]


def test_the_keys_are_the_designs(reports: Reports) -> None:
    data = to_json(reports["failed_by_data"]())
    assert {"format", "verdict", "commit", "base_commit", "models"} <= set(data)
    assert data["format"] == 1 and data["verdict"] == "fail"
    model = data["models"]["churn"]
    assert {"verdict", "action", "changes", "candidate", "baseline", "gates", "seconds"} <= set(model)
    assert model["changes"][0]["part"] == "data.train"
    assert model["changes"][0]["summary"] == "4,601 → 5,804 rows (+1,203), positives 39% → 31%"
    candidate = model["candidate"]
    counts = {"rows": 1405, "positives": 402, "negatives": 1003, "tp": 322, "fp": 31, "tn": 972, "fn": 80}
    assert {key: candidate[key] for key in counts} == counts
    assert candidate["metrics"]["fnr"] == 80 / 402 and candidate["metrics"]["auc"] == 0.9312
    north = candidate["slices"]["region"]["north"]
    assert (north["fn"], north["positives"], north["fnr"], north["metrics"]["fnr"]) == (4, 20, 0.2, 0.2)
    assert model["baseline"]["source"] == "merge-base 3f2c1ab"
    gate_keys = {
        "condition",
        "slice",
        "verdict",
        "value",
        "limit",
        "baseline",
        "interval",
        "level",
        "confidence",
        "needs",
        "chance",
        "reason",
        "line",
        "clusters",
        "unit",
        "design_effect",
        "effective_rows",
        "needs_clusters",
    }
    assert set(model["gates"][0]) == gate_keys
    assert model["gates"][1]["interval"] == [0.0514, 0.0998]


def test_undefined_is_null(reports: Reports) -> None:
    model = to_json(reports["all_undefined"]())["models"]["empty"]
    assert model["baseline"] is None
    assert set(model["candidate"]["metrics"]) == {*NAMES, "auc", "log_loss"}
    assert set(model["candidate"]["metrics"].values()) == {None}
    assert model["candidate"]["slices"]["region"]["north"]["fpr"] is None
    assert [gate["value"] for gate in model["gates"]] == [None, None]


def test_no_number_is_nan_or_infinite() -> None:
    gate = GateResult("fpr <= 0.1", "error", None, math.nan, math.inf, -math.inf, (0.1, math.inf), math.nan)
    side = Side("r", Confusion(), {"auc": math.nan, "log_loss": math.inf}, {})
    report = Report(
        "error", None, None, {"m": ModelReport("error", "train", (), side, None, (gate,), {"train": math.nan})}
    )
    said = to_json(report)["models"]["m"]
    assert [said["gates"][0][key] for key in ("value", "limit", "baseline", "interval", "level", "confidence")] == [
        None
    ] * 6
    assert said["seconds"] == {"train": None}
    assert "NaN" not in dumps(report) and "Infinity" not in dumps(report)


def test_every_report_is_read_back(any_report: Report) -> None:
    data = to_json(any_report)
    again = from_json(json.loads(json.dumps(data)))
    assert to_json(again) == data
    assert to_json(loads(dumps(any_report))) == data


def test_a_report_without_nan_is_read_back_equal(reports: Reports) -> None:
    for name in ("failed_by_data", "crashed", "two_models", "forty_slices", "hostile"):
        assert from_json(to_json(reports[name]())) == reports[name]()


@pytest.mark.parametrize("name", ["passed", "failed_by_data", "inconclusive", "two_yardsticks", "reused"])
def test_who_has_the_file_alone_shows_the_same(reports: Reports, name: str) -> None:
    """What may be noise is part of the file: a comment is written where no row and no pair is known."""
    report = reports[name]()
    read = loads(dumps(report))
    assert plain(read) == plain(report)
    assert markdown.render(read, charts=True) == markdown.render(report, charts=True)
    assert terminal.render(read, 100) == terminal.render(report, 100)


_texts = st.text(max_size=30)
_rates = st.none() | st.floats(min_value=0, max_value=1)
_numbers = st.none() | st.floats(allow_nan=False, allow_infinity=False)
_counts = st.builds(Confusion, *[st.integers(min_value=0, max_value=10**9)] * 4)
_sides = st.builds(
    Side,
    record=_texts,
    confusion=_counts,
    metrics=st.dictionaries(_texts.filter(lambda name: name not in OF_COUNTS), _numbers, max_size=3),
    slices=st.dictionaries(_texts, st.dictionaries(_texts, _counts, max_size=3), max_size=2),
    source=st.none() | _texts,
    action=st.sampled_from([None, "train", "reuse"]),
)
_gates = st.builds(
    GateResult,
    condition=_texts,
    verdict=st.sampled_from(["fail", "inconclusive", "error", "pass"]),
    slice=st.none() | _texts,
    value=_numbers,
    limit=_numbers,
    baseline=_numbers,
    interval=st.none() | st.tuples(*[st.floats(allow_nan=False, allow_infinity=False)] * 2),
    confidence=st.none() | st.floats(min_value=0.5, max_value=0.999),
    needs=st.none() | st.integers(min_value=0, max_value=10**12),
    reason=_texts,
    level=st.none() | st.floats(min_value=0.01, max_value=0.999),
    chance=st.none() | st.sampled_from([0.5, 0.8]),
)
_ends = st.lists(st.floats(-1, 1), min_size=2, max_size=2).map(lambda ends: (min(ends), max(ends)))
_tested = st.dictionaries(_texts, st.just(Difference()) | st.builds(Difference, _ends, st.just(0.9)), max_size=3)
_differences = st.builds(
    Differences, _tested, st.dictionaries(_texts, st.dictionaries(_texts, _tested, max_size=2), max_size=2)
)
_failures = st.none() | st.builds(Failure, _texts, _texts, _texts, _texts, _texts)
_models = st.builds(
    ModelReport,
    verdict=st.sampled_from(["fail", "inconclusive", "error"]),
    action=st.sampled_from(["train", "evaluate", "reuse"]),
    changes=st.lists(st.builds(Change, _texts, _texts, st.lists(_texts, max_size=2).map(tuple)), max_size=2).map(tuple),
    candidate=st.none() | _sides,
    baseline=st.none() | _sides,
    gates=st.lists(_gates, max_size=3).map(tuple),
    seconds=st.dictionaries(_texts, st.floats(min_value=0, max_value=1e6), max_size=2),
    failure=_failures,
    notes=st.lists(_texts, max_size=2).map(tuple),
    cost=st.none() | st.builds(Cost, st.floats(0, 1e6), st.floats(0, 1e6), _texts),
    paths=st.dictionaries(_texts, _texts, max_size=2),
    differences=_differences,
)
_reports = st.builds(
    Report,
    verdict=st.sampled_from(["fail", "inconclusive", "error"]),
    commit=st.none() | st.text("0123456789abcdef", min_size=40, max_size=40),
    base_commit=st.none() | st.text("0123456789abcdef", min_size=7, max_size=64),
    models=st.dictionaries(_texts, _models, max_size=2),
    dirty=st.booleans(),
    failure=_failures,
)


@given(_reports)
@settings(max_examples=60, deadline=None)
def test_round_trip(report: Report) -> None:
    assert from_json(json.loads(dumps(report))) == report


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)


@given(_json)
@settings(deadline=None)
def test_what_is_no_report_is_a_users_error(data: object) -> None:
    with pytest.raises(UserError):
        from_json(data)


def _changed(report: Report, path: str, value: object) -> dict[str, Any]:
    """Give the report's JSON with one place changed."""
    data = copy.deepcopy(to_json(report))
    *steps, last = path.split("/")
    place: Any = data
    for step in steps:
        place = place[int(step) if isinstance(place, list) else step]
    place[int(last) if isinstance(place, list) else last] = value
    return data


_CHURN = "models/churn"


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("format", 2, "has format 2; this ml-ci reads format 1"),
        ("format", None, "has format None"),
        ("format", True, "has format True"),
        ("format", "1", "has format 1; this ml-ci reads"),
        ("verdict", "passed", "verdict: Input should be 'pass', 'fail', 'inconclusive', 'error' or 'unjudged'"),
        ("verdict", "pass", "the report says pass, and what it rests on does not"),
        (f"{_CHURN}/verdict", "pass", "model churn says pass, and what it rests on does not"),
        ("commit", "$(rm -rf /)", "commit: String should match pattern"),
        ("commit", "9d1e2f3\n", "commit: String should match pattern"),
        ("models", [], "models: Input should be a valid dictionary"),
        (f"{_CHURN}/candidate/tp", -1, "models.churn.candidate.tp: Input should be greater than or equal to 0"),
        (f"{_CHURN}/candidate/tp", 10**30, "models.churn.candidate.tp: Input should be less than or equal to"),
        (f"{_CHURN}/candidate/tp", "322", "models.churn.candidate.tp: Input should be a valid integer"),
        (f"{_CHURN}/candidate/tp", True, "models.churn.candidate.tp: Input should be a valid integer"),
        (f"{_CHURN}/candidate/tp", 321, "are not the sums of tp, fp, tn and fn"),
        (f"{_CHURN}/candidate/metrics/auc", float("nan"), "Input should be a finite number"),
        (f"{_CHURN}/gates/0/interval", [0.1], "at least 2 items"),
        (f"{_CHURN}/gates/0/confidence", 1.5, "less than 1"),
        (f"{_CHURN}/gates/0/level", 1.0, "less than 1"),
        (f"{_CHURN}/gates/0/chance", "80%", "valid number"),
        (f"{_CHURN}/differences/metrics/fnr/interval", [0.1], "at least 2 items"),
        (f"{_CHURN}/differences/metrics/fnr/interval", [0.2, 0.1], "an interval has a level, and its lower end first"),
        (f"{_CHURN}/differences/metrics/fnr/level", None, "an interval has a level, and its lower end first"),
        (f"{_CHURN}/differences/metrics/fnr/level", 95, "less than 1"),
        (f"{_CHURN}/differences/slices/region/south/fnr", "told", "valid dictionary"),
        (f"{_CHURN}/gates/0/reason", "x" * 20_001, "at most 20000 characters"),
        (f"{_CHURN}/notes", ["x"] * 1_001, "at most 1000 items"),
        (f"{_CHURN}/failure", "none", "models.churn.failure"),
    ],
)
def test_hostile_reports_are_refused_by_name(reports: Reports, path: str, value: object, said: str) -> None:
    with pytest.raises(UserError) as raised:
        from_json(_changed(reports["failed_by_data"](), path, value))
    assert said in raised.value.message
    assert raised.value.hint
    assert len(str(raised.value)) < 1_000


def test_a_missing_key_is_named(reports: Reports) -> None:
    data = to_json(reports["passed"]())
    del data["models"]["churn"]["gates"]
    with pytest.raises(UserError, match=r"models\.churn\.gates: Field required"):
        from_json(data)


def test_rates_are_counted_and_never_believed(reports: Reports) -> None:
    data = _changed(reports["passed"](), "models/churn/candidate/metrics/fnr", 0.0)
    assert to_json(from_json(data))["models"]["churn"]["candidate"]["metrics"]["fnr"] == 49 / 402


def test_unknown_keys_of_a_later_version_are_left_alone(reports: Reports) -> None:
    report = reports["passed"]()
    assert from_json({**to_json(report), "later": [1]}) == report


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "The report is no JSON"),
        ('{"format": NaN}', "NaN is no JSON number"),
        ("[" * 100_000, "The report is no JSON"),
        ('{"format": ' + "1" * 10_000 + "}", "The report is no JSON"),
        ("[]", "list in place of an object"),
        (b"\xff\xfe", "The report is no JSON"),
        (b" " * (MOST_BYTES + 1), "more than 32 MiB"),
    ],
)
def test_texts_that_are_no_report(text: str | bytes, said: str) -> None:
    with pytest.raises(UserError) as raised:
        loads(text)
    assert said in raised.value.message


def _unnamed(value: Any, place: Any, definitions: dict[str, Any], path: str = "") -> list[str]:
    """Give the keys that the schema does not name in the object in which they stand."""
    if "$ref" in place:
        return _unnamed(value, definitions[place["$ref"].removeprefix("#/$defs/")], definitions, path)
    if "anyOf" in place:
        ways = [one for one in place["anyOf"] if one.get("type") != "null"]
        return min((_unnamed(value, one, definitions, path) for one in ways), key=len)
    if isinstance(value, list):
        return [
            key for at, one in enumerate(value) for key in _unnamed(one, place["items"], definitions, f"{path}/{at}")
        ]
    if not isinstance(value, dict):
        return []
    named, others = place.get("properties", {}), place.get("additionalProperties")
    found = [f"{path}/{key}" for key in value if key not in named and not isinstance(others, dict)]
    known = {key: named.get(key, others) for key in value if f"{path}/{key}" not in found}
    return found + [one for key, of in known.items() for one in _unnamed(value[key], of, definitions, f"{path}/{key}")]


def test_the_schema_is_generated_and_names_every_key_where_it_stands(any_report: Report) -> None:
    generated, data = schema(), to_json(any_report)
    assert generated["$schema"].endswith("2020-12/schema")
    assert generated["properties"]["format"]["const"] == 1
    assert _unnamed(data, generated, generated["$defs"]) == []
    jsonschema.validate(data, generated)


@pytest.mark.parametrize("path", ["tp", "models/churn/tp", "models/churn/gates/0/part", "models/churn/changes/0/limit"])
def test_a_key_of_another_object_is_not_named_by_the_schema(reports: Reports, path: str) -> None:
    data = _changed(reports["failed_by_data"](), path, 1)
    assert _unnamed(data, schema(), schema()["$defs"]) == [f"/{path}"]


def test_writing_imports_nothing_heavy() -> None:
    code = (
        "import sys; import ml_ci.reports.as_json, ml_ci.reports.plain, ml_ci.reports.sentences;"
        "heavy = {'numpy', 'scipy', 'duckdb', 'pydantic', 'rich', 'tabulate', 'yaml', 'pandas'} & set(sys.modules);"
        "sys.exit(', '.join(heavy) or None)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=False)
    assert (run.returncode, run.stderr) == (0, "")
