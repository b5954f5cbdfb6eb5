"""How something is made: a model by its training, or the files of a job."""

from __future__ import annotations

from collections.abc import Mapping
from posixpath import normpath
from typing import Protocol

from ml_ci.frozen import dataclass


class Job(Protocol):
    """How something is made, a model by its training or the files of a job, as whatever plans, copies, fingerprints and
    reports asks it.

    A kind is a frozen dataclass of these values here, and a row of `ml_ci.training.kinds` that says how it is run.
    """

    @property
    def entry(self) -> str:
        """The Python function that does it, `package.module:function`, which gets its data as values; "" for none."""
        ...

    @property
    def command(self) -> str | tuple[str, ...]:
        """The command that does it: a string for the shell, or a tuple of arguments without one; () for none."""
        ...

    @property
    def text(self) -> str:
        """The command as one line, to be read; "" for none."""
        ...

    @property
    def parts(self) -> Mapping[str, object]:
        """What of it counts in a fingerprint, beside its code and its data."""
        ...

    @property
    def outputs(self) -> Mapping[str, str]:
        """The paths that it declares to leave: `model` and `predictions`, or those of a job's files by themselves; none
        where it returns its model.
        """
        ...

    @property
    def predicts(self) -> bool:
        """Whether it leaves predictions of the holdout by itself, so that no model is asked for them."""
        ...

    @property
    def held(self) -> tuple[str, ...]:
        """The files and folders that count by other parts, or not at all, where it is seen to read them."""
        ...


OUT = "{out}/"


def name_output(declared: str) -> str:
    """Give the path by which others find what a job declares to leave: `{out}/a.csv` is `a.csv` to them."""
    return normpath(declared.removeprefix(OUT))


@dataclass(frozen=True)
class FunctionJob:
    """Train by a Python function, `package.module:function`."""

    entry: str

    command = ()
    text = ""
    predicts = False
    held = ()

    @property
    def parts(self) -> Mapping[str, object]:
        return {"train": self.entry}

    @property
    def outputs(self) -> Mapping[str, str]:
        return {}


@dataclass(frozen=True)
class CommandJob:
    """Train by a command: a string for the shell, or a tuple of arguments without one."""

    command: str | tuple[str, ...]
    predictions: str | None = None
    model: str | None = None

    entry = ""
    held = ()

    @property
    def text(self) -> str:
        return self.command if isinstance(self.command, str) else " ".join(self.command)

    @property
    def parts(self) -> Mapping[str, object]:
        return {"run": self.command, "predictions": self.predictions, "model": self.model}

    @property
    def outputs(self) -> Mapping[str, str]:
        declared = {"model": self.model, "predictions": self.predictions}
        return {key: path for key, path in declared.items() if path is not None}

    @property
    def predicts(self) -> bool:
        return self.predictions is not None


@dataclass(frozen=True)
class MakingFunction:
    """Leave the files `left` by a Python function, `package.module:function`; what it returns counts for nothing."""

    entry: str
    left: tuple[str, ...] = ()

    command = ()
    text = ""
    predicts = False
    held = ()

    @property
    def parts(self) -> Mapping[str, object]:
        return {"function": self.entry, "outputs": list(self.left)}

    @property
    def outputs(self) -> Mapping[str, str]:
        return {path: path for path in self.left}


@dataclass(frozen=True)
class MakingCommand:
    """Leave the files `left` by a command: a string for the shell, or a tuple of arguments without one."""

    command: str | tuple[str, ...]
    left: tuple[str, ...] = ()

    entry = ""
    predicts = False
    held = ()

    @property
    def text(self) -> str:
        return self.command if isinstance(self.command, str) else " ".join(self.command)

    @property
    def parts(self) -> Mapping[str, object]:
        return {"run": self.command, "outputs": list(self.left)}

    @property
    def outputs(self) -> Mapping[str, str]:
        return {path: path for path in self.left}
