"""What a model card is made of: sections of paragraphs, tables and a picture, whatever they are drawn as."""

from __future__ import annotations

from ml_ci.frozen import dataclass
from ml_ci.reports.lineage_boxes import Picture
from ml_ci.reports.values import ModelReport


@dataclass(frozen=True)
class Grid:
    """A table: its header, and rows of as many cells.

    `sides` has a letter per column: `l` text, `n` text on one line, `r` numbers, `c` digests and code; text where it is
    shorter. Without a header, a row says what its first cell names.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    sides: str = ""


@dataclass(frozen=True)
class Section:
    """A part of the card; its texts are plain, and escaped where they are drawn. A backtick quotes code.

    `fields` is whose mistakes are drawn as squares, where something can be drawn. `lacks` says that it has nothing but
    the sentence that says why.
    """

    title: str
    paragraphs: tuple[str, ...] = ()
    grids: tuple[Grid, ...] = ()
    code: tuple[str, ...] = ()
    picture: Picture | None = None
    fields: ModelReport | None = None
    lacks: bool = False


@dataclass(frozen=True)
class Card:
    """A model card: title, and sections in order."""

    title: str
    sections: tuple[Section, ...]


@dataclass(frozen=True)
class Moved:
    """By how much FPR, FNR and AUC moved when a feature was shuffled; None is undefined."""

    feature: str
    fpr: float | None
    fnr: float | None
    auc: float | None


@dataclass(frozen=True)
class Importance:
    """What a model relies on, the most first, measured on `rows` rows; `left` features were not shuffled.

    `why` says why nothing was measured.
    """

    moved: tuple[Moved, ...] = ()
    rows: int = 0
    left: int = 0
    why: str = ""


@dataclass(frozen=True)
class Classes:
    """The rows of a data entry by class; `why` says why they were not counted."""

    negatives: int = 0
    positives: int = 0
    why: str = ""
