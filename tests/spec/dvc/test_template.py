"""`${…}` in dvc.yaml: what is filled in, and what cannot be."""

from __future__ import annotations

from typing import Any

import pytest

from ml_ci.spec.dvc.template import TemplateError, Writing, fill, has_template

KNOWN: dict[str, Any] = {
    "lr": 0.1,
    "on": True,
    "off": False,
    "none": None,
    "name": "it's",
    "models": [{"name": "a"}, {"name": "b"}],
    "flags": {"lr": 0.1, "quiet": True, "slow": False, "tags": ["a b", 2], "deep": {"name": "it's"}, "many": []},
}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("plain", "plain"),
        ("${lr}", 0.1),
        ("--lr=${lr}", "--lr=0.1"),
        ("${on}", True),
        ("is ${on}, ${off}, ${none}", "is true, false, None"),
        ("${models[1].name}", "b"),
        ("${models.0.name}", "a"),
        ("${ models[0].name }", "a"),
        (r"echo \${lr}", "echo ${lr}"),
        (r"\${lr} ${lr}", "${lr} 0.1"),
        ("${lr}${on}", "0.1true"),
        ("run ${flags}", "run --lr 0.1 --quiet --tags 'a b' 2 --deep.name 'it'\"'\"'s'"),
        (["${lr}", {"${name}": "${on}"}], [0.1, {"it's": True}]),
        (3, 3),
    ],
)
def test_texts_are_filled_in(text: Any, filled: Any) -> None:
    assert fill(text, KNOWN, "cmd") == filled


def test_a_mapping_is_written_as_the_settings_say() -> None:
    writing = Writing(negates=True, repeats=True)
    said = "run --lr 0.1 --quiet --no-slow --tags 'a b' --tags 2 --deep.name 'it'\"'\"'s'"
    assert fill("run ${flags}", KNOWN, "cmd", writing) == said


def test_a_loop_takes_lists_and_mappings_as_they_are() -> None:
    assert fill("${models}", KNOWN, "foreach") == KNOWN["models"]
    assert fill({"m": "${models}"}, KNOWN, "matrix") == {"m": KNOWN["models"]}


@pytest.mark.parametrize(
    ("text", "key", "said"),
    [
        ("${lrr}", "cmd", "${lrr}: nothing is called 'lrr', did you mean 'lr'?"),
        ("${lr.x}", "cmd", "${lr.x}: nothing is called 'x'"),
        ("${models[2]}", "cmd", "${models[2]}: nothing is called '2'"),
        ("${}", "cmd", "${} is no name; write ${name}, ${name.key} or ${name[0]}"),
        ("${a..b}", "cmd", "${a..b} is no name; write ${name}, ${name.key} or ${name[0]}"),
        ("${models}", "cmd", "${models} is a list, and one value is expected here; name one inside of it"),
        ("${flags}", "deps", "${flags} is a mapping, and one value is expected here; name one inside of it"),
        ("x${models}", "foreach", "${models} is a list, which no text can hold"),
    ],
)
def test_what_cannot_be_filled_in_says_why(text: str, key: str, said: str) -> None:
    with pytest.raises(TemplateError) as error:
        fill(text, KNOWN, key)
    assert str(error.value) == said


@pytest.mark.parametrize(
    ("value", "has"), [("${a}", True), (r"\${a}", False), ({"${a}": 1}, True), ([["${a}"]], True), ({"a": [1]}, False)]
)
def test_templates_are_found_anywhere(value: Any, has: bool) -> None:
    assert has_template(value) is has
