"""Keep what `ml-ci.yaml` was parsed to: neither pydantic nor YAML is imported when the text was read before."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

from ml_ci import __version__
from ml_ci.conditions import tree as conditions
from ml_ci.frozen import dataclass
from ml_ci.records.atomic import write_text
from ml_ci.records.store import Store
from ml_ci.spec import values
from ml_ci.spec.dvc.looked import Files, Folder, Looked
from ml_ci.spec.values import Spec

_ENGINE = Path(__file__).parents[2]
_READERS = ("spec", "spec/dvc", "conditions")
_MOST = 8  # of one text with other files beside it
_FIT = (KeyError, TypeError, ValueError, AttributeError, RecursionError)


def load_spec(text: str, path: str, state: Path, files: Files | None = None) -> Spec:
    """Give what `ml_ci.spec.load.load` gives, from the cache below `state` where the same was read before.

    `files` are those that the text may lead to (a `dvc.yaml`; by default those beside `state`): each of them has to be
    what it was. A file with mistakes is never kept. A cache that is damaged, or of another version of ml-ci, is read
    anew.
    """
    file = state / "cache" / f"spec-{_key(text)}.json"
    kept, files = _kept(file), files or Folder(state.parent)
    for one in kept:
        if not one.asked or Looked(files).agrees(one.asked):
            return replace(one.spec, path=path)
    from ml_ci.spec.load import load_looking

    looked = Looked(files)
    spec = load_looking(text, path, looked)
    _keep(file, [_Entry(spec, tuple(looked.asked.items())), *kept[: _MOST - 1]])
    return spec


_Asked: TypeAlias = tuple[tuple[tuple[str, str], str | None], ...]


@dataclass(frozen=True)
class _Entry:
    """What a text was read to, with what was `asked` of other files, and what those answered."""

    spec: Spec
    asked: _Asked


def pack(value: object) -> Any:
    """Turn a spec's value into JSON that names the kinds: unions cannot be told apart without."""
    if is_dataclass(value) and not isinstance(value, type):
        return {"is": type(value).__name__, **{one.name: pack(getattr(value, one.name)) for one in fields(value)}}
    if isinstance(value, tuple):
        return {"is": "tuple", "of": [pack(item) for item in value]}
    if isinstance(value, list):
        return [pack(item) for item in value]
    if isinstance(value, dict):
        return {"is": "dict", "of": [[key, pack(item)] for key, item in value.items()]}
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise TypeError(f"{type(value).__name__} is no value of a spec")


def unpack(data: Any) -> Any:
    """Turn packed JSON back; KeyError, TypeError or ValueError when it is not what `pack` wrote."""
    if isinstance(data, list):
        return [unpack(item) for item in data]
    if not isinstance(data, dict):
        return data
    kind, rest = data["is"], {name: item for name, item in data.items() if name != "is"}
    if kind == "tuple":
        return tuple(unpack(item) for item in rest["of"])
    if kind == "dict":
        return {key: unpack(item) for key, item in rest["of"]}
    return _KINDS[kind](**{name: unpack(item) for name, item in rest.items()})


def _kinds(*modules: object) -> Iterator[tuple[str, type]]:
    for module in modules:
        for name, kind in vars(module).items():
            if isinstance(kind, type) and is_dataclass(kind):
                yield name, kind


_KINDS = dict(_kinds(values, conditions))


def _key(text: str) -> str:
    """Digest the text with the version and the files of ml-ci that read it: a development tree has one version."""
    stats = [
        (entry.name, entry.stat().st_size, entry.stat().st_mtime_ns)
        for folder in _READERS
        for entry in os.scandir(_ENGINE / folder)
        if entry.name.endswith(".py")
    ]
    return hashlib.sha256(repr((__version__, sorted(stats), text)).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _kept(file: Path) -> list[_Entry]:
    try:
        found = [_Entry(unpack(one["spec"]), _read_asked(one["asked"])) for one in json.loads(file.read_bytes())]
    except (OSError, *_FIT):
        return []
    return found if all(isinstance(one.spec, Spec) for one in found) else []


def _read_asked(data: Any) -> _Asked:
    return tuple(((str(kind), str(path)), answer) for (kind, path), answer in data)


def _keep(file: Path, entries: list[_Entry]) -> None:
    try:
        text = json.dumps([{"spec": pack(one.spec), "asked": one.asked} for one in entries], separators=(",", ":"))
        Store(file.parents[1]).ready()
        file.parent.mkdir(exist_ok=True)
        write_text(file, text)
    except (OSError, TypeError, ValueError):
        return  # slower next time, and no error: the spec was read
