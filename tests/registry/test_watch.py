"""A champion after its promotion: the same rows as a batch, a service's log or a folder that grows are judged alike."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ml_ci import pipeline
from ml_ci.cli.main import call
from ml_ci.errors import UserError
from ml_ci.registry.mlflow_registry import MlflowRegistry
from ml_ci.registry.values import NoAnswerError, RefusedError
from ml_ci.reports.live.as_json import load_canary, load_watch, watch_to_json
from ml_ci.reports.live.values import WatchReport
from ml_ci.spec.live import DAY
from ml_ci.steps.promotion.offer import Asked
from ml_ci.steps.promotion.promote import promote_model

SINCE, WEEK = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), timedelta(days=7)
LIVE = """cost: {{fp: 5, fn: 120, currency: USD}}
    live:
      predictions: {predictions}
      labels: {{path: outcomes.csv}}
      id: request
      time: at
      delay: 14d
      window: 7d
      gates: [fpr <= 0.2, fnr <= 0.3]
      false_alarms: one in 1y"""
WEEKS, TURNS = 12, 6
Row = dict[str, Any]


def _rows() -> Iterator[tuple[int, Row, int]]:
    """Give week, logged row and outcome; from a week on the model misses more than it did."""
    for week in range(WEEKS):
        for i in range(40):
            x = round(i / 40 + week / 1000, 4)
            score = 0.9 if x >= 0.6 and (week < TURNS or i % 4 == 0) else 0.1
            at = SINCE + week * WEEK + timedelta(hours=1 + 3 * i)
            row = {"request": f"r{week}-{i}", "at": at.isoformat(), "score": score, "x": x, "group": "ab"[i % 2]}
            yield week, row, int(x >= 0.5)


def _write(path: Path, rows: list[Row]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".jsonl":
        lines = [json.dumps(row) for row in rows]
    else:
        lines = [",".join(rows[0]), *(",".join(str(value) for value in row.values()) for row in rows)]
    path.write_text("\n".join(lines) + "\n")


def _label(game: Any, *, turned: bool = False) -> None:
    _write(
        game.path / "outcomes.csv", [{"request": row["request"], "y": 1 - y if turned else y} for _, row, y in _rows()]
    )


def _watch(game: Any, weeks: float = WEEKS + 2.5) -> WatchReport:
    return pipeline.watch(game.options(), SINCE + weeks * WEEK)


def _live(game: Any, predictions: str) -> None:
    game.more = LIVE.format(predictions=predictions)
    game.change(0.6)


def _counted(report: WatchReport) -> list[tuple[object, ...]]:
    windows = report.models["cutter"].windows
    return [(one.begin, one.rows, one.positive, one.counts) for one in windows if one.closed]


def test_batch_service_and_stream_end_in_the_same_windows(
    first: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = list(_rows())
    _label(first)
    _write(first.path / "batch" / "all.csv", [row for _, row, _ in rows])
    _write(first.path / "service" / "log.jsonl", [row for _, row, _ in rows[::-1]])
    found = {}
    for name, path in (("batch", "batch/all.csv"), ("service", "service/*.jsonl")):
        _live(first, path)
        found[name] = _watch(first)
    _live(first, "stream")
    for week in range(WEEKS):  # a look a week, while the folder grows
        _write(first.path / "stream" / f"{week:02}.csv", [row for at, row, _ in rows if at == week])
        found["stream"] = _watch(first, week + 3.5)
    assert _counted(found["batch"]) == _counted(found["service"]) == _counted(found["stream"])

    batch, stream = found["batch"].models["cutter"], found["stream"].models["cutter"]
    assert len(batch.closed) == WEEKS and batch.verdict == stream.verdict == "fail"
    assert batch.alarms == stream.alarms and [(one.gate, one.window) for one in batch.alarms] == [("fnr <= 0.3", 11)]
    assert (batch.version, batch.since, batch.window) == ("1", SINCE.isoformat(), 7 * DAY)
    assert batch.holdout is not None and (batch.holdout.fn, batch.holdout.positives) == (4, 20)
    assert batch.threshold == 0.5 and watch_to_json(found["batch"])["models"]["cutter"]["cost"]["per_row"] == 30.0

    kept = load_watch((first.state / "watch.json").read_bytes())
    assert kept == found["stream"]
    again = _watch(first, WEEKS + 2.5)
    assert watch_to_json(again)["models"] == watch_to_json(found["stream"])["models"]
    _label(first, turned=True)  # what comes to be known later is told, and not counted
    later = _watch(first, WEEKS + 2.5).models["cutter"]
    assert _counted(found["stream"]) == _counted(_watch(first)) and later.alarms == stream.alarms
    assert all(one.late for one in later.windows if one.closed)

    monkeypatch.chdir(first.path)
    assert call(["watch", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["models"]["cutter"]["alarms"][0]["id"] == batch.alarms[0].id
    assert call(["watch", "cutter", "--markdown", "issue.md"]) == 1
    assert "Misses went up: FNR 20.0% on the holdout → 80.0%" in capsys.readouterr().out
    assert "### ✗ cutter v1 is worse than it was: 1 alarm" in (first.path / "issue.md").read_text()
    assert call(["watch", "--rows", "next.txt"]) == 2
    assert "what to write is told by the ending" in capsys.readouterr().err


def test_what_keeps_a_look_from_being_taken_is_told(
    first: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(UserError, match="has no model `other`"):
        pipeline.watch(first.options(models=("other",)), SINCE)
    with pytest.raises(UserError, match="`cutter` has no `live:`"):
        pipeline.watch(first.options(models=("cutter",)), SINCE)
    monkeypatch.chdir(first.path)
    assert call(["watch"]) == 5 and "nothing to watch: no model has `live:`" in capsys.readouterr().out

    _live(first, "logs")
    assert call(["watch"]) == 2
    assert "no live rows at logs" in capsys.readouterr().out
    registry = MlflowRegistry(first.location)
    registry.unpoint("cutter", "champion")
    lost = _watch(first).models["cutter"]
    assert lost.verdict == "error" and lost.failure is not None
    assert "somebody took the alias away" in lost.failure.message
    registry.untag_model("cutter", next(tag for tag in registry.tags("cutter") if tag.startswith("ml-ci.move.")))
    registry.point("cutter", "champion", "1")
    foreign = _watch(first).models["cutter"].failure
    assert foreign is not None and "ml-ci did not put it there" in foreign.message


def test_a_model_without_a_champion_has_nothing_to_watch(game: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    _live(game, "logs")
    new = _watch(game).models["cutter"]
    assert new.verdict == "unjudged" and new.failure is not None
    assert (new.failure.message, new.failure.hint) == (
        "`cutter` has no champion yet",
        "Promote one: ml-ci promote cutter",
    )
    monkeypatch.chdir(game.path)
    assert call(["watch"]) == 5
    away = game.options()
    away = type(away)(
        **{**vars(away), "environment": {**away.environment, "MLFLOW_REGISTRY_URI": "http://127.0.0.1:9"}}
    )
    with pytest.raises(NoAnswerError):
        pipeline.watch(away, SINCE)
    assert not (game.state / "watch.json").exists()  # of no earlier look, either


STAGES = """stages:
      - {name: shadow, traffic: shadow, gates: [fnr <= baseline.fnr + 0.05]}
      - champion
