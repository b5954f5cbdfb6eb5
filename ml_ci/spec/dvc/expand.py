"""From the text of `dvc.yaml` to its stages, one by one: templates filled in, `foreach` and `matrix` unrolled."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product
from typing import Any

from ml_ci.frozen import dataclass
from ml_ci.spec.document import read
from ml_ci.spec.dvc.looked import Looked
from ml_ci.spec.dvc.problem import At, StageError
from ml_ci.spec.dvc.template import TemplateError, Writing, fill, write
from ml_ci.spec.dvc.values_of import load_default, load_vars
from ml_ci.spec.problems import Problem, show

_STAGE_KEYS = frozenset(
    ("cmd", "wdir", "deps", "params", "vars", "frozen", "meta", "desc", "always_changed", "outs", "metrics", "plots")
)
_TOP = frozenset(("stages", "vars", "params", "metrics", "plots", "artifacts", "datasets"))
_LOOPS = ("foreach", "matrix")
MOST_STAGES = 1000


@dataclass(frozen=True)
class Resolved:
    """One stage by DVC's name for it, every template in it filled in. `group` is the entry of the file that it is of.

    `at` is where its keys stand.
    """

    name: str
    group: str
    keys: Mapping[str, Any]
    at: At


def expand(text: str, path: str, looked: Looked, writing: Writing) -> tuple[Resolved, ...]:
    """Read a whole `dvc.yaml`; `path` is relative to the folder of `ml-ci.yaml`. StageError for what is wrong first."""
    document = read(text)
    at = At(path, document)
    for problem in document.problems:
        raise At(path, document, problem.place).wrong(problem.message) if problem.place else _at_line(at, problem)
    value = document.value
    if not isinstance(value, Mapping) or not isinstance(value.get("stages"), Mapping) or not value["stages"]:
        raise at.wrong("expected a mapping with the key stages, which holds at least one stage")
    for key in value:
        if key not in _TOP:
            raise (at / key).wrong(f"unknown key; DVC knows {', '.join(sorted(_TOP))}")
    folder = posixpath.dirname(path)
    known = load_default(folder, looked, at / "vars")
    if "vars" in value:
        known = load_vars(value["vars"], folder, looked, at / "vars", known)
    reading = _Reading(folder, looked, writing)
    stages = tuple(
        one for name, said in value["stages"].items() for one in reading.stage(name, said, at / "stages" / name, known)
    )
    if len(stages) > MOST_STAGES:
        raise (at / "stages").wrong(f"the file unfolds to {len(stages):,} stages, and {MOST_STAGES:,} are the most")
    return stages


def _at_line(at: At, problem: Problem) -> StageError:
    return StageError(replace(problem, file=at.file))


@dataclass(frozen=True)
class _Reading:
    folder: str
    looked: Looked
    writing: Writing

    def stage(self, name: str, said: Any, at: At, known: Mapping[str, Any]) -> Iterator[Resolved]:
        """Give the stages of one entry: itself, or one for each value of its loop."""
        if not isinstance(said, Mapping):
            raise at.wrong(f"expected a mapping with cmd, got {show(said)}")
        if "foreach" in said or "do" in said:
            yield from self._foreach(name, said, at, known)
        elif "matrix" in said:
            yield from self._matrix(name, said, at, known)
        else:
            yield self._resolve(name, name, said, at, known)

    def _foreach(self, name: str, said: Mapping[str, Any], at: At, known: Mapping[str, Any]) -> Iterator[Resolved]:
        for key in said:
            if key not in ("foreach", "do"):
                raise (at / key).wrong("beside foreach: there is only do:, which holds the stage; move it there")
        if not {"foreach", "do"} <= said.keys() or not isinstance(said["do"], Mapping):
            raise at.wrong("expected foreach: with a list or a mapping, and do: with a stage")
        over = self._fill(said["foreach"], known, "foreach", at / "foreach")
        if isinstance(over, Mapping):
            each = [(str(key), {"item": value, "key": str(key)}) for key, value in over.items()]
        elif isinstance(over, list):
            composite = any(isinstance(value, Mapping | list) for value in over)
            each = [(str(i) if composite else write(value), {"item": value}) for i, value in enumerate(over)]
        else:
            raise (at / "foreach").wrong(f"expected a list or a mapping, got {show(over)}")
        yield from self._each(name, dict(each), said["do"], at / "do", known)

    def _matrix(self, name: str, said: Mapping[str, Any], at: At, known: Mapping[str, Any]) -> Iterator[Resolved]:
        over = self._fill(said["matrix"], known, "matrix", at / "matrix")
        if not isinstance(over, Mapping) or not all(isinstance(values, list) for values in over.values()):
            raise (at / "matrix").wrong("expected a mapping of names to lists")
        each = {}
        for chosen in product(*(list(enumerate(values)) for values in over.values())):
            item = dict(zip(over, (value for _, value in chosen), strict=True))
            parts = [
                f"{axis}{i}" if isinstance(value, Mapping | list) else write(value)
                for axis, (i, value) in zip(over, chosen, strict=True)
            ]
            key = "-".join(parts)
            each[key] = {"key": key, "item": item}
        stage = {key: value for key, value in said.items() if key != "matrix"}
        yield from self._each(name, each, stage, at, known)

    def _each(
        self,
        group: str,
        each: Mapping[str, Mapping[str, Any]],
        stage: Mapping[str, Any],
        at: At,
        known: Mapping[str, Any],
    ) -> Iterator[Resolved]:
        for key, values in each.items():
            yield self._resolve(f"{group}@{key}", group, stage, at, {**known, **values})

    def _resolve(self, name: str, group: str, said: Mapping[str, Any], at: At, known: Mapping[str, Any]) -> Resolved:
        for key in said:
            if key not in _STAGE_KEYS:
                raise (at / key).wrong(f"unknown key of a stage; DVC knows {', '.join(sorted(_STAGE_KEYS))}")
        if "vars" in said:
            wdir = self._fill(said.get("wdir", "."), known, "wdir", at / "wdir")
            folder = posixpath.join(self.folder, str(wdir))
            known = load_vars(said["vars"], folder, self.looked, at / "vars", known)
        left = {key: value for key, value in said.items() if key not in ("vars", "desc", "meta")}
        return Resolved(name, group, {key: self._fill(value, known, key, at / key) for key, value in left.items()}, at)

    def _fill(self, value: Any, known: Mapping[str, Any], key: str, at: At) -> Any:
        try:
            return fill(value, known, key, self.writing)
        except TemplateError as error:
            raise at.wrong(str(error)) from None
