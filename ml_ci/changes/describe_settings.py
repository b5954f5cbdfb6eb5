"""What changed in `ml-ci.yaml`, in the parameters and in the environment: old → new."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping, Sequence

from ml_ci.changes.describe_code import file_lines
from ml_ci.changes.snapshot import Snapshot
from ml_ci.changes.values import Change
from ml_ci.changes.words import differences, join_lines, show

Loosened = Callable[[str, str], bool]
_LOOSENED = " (loosened)"
_NOT_ALIKE = 0.6


def describe_keys(old: Snapshot, new: Snapshot, part: str) -> Change:
    """Name the keys of a part that changed, old → new."""
    lines = differences(_said(old, part), _said(new, part))
    if not lines:
        return Change(part, "changed")
    return Change(part, join_lines(lines), tuple(lines) if len(lines) > 1 else ())


def describe_seed(old: Snapshot, new: Snapshot) -> Change:
    """Name the seeds."""
    return Change("seed", f"{old.model.seed} → {new.model.seed}")


def describe_environment(old: Snapshot, new: Snapshot) -> Change:
    """Name the distributions whose versions changed: `scikit-learn 1.4.2 → 1.5.0`."""
    was, now = _said(old, "environment"), _said(new, "environment")
    lines = [
        f"{name} {_version(was[name])} → {_version(now[name])}"
        for name in now
        if name in was and was[name] != now[name]
    ]
    lines += [f"{name} {_version(now[name])} added" for name in now if name not in was]
    lines += [f"{name} {_version(was[name])} removed" for name in was if name not in now]
    return Change("environment", join_lines(lines), tuple(lines) if len(lines) > 1 else ())


def _version(found: object) -> str:
    return "(not installed)" if found is None else show(found)


def describe_metrics(old: Snapshot, new: Snapshot) -> Change:
    """Name what changed in how the model is scored: label, threshold, slices, code of `predict` and of metrics."""
    was, now = dict(_said(old, "metrics")), dict(_said(new, "metrics"))
    before, after = was.pop("code", {}), now.pop("code", {})
    lines = differences(was, now)
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        lines += file_lines(before, after, old, new)
    return Change("metrics", join_lines(lines) or "data.validation, on which the threshold is chosen", tuple(lines))


def is_told_by_code(old: Snapshot, new: Snapshot) -> bool:
    """Say whether `metrics` changed only by files that the part `code` names too: `predict` beside `train`."""
    was, now = dict(_said(old, "metrics")), dict(_said(new, "metrics"))
    scoring = _find_changed_files(was.pop("code", {}), now.pop("code", {}))
    return was == now and bool(scoring) and scoring <= _find_changed_files(_said(old, "code"), _said(new, "code"))


def _find_changed_files(was: object, now: object) -> set[str]:
    if not isinstance(was, Mapping) or not isinstance(now, Mapping):
        return set()
    return {path for path in {*was, *now} if was.get(path) != now.get(path)}


def describe_gates(old: Snapshot, new: Snapshot, loosened: Loosened | None) -> Change:
    """Name the gates that changed, old → new, and mark those that ask for less than before.

    A removed gate, a lower confidence, fewer `repeats` and a larger `min_rows` ask for less by themselves.
    """
    was, now = dict(_said(old, "gates")), dict(_said(new, "gates"))
    lines = _gate_lines(_texts(was.pop("gates", ())), _texts(now.pop("gates", ())), loosened)
    rest = {key for key in (*was, *now) if key != "cost" or not lines}
    for line in differences(
        {key: was[key] for key in was if key in rest}, {key: now[key] for key in now if key in rest}
    ):
        key = line.partition(":")[0]
        lines.append(line + (_LOOSENED if _asks_less(key, was.get(key), now.get(key)) else ""))
    lines.sort(key=lambda line: not line.endswith(_LOOSENED))
    return Change("gates", join_lines(lines), tuple(lines) if len(lines) > 1 else ())


def _gate_lines(was: Sequence[str], now: Sequence[str], loosened: Loosened | None) -> list[str]:
    gone = [text for text in was if text not in now]
    come = [text for text in now if text not in was]
    lines = []
    for text in gone:
        after = _counterpart(text, come)
        if after is None:
            lines.append(f"{text} removed{_LOOSENED}")
            continue
        come.remove(after)
        lines.append(f"{text} → {after}" + (_LOOSENED if loosened and loosened(text, after) else ""))
    lines += [f"{text} added" for text in come]
    return lines or ["the order of the gates"] * (list(was) != list(now))


def _counterpart(text: str, others: Sequence[str]) -> str | None:
    """Find the gate that took the place of another: the same but for its numbers, or nearly."""
    same = [other for other in others if _without_numbers(other) == _without_numbers(text)]
    measured = [other for other in others if _measure(other) == _measure(text)]
    return next(iter(same or measured or difflib.get_close_matches(text, others, 1, _NOT_ALIKE)), None)


def _without_numbers(text: str) -> str:
    return re.sub(r"[\d.]+(?:[eE][+-]?\d+)?|\s+", "", text)


def _measure(text: str) -> str:
    return re.sub(r"\s+", "", re.split(r"[<>=]", text, maxsplit=1)[0])


def _asks_less(key: str, was: object, now: object) -> bool:
    if key == "confidence":
        return was is not None and (now is None or float(str(now)) < float(str(was)))
    if key == "min_rows":
        return now is not None and (was is None or int(str(now)) > int(str(was)))
    if key == "repeats":
        return was is not None and (now is None or int(str(now)) < int(str(was)))
    if key == "cluster":
        return bool(_texts(was)) and not _texts(now)
    if key == "known":
        return not set(_texts(now)) <= set(_texts(was))
    return key == "weight" and was is not None and now is None


def _texts(value: object) -> Sequence[str]:
    return [str(text) for text in value] if isinstance(value, list | tuple) else []


def _said(snapshot: Snapshot, part: str) -> Mapping[str, object]:
    return snapshot.fingerprint.details.get(part, {})