"""


def _shadow(game: Any, weeks: int) -> list[Row]:
    """Both models answer every row: version 1 from 0.6 on, version 2 from 0.5 on."""
    found = []
    for week, row, _ in _rows():
        for version, cut in (("1", 0.6), ("2", 0.5)) if week < weeks else ():
            found.append({**row, "model": version, "score": 0.9 if row["x"] >= cut else 0.1})
    return found


def test_a_promotion_asks_what_live_rows_decided(
    first: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first.more = LIVE.format(predictions="shadow.csv") + "\n      version: model\n    " + STAGES
    first.change(0.5)
    assert first.run().verdict == "pass"
    asked = Asked("Ada", SINCE.isoformat(), stage="shadow")
    with pytest.raises(UserError, match="no model of `cutter` is in the stage shadow"):
        pipeline.canary(first.options(), "cutter", "shadow", SINCE)
    assert promote_model(first.options(), "cutter", asked).promoted.moved
    _label(first)

    def promote(*allow: str) -> Any:
        found = Asked("Ada", (SINCE + 20 * WEEK).isoformat(), "it has to be", frozenset(allow))
        return promote_model(first.options(), "cutter", found)

    with pytest.raises(RefusedError, match="nobody decided by live rows whether the model in shadow") as refused:
        promote()
    assert refused.value.hint == "First: ml-ci canary cutter --stage shadow"

    _write(first.path / "shadow.csv", _shadow(first, 1))
    report = pipeline.canary(first.options(), "cutter", "shadow", SINCE + 4 * WEEK)
    assert (report.decision, report.version, report.champion, report.traffic) == ("continue", "2", "1", "shadow")
    with pytest.raises(RefusedError, match="live rows do not let v2 of cutter out of shadow: continue") as refused:
        promote()
    assert refused.value.verdict == "inconclusive"

    _write(first.path / "shadow.csv", _shadow(first, WEEKS))
    late = SINCE + (WEEKS + 2.5) * WEEK
    report = pipeline.canary(first.options(), "cutter", "shadow", late)
    assert report.decision == "promote" and len([one for one in report.windows if one.closed]) == WEEKS
    assert report.windows[0].candidate.fn == 0 and report.windows[0].champion.fn == 4
    again = pipeline.canary(first.options(), "cutter", "shadow", late)
    assert again == report == load_canary((first.state / "canary.json").read_bytes())

    with pytest.raises(UserError, match="`cutter` has no stage `staging` with `traffic:`"):
        pipeline.canary(first.options(), "cutter", "staging", late)
    with pytest.raises(RefusedError, match="nobody decided"):
        promote()  # what was decided before is gone: the last look failed
    pipeline.canary(first.options(), "cutter", "shadow", late)
    text = (first.state / "canary.json").read_text()
    (first.state / "canary.json").write_text(text.replace('"waiting": 0', '"waiting": 1'))
    with pytest.raises(RefusedError, match="was written elsewhere, or changed since"):
        promote()
    (first.state / "canary.json").write_text(text)
    assert promote().promoted.version.version == "3"
    monkeypatch.chdir(first.path)
    assert call(["history", "cutter"]) == 0
    assert "v3 saves 12.00 USD a row against v1" in capsys.readouterr().out


SPLIT = """stages:
      - {name: canary, traffic: {0d: 0.2, 14d: 0.5}, gates: [fnr <= baseline.fnr + 0.1]}
      - champion
