"""From `dvc:` in `ml-ci.yaml` to the stages of that file, and what each reads of which other."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from configparser import ConfigParser
from configparser import Error as ConfigError

from ml_ci.frozen import dataclass
from ml_ci.spec.dvc.expand import expand
from ml_ci.spec.dvc.lock import Locked, read_entry, read_lock
from ml_ci.spec.dvc.looked import Looked
from ml_ci.spec.dvc.problem import StageError
from ml_ci.spec.dvc.stage import Stage, read_stage
from ml_ci.spec.dvc.template import Writing
from ml_ci.spec.problems import Problem, suggest

_UNFIT = re.compile(r"[^A-Za-z0-9_.@=,+-]")


@dataclass(frozen=True)
class Read:
    """What a stage reads at `path`: what `owner` leaves, a program of the repository, or other files of it."""

    path: str
    owner: str | None = None
    program: bool = False


@dataclass(frozen=True)
class Pipeline:
    """The stages of one `dvc.yaml` by the names that they have as jobs, and what the lock knows of each."""

    file: str
    stages: Mapping[str, Stage]
    locked: Mapping[str, Locked]


def read_pipeline(file: str, looked: Looked) -> Pipeline:
    """Read a `dvc.yaml` with its lock; StageError for what is wrong first, with its line."""
    if not file.endswith((".yaml", ".yml")):
        raise StageError(Problem(("dvc",), f"expected the path of a dvc.yaml, got '{file}'"))
    content = looked.read(file)
    if content is None:
        raise StageError(Problem(("dvc",), f"there is no file '{file}'; correct the path"))
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise StageError(Problem((), "the file is not UTF-8 text; save it as UTF-8", 1, file=file)) from None
    folder = posixpath.dirname(file)
    resolved = expand(text, file, looked, _find_writing(folder, looked))
    stages: dict[str, Stage] = {}
    for one in resolved:
        stage = read_stage(one, folder, looked)
        name = _UNFIT.sub("_", stage.name)
        if name in stages:
            raise stage.at.wrong(f"the stages '{stages[name].name}' and '{stage.name}' are both '{name}' as jobs")
        stages[name] = stage
    lock = f"{file.rpartition('.')[0]}.lock"
    noted = looked.read(lock)
    entries = {} if noted is None else read_lock(noted, lock)
    known = {
        name: read_entry(entries[stage.name], stage.wdir) for name, stage in stages.items() if stage.name in entries
    }
    return Pipeline(file, stages, known)


def choose_stages(pipeline: Pipeline, wanted: Iterable[str], needs: Mapping[str, Iterable[str]]) -> frozenset[str]:
    """Give the names of the stages that are asked for, by name or by group, with all that they build on.

    StageError where a name is no stage's. Without a name, every one.
    """
    names = list(wanted)
    found: set[str] = set() if names else set(pipeline.stages)
    for index, name in enumerate(names):
        own = [job for job, stage in pipeline.stages.items() if name in (job, stage.name, stage.group)]
        if not own:
            known = {*pipeline.stages, *(stage.group for stage in pipeline.stages.values())}
            hint = suggest(name, known) or f"; stages are {', '.join(pipeline.stages)}"
            raise StageError(Problem(("dvc", "stages", index), f"there is no stage '{name}' in {pipeline.file}{hint}"))
        found.update(own)
    waiting = list(found)
    while waiting:
        more = {one for one in needs[waiting.pop()] if one in pipeline.stages} - found
        found |= more
        waiting += more
    return frozenset(found)


def find_reads(stage: Stage, left: Mapping[str, str], looked: Looked) -> Iterator[Read]:
    """Give what a stage reads; `left` are the paths that stages and jobs leave, with who leaves each."""
    for path in (*stage.deps, *stage.programs):
        owner = next((who for out, who in left.items() if _holds(out, path)), None)
        if owner is not None:
            yield Read(path, owner)
            continue
        inside = [out for out in left if _holds(path, out)]
        yield from (Read(out, left[out]) for out in inside)
        rest = [one for one in looked.below(path) if not any(_holds(out, one) for out in inside)] if inside else [path]
        if rest:
            yield Read(path, program="://" not in path and looked.is_code(path))


def _holds(folder: str, path: str) -> bool:
    return path == folder or path.startswith(f"{folder}/") or folder == "."


def _find_writing(folder: str, looked: Looked) -> Writing:
    """Find how DVC's settings let a mapping become flags; as by default where they do not say."""
    content = looked.read(posixpath.join(folder, ".dvc/config") if folder else ".dvc/config")
    parser = ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string("" if content is None else content.decode("utf-8", "replace"))
    except ConfigError:
        return Writing()
    said = parser["parsing"] if parser.has_section("parsing") else {}
    return Writing(said.get("bool") == "boolean_optional", said.get("list") == "append")
