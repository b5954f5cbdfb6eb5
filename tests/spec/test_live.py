"""`live:` and stages with traffic: what each entry means, and a sentence for whatever it cannot mean."""

from __future__ import annotations

import json

import pytest

from ml_ci.errors import UserError
from ml_ci.spec.live import DAY, YEAR, LiveFeatures, LiveSource, LiveSpec, OnAlarm, Ramp
from ml_ci.spec.live_gates import LiveLimit, find_limit, find_margin
from ml_ci.spec.load import load
from ml_ci.spec.values import ModelSpec
from ml_ci.steps.opening.spec_cache import pack, unpack

BASE = """\
version: 1
models:
  churn:
    train: churn.train:train
    data: {train: data/train.csv, holdout: data/holdout.csv}
    label: churned
    positive: 1
"""
LIVE = {"predictions": "logs/*.parquet", "id": "request_id", "time": "predicted_at"}


def write(live: dict[str, str] | None, *more: str) -> str:
    lines = [f"      {key}: {value}" for key, value in live.items()] if live is not None else []
    return BASE + "\n".join([*(["    live:"] if lines else []), *lines, *(f"    {line}" for line in more)]) + "\n"


def read(live: dict[str, str] | None, *more: str) -> ModelSpec:
    return load(write(live, *more), "ml-ci.yaml").models["churn"]


def refuse(live: dict[str, str] | None, *more: str) -> list[str]:
    with pytest.raises(UserError) as wrong:
        read(live, *more)
    return [line.partition("models.churn.")[2] for line in wrong.value.message.splitlines()]


def test_what_is_left_out_has_its_default() -> None:
    found = read(LIVE).live
    assert found == LiveSpec(LiveSource("logs/*.parquet"), "request_id", "predicted_at")
    assert (found.delay, found.window, found.dependent, found.drift) == (30 * DAY, 7 * DAY, True, 0.1)
    assert found.windows_per_alarm == pytest.approx(5 * 365 / 7)
    assert read(None).live is None


def test_reads_every_key() -> None:
    found = read(
        {
            "predictions": "{sql: 'select * from answers;', dsn: LIVE_DSN}",
            "labels": "{path: s3://outcomes/*.csv, time: decided_at}",
            "id": "request_id",
            "time": "at",
            "version": "model_version",
            "delay": "0d",
            "window": "1d12h",
            "rows": "independent",
            "unit": "customer",
            "weight": "stands_for",
            "gates": "[0.05 >= fpr, recall >= holdout.recall - 0.05]",
            "drift": "0.2",
            "false_alarms": "one in 10y",
            "features": "{path: computed.parquet, within: 0.001}",
            "on_alarm": "{issue: false, dispatch: retrain.yml}",
        }
    ).live
    assert found is not None
    assert found.predictions == LiveSource(sql="select * from answers", dsn="LIVE_DSN")
    assert found.labels == LiveSource("s3://outcomes/*.csv", time="decided_at")
    assert (found.delay, found.window, found.false_alarms) == (0, 1.5 * DAY, 10 * YEAR)
    assert (found.version, found.unit, found.weight, found.dependent) == (
        "model_version",
        "customer",
        "stands_for",
        False,
    )
    assert found.features == LiveFeatures(LiveSource("computed.parquet"), 0.001)
    assert found.on_alarm == OnAlarm(False, "retrain.yml")
    assert [find_limit(gate.condition) for gate in found.gates] == [
        LiveLimit("fpr", True, 0.05),
        LiveLimit("recall", False, -0.05, holdout=True),
    ]
    assert unpack(json.loads(json.dumps(pack(found)))) == found  # as the cache of specs keeps it


def test_a_stage_with_traffic() -> None:
    shadow = "{name: shadow, traffic: shadow, after: 14d, for: 60d, gates: [fnr <= baseline.fnr + 0.01]}"
    canary = "{name: canary, traffic: {0d: 0.05, 7d: 0.5}, gates: [recall >= baseline.recall - 0.02]}"
    model = read(LIVE | {"version": "v"}, f"stages: [{shadow}, {canary}, champion]")
    first, second, last = model.stages
    assert (first.traffic, first.after, first.until, first.ramp) == ("shadow", 14 * DAY, 60 * DAY, None)
    assert (second.traffic, second.ramp) == (0.05, Ramp(((0, 0.05), (7 * DAY, 0.5))))
    assert second.ramp is not None
    assert [second.ramp.share(day * DAY) for day in (-1, 0, 6.9, 7, 99)] == [0.05, 0.05, 0.05, 0.5, 0.5]
    assert last.traffic is None
    assert find_margin(second.gates[0].condition) == LiveLimit("recall", False, -0.02)


