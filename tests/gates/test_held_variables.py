"""In a pull request the base's lists say which variables jobs get."""

from __future__ import annotations

from typing import Any

import pytest

from ml_ci.gates.held import held
from ml_ci.gates.held_variables import held_of_new
from ml_ci.spec.values import FileEntry, FunctionJob, ModelSpec, Positive


def model(**more: Any) -> ModelSpec:
    return ModelSpec("m", FunctionJob("m:t"), {}, FileEntry("b.csv"), "y", Positive((1,)), **more)


@pytest.mark.parametrize(
    ("own", "base", "names", "said"),
    [
        ((), (), (), ()),
        (("A",), ("A",), ("A",), ()),
        (
            ("A", "SECRET"),
            ("A",),
            ("A",),
            ("`env` was changed in this change ([A] → [A, SECRET]): jobs get what the old one names.",),
        ),
        ((), ("A",), ("A",), ("`env` was changed in this change ([A] → none): jobs get what the old one names.",)),
    ],
)
def test_the_bases_list_gives(own: Any, base: Any, names: Any, said: Any) -> None:
    found = held(model(env=own), model(env=base))
    assert (found.model.env, found.cautions) == (names, said)


def test_what_the_file_sets_is_the_changes_own() -> None:
    found = held(model(env_values={"MODE": "new"}), model(env_values={"MODE": "old"}))
    assert (found.model.env_values, found.cautions) == ({"MODE": "new"}, ())


@pytest.mark.parametrize(
    ("own", "base", "said"),
    [
        (
            None,
            (),
            "`env` of `fetch` was changed in this change (none → the storages'): it gets what the old one names.",
        ),
        (
            ("A",),
            None,
            "`env` of `fetch` was changed in this change (the storages' → [A]): it gets what the old one names.",
        ),
    ],
)
def test_the_bases_list_of_fetch_gives(own: Any, base: Any, said: str) -> None:
    found = held(model(fetch="x", fetch_env=own), model(fetch="x", fetch_env=base))
    assert (found.model.fetch_env, found.cautions) == (base, (said,))


@pytest.mark.parametrize(
    ("own", "base", "names"),
    [
        (("A", "SECRET"), {"other": ("A", "B")}, ("A",)),
        (("A", "B"), {"one": ("A",), "two": ("B",)}, ("A", "B")),
        (("A",), {"one": ()}, ()),
    ],
)
def test_a_new_model_gets_what_a_model_of_the_base_has_already(own: Any, base: Any, names: Any) -> None:
    assert held_of_new(model(env=own), {name: model(env=env) for name, env in base.items()}).env == names


@pytest.mark.parametrize(
    ("own", "base", "names"),
    [
        (None, [None], None),
        (None, [], None),
        (None, [("A",), ("B",)], ("A", "B")),
        (None, [("A",), None], None),
        (("AWS_PROFILE", "SECRET"), [None], ("AWS_PROFILE",)),
        (("A", "SECRET"), [("A", "B")], ("A",)),
    ],
)
def test_the_fetch_of_a_new_model_gets_no_more_either(own: Any, base: Any, names: Any) -> None:
    lists = {str(index): model(fetch="x", fetch_env=one) for index, one in enumerate(base)}
    assert held_of_new(model(fetch="x", fetch_env=own), lists).fetch_env == names
