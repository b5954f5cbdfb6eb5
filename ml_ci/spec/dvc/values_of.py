"""The values that templates and `params:` name: files of parameters, and what `vars:` says."""

from __future__ import annotations

import json
import posixpath
import tomllib
from collections.abc import Mapping
from typing import Any

from ml_ci.spec.document import read
from ml_ci.spec.dvc.looked import Looked
from ml_ci.spec.dvc.problem import At, StageError
from ml_ci.spec.dvc.template import has_template
from ml_ci.spec.problems import Problem, show, suggest

PARAMS = "params.yaml"


def load_values(path: str, looked: Looked, at: At) -> Any:
    """Give what a YAML, JSON or TOML file holds; StageError at `at` where it is missing or in another language.

    What is wrong inside of it is named with its own line.
    """
    content = looked.read(path)
    if content is None:
        raise at.wrong(f"there is no file {show(path)}")
    if path.endswith(".py"):
        raise at.wrong(f"{show(path)} is Python, whose values are not read; keep them in a YAML, JSON or TOML file")
    try:
        text = content.decode("utf-8")
        if path.endswith(".json"):
            return json.loads(text)
        if path.endswith(".toml"):
            return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise at.wrong(f"{show(path)} cannot be read: {error}") from None
    return read_yaml(text, path)


def read_yaml(text: str, path: str) -> Any:
    """Give the value of a YAML text, {} of an empty one; StageError with the line in it."""
    if not any(line.strip() and not line.lstrip().startswith("#") for line in text.splitlines()):
        return {}
    document = read(text)
    if document.problems:
        first = document.problems[0]
        place = At(path, document, first.place)
        raise StageError(Problem(first.place, first.message, first.line or place.line, file=path))
    return document.value


def load_vars(said: Any, folder: str, looked: Looked, at: At, known: Mapping[str, Any]) -> dict[str, Any]:
    """Add to what is `known` what `vars:` says: files (`a.yaml`, `a.yaml:key,key`) and mappings, in their order.

    StageError where a name has a value already: DVC gives none of them precedence.
    """
    found = dict(known)
    for index, item in enumerate(_listed(said, at)):
        here = at / index
        if has_template(item):
            raise here.wrong("nothing is filled in under vars:; write the value itself")
        if isinstance(item, Mapping):
            found = _merge(found, item, here)
        elif isinstance(item, str):
            path, _, keys = item.partition(":")
            path = posixpath.normpath(posixpath.join(folder, path))
            if path == posixpath.normpath(posixpath.join(folder, PARAMS)) and not keys:
                continue  # it is known without being named
            found = _merge(found, _choose(load_values(path, looked, here), path, keys, here), here)
        else:
            raise here.wrong(f"expected a file or a mapping of values, got {show(item)}")
    return found


def load_default(folder: str, looked: Looked, at: At) -> dict[str, Any]:
    """Give the values of the `params.yaml` in a folder, which every template may name; {} without one."""
    path = posixpath.normpath(posixpath.join(folder, PARAMS))
    if looked.read(path) is None:
        return {}
    return _mapping(load_values(path, looked, at), path, at)


def _choose(values: Any, path: str, keys: str, at: At) -> Mapping[str, Any]:
    values = _mapping(values, path, at)
    names = [name for name in keys.split(",") if name]
    for name in names:
        if name not in values:
            raise at.wrong(f"{path} has no key {show(name)}{suggest(name, values)}")
    return {name: values[name] for name in names} if names else values


def _mapping(values: Any, path: str, at: At) -> dict[str, Any]:
    if not isinstance(values, Mapping):
        raise at.wrong(f"{path} has to hold a mapping, and holds {show(values)}")
    return dict(values)


def _merge(known: Mapping[str, Any], more: Mapping[str, Any], at: At) -> dict[str, Any]:
    merged = dict(known)
    for name, value in more.items():
        if isinstance(merged.get(name), Mapping) and isinstance(value, Mapping):
            merged[name] = _merge(merged[name], value, at)
        elif name in merged:
            raise at.wrong(f"{show(name)} has a value already; give it another name")
        else:
            merged[name] = value
    return merged


def _listed(said: Any, at: At) -> list[Any]:
    if not isinstance(said, list):
        raise at.wrong(f"expected a list of files and mappings, got {show(said)}")
    return said
