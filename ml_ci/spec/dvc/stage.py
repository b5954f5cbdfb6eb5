"""One stage of `dvc.yaml` as values: what it runs and where, what it reads and what it leaves."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any

from ml_ci.frozen import dataclass
from ml_ci.spec.dvc.expand import Resolved
from ml_ci.spec.dvc.looked import Looked
from ml_ci.spec.dvc.problem import At
from ml_ci.spec.dvc.values_of import PARAMS, load_values
from ml_ci.spec.paths import is_absolute, is_url
from ml_ci.spec.problems import show

_OUTS = ("outs", "metrics", "plots")


@dataclass(frozen=True)
class Out:
    """What a stage leaves at a path. `kept`: DVC has it in its cache; `result`: it is no metric or plot."""

    path: str
    at: At
    kept: bool = True
    result: bool = True


@dataclass(frozen=True)
class Stage:
    """A stage by DVC's name for it. Paths are relative to the folder of `ml-ci.yaml`.

    `params` are the values that it declares to depend on, by file and key: `lr`, of another file than `params.yaml` in
    its own folder `other.yaml:lr`; `asked` are the same by file, None for all of a file, as `dvc.lock` has them.
    """

    name: str
    group: str
    commands: tuple[str, ...]
    wdir: str
    deps: Mapping[str, At]
    outs: tuple[Out, ...]
    at: At
    params: Mapping[str, object] = field(default_factory=dict)
    asked: Mapping[str, tuple[str, ...] | None] = field(default_factory=dict)
    programs: tuple[str, ...] = ()
    frozen: bool = False
    always: bool = False


def read_stage(resolved: Resolved, folder: str, looked: Looked) -> Stage:
    """Read one stage; `folder` is that of `dvc.yaml`. StageError for what is wrong with it first."""
    keys, at = resolved.keys, resolved.at
    wdir = _place(_text(keys.get("wdir", "."), at / "wdir"), folder, at / "wdir")
    reading = _Reading(wdir, looked)
    reading.params(keys.get("params", []), at / "params")
    return Stage(
        name=resolved.name,
        group=resolved.group,
        commands=_commands(keys, at),
        wdir=wdir,
        deps=dict(reading.deps(keys.get("deps", []), at / "deps")),
        outs=tuple(one for key in _OUTS for one in reading.outs(key, keys.get(key, []), at / key)),
        at=at,
        params=reading.said,
        asked=reading.asked,
        programs=tuple(reading.programs),
        frozen=_flag(keys, "frozen", at),
        always=_flag(keys, "always_changed", at),
    )


@dataclass
class _Reading:
    wdir: str
    looked: Looked
    said: dict[str, object] = field(default_factory=dict)
    asked: dict[str, tuple[str, ...] | None] = field(default_factory=dict)
    programs: list[str] = field(default_factory=list)

    def deps(self, said: Any, at: At) -> Iterator[tuple[str, At]]:
        for index, dep in enumerate(_list(said, at)):
            here = at / index
            path = _text(dep, here)
            if path.startswith(("remote://", "ds://")):
                raise here.wrong(
                    f"{show(path)} is known to DVC's settings only; write its URL, or the path of its file"
                )
            yield (path if is_url(path) else _place(path, self.wdir, here)), here

    def outs(self, key: str, said: Any, at: At) -> Iterator[Out]:
        for index, out in enumerate(_list(said, at)):
            here = at / index
            path, flags = next(iter(out.items())) if isinstance(out, Mapping) and len(out) == 1 else (out, {})
            path = _text(path, here)
            if is_url(path):
                raise here.wrong(f"{show(path)} is written to another place, where both sides would; leave a file here")
            kept = flags.get("cache", True) if isinstance(flags, Mapping) else True
            placed = _place(path, self.wdir, here)
            if placed == ".":
                raise here.wrong("a stage cannot leave the whole project; name what it leaves in it")
            yield Out(placed, here, kept is not False, key == "outs")

    def params(self, said: Any, at: At) -> None:
        for index, item in enumerate(_list(said, at)):
            here = at / index
            if isinstance(item, Mapping):
                for file, keys in item.items():
                    names = None if keys is None or keys == [] else [_text(key, here) for key in _list(keys, here)]
                    self._ask(str(file), names, here)
            else:
                self._ask(PARAMS, [_text(item, here)], here)

    def _ask(self, file: str, names: list[str] | None, at: At) -> None:
        path = _place(file, self.wdir, at)
        if path.endswith(".py"):
            self.programs.append(path)  # its statements count, as of any program
            return
        values = load_values(path, self.looked, at)
        before = "" if file == PARAMS else f"{path}:"
        if names is None:
            self.said[path] = values
            self.asked[path] = None
            return
        for name in names:
            self.said[f"{before}{name}"] = find_value(values, name, path, at)
        known = self.asked.get(path, ())
        self.asked[path] = None if known is None else (*known, *names)


def find_value(values: Any, name: str, path: str, at: At) -> Any:
    """Give the value of a dotted key; StageError where the file has none."""
    found = values
    for part in name.split("."):
        if isinstance(found, Mapping) and part in found:
            found = found[part]
        elif isinstance(found, list) and part.isdigit() and int(part) < len(found):
            found = found[int(part)]
        else:
            raise at.wrong(f"{path} has no key {show(name)}: `dvc repro` would refuse, too")
    return found


def _commands(keys: Mapping[str, Any], at: At) -> tuple[str, ...]:
    said = keys.get("cmd")
    commands = said if isinstance(said, list) else [said]
    if not commands or not all(isinstance(one, str | int | float) and str(one).strip() for one in commands):
        raise (at / "cmd").wrong(f"expected a command or a list of commands, got {show(said)}")
    return tuple(map(str, commands))


def _place(path: str, folder: str, at: At) -> str:
    if is_absolute(path) or path.startswith("~"):
        raise at.wrong(
            f"{show(path)} lies on this machine alone, and belongs to no commit; bring it into the repository"
        )
    placed = posixpath.normpath(posixpath.join(folder, path))
    if placed == ".." or placed.startswith("../"):
        raise at.wrong(
            f"{show(path)} lies outside of the folder of ml-ci.yaml; put ml-ci.yaml into a folder that holds both"
        )
    return placed


def _text(value: Any, at: At) -> str:
    if isinstance(value, str | int | float) and not isinstance(value, bool) and str(value).strip():
        return str(value)
    raise at.wrong(f"expected text, got {show(value)}")


def _list(value: Any, at: At) -> list[Any]:
    if isinstance(value, list):
        return value
    if value is None:
        return []
    raise at.wrong(f"expected a list, got {show(value)}")


def _flag(keys: Mapping[str, Any], name: str, at: At) -> bool:
    value = keys.get(name, False)
    if not isinstance(value, bool):
        raise (at / name).wrong(f"expected true or false, got {show(value)}")
    return value
