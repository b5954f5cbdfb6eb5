"""The command of a job: its tokens filled in, its outputs found."""

from __future__ import annotations

import glob
import json
import re
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path

from ml_ci.child import left
from ml_ci.errors import Failure, StageFailed
from ml_ci.spec.placeholders import PLACEHOLDER
from ml_ci.training.ending import Ending
from ml_ci.training.environment import variable
from ml_ci.training.transfer import remove
from ml_ci.training.values import TrainRequest

# A file system may keep whole seconds only.
_SLACK = 2.0


def argv(request: TrainRequest) -> tuple[str, ...]:
    """Give the arguments to start: the shell for a string, the list itself for a list; tokens filled in.

    Only `{data.NAME}`, `{needs.NAME}`, `{params}`, `{seed}` and `{out}` are tokens: other braces stay as they are. In a
    string the values are quoted for the shell. A name that nothing is called is a StageFailed `unknown-parameter`.
    """
    command = request.job.command
    if isinstance(command, str):
        return "/bin/sh", "-c", PLACEHOLDER.sub(lambda found: shlex.join(_values(found, request)), command)
    return tuple(argument for part in command for argument in _fill(part, request))


def _fill(part: str, request: TrainRequest) -> tuple[str, ...]:
    whole = PLACEHOLDER.fullmatch(part)
    if whole is not None:
        return _values(whole, request)
    return (PLACEHOLDER.sub(lambda found: " ".join(_values(found, request)), part),)


def _values(found: re.Match[str], request: TrainRequest) -> tuple[str, ...]:
    kind, _, name = found.group(1).partition(".")
    if kind == "data":
        return paths(_name(request, {key: entry.path for key, entry in request.inputs.data.items()}, "data", name))
    if kind == "needs":
        return (_name(request, {key: str(path) for key, path in request.needs.items()}, "needs", name),)
    return (_plain(request)[kind],)


def paths(path: str) -> tuple[str, ...]:
    """Give the files of a glob, sorted; the path itself when it is none."""
    if "://" in path or Path(path).exists() or not glob.has_magic(path):
        return (path,)
    return tuple(sorted(glob.glob(path, recursive=True)))  # noqa: PTH207 the pattern is absolute


def _name(request: TrainRequest, known: Mapping[str, str], kind: str, name: str) -> str:
    if name in known:
        return known[name]
    names = ", ".join(f"{{{kind}.{key}}}" for key in sorted(known)) or f"no {{{kind}.…}}"
    message = f"the command of `{request.model}` asks for {{{kind}.{name}}}, which nothing is called"
    raise StageFailed(Failure("training", "unknown-parameter", message, f"It may ask for: {names}."))


def _plain(request: TrainRequest) -> Mapping[str, str]:
    return {
        "params": str(request.work / "params.json"),
        "seed": str(request.seed),
        "out": str(request.work / "out"),
    }


def prepare(request: TrainRequest) -> Mapping[str, str]:
    """Write the file of params, and give the variables that stand for the tokens."""
    plain = _plain(request)
    Path(plain["params"]).write_text(json.dumps(dict(request.params), default=str), encoding="utf-8")
    data = {variable(name): "\n".join(paths(entry.path)) for name, entry in request.inputs.data.items()}
    return {**data, "ML_CI_PARAMS": plain["params"], "ML_CI_OUT": plain["out"]}


def asked(request: TrainRequest) -> None:
    """Ask ml-ci's child program for nothing: the command is another program."""


def outputs(request: TrainRequest, ending: Ending, started: float) -> Mapping[str, Path]:
    """Move the declared outputs out of the working copy; StageFailed as for `output`."""
    return {key: output(declared, key, request, started) for key, declared in request.job.outputs.items()}


def output(declared: str, key: str, request: TrainRequest, started: float) -> Path:
    """Move a declared output out of the working copy; StageFailed `no-output` when it is missing, empty or stale,
    and `output-kind` when something in it is neither file nor folder.

    `started` is the time when the job started, in seconds since the epoch.
    """
    at = locate(declared, request)
    refuse(at, f"`outputs.{key}`: {declared}")
    found = [path for path in at.rglob("*") if path.is_file()] if at.is_dir() else [at] if at.is_file() else []
    if not found:
        said = f"`outputs.{key}`: the command ended well and left nothing at {declared}"
        raise _no_output(said, _elsewhere(declared, key, request, started) or _nowhere(at, request))
    if not any(path.stat().st_size for path in found):
        raise _no_output(f"`outputs.{key}`: what the command left at {declared} is empty", _nowhere(at, request))
    if max(path.stat().st_mtime for path in found) < started - _SLACK:
        said = f"`outputs.{key}`: {declared} is older than the job: it was copied, not made"
        raise _no_output(said, _elsewhere(declared, key, request, started) or _nowhere(at, request))
    target = request.work / f"{key}{at.suffix}"
    remove(target)
    if at.is_symlink() and at.is_dir():
        shutil.copytree(at, target)
    elif at.is_symlink():
        shutil.copyfile(at, target)
    else:
        shutil.move(at, target)
    return target


def refuse(at: Path, shown: str) -> None:
    """Refuse a link, pipe, socket or device in what a job left; StageFailed `output-kind` that names it."""
    if found := left.strange(str(at), shown):
        raise StageFailed(Failure("training", left.CODE, found, left.HINT))


def locate(declared: str, request: TrainRequest) -> Path:
    """Give the absolute path of a declared output; `{out}` is filled in."""
    return request.folder / declared.replace("{out}", _plain(request)["out"])


def _no_output(message: str, hint: str) -> StageFailed:
    return StageFailed(Failure("training", "no-output", message, hint))


def _elsewhere(declared: str, key: str, request: TrainRequest, started: float) -> str:
    """Say where the command left a file of that name instead; "" where it left none."""
    folders = (request.folder / request.cwd, request.folder, Path(_plain(request)["out"]))
    for folder in dict.fromkeys(folders):
        for path in folder.rglob(glob.escape(Path(declared).name)):
            if path.is_file() and path.stat().st_mtime >= started - _SLACK:
                made = _name_from(path, request)
                return (
                    f"It left {made}: write `outputs: {{{key}: {made}}}`. Paths there are relative to the folder of "
                    "ml-ci.yaml, not to `cwd:`."
                )
    return ""


def _name_from(path: Path, request: TrainRequest) -> str:
    """Name a file as `outputs:` names it."""
    out = Path(_plain(request)["out"])
    if path.is_relative_to(out):
        return "/".join(("{out}", *path.relative_to(out).parts))
    return path.relative_to(request.folder).as_posix() if path.is_relative_to(request.folder) else path.as_posix()


def _nowhere(at: Path, request: TrainRequest) -> str:
    """Say what lies beside an output that was not made: most often a training that failed and said nothing."""
    near = sorted(path.name for path in at.parent.iterdir())[:8] if at.parent.is_dir() else []
    folder = _name_from(at.parent, request)
    named = "The folder of ml-ci.yaml" if folder == "." else f"`{folder}/`"
    beside = f"{named} holds: {', '.join(near)}." if near else f"{named} does not exist or is empty."
    return f"Does the program catch its own errors, and end well all the same? Look into its log. {beside}"
