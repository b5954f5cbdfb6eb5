"""Short answers from what is on record, that several readers of a card ask for; "" is not known."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from ml_ci.reports.card_facts import Facts
from ml_ci.reports.card_rates import interval
from ml_ci.reports.lineage_boxes import place
from ml_ci.reports.numbers import count, percent
from ml_ci.reports.prices import price
from ml_ci.reports.values import Side

LINEAGE, RECORD, REGISTRY, REPORT = "lineage", "evaluation record", "registry", "the report of its promotion"


def tell_version(facts: Facts) -> str:
    """Name the version, what it is now, and the one before it."""
    version, moves = facts.lineage.version, facts.in_use
    now = ", ".join(facts.lineage.aliases) or "no stage"
    before = f"; it replaced v{moves[-1].replaced}" if moves and moves[-1].replaced else ""
    return f"{version.model} v{version.version} ({now}){before}"


def tell_tool(facts: Facts) -> str:
    """Say which version this is, to the threshold."""
    made, version = facts.lineage.made, facts.lineage.version
    threshold = facts.details.get("metrics", {}).get("threshold")
    decides = f", positive from a score of {threshold} on" if threshold is not None else ""
    known = f"commit {made.get('commit')}, training {made.get('training')}"
    return f"{version.model} v{version.version}, {known}{decides}"


def tell_data(facts: Facts) -> str:
    """Name every data entry with its place, its rows and its digest."""
    parts = facts.lineage.made.get("parts") or {}
    return "; ".join(_entry(facts, part, str(parts[part])) for part in sorted(parts) if part.startswith("data."))


def _entry(facts: Facts, part: str, digest: str) -> str:
    name, detail = part.removeprefix("data."), facts.details.get(part) or {}
    rows = _rows(facts, name)
    return f"{name}: {place(detail)}{f', {rows}' if rows else ''}, digest {detail.get('content') or digest}"


def _rows(facts: Facts, name: str) -> str:
    if name == "holdout" and facts.model.candidate is not None:
        whole = facts.model.candidate.confusion
        return f"{count(whole.rows)} rows, {count(whole.positives)} positive"
    counted = facts.classes.get(name)
    if counted is None or counted.why:
        return ""
    return f"{count(counted.negatives + counted.positives)} rows, {count(counted.positives)} positive"


def tell_holdout(facts: Facts) -> str:
    """Say what the holdout is and how it was cut."""
    parts = facts.lineage.made.get("parts") or {}
    return _entry(facts, "data.holdout", str(parts["data.holdout"])) if "data.holdout" in parts else ""


def tell_outcome(side: Side | None) -> str:
    """Say both rates with their exact intervals."""
    if side is None:
        return ""
    c = side.confusion
    return f"FPR {_rate(c.fp, c.negatives)}; FNR {_rate(c.fn, c.positives)}"


def _rate(part: int, whole: int) -> str:
    if not whole:
        return "undefined (no rows)"
    return f"{percent(part / whole)} ({count(part)} of {count(whole)}; 95% interval {interval(part, whole)})"


def tell_slices(facts: Facts) -> str:
    """Say by what groups were counted."""
    side = facts.model.candidate
    if side is None or not side.slices:
        return ""
    return f"by {', '.join(column.replace(',', ' and ') for column in side.slices)}: see “For whom it is wrong”"


def tell_benchmark(facts: Facts) -> str:
    """Say what it was compared with, and how good that was."""
    other = facts.model.baseline
    return "" if other is None else f"{other.source}: {tell_outcome(other)}"


def tell_cost(facts: Facts) -> str:
    """Say what its mistakes cost; "" without a price."""
    return " ".join(filter(None, (price(facts.model), *facts.impact)))


def tell_method(facts: Facts) -> str:
    """Say how it was trained: job, code, seed, environment."""
    job, made = facts.details.get("job") or {}, facts.lineage.made
    command = job.get("train") or job.get("run")
    said = " ".join(map(str, command)) if isinstance(command, list) else str(command or "")
    files = ", ".join(sorted(facts.details.get("code") or {}))
    python = (made.get("environment") or {}).get("python")
    return "; ".join(
        filter(
            None,
            (
                f"`{said}`" if said else "",
                f"code {files}" if files else "",
                f"seed {made['seed']}" if made.get("seed") is not None else "",
                f"Python {python}" if python else "",
            ),
        )
    )


def tell_changes(facts: Facts) -> str:
    """Say what changed since its baseline."""
    return "; ".join(f"{change.part}: {change.summary}" for change in facts.model.changes)


def tell_drift(facts: Facts) -> str:
    """Say which columns moved since its baseline; "" where nothing was measured."""
    if facts.model.pictures is None or not facts.model.pictures.drift:
        return ""
    told = [f"{one.part}: {one.column} ({one.bits:.3f} bits)" for one in facts.model.pictures.drift if one.told]
    return "; ".join(told) or "no column moved by more than noise"


def tell_gates(facts: Facts) -> str:
    """Say by which gates it was judged, with each verdict."""
    return "; ".join(f"`{gate.condition}`: {gate.verdict}" for gate in facts.model.gates)


def tell_limits(facts: Facts) -> str:
    """Say which limits the record itself shows: gates that proved nothing, metrics that are not defined."""
    return "; ".join(_limits(facts))


def _limits(facts: Facts) -> Iterator[str]:
    gates = [gate for gate in facts.model.gates if gate.verdict == "inconclusive"]
    if gates:
        yield f"inconclusive: {', '.join(f'`{gate.condition}`' for gate in gates)}"
    side = facts.model.candidate
    missing = [] if side is None else [name for name, value in side.metrics.items() if value is None]
    if missing:
        yield f"not defined: {', '.join(missing)}"
    yield from facts.model.cautions


def tell_approval(facts: Facts) -> str:
    """Say who let it in, who approved, and what was allowed by hand."""
    return "; ".join(
        f"{event.time[:10]}: let in by {event.by}, approved by {event.approved_by or 'nobody'}"
        + (f", allowed by hand: {', '.join(event.overrides)}" if event.overrides else "")
        + (f", reason: {event.reason}" if event.reason else "")
        for event in facts.in_use
    )


def tell_first_use(facts: Facts) -> str:
    """Give the day on which it came into use first; "" where it never did, or not by ml-ci."""
    return facts.in_use[0].time[:10] if facts.in_use else ""


def tell_time(facts: Facts) -> str:
    """Say by when it was evaluated: its numbers are older than its registration."""
    created = facts.lineage.version.created
    return f"not later than {datetime.fromtimestamp(created, UTC):%Y-%m-%d}" if created else ""


def tell_relied(facts: Facts) -> str:
    """Name the features that it relies on, the most first."""
    return ", ".join(one.feature for one in facts.relied.moved)


def tell_work(facts: Facts) -> str:
    """Say what the training took."""
    made = facts.lineage.made
    seconds, megabytes = made.get("seconds"), made.get("megabytes")
    said = [f"{seconds:,.0f} s"] if seconds is not None else []
    return ", ".join([*said, *([f"{megabytes:,.0f} MB at most"] if megabytes is not None else [])])


def tell_history(facts: Facts) -> str:
    """Count the versions that were in use."""
    stays = len(facts.history.stays)
    return f"{count(stays)} times a version came into use: see “History”" if stays else ""


def tell_predicted(facts: Facts) -> str:
    """Say what is predicted."""
    metrics = facts.details.get("metrics") or {}
    return f"`{metrics['label']}`, positive: {metrics.get('positive')}" if "label" in metrics else ""


def tell_age(facts: Facts) -> str:
    """Say whether a newer version is in use than the one that this card is of."""
    champion = facts.history.champion
    if champion is None:
        return "no version is in use now"
    if champion.version == facts.lineage.version.version:
        return "this version is in use now"
    return f"v{champion.version} is in use now: this card is of v{facts.lineage.version.version}"
