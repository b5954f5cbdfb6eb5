"""The kind of job that is a stage of a `dvc.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from ml_ci.frozen import dataclass


@dataclass(frozen=True)
class StageJob:
    """Do the stage `stage` of `file`, a `dvc.yaml`, by its command; it leaves the files `left`.

    `model` is the one among them that a model is trained to be, None of a job.

    `deps` are its own as `dvc.lock` has them, `asked` the keys of its parameters by file, None for all of one.
    `beside` is what else those leave that it builds on, by path, with who leaves it: DVC's workspace holds it, too.
    `pinned` are the digests of what a frozen stage left, by path: it is never run. `always` says that DVC runs it each
    time.
    """

    stage: str
    file: str
    command: str
    cwd: str = "."
    left: tuple[str, ...] = ()
    model: str | None = None
    deps: tuple[str, ...] = ()
    asked: Mapping[str, tuple[str, ...] | None] = field(default_factory=dict)
    beside: Mapping[str, str] = field(default_factory=dict)
    pinned: Mapping[str, str] = field(default_factory=dict)
    always: bool = False

    entry = ""
    predicts = False

    @property
    def text(self) -> str:
        return self.command

    @property
    def parts(self) -> Mapping[str, object]:
        if self.pinned:
            return {f"frozen.{path}": known for path, known in self.pinned.items()}
        said: dict[str, object] = {"run": self.command, "outputs": list(self.left)}
        return said if self.model is None else {**said, "model": self.model}

    @property
    def outputs(self) -> Mapping[str, str]:
        return {path: path for path in self.left}

    @property
    def held(self) -> tuple[str, ...]:
        folder = self.file.rpartition("/")[0]
        beside = (f"{folder}/.dvc", f"{folder}/.dvcignore") if folder else ()
        return (*self.asked, *self.beside, self.file, self.lock, ".dvc", ".dvcignore", *beside)

    @property
    def lock(self) -> str:
        """The path of what DVC noted when it ran the stage."""
        return f"{self.file.rpartition('.')[0]}.lock"
