"""In a pull request the base's lists say which variables jobs get."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ml_ci.gates.held import held
from ml_ci.gates.held_variables import about_job, held_of_new, hold_job, list_judged
from ml_ci.spec.values import FileEntry, FunctionJob, JobSpec, MakingCommand, ModelSpec, Positive, Spec


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


DEPLOY = JobSpec("deploy", MakingCommand("./deploy"), {}, env=("TOKEN",), needs=("cut",), after_promotion=True)
IN_A_RUN = replace(DEPLOY, after_promotion=False)


@pytest.mark.parametrize(
    ("own", "base", "names"),
    [
        (IN_A_RUN, DEPLOY, ()),  # a change that would have the deployment done in its own run
        (replace(IN_A_RUN, name="other"), DEPLOY, ()),  # a new job asks for what only the deployment has
        (replace(IN_A_RUN, env=("MODE",)), IN_A_RUN, ("TOKEN",)),
    ],
)
def test_what_a_deployment_is_given_no_job_of_a_change_gets(own: JobSpec, base: JobSpec, names: Any) -> None:
    spec = Spec({"cut": model(env=())}, jobs={"deploy": base})
    assert hold_job(own, spec).env == names
    assert held_of_new(model(env=("TOKEN",)), list_judged(spec)).env == (() if base is DEPLOY else ("TOKEN",))


_NEW = "is done after the promotion once it is merged with TOKEN: look at it, no run tries it."


@pytest.mark.parametrize(
    ("own", "base", "said"),
    [
        (DEPLOY, replace(DEPLOY, line=7), []),
        (DEPLOY, None, [f"The job deploy is new in this change, and {_NEW}"]),
        (DEPLOY, replace(DEPLOY, env=()), [f"The job deploy was changed in this change, and {_NEW}"]),
        (DEPLOY, IN_A_RUN, [f"The job deploy is new in this change, and {_NEW}"]),
        (
            IN_A_RUN,
            DEPLOY,
            ["The job deploy is no longer done after the promotion in this change, and was done in this run."],
        ),
    ],
)
def test_a_change_of_a_deployment_is_told(own: JobSpec, base: JobSpec | None, said: list[str]) -> None:
    assert list(about_job(own, own, base, check=False)) == said
