"""What the user selected: which ml-ci.yaml, and whether all of its gates are to be judged."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ml_ci.errors import UserError
from ml_ci.spec.find import NAME, find

# Options of pytest by which a user picks some of what was collected, and what they are when they pick nothing.
_PICKING = ("keyword", "markexpr", "deselect", "lf", "stepwise", "stepwise_skip")


def configuration(config: pytest.Config) -> Path:
    """Find the configuration: `--ml-ci-config`, a named ml-ci.yaml, the ini key, or the nearest one upwards.

    UserError when there is none, or when two different ones are named.
    """
    here, option = config.invocation_params.dir, config.option.ml_ci_config
    given = [find(here, option)] if option else []
    named = dict.fromkeys(_normal(path) for path in [*given, *_named(config)])
    if len(named) > 1:
        listed = " and ".join(str(path) for path in named)
        raise UserError(f"a run judges the gates of one file, named are {listed}", hint="Run pytest for each of them.")
    if named:
        return next(iter(named))
    ini = config.getini("ml_ci_config")
    if ini:
        return _normal(find(config.inipath.parent if config.inipath else config.rootpath, ini))
    return _normal(_nearest(config))


def include(config: pytest.Config, file: Path) -> None:
    """Add the configuration to what is collected, once, unless the user named node ids."""
    if not has_node_ids(config) and file not in (_path(config, argument) for argument in config.args):
        config.args.append(str(file))


def has_node_ids(config: pytest.Config) -> bool:
    """Say whether the user named single tests (`file::test`)."""
    return any("::" in argument for argument in config.args)


def is_partial(config: pytest.Config) -> bool:
    """Say whether the user selected some of the tests, so that gates may be missing on purpose."""
    return has_node_ids(config) or any(getattr(config.option, name, None) for name in _PICKING)


def _named(config: pytest.Config) -> list[Path]:
    paths = [_path(config, argument) for argument in config.args]
    return [path for path in paths if path.name == NAME and path.is_file()]


def _path(config: pytest.Config, argument: str) -> Path:
    """Give the file or folder of an argument, without its node id."""
    return _normal(config.invocation_params.dir / argument.partition("::")[0])


def _normal(path: Path) -> Path:
    """Make a path absolute as pytest does: without following links."""
    return Path(os.path.normpath(path.absolute()))


def _nearest(config: pytest.Config) -> Path:
    """Look upwards from where pytest was started, then from what it was given, then from its root directory."""
    paths = [_path(config, argument) for argument in config.args]
    given = [path if path.is_dir() else path.parent for path in paths]
    errors = []
    for start in (config.invocation_params.dir, *given, config.rootpath):
        try:
            return find(start, None)
        except UserError as error:
            errors.append(error)
    raise errors[0]
