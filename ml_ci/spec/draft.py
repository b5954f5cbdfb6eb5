"""A model's entry between its shape and its checks: what could be read, and which of its keys could not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field, replace
from typing import Any, TypeAlias, TypeVar

from pydantic import ValidationError

from ml_ci.conditions import ConditionError, parse
from ml_ci.frozen import dataclass
from ml_ci.spec.behaviours import Behaviour
from ml_ci.spec.document import Document
from ml_ci.spec.dvc.problem import At
from ml_ci.spec.entry_shape import FileShape
from ml_ci.spec.job_shape import JobShape
from ml_ci.spec.messages import problems_of, say_empty
from ml_ci.spec.pipeline_shape import PipelineShape
from ml_ci.spec.problems import Place, Problem, show
from ml_ci.spec.shape import ModelShape, Shape
from ml_ci.spec.values import GateSpec, StageJob

AnyShape = TypeVar("AnyShape", ModelShape, JobShape)

# Stands in for a required key that could not be read, so that the others are still checked.
_STAND_INS: Mapping[str, Any] = {"label": "label", "positive": 1, "data": {"holdout": "holdout"}}


@dataclass(frozen=True)
class Draft:
    """Hold one model's keys, its gates and those of `live:` by their position, and its behaviours by name.

    `broken` names the keys that have a problem; what is held in their place means nothing. `stage` is the stage of a
    `dvc.yaml` that it is trained by, which reads the files `read`.
    """

    name: str
    keys: ModelShape
    gates: Mapping[int, GateSpec]
    line: int = 0
    stages: Mapping[str, tuple[GateSpec, ...]] = field(default_factory=dict)
    broken: frozenset[str] = frozenset()
    behaviours: Mapping[str, Behaviour] = field(default_factory=dict)
    live: Mapping[int, GateSpec] = field(default_factory=dict)
    stage: StageJob | None = None
    read: Mapping[str, FileShape] = field(default_factory=dict)

    def place(self, *rest: str | int) -> Place:
        """Give the place of one of this model's keys."""
        return ("models", self.name, *rest)


@dataclass(frozen=True)
class JobDraft:
    """Hold the keys of one entry under `jobs:`; `broken` as a model's."""

    name: str
    keys: JobShape
    line: int = 0
    broken: frozenset[str] = frozenset()

    def place(self, *rest: str | int) -> Place:
        """Give the place of one of this job's keys."""
        return ("jobs", self.name, *rest)


@dataclass(frozen=True)
class StageDraft(JobDraft):
    """Hold a stage of a `dvc.yaml` as the job `stage`, with the keys that it would have under `jobs:`.

    It stands `at` a place of its own file, what of it has another place at that of `places`.
    """

    stage: StageJob = field(kw_only=True)
    at: At = field(kw_only=True)
    places: Mapping[Place, At] = field(default_factory=dict, kw_only=True)

    def place(self, *rest: str | int) -> Place:
        """Give the place of one of its keys, behind the name of its file."""
        found = (self.places[rest[:length]] for length in range(len(rest), 0, -1) if rest[:length] in self.places)
        at = next(found, self.at)
        return (at.file, *at.place)


# Find what is wrong with one model; a check says beside it which keys it reads.
Check: TypeAlias = Callable[[Draft], Iterator[Problem]]


@dataclass(frozen=True)
class Drafts:
    """Hold what could be read of a whole file; `beside` are the files that `dvc` leads to, by path."""

    models: tuple[Draft, ...] = ()
    jobs: tuple[JobDraft, ...] = ()
    store: str | None = None
    registry: str | None = None
    problems: tuple[Problem, ...] = ()
    dvc: PipelineShape | None = None
    dvc_line: int = 0
    beside: Mapping[str, Document] = field(default_factory=dict)


