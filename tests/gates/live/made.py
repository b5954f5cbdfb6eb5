"""Windows of live rows, made by hand, and models that are judged by them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from ml_ci.conditions import parse
from ml_ci.evaluation.confusion import Confusion, Paired, PairedErrors
from ml_ci.live.values import (
    Bins,
    Coverage,
    Reference,
    Shadowed,
    ShadowWindow,
    Split,
    SplitWindow,
    Watched,
    Window,
)
from ml_ci.spec.values import FileEntry, FunctionJob, GateSpec, LiveSource, LiveSpec, ModelSpec, Positive, Stage

SINCE = datetime(2026, 1, 5, tzinfo=UTC)
DAY = 86_400.0
HOLDOUT = Confusion(tp=352, fp=31, tn=972, fn=50)


def day(number: float) -> str:
    """Give the time so many days after the promotion."""
    return (SINCE + timedelta(days=number)).strftime("%Y-%m-%dT%H:%M:%SZ")


def gate(text: str, *, live: bool = True) -> GateSpec:
    """Parse a gate of `live:`, or of a stage."""
    return GateSpec(text, parse(text, live=live), 7)


def live_spec(*gates: str, **keys: Any) -> LiveSpec:
    """Give `live:` with windows of a day, an alarm in 1,000 of them, and these gates."""
    keys = {"window": DAY, "delay": DAY, "false_alarms": 1000 * DAY, **keys}
    source = LiveSource(path="logs/*.parquet")
    return LiveSpec(source, "id", "at", labels=source, gates=tuple(gate(text) for text in gates), **keys)


def model(*gates: str, confidence: float | None = None, stages: tuple[Stage, ...] = (), **keys: Any) -> ModelSpec:
    """Give a model with live gates."""
    job, holdout = FunctionJob("churn:train"), FileEntry("holdout.csv")
    return ModelSpec(
        "churn",
        job,
        {},
        holdout=holdout,
        label="churned",
        positive=Positive((1,)),
        confidence=confidence,
        stages=stages,
        live=live_spec(*gates, **keys),
    )


def window(
    number: int,
    fn: int = 0,
    fp: int = 0,
    *,
    positives: int = 100,
    negatives: int = 100,
    closed: bool = True,
    **keys: Any,
) -> Window:
    """Give one window, every row of it labelled unless `due` says how many (decided positive, negative) there are."""
    counts = Confusion(tp=positives - fn, fp=fp, tn=negatives - fp, fn=fn)
    labelled = counts.tp + counts.fp, counts.tn + counts.fn
    due = keys.pop("due", labelled)
    decided = [Coverage(*pair) for pair in zip(due, labelled, strict=True)]
    keys = {"rows": sum(due), "positive": due[0], **keys}
    return Window(
        day(number), day(number + 1), closed, keys.pop("rows"), keys.pop("positive"), counts, *decided, **keys
    )


def watched(
    windows: Iterable[Window],
    columns: Mapping[str, Bins] | None = None,
    holdout: Confusion = HOLDOUT,
    version: str = "3",
) -> Watched:
    """Give the windows of the champion since its promotion."""
    return Watched("churn", version, day(0), tuple(windows), Reference(holdout, columns or {}))


def stage(*gates: str, **keys: Any) -> Stage:
    """Give a stage with traffic."""
    return Stage("canary", tuple(gate(text, live=False) for text in gates), traffic=0.5, **keys)


def shadow_window(
    number: int,
    b: int = 0,
    c: int = 0,
    *,
    rows: int = 100,
    agreed: Coverage | None = None,
    disagreed: Coverage | None = None,
    labelled_alike: int | None = None,
    **keys: Any,
) -> ShadowWindow:
    """Give a window with so many `rows` of each class; on positives the candidate alone misses `b`, the champion `c`.

    With `labelled_alike` only so many of the rows of each class on which both agree have a label.
    """
    alike = rows - b - c if labelled_alike is None else labelled_alike
    both = min(5, alike)
    positives = PairedErrors(both, b, c, alike - both)
    quiet = rows if labelled_alike is None else labelled_alike
    paired = Paired(PairedErrors(min(5, quiet), 0, 0, quiet - min(5, quiet)), positives)
    agreed = agreed or Coverage(2 * rows - b - c, alike + quiet)
    disagreed = disagreed or Coverage(b + c, b + c)
    return ShadowWindow(day(number), day(number + 1), keys.pop("closed", True), paired, agreed, disagreed, **keys)


def shadowed(windows: Iterable[ShadowWindow]) -> Shadowed:
    """Give the windows of a shadow."""
    return Shadowed("churn", "canary", "3", "4", day(0), tuple(windows))


def split_window(
    number: int, kc: int = 0, kb: int = 0, *, sizes: tuple[int, int] = (100, 100), share: float = 0.5, **keys: Any
) -> SplitWindow:
    """Give a window in which both miss `kc` and `kb` of so many positives, and have 1 of 10 negatives wrong."""
    sides = [
        Confusion(tp=size - k, fn=k, fp=size // 10, tn=size - size // 10)
        for k, size in zip((kc, kb), sizes, strict=True)
    ]
    rows = (sides[0].rows, sides[1].rows)
    covered = tuple(Coverage(one, one) for one in rows)
    keys = {"closed": True, "assigned": rows, "covered": covered, **keys}
    closed, assigned = keys.pop("closed"), keys.pop("assigned")
    return SplitWindow(day(number), day(number + 1), closed, share, assigned, sides[0], sides[1], **keys)


def split_rows(windows: Iterable[SplitWindow]) -> Split:
    """Give the windows of a split."""
    return Split("churn", "canary", "3", "4", day(0), tuple(windows))
