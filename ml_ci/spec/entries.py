"""Where the data of an entry of `ml-ci.yaml` are: on disk, or a part of another entry."""

from __future__ import annotations

from typing import TypeAlias

from ml_ci.frozen import dataclass

Scalar: TypeAlias = str | int | float | bool


@dataclass(frozen=True)
class FileEntry:
    """Name data on disk: a file, a folder, a glob, or a URL; `path` is relative to the project folder.

    `columns` names the columns of a text table without a header line; None when the file has one. `job` is the entry of
    `jobs:` that leaves it, None for what lies in the repository.
    """

    path: str
    columns: tuple[str, ...] | None = None
    job: str | None = None


@dataclass(frozen=True)
class PartEntry:
    """Cut a stable part out of another entry; exactly one of `share`, `after`, `where` and `folds` is set.

    `share` in (0, 1): rows whose hash (of the whole row, or of the column `by`, with `seed`) falls below it.
    `after` is (column, bound): rows with column >= bound. `where` is (column, values): rows with column in values.
    `folds` is a number: the hash puts each row into one of so many. The rows of `fold`, counted from 0, are the part
    that one model is judged on; where it is None the part is every row, each scored by the model of its own fold.
    The column `label` does not count in a fold's hash: a row whose label is corrected stays where it is.
    """

    of: str
    share: float | None = None
    by: str | None = None
    seed: int = 0
    after: tuple[str, Scalar] | None = None
    where: tuple[str, tuple[Scalar, ...]] | None = None
    folds: int | None = None
    fold: int | None = None
    label: str | None = None

    @property
    def whole(self) -> bool:
        """Whether every row belongs to it: nothing is kept from the training of the model itself."""
        return self.folds is not None and self.fold is None


DataEntry: TypeAlias = FileEntry | PartEntry