def draft(document: Document) -> Drafts:
    """Read every model of a document as far as it goes, and name what is wrong with its keys one by one."""
    value = document.value
    if not isinstance(value, dict):
        got = f"expected a mapping with the keys version and models at the top, got {show(value)}"
        return Drafts(problems=() if document.problems else (Problem((), got),))
    problems = list(_empty_values(value, (), document))
    try:
        shape = Shape.model_validate(value)
        models: Mapping[str, ModelShape] = shape.models
        jobs: Mapping[str, JobShape] = shape.jobs
        store, registry, dvc = shape.store, shape.registry, shape.dvc
    except ValidationError as error:
        problems += problems_of(error, document)
        models = dict(_readable(ModelShape, "models", value, problems, _STAND_INS))
        jobs = dict(_readable(JobShape, "jobs", value, problems, {}))
        store, registry, dvc = None, None, None
    drafts = [_draft(name, keys, document, problems) for name, keys in models.items()]
    made = [
        JobDraft(name, keys, document.position(("jobs", name))[0], _broken("jobs", name, problems))
        for name, keys in jobs.items()
    ]
    return Drafts(tuple(drafts), tuple(made), store, registry, tuple(problems), dvc, document.position(("dvc",))[0])


def _readable(
    shape: type[AnyShape], key: str, value: dict[str, Any], problems: list[Problem], stand_ins: Mapping[str, Any]
) -> Iterator[tuple[str, AnyShape]]:
    """Read each model, or each job, again without the keys that have a problem."""
    entries = value.get(key)
    for name, keys in entries.items() if isinstance(entries, dict) else ():
        broken = _broken(key, name, problems)
        if isinstance(keys, dict):
            sound = {key: keys[key] for key in keys if key not in broken}
            try:
                yield name, shape.model_validate({**stand_ins, **sound})
            except ValidationError:  # cannot be: every problem was named above; better to say less than to fail
                continue


def _broken(key: str, name: str, problems: list[Problem]) -> frozenset[str]:
    return frozenset(str(one.place[2]) for one in problems if one.place[:2] == (key, name) and one.place[2:])


def _draft(name: str, keys: ModelShape, document: Document, problems: list[Problem]) -> Draft:
    broken = _broken("models", name, problems)
    gates: dict[int, GateSpec] = {}
    if not broken & {"gates", "metrics", "behaviours"}:
        gates = _gates(("models", name, "gates"), keys.gates, keys, document, problems)
    stages: dict[str, tuple[GateSpec, ...]] = {}
    for index, stage in enumerate(keys.stages if not broken & {"stages", "metrics", "behaviours"} else ()):
        place = ("models", name, "stages", index, "gates")
        stages[stage.name] = tuple(_gates(place, stage.gates, keys, document, problems).values())
    behaviours = {
        own: replace(one, name=own, line=document.position(("models", name, "behaviours", own))[0])
        for own, one in keys.behaviours.items()
    }
    live: dict[int, GateSpec] = {}
    if keys.live is not None and "live" not in broken:
        live = _gates(("models", name, "live", "gates"), keys.live.gates, keys, document, problems, live=True)
    return Draft(name, keys, gates, document.position(("models", name))[0], stages, broken, behaviours, live)


def _gates(
    at: Place, texts: list[str], keys: ModelShape, document: Document, problems: list[Problem], *, live: bool = False
) -> dict[int, GateSpec]:
    """Parse a list of gates, each at its line; one that cannot be read is a problem."""
    own: tuple[tuple[str, ...], tuple[str, ...]] = ((), ()) if live else (tuple(keys.metrics), tuple(keys.behaviours))
    gates: dict[int, GateSpec] = {}
    for index, text in enumerate(texts):
        place = (*at, index)
        line, column = document.position(place)
        try:
            gates[index] = GateSpec(text, parse(text, *own, live=live), line)
        except ConditionError as error:
            hint = f"; {error.suggestion}" if error.suggestion else ""
            where = _column(document.lines[line - 1], column, text, error.column)
            problems.append(Problem(place, f"in {show(text)}: {error.message}{hint}", line, where))
    return gates


def _column(line: str, start: int, text: str, column: int) -> int:
    """Find a gate's column in its line of the file; 0 when the text is folded or escaped there."""
    quote = 1 if line[start - 1 : start] in ("'", '"') else 0
    begin = start - 1 + quote
    return begin + column if line[begin : begin + len(text)] == text else 0


def _empty_values(value: Any, place: Place, document: Document) -> Iterator[Problem]:
    """Find every key without a value: it looks set and is not.

    Parameters may be empty; within `run:` a mapping is a mistake of its own.
    """
    if value is None:
        line = document.position(place)[0]
        yield Problem(place, say_empty(place, document.lines[line - 1] if line <= len(document.lines) else ""))
    if len(place) == 3 and place[0] in ("models", "jobs") and place[2] in ("params", "run"):
        return
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _empty_values(item, (*place, key), document)
