"""A program that failed is told what was withheld from it."""

from __future__ import annotations

import pytest

from ml_ci.variables.given import Env
from ml_ci.variables.lacking import advice, lacking, unset

ENVIRONMENT = {
    "PATH": "/bin",
    "WANDB_API_KEY": "secret",
    "WANDB_MODE": "online",
    "AWS_ACCESS_KEY_ID": "secret",
    "HTTPS_PROXY": "http://me:hunter22@proxy",
    "HTTP_PROXY": "http://proxy",
    "ID": "x",
    "EMPTY": "",
}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("KeyError: 'WANDB_MODE'", ("WANDB_MODE",)),
        ("train.sh: 3: WANDB_MODE: unbound variable", ("WANDB_MODE",)),
        ("set WANDB_MODE and WANDB_API_KEY first", ("WANDB_API_KEY", "WANDB_MODE")),
        ("no OLD_WANDB_MODE and no WANDB_MODES", ()),
        ("KeyError: 'PATH'", ()),
        ("the ID of a row", ()),
        ("NoCredentialsError: Unable to locate credentials", ("AWS_ACCESS_KEY_ID", "HTTPS_PROXY", "WANDB_API_KEY")),
        ("HTTP 407 from the proxy", ("AWS_ACCESS_KEY_ID", "HTTPS_PROXY", "WANDB_API_KEY")),
        ("ValueError: 4012 rows", ()),
    ],
)
def test_what_was_withheld(text: str, names: tuple[str, ...]) -> None:
    assert lacking(ENVIRONMENT, Env(), text) == names


def test_what_is_given_is_not_lacking() -> None:
    assert lacking(ENVIRONMENT, Env(("WANDB_MODE",)), "KeyError: 'WANDB_MODE'") == ()


def test_what_is_listed_and_empty() -> None:
    env = Env(("EMPTY", "NOWHERE", "WANDB_MODE"))
    assert unset(ENVIRONMENT, env, "EMPTY, NOWHERE or WANDB_MODE is wrong") == ("EMPTY", "NOWHERE")
    assert unset(ENVIRONMENT, env, "something is wrong") == ()


def test_says_what_to_do() -> None:
    said = advice(("A", "B"), (), "env: [NAMES]")
    assert said == (
        "`A`, `B` are set here and were withheld, whole or by the password inside: `env: [A, B]` gives them; in a pull "
        "request the base's list decides."
    )
    assert advice((), ("A",), "env: [NAMES]") == "`A` is empty here: pull requests of forks get no secrets."
    assert advice((), (), "env: [NAMES]") == ""
