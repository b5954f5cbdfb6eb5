"""The shape of `live:`: where the rows of a model in use are, and what has to hold of them."""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field

from ml_ci.spec import live_notation, variables
from ml_ci.spec.entry_shape import Strict
from ml_ci.spec.kinds import Read, Text
from ml_ci.spec.live import Lines, Ramp
from ml_ci.spec.problems import show

_PERIOD = {"type": "string", "pattern": live_notation.PERIOD}
_SHARE = {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}
Period: TypeAlias = Annotated[float, Read(live_notation.period, _PERIOD)]
Delay: TypeAlias = Annotated[float, Read(live_notation.delay, _PERIOD)]
FalseAlarms: TypeAlias = Annotated[
    float, Read(live_notation.false_alarms, {"type": "string", "pattern": live_notation.FALSE_ALARMS})
]
Traffic: TypeAlias = Annotated[
    str | float | Ramp,
    Read(
        live_notation.traffic,
        {
            "anyOf": [
                {"const": "shadow"},
                _SHARE,
                {
                    "type": "object",
                    "minProperties": 1,
                    "propertyNames": {"pattern": live_notation.PERIOD},
                    "additionalProperties": _SHARE,
                },
            ]
        },
    ),
]
LivePath: TypeAlias = Annotated[str, AfterValidator(live_notation.live_path)]
Query: TypeAlias = Annotated[str, AfterValidator(live_notation.query)]


class SourceShape(Strict):
    """Live rows: give `path` or `sql`."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["path"]}, {"required": ["sql"]}]})

    path: LivePath | None = Field(
        None,
        description="A file, a folder that may grow, a glob or a URL: Parquet, CSV or JSON Lines.",
        examples=["logs/*.parquet"],
    )
    sql: Query | None = Field(
        None,
        description="A query: DuckDB's, or PostgreSQL's with `dsn`.",
        examples=["select * from predictions where model = 'churn'"],
    )
    dsn: Annotated[str, Field(pattern=variables.NAME)] | None = Field(
        None,
        description="The variable of the environment that holds the connection to PostgreSQL.",
        examples=["LIVE_DSN"],
    )
    format: Lines | None = Field(
        None, description="Log lines of a server: KServe's logger, SageMaker's data capture.", examples=["kserve"]
    )


def _as_source(value: Any) -> Any:
    if isinstance(value, str):
        return {"path": value}
    if isinstance(value, dict):
        return value
    raise ValueError(f"expected a path such as logs/*.parquet, or {{sql: 'select …', dsn: NAME}}, got {show(value)}")


class LabelsShape(SourceShape):
    """The labels of live rows, which come later: the columns `id` of `live:` and `label` of the model."""

    time: Text | None = Field(
        None, description="The column that says when a label came to be known.", examples=["decided_at"]
    )


class FeaturesShape(SourceShape):
    """The features of live rows computed again, by the same id: what `ml-ci skew` compares the logged ones with."""

    within: float = Field(
        1e-6, ge=0, lt=1, description="The share by which two numbers may differ.", examples=[0.000001]
    )
    limit: float = Field(
        0.001, gt=0, lt=1, description="The share of rows that may differ in a feature.", examples=[0.001]
    )


class OnAlarmShape(Strict):
    """What an alarm does. The webhook is a secret, ML_CI_WEBHOOK, and stands in no file."""

    issue: bool = Field(True, description="Keep one issue per model, closed when the champion changes.")
    dispatch: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.\-]+\.ya?ml$")] | None = Field(
        None, description="The workflow file that is started once per alarm.", examples=["retrain.yml"]
    )


SourceEntry: TypeAlias = Annotated[
    SourceShape, BeforeValidator(_as_source, json_schema_input_type=LivePath | SourceShape)
]
LabelsEntry: TypeAlias = Annotated[
    LabelsShape, BeforeValidator(_as_source, json_schema_input_type=LivePath | LabelsShape)
]
FeaturesEntry: TypeAlias = Annotated[
    FeaturesShape, BeforeValidator(_as_source, json_schema_input_type=LivePath | FeaturesShape)
]


class LiveShape(Strict):
    """The model in use: its live predictions, their labels, and what `ml-ci watch` holds of them. It trains nothing."""

    predictions: SourceEntry = Field(
        description="The live rows: id, time, `score` or `prediction`, and features.", examples=["logs/*.parquet"]
    )
    labels: LabelsEntry | None = Field(
        None,
        description="The labels, joined by id. Without it, the column `label` of the predictions, empty until known.",
        examples=[{"path": "outcomes.csv"}],
    )
    id: Text = Field(description="The column that names a row, in predictions and labels.", examples=["request_id"])
    time: Text = Field(
        description="The column with the time of a prediction, with its time zone.", examples=["predicted_at"]
    )
    version: Text | None = Field(
        None,
        description="The column that says which version answered; without it, all rows since the promotion count.",
        examples=["model_version"],
    )
    delay: Delay = Field(
        30 * 86_400.0, description="How old a row is when its label is due; 30d by default.", examples=["30d"]
    )
    window: Period = Field(
        7 * 86_400.0,
        description="How long a window is: longer than what rows share; 7d by default.",
        examples=["7d"],
    )
    rows: Literal["dependent", "independent"] = Field(
        "dependent",
        description="Whether rows of a window share causes: then each window is one observation.",
        examples=["dependent"],
    )
    unit: Text | None = Field(
        None,
        description="The column whose equal values are one unit (a customer): its first row of a window counts.",
        examples=["customer_id"],
    )
    weight: Text | None = Field(
        None,
        description="The column with the number of rows that a labelled row stands for, where labels are sampled.",
        examples=["label_weight"],
    )
    gates: list[Text] = Field(
        [],
        description="What has to hold of live rows: a rate against a limit or the holdout's.",
        examples=[["fpr <= 0.05", "fnr <= holdout.fnr + 0.05"]],
    )
    drift: float = Field(
        0.10, gt=0, lt=1, description="By how much the share of a bin may move before it is told.", examples=[0.10]
    )
    false_alarms: FalseAlarms = Field(
        5 * 365 * 86_400.0,
        description="How often a false alarm is borne; `one in 5y` by default.",
        examples=["one in 5y"],
    )
    features: FeaturesEntry | None = Field(
        None,
        description="The features computed again, for `ml-ci skew`.",
        examples=[{"path": "computed/*.parquet", "within": 0.000001}],
    )
    on_alarm: OnAlarmShape = Field(
        OnAlarmShape.model_construct(),
        description="What an alarm does beside the verdict.",
        examples=[{"issue": True, "dispatch": "retrain.yml"}],
    )
