"""What a job gets of the environment: the harmless families, and what the lists of ml-ci.yaml name or set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from ml_ci.forges.registry import is_build
from ml_ci.frozen import dataclass
from ml_ci.variables.families import harmless, never, of_storage
from ml_ci.variables.passwords import mask


@dataclass(frozen=True)
class Env:
    """What `env:` says: the `names` that a job gets as they are, and the `values` that it sets.

    `storage` adds the families of the storages of data.
    """

    names: tuple[str, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)
    storage: bool = False

    def names_it(self, name: str) -> bool:
        """Say whether a variable is given as it is, though it is in no harmless family."""
        return never(name) is None and (name in self.names or (self.storage and of_storage(name)))


def give(environment: Mapping[str, str], env: Env) -> dict[str, str]:
    """Give what a job may have of ml-ci's environment; what a harmless value says of passwords is masked."""
    kept = {name: value for name, value in environment.items() if env.names_it(name)}
    plain = {name: mask(name, value) for name, value in environment.items() if name not in kept and harmless(name)}
    return {**plain, **kept, **env.values}


def withheld(environment: Mapping[str, str], env: Env) -> tuple[str, ...]:
    """Name what a job does not get, sorted: whole variables, and those of which it gets no password."""
    has = give(environment, env)
    return tuple(
        sorted(
            name
            for name, value in environment.items()
            if has.get(name) != value and name not in env.values and _is_told(name)
        )
    )


def missing(environment: Mapping[str, str], env: Env) -> tuple[str, ...]:
    """Name what a list names and nobody set."""
    return tuple(name for name in env.names if name not in environment and name not in env.values)


def in_ci(environment: Mapping[str, str]) -> bool:
    """Say whether this is a run of a CI system, which a person set up to have what is needed."""
    return environment.get("CI", "").lower() not in ("", "0", "false") or is_build(environment)


def _is_told(name: str) -> bool:
    """Leave out what no list could give."""
    return never(name) is None and name.isidentifier() and name != "_"
