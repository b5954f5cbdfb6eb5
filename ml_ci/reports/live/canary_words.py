"""What a candidate beside the champion says in words; every rendering uses these sentences."""

from __future__ import annotations

from datetime import datetime
from math import exp

from ml_ci.evaluation.confusion import Confusion
from ml_ci.gates.metrics import share
from ml_ci.gates.values import GateResult
from ml_ci.reports.gate_rows import told
from ml_ci.reports.live.limits import read_margin
from ml_ci.reports.live.values import Beside, CanaryReport
from ml_ci.reports.live.words import instant
from ml_ci.reports.metrics import title
from ml_ci.reports.numbers import defined, percent, percents, points
from ml_ci.reports.pieces import Code, Sentence, capital, stop
from ml_ci.reports.text import label, plural

HEAD = ("window from", "share", "candidate", "champion", "FPR", "champion's", "FNR", "champion's", "")
SIDES = "lrrrrrrrl"
_MARKS = {"promote": "✓", "roll back": "✗", "continue": "?"}


def mark(report: CanaryReport) -> str:
    """Give the sign of a decision."""
    return _MARKS[report.decision]


def named(report: CanaryReport) -> str:
    """Name the candidate with its version and stage: `churn v4 in canary`."""
    version = f" v{label(report.version, 40)}" if report.version else ""
    return f"{label(report.model, 100)}{version} in {label(report.stage, 60)}"


def verdict(report: CanaryReport) -> str:
    """Say the decision, without its mark: `churn v4 in canary may be promoted over v3`."""
    over = f" over v{label(report.champion, 40)}" if report.champion else ""
    said = {
        "promote": f"may be promoted{over}",
        "roll back": f"is worse than v{label(report.champion or '?', 40)}: roll it back",
        "continue": "cannot be decided yet: continue",
    }
    if report.decision == "continue" and is_broken(report):
        return f"{named(report)} cannot be decided by these rows"
    return f"{named(report)} {said[report.decision]}"


def is_broken(report: CanaryReport) -> bool:
    """Say whether something is to be mended before more rows would decide anything."""
    return any(gate.verdict == "error" for gate in report.gates)


def why(report: CanaryReport) -> str:
    """Say why, in a sentence."""
    return stop(capital(label(report.reason, 1000)))


def name_of(gate: GateResult) -> Sentence:
    """Name a gate by its metric; where that cannot be read, by what is written."""
    found = read_margin(gate.condition)
    return (Code(label(gate.condition, 200)),) if found is None else (f"{title(found.metric)} against the champion",)


def gate_numbers(report: CanaryReport, gate: GateResult) -> str:
    """Say a gate's numbers: `9.1%, champion 10.0%, limit +2.0 points, evidence for it 24 of 20, against it 0 of 20`."""
    found = read_margin(gate.condition)
    value, baseline = percents([gate.value, gate.baseline])
    said = [value if defined(gate.value) is not None else ""]
    said.append(f"champion {baseline}" if defined(gate.baseline) is not None else "")
    if found is not None:
        said.append(f"limit {points(found.margin)}")
    return ", ".join(filter(None, [*said, _evidence(report, gate)]))


def _evidence(report: CanaryReport, gate: GateResult) -> str:
    said = []
    for word, found, line in (
        ("for it", report.evidence.get(gate.condition), report.line),
        ("against it", report.against.get(gate.condition), report.against_line),
    ):
        last = found[-1] if found else None
        if last is not None and line is not None:
            said.append(f"{word} {_of(last, line)}")
    return f"evidence {', '.join(said)}" if said else ""


def _of(log: float, line: float) -> str:
    """Say e to a power beside the one that decides."""
    said = "over 10¹²" if log > 28 else f"{exp(max(log, -50.0)):,.{0 if log > 3 else 1}f}"
    return f"{said} of {exp(min(line, 700.0)):,.0f}"


def cells(window: Beside) -> tuple[str, ...]:
    """Give a window as cells: when, share, labelled rows of both, and the rates of both."""
    rates = [_rate(metric, side) for metric in ("fpr", "fnr") for side in (window.candidate, window.champion)]
    share_of = percent(window.share, 0) if window.share is not None else ""
    both = (f"{window.candidate.rows:,}", f"{window.champion.rows:,}")
    begin = instant(window.begin, _seconds(window))
    return begin, share_of, *both, *rates, "" if window.closed else "open"


def _seconds(window: Beside) -> float:
    """Give how long a window is; 0 where what stands there is no time."""
    try:
        return (datetime.fromisoformat(window.end) - datetime.fromisoformat(window.begin)).total_seconds()
    except (ValueError, TypeError):
        return 0.0


def remark(report: CanaryReport, gate: GateResult) -> str:
    """Give the reason of a gate without what stands beside it; "" where the decision says it already."""
    return "" if label(gate.reason, 600) in label(report.reason, 2000) else told(gate)


def _rate(metric: str, counts: Confusion) -> str:
    part, whole = share(counts, metric)
    return percent(part / whole) if whole else "–"


def labelled(report: CanaryReport) -> str:
    """Say on how many labelled rows a decision rests."""
    judged = [one for one in report.windows if one.closed]
    rows = sum(one.candidate.rows + (0 if one.share is None else one.champion.rows) for one in judged)
    return f"{plural(rows, 'labelled row')} in {plural(len(judged), 'window')}"


def next_steps(report: CanaryReport) -> Sentence:
    """Say what to do next."""
    model, stage = label(report.model, 100), label(report.stage, 60)
    if report.decision == "promote":
        then = "" if report.then == "champion" else f" --stage {label(report.then, 60)}"
        return ("Let it go on: ", Code(f"ml-ci promote {model}{then}"), ".")
    if report.decision == "roll back":
        return ("Send its traffic back to the champion, and take it out of ", stage, ".")
    if is_broken(report):
        return ()  # what is to be mended is the reason
    if report.traffic != "shadow":
        return ("Bring more labels, or wait until the rows are old enough to have one.",)
    return (Code(f"ml-ci canary {model} --stage {stage} --to-label FILE"), " writes the rows that are worth a label.")
