"""YAML as plain values with lines."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ml_ci.errors import UserError
from ml_ci.spec.document import read
from ml_ci.spec.load import load
from ml_ci.spec.problems import Place
from ml_ci.spec.schema import json_schema
from ml_ci.spec.shape import ModelShape


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("true", True),
        ("False", False),
        ("yes", "yes"),
        ("on", "on"),
        ("1", 1),
        ("-07", -7),
        ("0o17", 15),
        ("0x1F", 31),
        ("1_000", "1_000"),
        ("0b11", "0b11"),
        (".5", 0.5),
        ("5.", 5.0),
        ("1e3", 1000.0),
        ("-.inf", -math.inf),
        ("+.INF", math.inf),
        ("2026-01-01", "2026-01-01"),
        ("1:30:00", "1:30:00"),
        ("~", None),
        ("'true'", "true"),
        ('"1"', "1"),
        ("!!str 1", "1"),
        ("! 1", "1"),
        ("=", "="),
        ("9" * 400, "9" * 400),
    ],
)
def test_resolves_scalars_by_the_core_schema(text: str, expected: object) -> None:
    document = read(f"a: {text}\n")
    assert document.problems == ()
    assert document.value["a"] == expected and type(document.value["a"]) is type(expected)


def test_keys_are_text() -> None:
    assert read("1: a\ntrue: b\n~: c\n").value == {"1": "a", "true": "b", "~": "c"}


def test_the_first_of_two_keys_counts_and_the_second_is_a_problem() -> None:
    document = read("a: 1\nb:\n  c: 1\n  c: 2\na: 2\n")
    assert document.value == {"a": 1, "b": {"c": 1}}
    assert [(problem.line, problem.place) for problem in document.problems] == [(4, ("b", "c")), (5, ("a",))]


@pytest.mark.parametrize(
    ("text", "value", "places"),
    [
        ("a: &x 1\nb: &x 2\nc: *x\n", {"a": 1, "b": 2, "c": 2}, {("c",): (3, 1)}),
        ("a: [&x 1]\nb:\n- 5\n- *x\n", {"a": [1], "b": [5, 1]}, {("a", 0): (1, 5), ("b", 1): (4, 3)}),
        ("a: &x {k: 1}\nb: *x\n", {"a": {"k": 1}, "b": {"k": 1}}, {("b",): (2, 1), ("b", "k"): (1, 8)}),
        ("a: &x [1]\nb: &x [*x, 2]\nc: *x\n", {"a": [1], "b": [[1], 2], "c": [[1], 2]}, {("b", 0): (2, 8)}),
        ("a: !<?> 1\n", {"a": "1"}, {}),
        ("a: ''\nb: !\nc:\n", {"a": "", "b": "", "c": None}, {}),
    ],
)
def test_an_alias_stands_where_it_is_written(text: str, value: object, places: dict[Place, tuple[int, int]]) -> None:
    document = read(text)
    assert document.value == value
    assert {place: document.positions[place] for place in places} == places


@pytest.mark.parametrize("text", ["a: &x [*x]\n", "a: &x {b: *x}\n", "a: *x\nb: &x 1\n", "a: &x [&y 1]\n---\nb: *y\n"])
def test_inside_and_before_its_anchor_an_alias_names_nothing(text: str) -> None:
    [problem] = read(text).problems
    assert "refers to no anchor" in problem.message or "a second document begins here" in problem.message


def test_the_pure_parser_gives_the_same(monkeypatch: pytest.MonkeyPatch, every_key: str) -> None:
    fast = read(every_key)
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    assert read(every_key) == fast


_SCALARS = st.one_of(
    st.integers(-(10**9), 10**9),
    st.booleans(),
    st.text(st.characters(min_codepoint=32, max_codepoint=126)),
    st.floats(allow_nan=False, allow_infinity=False),
)
_KEYS = st.text(st.sampled_from("abcxyz_"), min_size=1, max_size=6)
_TREES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=20,
)


def _write(value: Any, lines: list[str], places: dict[Place, int], place: Place, indent: str, start: str) -> None:
    """Write a tree with one key or item per line, and note the line of each."""
    lines.append(start)
    places[place] = len(lines)
    if isinstance(value, dict) and value:
        for key, item in value.items():
            _write(item, lines, places, (*place, key), indent + "  ", f"{indent}{key}:")
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            _write(item, lines, places, (*place, index), indent + "  ", f"{indent}-")
    elif isinstance(value, bool):
        lines[-1] += f" {str(value).lower()}"
    elif isinstance(value, str):
        lines[-1] += " '" + value.replace("'", "''") + "'"
    else:
        lines[-1] += f" {value!r}"


@settings(deadline=None)
@given(_TREES)
def test_every_value_comes_back_and_every_line_is_right(tree: Any) -> None:
    lines: list[str] = []
    places: dict[Place, int] = {}
    _write(tree, lines, places, ("top",), "  ", "top:")
    document = read("\n".join(lines) + "\n")
    assert document.problems == ()
    assert document.value == {"top": tree}
    nested = {place: line for place, line in places.items() if not isinstance(place[-1], int)}
    assert {place: document.position(place)[0] for place in nested} == nested


@settings(deadline=None)
@given(st.lists(st.integers(0, 99) | st.text("ab", min_size=1), min_size=1, max_size=8), st.integers(0, 5))
def test_items_stand_on_their_lines(items: list[int | str], blank: int) -> None:
    text = "top:\n" + "\n" * blank + "".join(f"  - {item}\n" for item in items)
    document = read(text)
    for index in range(len(items)):
        assert document.position(("top", index)) == (2 + blank + index, 5)
    assert document.position(("top", 99, "x")) == (1, 1)


_TOKENS = st.sampled_from(
    [
        *"[]{}:,-?&*!|>'\"%@`#\n\t ~<=",
        ": ",
        "- ",
        "\n  ",
        "\n    ",
        "---\n",
        "...",
        "&a ",
        "*a",
        "<<: *a",
        "!!python/object/apply:os.system ['true']",
        "version: 1\n",
        "models:\n  m:\n",
        "    data: ",
        "    train: a:b\n",
        "    run: {data.x}",
        "holdout: {of: ",
        "    gates: [",
        "fpr <= ",
        "    budget: {time: ",
        "    threshold: ",
        "    positive: ",
        "    slices: [{",
        "\x00",
        "\ud800",
        "\ufeff",
        "\x85",
        "\u2028",
        "1e999",
        ".nan",
        "9" * 400,
    ]
)


@settings(deadline=None, max_examples=300)
@example("models: {m: {budget: {memory: 9999999999999999999999999999TB, time: 99999999999999999999h}}}")
@example("models: {m: {positive: '>= 9e999', threshold: 'fpr=1e9999', cost: {fp: 1e999}}}")
@example("models: {'': {'': ''}, '\\ud800': 1}")
@given(st.text() | st.lists(_TOKENS | st.text(max_size=4), max_size=30).map("".join))
def test_any_text_is_a_spec_or_a_mistake_of_the_user(text: str) -> None:
    try:
        load(text, "ml-ci.yaml")
    except UserError as error:
        assert all(line.startswith("ml-ci.yaml:") for line in error.message.split("\n"))


_VALUES = st.recursive(
    st.sampled_from(
        [None, 0, 1, -1, 0.5, 95, True, "", "a", "a:b", "fpr <= 0.1", "train", "h.csv", "5m", math.nan, 10**30]
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["path", "columns", "of", "share", "by", "after", "where", "train", "holdout", "time", "x", "fp", ""]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)
_SCHEMA = json_schema()
_KEYWORDS = st.sampled_from(sorted(ModelShape.model_fields))


def _written(keys: dict[str, Any]) -> str:
    whole = {"train": "a:b", "data": {"train": "t.csv", "holdout": "h.csv"}, "label": "y", "positive": 1, **keys}
    return str(yaml.safe_dump({"version": 1, "models": {"m": whole}}))


@settings(deadline=None, max_examples=300)
@given(st.dictionaries(_KEYWORDS, _VALUES, max_size=6))
def test_any_values_of_known_keys_are_a_spec_or_a_mistake_of_the_user(keys: dict[str, Any]) -> None:
    try:
        load(_written(keys), "ml-ci.yaml")
    except UserError as error:
        assert all(line.startswith("ml-ci.yaml:") for line in error.message.split("\n"))
        assert not re.search("(?i)input should|validator|pydantic|value error", error.message)


@settings(deadline=None, max_examples=200)
@given(st.dictionaries(_KEYWORDS, _VALUES, max_size=2))
def test_what_is_loaded_is_valid_by_the_schema(keys: dict[str, Any]) -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed: pip install jsonschema")
    text = _written(keys)
    try:
        load(text, "ml-ci.yaml")
    except UserError:
        return
    jsonschema.Draft202012Validator(_SCHEMA).validate(read(text).value)
