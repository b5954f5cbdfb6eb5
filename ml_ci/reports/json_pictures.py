"""What a page draws, as JSON: thousands of numbers, on one line of the file."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from ml_ci.evaluation.pictures import ByClass, CalibrationBin, CutCounts, Cuts, Flips, Histograms, Pictures

# A key at this depth is a model's (or a job's, which has none): no text of a report holds a line's end.
_EMPTY = re.compile(r'\n {6}"pictures": null')


def drawn(pictures: Pictures) -> dict[str, Any]:
    """Give pictures as builtin types, all of them JSON."""
    calibration, flips = pictures.calibration, pictures.flips
    return {
        "cuts": None if pictures.cuts is None else _cuts(pictures.cuts),
        "histograms": None if pictures.histograms is None else _histograms(pictures.histograms),
        "calibration": None
        if calibration is None
        else {"candidate": _bins(calibration.candidate), "baseline": _bins(calibration.baseline)},
        "flips": None if flips is None else _flips(flips),
        "drift": [{**vars(one), "means": None if one.means is None else list(one.means)} for one in pictures.drift],
    }


def fold_in(data: Mapping[str, Any]) -> str:
    """Write a report as JSON text with an indent, each model's pictures on one line."""
    models: Mapping[str, dict[str, Any]] = data["models"]
    lines = [json.dumps(one["pictures"], ensure_ascii=False, allow_nan=False) for one in models.values()]
    bare = {**data, "models": {name: {**one, "pictures": None} for name, one in models.items()}}
    rest, left = json.dumps(bare, indent=2, ensure_ascii=False, allow_nan=False), iter(lines)
    return _EMPTY.sub(lambda _: f'\n      "pictures": {next(left)}', rest)


def _cuts(cuts: Cuts) -> dict[str, Any]:
    return {
        "at": list(cuts.at),
        "candidate": _counts(cuts.candidate),
        "baseline": _counts(cuts.baseline),
        "operating": list(cuts.operating),
    }


def _counts(side: CutCounts | None) -> dict[str, Any] | None:
    if side is None:
        return None
    return {"fp": list(side.fp), "fn": list(side.fn), "positives": side.positives, "negatives": side.negatives}


def _histograms(found: Histograms) -> dict[str, Any]:
    return {
        "edges": list(found.edges),
        "candidate": _by_class(found.candidate),
        "baseline": _by_class(found.baseline),
    }


def _by_class(side: ByClass | None) -> dict[str, Any] | None:
    return None if side is None else {"negatives": list(side.negatives), "positives": list(side.positives)}


def _bins(found: tuple[CalibrationBin, ...] | None) -> list[dict[str, Any]] | None:
    return None if found is None else [dict(vars(one)) for one in found]


def _flips(flips: Flips) -> dict[str, Any]:
    return {**vars(flips), "rows": [dict(vars(one)) for one in flips.rows]}