PERIOD = "expected a period with its unit such as 30d, 12h or 1d12h"
TRAFFIC = "expected shadow, a share such as 0.1, or shares by time such as {0d: 0.05, 7d: 0.5}, each between 0 and 1"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"predictions": "5"},
            "predictions: expected a path such as logs/*.parquet, or {sql: 'select …', dsn: NAME}, got 5",
        ),
        (
            {"predictions": "{}"},
            "predictions: nothing says where the rows are; add path: logs/*.parquet, or sql: 'select …'",
        ),
        ({"predictions": "{path: a.csv, sql: select 1}"}, "predictions.sql: there is path: already; keep one of them"),
        (
            {"predictions": "{path: a.csv, dsn: DSN}"},
            "predictions.dsn: dsn: belongs to sql:, a query that PostgreSQL answers; add it, or leave this out",
        ),
        (
            {"predictions": "{sql: select 1, format: kserve}"},
            "predictions.format: format: belongs to path:, the files with the log lines; leave it out",
        ),
        (
            {"predictions": "postgresql://u:p@h/db"},
            "predictions: a database is read by a query; write {sql: 'select * from "
            "predictions', dsn: NAME}, and set the connection as the variable NAME",
        ),
        (
            {"predictions": "s3://key:secret@bucket/a"},
            "predictions: the URL holds a password; take it out (and change it) and set credentials in the environment",
        ),
        (
            {"predictions": "file:///a.csv"},
            "predictions: expected a path instead of 'file:///a.csv'; write it without file://",
        ),
        ({"predictions": "~/a.csv"}, "predictions: '~' is not expanded, got '~/a.csv'; write the whole path"),
        (
            {"predictions": "{sql: delete from a}"},
            "predictions.sql: expected a query, which begins with select, got 'delete from a'",
        ),
        (
            {"predictions": "{sql: 'select 1; drop table a'}"},
            "predictions.sql: expected one query, got several with ';' between them; keep one",
        ),
        (
            {"predictions": "{sql: \"select * from postgres_scan('password=x', 'a')\"}"},
            "predictions.sql: the query holds a password; take it out (and change it), and name "
            "the variable that has it: dsn: NAME",
        ),
        (
            {"labels": "{path: a.csv, format: kserve}"},
            "labels.format: log lines hold predictions, no labels; leave it out",
        ),
        ({"id": "churned"}, "id: the column 'churned' is label: already"),
        ({"time": "request_id"}, "time: the column 'request_id' is id: already"),
        ({"delay": "30"}, f"delay: {PERIOD}, got 30; write 30d for days"),
        ({"window": "a week"}, f"window: {PERIOD}, got 'a week'"),
        ({"window": "0d"}, "window: expected a period above zero such as 7d or 12h, got '0d'"),
        ({"rows": "independant"}, "rows: input should be 'dependent' or 'independent', got 'independant'"),
        ({"weight": "w"}, "weight: weighted labels are counted row by row; add rows: independent, or leave this out"),
        ({"drift": "1.5"}, "drift: expected a number below 1 such as 0.1, got 1.5, did you mean 0.015?"),
        ({"false_alarms": "5y"}, "false_alarms: expected the mean time to a false alarm such as one in 5y, got '5y'"),
        (
            {"false_alarms": "one in 7d"},
            "false_alarms: a false alarm in each window, or more often, is no alarm; write, for example, one in 5y",
        ),
        (
            {"features": "{path: a.csv, within: -1}"},
            "features.within: expected a number of at least 0 such as 1e-06, got -1",
        ),
        ({"widow": "7d"}, "widow: unknown key, did you mean 'window'?"),
        ({"cost": "5"}, "cost: unknown key here; it belongs one level up, in the model itself"),
        ({"gates": "[fpr <= 5%]"}, "gates[0]: in 'fpr <= 5%': a percentage is written as a number; write 0.05"),
        (
            {"gates": "[fpr <= 1.5]"},
            "gates[0]: in 'fpr <= 1.5': fpr lies between 0 and 1, 1.5 is no limit for it; write 0.015",
        ),
        ({"gates": "[fpr <= 0]"}, "gates[0]: in 'fpr <= 0': a limit of fpr lies between 0 and 1, both excluded, got 0"),
        (
            {"gates": "[fpr <= holdout.fpr + 2]"},
            "gates[0]: in 'fpr <= holdout.fpr + 2': a margin lies between -1 and 1, got 2",
        ),
        (
            {"gates": "[fnr <= baseline.fnr]"},
            "gates[0]: in 'fnr <= baseline.fnr': live rows have no baseline; hold them against "
            "the champion's holdout: holdout.fnr + 0.05",
        ),
        (
            {"gates": "[fnr <= holdout.fpr]"},
            "gates[0]: in 'fnr <= holdout.fpr': a rate stands beside a number and holdout.fnr "
            "only; write, for example, fnr <= holdout.fnr + 0.05",
        ),
        (
            {"gates": "[holdout.fpr <= 0.1]"},
            "gates[0]: in 'holdout.fpr <= 0.1': a gate compares a metric of the candidate; "
            "write, for example, fpr <= 0.05",
        ),
        (
            {"gates": "[f1 >= 0.5]"},
            "gates[0]: in 'f1 >= 0.5': f1 is no share of rows, which live rows are judged by; "
            "choose one of accuracy, fnr, fpr, npv, precision, prevalence, recall, "
            "selection_rate, tnr, tpr",
        ),
        ({"gates": "[lift >= 0.5]"}, "gates[0]: in 'lift >= 0.5': unknown metric 'lift'; metrics are "),
        (
            {"gates": "[fpr <= 0.1 @ 0.9]"},
            "gates[0]: in 'fpr <= 0.1 @ 0.9': `@` has no meaning for live rows: false_alarms: "
            "says how sure an alarm is; leave it out",
        ),
        (
            {"gates": "[0.1 <= fpr <= 0.2]"},
            "gates[0]: in '0.1 <= fpr <= 0.2': a gate of live rows is one comparison; make several gates of it",
        ),
        (
            {"gates": "['each(fpr, by=a) <= 0.2']"},
            "gates[0]: in 'each(fpr, by=a) <= 0.2': live rows are judged by one rate of all "
            "rows; write, for example, fnr <= holdout.fnr + 0.05",
        ),
        ({"gates": "[fpr <= 0.1, fpr <= 0.1]"}, "gates[1]: the gate 'fpr <= 0.1' is listed twice; remove one of them"),
        ({"on_alarm": "{webhook: a}"}, "on_alarm.webhook: unknown key; known are issue, dispatch"),
        ({"on_alarm": "{dispatch: ../a.yml}"}, "on_alarm.dispatch: "),
    ],
)
def test_refuses_a_key_of_live(change: dict[str, str], said: str) -> None:
    [found] = refuse(LIVE | change)
    assert found.removeprefix("live.").startswith(said)


