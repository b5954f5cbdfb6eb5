"""What a program that failed may have lacked: variables that are set here and were withheld from it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ml_ci.variables.families import looks_secret
from ml_ci.variables.given import Env, withheld
from ml_ci.variables.passwords import inside

_SHORTEST = 3
_MOST = 6
_LOGIN = re.compile(
    r"(?i)credential|unauthori[sz]ed|forbidden|access.?denied|permission.?denied|authenticat|not logged in|log ?in\b|"
    r"api[ _-]?key|access[ _-]?key|access[ _-]?token|\b(?:401|403|407)\b"
)


def lacking(environment: Mapping[str, str], env: Env, text: str) -> tuple[str, ...]:
    """Name what was withheld and is named in what a program said; what logs in somewhere, where it could not log in."""
    names = withheld(environment, env)
    named = tuple(name for name in names if len(name) >= _SHORTEST and _stands_in(name, text))
    if named or not _LOGIN.search(text):
        return named
    return tuple(name for name in names if looks_secret(name) or any(inside(name, environment[name])))[:_MOST]


def unset(environment: Mapping[str, str], env: Env, text: str) -> tuple[str, ...]:
    """Name what a list names, nobody set or left empty, and a program named when it failed."""
    return tuple(name for name in env.names if not environment.get(name) and _stands_in(name, text))


def advice(lacks: tuple[str, ...], empty: tuple[str, ...], key: str) -> str:
    """Say what to do about it; `key` is what gives variables, such as `env: [NAMES]`; "" where nothing was lacking."""
    said = []
    if lacks:
        one = len(lacks) == 1
        names = ", ".join(f"`{name}`" for name in lacks)
        given = key.replace("NAMES", ", ".join(lacks))
        said.append(
            f"{names} {'is' if one else 'are'} set here and {'was' if one else 'were'} withheld, whole or by the "
            f"password inside: `{given}` gives {'it' if one else 'them'}; in a pull request the base's list decides."
        )
    if empty:
        names = ", ".join(f"`{name}`" for name in empty)
        said.append(f"{names} {'is' if len(empty) == 1 else 'are'} empty here: pull requests of forks get no secrets.")
    return " ".join(said)


def _stands_in(name: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None
