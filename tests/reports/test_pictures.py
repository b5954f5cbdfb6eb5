"""What a page draws crosses the report's file whole, and is refused by name where it does not add up."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ml_ci.changes.drift import ColumnDrift
from ml_ci.errors import UserError
from ml_ci.evaluation.evaluate import Holdout, compare
from ml_ci.evaluation.labels import Labels
from ml_ci.evaluation.pictures import Pictures
from ml_ci.evaluation.scores import Predictions
from ml_ci.reports.as_json import dumps, from_json, loads, schema, to_json
from ml_ci.reports.values import ModelReport, Report, Side

Reports = dict[str, Callable[[], Report]]
DRIFT = (
    ColumnDrift("data.train", "age", 0.12, 0.001, told=True, means=(37.5, 41.0)),
    ColumnDrift("data.train", "</script>", 0.0, 0.001, told=False),
)


def _model(rows: int = 400, *, alone: bool = False) -> ModelReport:
    rng = np.random.default_rng(3)
    y = rng.random(rows) < 0.4
    one, other = (np.clip(rng.normal(0.4 + 0.25 * y, 0.2), 0, 1) for _ in range(2))
    holdout = Holdout(Labels(y, y.astype(np.int32), ("0", "1")))
    sides = [Predictions(score >= 0.5, "probability", score) for score in (one, other)]
    found = compare(holdout, sides[0], None if alone else sides[1], stated=(0.5, None if alone else 0.5))
    assert found.pictures is not None
    own, base = found.candidate, found.baseline
    return ModelReport(
        "fail",
        "train",
        candidate=Side("r", own.confusion, own.metrics, {}),
        baseline=None if base is None else Side("s", base.confusion, base.metrics, {}, "merge-base 3f2c1ab"),
        pictures=replace(found.pictures, drift=DRIFT),
    )


def _report(**models: ModelReport) -> Report:
    return Report("fail", None, None, models=models)


@pytest.mark.parametrize("alone", [True, False])
def test_pictures_are_read_back_equal(alone: bool) -> None:
    report = _report(
        m=_model(alone=alone), n=replace(_model(), pictures=Pictures()), o=replace(_model(), pictures=None)
    )
    assert loads(dumps(report)) == report


def test_they_stand_on_one_line_of_the_file_each() -> None:
    models = {'"pictures": null': _model(), "none": replace(_model(), pictures=None), "x\n": _model(50)}
    report = _report(**models)
    text = dumps(report)
    assert json.loads(text) == to_json(report)
    lines = [line for line in text.splitlines() if line.startswith('      "pictures": ')]
    assert [json.loads(line.partition(": ")[2].rstrip(",")) for line in lines] == [
        one["pictures"] for one in to_json(report)["models"].values()
    ]


def test_a_model_takes_few_kilobytes() -> None:
    found = to_json(_report(m=_model(200_000)))["models"]["m"]["pictures"]
    assert len(json.dumps({**found, "flips": None})) < 24_000
    assert len(json.dumps(found["flips"])) < 30_000


def _cut(pictures: Any) -> int:
    return int(pictures["cuts"]["at"].index(0.5))


def _put(*path: Any) -> Callable[[Any], None]:
    *steps, last, value = path

    def put(pictures: Any) -> None:
        place = pictures
        for step in steps:
            place = place[step]
        place[last] = value

    return put


def _more_at_the_cut(pictures: Any) -> None:
    counts, here = pictures["cuts"]["candidate"]["fp"], _cut(pictures)
    counts[here] = counts[here - 1]
    assert counts[here] != counts[here + 1]


def _move_a_row(pictures: Any) -> None:
    counts = pictures["histograms"]["candidate"]["positives"]
    at = next(place for place, rows in enumerate(counts) if rows)
    counts[at] -= 1


def _twice(pictures: Any) -> None:
    pictures["flips"]["rows"][1]["row"] = pictures["flips"]["rows"][0]["row"]


def _more_flips(pictures: Any) -> None:
    pictures["flips"]["new_fp"] += 1


def _hide_flips(pictures: Any) -> None:
    pictures["flips"]["new_fp"] -= 1
    pictures["flips"]["gone_fp"] -= 1


def _too_many(pictures: Any) -> None:
    cuts = pictures["cuts"]
    cuts["at"] = [float(number) for number in range(5_000)]


HOSTILE = {
    "a cut that is no number": (_put("cuts", "at", 3, float("nan")), "finite number"),
    "an infinite cut": (_put("cuts", "at", 3, float("inf")), "finite number"),
    "a text": (_put("cuts", "at", 3, "0.5"), "valid number"),
    "cuts in disorder": (_put("cuts", "at", 3, 0.9), "cuts do not rise"),
    "too many cuts": (_too_many, "at most 1200 items"),
    "another number of counts": (lambda p: p["cuts"]["candidate"]["fp"].pop(), "not as many counts as cuts"),
    "fewer of the other side": (lambda p: p["cuts"]["baseline"]["fn"].pop(0), "not as many counts as cuts"),
    "counts below none": (_put("cuts", "candidate", "fn", 0, -1), "greater than or equal to 0"),
    "half a row": (_put("cuts", "candidate", "fn", 0, 0.5), "valid integer"),
    "false positives that rise": (_put("cuts", "candidate", "fp", 9, 10**9), "false positives do not fall"),
    "misses that fall": (_put("cuts", "baseline", "fn", 9, 10**9), "misses do not rise"),
    "other positives": (_put("cuts", "candidate", "positives", 10**9), "of other rows than the report counts"),
    "other counts where it decides": (_more_at_the_cut, "at the operating cut of the candidate other rows are wrong"),
    "a cut that nobody counted": (_put("cuts", "operating", 0, 0.123456789), "an operating cut is none of the cuts"),
    "one operating cut": (_put("cuts", "operating", [0.5]), "at least 2 items"),
    "a cut of no baseline": (_put("cuts", "baseline", None), "an operating cut is of no baseline"),
    "a row less": (_move_a_row, "of other rows than the report counts"),
    "a bin less": (lambda p: p["histograms"]["candidate"]["positives"].pop(), "not as many counts as bins"),
    "bins in disorder": (_put("histograms", "edges", 1, 2.0), "edges do not rise"),
    "too many bins": (_put("histograms", "edges", [0.0] * 100), "at most 41 items"),
    "a mean beyond 1": (_put("calibration", "candidate", 0, "mean", 1.5), "less than or equal to 1"),
    "more positives than rows": (_put("calibration", "candidate", 0, "positives", 10**9), "more rows are positive"),
    "too few rows": (lambda p: p["calibration"]["baseline"].pop(), "of other rows than the report counts"),
    "a row that flips twice": (_twice, "a row flips twice"),
    "a row before the first": (_put("flips", "rows", 0, "row", 0), "greater than or equal to 1"),
    "more flips than errors": (_more_flips, "other rows flipped than the report counts"),
    "fewer flips than rows": (_hide_flips, "more rows are shown than flipped"),
    "too many rows": (_put("flips", "rows", [{"row": 1}] * 201), "at most 200 items"),
    "a row's values": (_put("flips", "rows", 0, "candidate", "secret"), "valid number"),
    "a divergence beyond 1": (_put("drift", 0, "bits", 2.0), "less than or equal to 1"),
    "a long name": (_put("drift", 0, "column", "x" * 2_001), "at most 2000 characters"),
    "too many columns": (lambda p: p["drift"].extend(p["drift"] * 2_000), "at most 2000 items"),
}


@pytest.mark.parametrize(("change", "said"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_pictures_are_refused_by_name(change: Callable[[Any], None], said: str) -> None:
    data = copy.deepcopy(to_json(_report(m=_model())))
    change(data["models"]["m"]["pictures"])
    with pytest.raises(UserError) as raised:
        from_json(data)
    assert said in raised.value.message and "models.m" in raised.value.message
    assert len(str(raised.value)) < 1_000


def test_flips_need_two_sides() -> None:
    data = to_json(_report(m=replace(_model(), baseline=None)))
    with pytest.raises(UserError, match="baseline is of other rows"):
        from_json(data)
    data["models"]["m"]["pictures"].update(cuts=None, histograms=None, calibration=None)
    with pytest.raises(UserError, match="there are no two sides"):
        from_json(data)


def test_a_report_of_a_version_without_pictures_is_read(reports: Reports) -> None:
    report = reports["failed_by_data"]()
    data = to_json(report)
    del data["models"]["churn"]["pictures"]
    assert from_json(data) == report


def test_the_schema_limits_them() -> None:
    definitions = schema()["$defs"]
    assert definitions["_Cuts"]["properties"]["at"]["maxItems"] == 1_200
    assert definitions["_Flips"]["properties"]["rows"]["maxItems"] == 200
