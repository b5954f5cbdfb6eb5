"""The parameters of a training: inline in `ml-ci.yaml`, or a file, or a key in a file."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ml_ci.digests import PLAIN
from ml_ci.errors import UserError
from ml_ci.repository.values import Tree
from ml_ci.spec.values import Node


def load_params(model: Node, tree: Tree, folder: Path) -> Any:
    """Give the parameters as builtin values, None when the model declares none.

    A file that git ignores is read from `folder`. UserError when the file or the key is not there, or does not parse.
    """
    if model.params_file is None:
        return dict(model.params) if model.params is not None else None
    file, key = model.params_file
    return _chosen(_parse(file, _content(file, tree, folder)), file, key)


def flat(params: object, prefix: str = "") -> dict[str, object]:
    """Give the leaves of nested parameters by dotted key, as JSON knows them; a list is a leaf."""
    if not isinstance(params, Mapping):
        return {prefix: _leaf(params)} if prefix else ({} if params is None else {"": _leaf(params)})
    found: dict[str, object] = {}
    for key, value in params.items():
        found |= flat(value, f"{prefix}.{key}" if prefix else str(key)) if value != {} else {f"{prefix}.{key}": {}}
    return found


def _leaf(value: object) -> object:
    """Give a value as a record keeps it: dates, sets, bytes and numbers that are not finite by their names."""
    if isinstance(value, Mapping):
        return {str(key): _leaf(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_leaf(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted(map(str, value))
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if isinstance(value, PLAIN) else str(value)


def _content(file: str, tree: Tree, folder: Path) -> bytes:
    try:
        return tree.read(file)
    except FileNotFoundError:
        if file not in tree.files() and (folder / file).is_file():
            return (folder / file).read_bytes()
    at = f"commit {tree.commit[:7]}" if tree.commit else str(folder)
    raise UserError(f"params: {file} is not there in {at}", hint="Create it, or correct `params:` in ml-ci.yaml.")


def _parse(file: str, content: bytes) -> Any:
    try:
        if file.endswith(".json"):
            return json.loads(content)
        if file.endswith(".toml"):
            import tomllib

            return tomllib.loads(content.decode("utf-8"))
        return _yaml(content)
    except (ValueError, RecursionError) as error:
        raise UserError(
            f"params: {file} cannot be read: {error}", hint="Correct the file; it is YAML, JSON or TOML."
        ) from None


def _yaml(content: bytes) -> Any:
    import yaml

    try:
        return yaml.load(content, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    except yaml.YAMLError as error:
        raise ValueError(" ".join(str(error).split())) from None


def _chosen(params: Any, file: str, key: str) -> Any:
    for name in key.split(".") if key else ():
        if not isinstance(params, Mapping) or name not in params:
            known = ", ".join(map(str, params)) if isinstance(params, Mapping) else "no keys at all"
            raise UserError(f"params: {file} has no key {key}", hint=f"`{name}` is not among: {known}.")
        params = params[name]
    return params