"""


def _split(game: Any, name: str, *, cut: float, shares: tuple[float, float] = (0.2, 0.5)) -> None:
    """Each row is answered by one model: 120 a week, of which version 2, which decides at `cut`, gets its share."""
    rows, outcomes = [], []
    for week in range(WEEKS):
        for i in range(120):
            place, x = (week * 120 + i) * 37 % 100, (i * 7 + week) % 120 / 120
            version, at_least = ("2", cut) if place < 100 * shares[week >= 2] else ("1", 0.6)
            at = SINCE + week * WEEK + timedelta(hours=1 + i)
            row = {"request": f"s{week}-{i}", "at": at.isoformat(), "model": version}
            rows.append({**row, "score": 0.9 if x >= at_least else 0.1, "x": x, "group": "ab"[i % 2]})
            outcomes.append({"request": row["request"], "y": int(x >= 0.5)})
    _write(game.path / f"{name}.csv", rows)
    _write(game.path / "outcomes.csv", outcomes)


def test_a_share_of_the_rows_that_grows_is_judged_by_segments(
    first: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first.more = LIVE.format(predictions="split.csv") + "\n      version: model\n    " + SPLIT
    first.change(0.5)
    assert first.run().verdict == "pass"
    assert promote_model(first.options(), "cutter", Asked("Ada", SINCE.isoformat(), stage="canary")).promoted.moved
    late = SINCE + (WEEKS + 2.5) * WEEK

    _split(first, "split", cut=0.5)
    report = pipeline.canary(first.options(), "cutter", "canary", late)
    assert [one.share for one in report.windows if one.closed] == [0.2] * 2 + [0.5] * (WEEKS - 2)
    assert report.decision == "promote", report.reason
    assert sum(one.candidate.rows + one.champion.rows for one in report.windows) == 120 * WEEKS
    assert report == load_canary((first.state / "canary.json").read_bytes())

    monkeypatch.chdir(first.path)
    for name, change, code, said in (
        ("worse", {"cut": 0.75}, 1, "roll it back"),
        ("another", {"cut": 0.5, "shares": (0.2, 0.1)}, 4, "assignment"),  # the split is not what the stage says
    ):
        _split(first, name, **change)  # a log of its own: windows that were counted are not counted anew
        text = (first.path / "ml-ci.yaml").read_text()
        (first.path / "ml-ci.yaml").write_text(re.sub(r"predictions: \w+", f"predictions: {name}", text))
        assert call(["canary", "cutter", "--stage", "canary"]) == code, capsys.readouterr()
        assert said in capsys.readouterr().out
    assert call(["canary", "cutter", "--stage", "canary", "--to-label", "more.csv"]) == 2
    assert "in canary each row has one answer" in capsys.readouterr().err


def test_live_rows_become_the_next_holdout(
    first: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _label(first)
    rows = [row for _, row, _ in _rows()]
    _write(first.path / "logs" / "a.csv", rows)
    _live(first, "logs")
    monkeypatch.chdir(first.path)
    assert call(["watch", "cutter", "--rows", "data/holdout.csv"]) == 0
    assert f"wrote {len(rows)} rows of cutter to data/holdout.csv: {len(rows) // 2} positive" in capsys.readouterr().out
    assert (first.path / "data" / "holdout.csv").read_text().splitlines()[0] == "x,group,y"
    before = {path.name for path in (first.state / "ledgers").iterdir()}
    assert first.run().models["cutter"].verdict == "pass"
    assert len({path.name for path in (first.state / "ledgers").iterdir()} - before) == 1  # a ledger of its own

    _write(first.path / "logs" / "a.csv", [{key: row[key] for key in ("request", "at", "score", "x")} for row in rows])
    assert call(["watch", "--rows", "other.csv"]) == 2
    assert "lack columns of its holdout: `group`" in capsys.readouterr().err
    _write(first.path / "logs" / "a.csv", rows)
    flagged = [{"request": row["request"], "y": y} for _, row, y in _rows() if row["score"] > 0.5]
    _write(first.path / "outcomes.csv", flagged)
    (first.path / "ml-ci.yaml").write_text((first.path / "ml-ci.yaml").read_text().replace("delay: 14d", "delay: 13d"))
    assert call(["watch", "--rows", "other.csv"]) == 2
    assert "A holdout of these rows would flatter the model" in capsys.readouterr().err
    assert not (first.path / "other.csv").exists()
