"""What changed in a table, in words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from ml_ci.changes.drift import MEASURE, ColumnDrift
from ml_ci.changes.table_pair import TablePair
from ml_ci.changes.words import change_of, count, join_lines, order_by_weight, percent
from ml_ci.child.labels import Classes
from ml_ci.frozen import dataclass
from ml_ci.spec.values import ModelSpec, Node, Positive

_LEAST = 0.002  # bits: less is no news
_NOISE = 3  # and neither is what is less than three times the divergence that noise gives
_MOVED = 3
_WIDE = 200


@dataclass(frozen=True)
class TableWords:
    """The one-line `summary` of a table's change and its further lines, with how far each column moved."""

    summary: str
    details: tuple[str, ...]
    drift: tuple[ColumnDrift, ...] = ()


def describe_table(pair: TablePair, node: Node) -> TableWords:
    """Say what changed between two versions of a table: rows, columns, missing values, positives, labels, drift.

    Of a job's table nobody knows which column is a label.
    """
    model = node if isinstance(node, ModelSpec) else None
    rows = row_lines(pair, model)
    columns = columns_lines(pair)
    measured = measure_drift(pair, model)
    drifts = drift_lines(measured)
    of_labels = [] if model is None else [labels_line(pair, model), positives_line(pair, model)]
    summary = [rows_line(pair), *rows[:1], *of_labels, *columns[:2]]
    summary += [f"`{drifts[0][0]}` drifted most"] if drifts else []
    details = [*rows[1:], *columns[2:], *missing_lines(pair), *(line for _, line in drifts)]
    if pair.sampled:
        details.append("columns were compared on 200,000 rows of each version")
    return TableWords(", ".join(filter(None, summary)), tuple(details), measured)


def rows_line(pair: TablePair) -> str:
    """Say how many rows there were and are."""
    was, now = pair.old.rows, pair.new.rows
    if was == now:
        return f"{now:,} rows as before"
    before, plus = change_of(was, now).rsplit(" ", 1)
    return f"{before} rows {plus}"


def row_lines(pair: TablePair, model: ModelSpec | None) -> list[str]:
    """Say which rows are new, gone and changed: a phrase for the summary ("" where it says no more), and further lines.

    Rows are found again by `id:` where it names each once, and by all that both versions have otherwise.
    """
    if not pair.matched:
        return ["", "rows were not matched: there are more than 1,000,000"]
    if not pair.common:
        return ["no column in common"]
    if model and model.id and model.id.strip() in pair.common and pair.unique(model.id.strip()):
        added, removed, changed = pair.count_edited(model.id.strip())
        said = {"added": added, "removed": removed, "changed": changed}
        return ["", "by " + model.id + ": " + ", ".join(f"{number:,} rows {how}" for how, number in said.items())]
    return _match_lines(pair)


def _match_lines(pair: TablePair) -> list[str]:
    come, gone = pair.rows()
    if pair.old.rows == pair.new.rows:
        whole = len(pair.common) == len(pair.new.names) == len(pair.old.names)
        return [f"{come:,} of them changed" if come else "in another order" if whole else ""]
    if come and gone:
        return ["", f"{count(come, 'row')} added or changed, {gone:,} removed or changed"]
    return []


def positives_line(pair: TablePair, model: ModelSpec) -> str | None:
    """Say how the share of positives changed; None when it did not, or the label column is not there."""
    label = model.label.strip()
    if label not in pair.common:
        return None
    shares = [_positive_share(counts, model.positive) for counts in pair.labels(label)]
    was, now = map(percent, shares)
    return None if was == now else f"positives {was} → {now}"


def labels_line(pair: TablePair, model: ModelSpec) -> str | None:
    """Say how many rows have another label and nothing else changed; None when there are none."""
    label = model.label.strip()
    if label not in pair.common or len(pair.common) < 2 or not pair.matched:
        return None
    key = model.id.strip() if model.id and model.id.strip() in pair.common else None
    changed = pair.count_relabelled(label, key)
    return f"{label} changed in {count(changed, 'row')}" if changed else None


def columns_lines(pair: TablePair) -> list[str]:
    """Name the columns that were added, removed and retyped."""
    added = [name for name in pair.new.names if name not in pair.old.names]
    removed = [name for name in pair.old.names if name not in pair.new.names]
    lines = [f"{count(len(removed), 'column')} removed: {join_lines(removed, 6)}"] if removed else []
    lines += [f"{count(len(added), 'column')} added: {join_lines(added, 6)}"] if added else []
    for name in pair.common[:_WIDE]:
        was, now = pair.kinds(name)
        lines += [f"{name} was {was}, is {now}"] if was != now else []
    return lines


def missing_lines(pair: TablePair) -> list[str]:
    """Name the columns whose share of missing values changed, the most changed first."""
    lines = []
    for name in pair.common[:_WIDE]:
        was, now = pair.missing(name)
        if percent(was) != percent(now):
            lines.append((round(1e6 * abs(now - was)), f"{name}: missing {percent(was)} → {percent(now)}"))
    return order_by_weight(lines)


def measure_drift(pair: TablePair, model: ModelSpec | None) -> tuple[ColumnDrift, ...]:
    """Say how far each column moved, the farthest first; the label and columns that only name rows are left out."""
    left_out = {model.label.strip(), (model.id or "").strip()} if model else set()
    found = []
    for name in pair.common[:_WIDE]:
        drift = None if name in left_out else pair.drift(name)
        if drift is not None:
            told = drift[0] > max(_LEAST, _NOISE * drift[1])
            found.append(ColumnDrift("", name, *drift, told, _means(pair, name) if told else None))
    return tuple(sorted(found, key=lambda one: (-one.bits, one.column)))


def drift_lines(measured: Sequence[ColumnDrift]) -> list[tuple[str, str]]:
    """Name the columns that moved most, with the measure."""
    moved = [one for one in measured if one.told][:_MOVED]
    return [(one.column, f"{one.column} drifted: {MEASURE} {one.bits:.3f} bits{_say_means(one)}") for one in moved]


def _means(pair: TablePair, name: str) -> tuple[float, float] | None:
    was, now = pair.means(name) or (None, None)
    if was is None or now is None or not (math.isfinite(was) and math.isfinite(now)):
        return None
    return was, now


def _say_means(one: ColumnDrift) -> str:
    return "" if one.means is None else f", mean {one.means[0]:.4g} → {one.means[1]:.4g}"


def _positive_share(counts: Mapping[str, int], positive: Positive) -> float:
    rows = sum(counts.values())
    classes = Classes(() if positive.comparison else counts, positive.values, positive.comparison)
    return sum(number for text, number in counts.items() if classes.is_positive(text)) / rows
