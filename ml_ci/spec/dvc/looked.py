"""The files that `dvc.yaml` leads to, as whoever reads it sees them: a tree of git, or a folder on disk."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from dataclasses import field
from functools import cached_property
from pathlib import Path
from typing import Protocol

from ml_ci.digests import blob_id, digest
from ml_ci.frozen import dataclass

_CODE = (
    *(".py", ".pyw", ".ipynb", ".r", ".rmd", ".jl", ".sh", ".bash", ".sql", ".scala", ".java", ".kt", ".js", ".ts"),
    *(".pl", ".rb", ".go", ".rs", ".c", ".cc", ".cpp", ".h", ".hpp", ".m", ".do", ".mk"),
)
_NAMED = ("makefile", "dockerfile", "snakefile", "justfile")


class Files(Protocol):
    """What is read of a tree: files by POSIX path relative to the folder of `ml-ci.yaml`."""

    def files(self) -> Iterable[str]:
        """Give the path of every file."""
        ...

    def read(self, path: str) -> bytes:
        """Give the content of a file; FileNotFoundError when there is none."""
        ...


@dataclass
class Looked:
    """See files, and note what was asked: where the answers are the same again, so is what followed from them."""

    source: Files
    asked: dict[tuple[str, str], str | None] = field(default_factory=dict)

    def read(self, path: str) -> bytes | None:
        """Give the content of a file; None without one."""
        content = self._read(path)
        self.asked["read", path] = None if content is None else blob_id(content)
        return content

    def is_code(self, path: str) -> bool:
        """Say whether a path is a program, or a folder of them: a comment there is no change."""
        found = self._is_code(path)
        self.asked["code", path] = str(found)
        return found

    def below(self, path: str) -> tuple[str, ...]:
        """Give the files below a folder, without what only describes it."""
        found = tuple(one for one in self._paths if one.startswith(f"{path}/") and not one.endswith(_ASIDE))
        self.asked["below", path] = digest(list(found))
        return found

    def agrees(self, asked: Iterable[tuple[tuple[str, str], str | None]]) -> bool:
        """Say whether everything that was asked then has the same answer now."""
        ask = {"read": self.read, "code": self.is_code, "below": self.below}
        for question, answer in asked:
            ask[question[0]](question[1])
            if self.asked[question] != answer:
                return False
        return True

    def _read(self, path: str) -> bytes | None:
        try:
            return self.source.read(path)
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return None

    def _is_code(self, path: str) -> bool:
        if path in self._known:
            return _is_program(path)
        below = [one for one in self._paths if one.startswith(f"{path}/")]
        return any(map(_is_program, below)) and not any(one.endswith(".dvc") for one in below)

    @cached_property
    def _paths(self) -> tuple[str, ...]:
        return tuple(sorted(self.source.files()))

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self._paths)


_ASIDE = (".dvc", "/.gitignore", "/.gitkeep")


def _is_program(path: str) -> bool:
    name = posixpath.basename(path).lower()
    return name.endswith(_CODE) or name in _NAMED


@dataclass(frozen=True)
class Folder:
    """See the files of a folder on disk, where no repository is looked at."""

    path: Path

    def files(self) -> Iterable[str]:
        found = (one for one in self.path.rglob("*") if one.is_file())
        return [one.relative_to(self.path).as_posix() for one in found if ".git" not in one.parts]

    def read(self, path: str) -> bytes:
        return (self.path / path).read_bytes()