@pytest.mark.parametrize(
    ("stage", "said"),
    [
        ("traffic: 10", f"[0].traffic: {TRAFFIC}, got 10, did you mean 0.1?"),
        ("traffic: all", f"[0].traffic: {TRAFFIC}, got 'all'"),
        (
            "traffic: {7d: 0.1}",
            "[0].traffic: the shares begin with that of 0d and follow by time, such as {0d: 0.05, 7d: 0.5}",
        ),
        (
            "traffic: {0d: 0.1, 3d: 0.2}, gates: [fnr <= baseline.fnr]",
            "[0].traffic: a share begins within a window; let each step be whole windows of live: long",
        ),
        ("traffic: 0.1", "[0].traffic: nothing is judged on its rows; add gates: [fnr <= baseline.fnr + 0.02]"),
        ("after: 3d", "[0].after: after: belongs to a stage with traffic:; add it, or leave this out"),
        (
            "traffic: 0.1, after: 3d, for: 3d, gates: [fnr <= baseline.fnr]",
            "[0].for: it ends before after: allows a promotion; let for: be longer",
        ),
        (
            "traffic: 0.1, gates: [fnr <= 0.1]",
            "[0].gates[0]: in 'fnr <= 0.1': a stage with traffic compares with the champion; "
            "write fnr <= baseline.fnr + 0.02",
        ),
        (
            "traffic: 0.1, gates: [precision >= baseline.precision]",
            "[0].gates[0]: in 'precision >= baseline.precision': precision compares no two "
            "models on live rows; choose one of accuracy, fnr, fpr, recall, selection_rate, tnr, tpr",
        ),
        (
            "traffic: 0.1, gates: [fnr <= holdout.fnr]",
            "[0].gates[0]: in 'fnr <= holdout.fnr': holdout.… belongs to the gates of live:; "
            "write, for example, baseline.fnr",
        ),
        (
            "traffic: 0.1, gates: [fnr <= 2 * baseline.fnr]",
            "[0].gates[0]: in 'fnr <= 2 * baseline.fnr': a rate stands beside a number and baseline.fnr only",
        ),
    ],
)
def test_refuses_a_stage_that_cannot_be_judged(stage: str, said: str) -> None:
    [found] = refuse(LIVE | {"version": "v"}, f"stages: [{{name: canary, {stage}}}, champion]")
    assert found.startswith(f"stages{said}")


def test_a_stage_with_traffic_takes_live_rows_of_two_versions() -> None:
    stages = "stages: [{name: a, traffic: 0.1, gates: [fnr <= baseline.fnr]}, champion]"
    assert refuse(None, stages) == ["stages[0].traffic: nothing says where live rows are; add live: to the model"]
    without = "stages[0].traffic: nothing says which model answered a row; add version: COLUMN to live:"
    assert refuse(LIVE, stages) == [without]
    champion = "stages: [{name: champion, traffic: 0.1, gates: [fnr <= baseline.fnr]}]"
    told = "stages[0].traffic: the champion gets the traffic; give the stage before it a share"
    assert refuse(LIVE | {"version": "v"}, champion) == [told]
