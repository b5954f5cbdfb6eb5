"""The metrics, a row each: counting, conditions, gates, reports and documents follow from it.

Who adds a share of rows adds a row here, and nothing else. What is no share of the four counts is calculated in
`ml_ci.gates.metrics` (of the counts) or in `ml_ci.evaluation.metrics` (of scores), by the name of its row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Cell: TypeAlias = Literal["tp", "fp", "tn", "fn"]
Cells: TypeAlias = tuple[Cell, ...]
Source: TypeAlias = Literal["counts", "behaviours", "scores", "cost", "job"]
Unit: TypeAlias = Literal["%", "rows", "money", "s", "MB", "ms", ""]
Direction: TypeAlias = Literal["lower", "higher", "neither"]

NEGATIVES: Cells = ("fp", "tn")
POSITIVES: Cells = ("fn", "tp")
ROWS: Cells = (*NEGATIVES, *POSITIVES)
ERRORS: Cells = ("fp", "fn")

# The rows to which a behaviour applies are counted as negatives, those on which it is broken as false positives: what
# counts, pairs and proves an FPR does so for a behaviour.
BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: what it is made of, which direction is better, its unit, and how it is called.

    `part` over `whole` are cells to add up; a count has no `whole`, what is no share has neither. `of` says in words
    without which rows it is undefined. `title` is its name in a report, `brief` in the sentence of a gate; where they
    are "" they follow from `name`, and `brief` from `title`. `bounded` is within [0, 1]. `shown` stands in a report's
    table, whether a gate names it or not.
    """

    name: str
    source: Source
    better: Direction
    unit: Unit = ""
    title: str = ""
    brief: str = ""
    part: Cells = ()
    whole: Cells = ()
    of: str = ""
    bounded: bool = False
    shown: bool = False

    @property
    def called(self) -> str:
        """Its name in a report: `FPR`, `average precision`."""
        return self.title or self.name.replace("_", " ")

    @property
    def proportion(self) -> bool:
        """Whether it is a share of rows, each counted once, so that a binomial bound applies."""
        return bool(self.whole) and len(set(self.whole)) == len(self.whole)

    @property
    def fixed(self) -> bool:
        """Whether it is a share of rows that no model chooses: of one class, or of all."""
        return self.proportion and all(
            (error in self.whole) == (hit in self.whole) for error, hit in (NEGATIVES, POSITIVES)
        )

    @property
    def paired(self) -> bool:
        """Whether the same rows pair two models: no model chooses them, and each decides which count."""
        return self.fixed and any((error in self.part) != (hit in self.part) for error, hit in (NEGATIVES, POSITIVES))


def _count(name: str, better: Direction, part: Cells, brief: str = "") -> Metric:
    return Metric(name, "counts", better, "rows", brief=brief, part=part)


def _rate(
    name: str, better: Direction, part: Cells, whole: Cells, of: str, title: str = "", *, shown: bool = False
) -> Metric:
    return Metric(name, "counts", better, "%", title, "", part, whole, of, bounded=True, shown=shown)


def _of_scores(name: str, better: Direction, title: str = "", brief: str = "", *, bounded: bool = True) -> Metric:
    return Metric(name, "scores", better, "", title, brief, bounded=bounded)


# In the order in which they are told.
_ROWS = (
    _count("tp", "higher", ("tp",), "TP"),
    _count("fp", "lower", ("fp",), "FP"),
    _count("tn", "higher", ("tn",), "TN"),
    _count("fn", "lower", ("fn",), "FN"),
    _count("rows", "neither", ROWS),
    _count("positives", "neither", POSITIVES),
    _count("negatives", "neither", NEGATIVES),
    _rate("fpr", "lower", ("fp",), NEGATIVES, "negatives", "FPR", shown=True),
    _rate("fnr", "lower", ("fn",), POSITIVES, "positives", "FNR", shown=True),
    _rate("tpr", "higher", ("tp",), POSITIVES, "positives", "TPR"),  # shown as recall
    _rate("tnr", "higher", ("tn",), NEGATIVES, "negatives", "TNR"),  # 1 - fpr: shown once
    _rate("precision", "higher", ("tp",), ("tp", "fp"), "rows predicted positive", shown=True),
    _rate("npv", "higher", ("tn",), ("tn", "fn"), "rows predicted negative", "NPV"),
    _rate("recall", "higher", ("tp",), POSITIVES, "positives", shown=True),
    _rate("accuracy", "higher", ("tp", "tn"), ROWS, "rows", shown=True),
    Metric("balanced_accuracy", "counts", "higher", "%", of="rows of each class", bounded=True),
    _rate("f1", "higher", ("tp", "tp"), ("tp", "tp", *ERRORS), "rows labelled or predicted positive", "F1", shown=True),
    Metric("mcc", "counts", "higher", title="MCC", of="rows of each class and of each prediction"),
    _rate("prevalence", "neither", POSITIVES, ROWS, "rows"),
    _rate("selection_rate", "neither", ("tp", "fp"), ROWS, "rows"),
    Metric(
        BROKEN, "behaviours", "lower", "%", part=("fp",), whole=NEGATIVES, of="rows to which it applies", bounded=True
    ),
    _of_scores("auc", "higher", "AUC"),
    _of_scores("average_precision", "higher"),
    _of_scores("log_loss", "lower", bounded=False),
    _of_scores("brier", "lower", "Brier score", "brier"),
    _of_scores("ece", "lower", "ECE"),
    Metric("recall_at", "scores", "higher", "%", bounded=True),  # recall_at(fpr=0.01): the most recall at this FPR
    Metric("cost", "cost", "lower", "money", "cost a row", "cost", of="rows"),
    Metric("cost_per_1000", "cost", "lower", "money", "cost of 1,000 rows", "cost per 1,000 rows", of="rows"),
    Metric("seconds", "job", "lower", "s", "training time", "seconds"),
    Metric("megabytes", "job", "lower", "MB", "peak memory of the training", "megabytes"),
    Metric("milliseconds_per_row", "job", "lower", "ms", "time a row", "milliseconds per row"),
)

TABLE = {row.name: row for row in _ROWS}

METRICS = frozenset(TABLE)
OF_COUNTS = frozenset(row.name for row in _ROWS if row.source == "counts")
OF_BEHAVIOURS = frozenset(row.name for row in _ROWS if row.source == "behaviours")
OF_CELLS = OF_COUNTS | OF_BEHAVIOURS  # of the eight cells of label, candidate and baseline
OF_SCORES = frozenset(row.name for row in _ROWS if row.source == "scores")
OF_COST = frozenset(row.name for row in _ROWS if row.source == "cost")
OF_JOB = frozenset(row.name for row in _ROWS if row.source == "job")
COUNTS = frozenset(row.name for row in _ROWS if row.unit == "rows")
PERCENT = frozenset(row.name for row in _ROWS if row.unit == "%")
PROPORTIONS = frozenset(row.name for row in _ROWS if row.proportion)
HIGHER_IS_WORSE = frozenset(row.name for row in _ROWS if row.better == "lower")
LOWER_IS_WORSE = frozenset(row.name for row in _ROWS if row.better == "higher")
# A limit outside of it is a percentage that lost its sign, or a slip.
WITHIN_ONE = frozenset(row.name for row in _ROWS if row.bounded)


def find(key: str) -> Metric | None:
    """Give the row of a metric as evaluation names it, `fpr` or `recall_at(fpr=0.01)`; None for a user's own."""
    return TABLE.get(key.partition("(")[0])
