"""The shape of `ml-ci.yaml` as pydantic models: which keys there are, their types and what an editor says of them.

What takes two keys to judge is in `checks`; `schema` prints these classes as a JSON Schema.
"""

from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints

from ml_ci.spec import kinds
from ml_ci.spec.card_shape import CardShape
from ml_ci.spec.entry_shape import BudgetShape, DataShape, FetchEntry, ResourcesShape, Strict
from ml_ci.spec.job_shape import JobShape
from ml_ci.spec.kinds import EntryPoint, ProjectPath, RepositoryPath, Text
from ml_ci.spec.live_shape import LiveShape, Period, Traffic
from ml_ci.spec.names import MODEL_NAME
from ml_ci.spec.pipeline_shape import PipelineEntry
from ml_ci.spec.problems import show
from ml_ci.spec.values import Threshold


class OutputsShape(Strict):
    """What a command leaves behind: predictions, a model, or both."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    predictions: ProjectPath | None = Field(
        None,
        description="CSV or Parquet with a column `score` or `prediction`, one row per holdout row.",
        examples=["{out}/predictions.csv"],
    )
    model: ProjectPath | None = Field(
        None, description="The model's file; `predict` says how it scores.", examples=["{out}/model.pkl"]
    )


class LoadShape(Strict):
    """What loading the model's file takes beside the library that wrote it."""

    factory: EntryPoint | None = Field(
        None,
        description="The function that makes the module which weights (safetensors, a state dict) belong to: "
        "without a parameter, or with one that gets the weights by name.",
        examples=["churn.net:build"],
    )
    trusted: list[Text] = Field(
        [], description="Types that a skops file may hold beside skops' own.", examples=[["churn.features.Encoder"]]
    )


class CostShape(Strict):
    """What one mistake costs: the metrics `cost` and `cost_per_1000` come from it."""

    fp: float = Field(ge=0, description="The price of one false positive.", examples=[5])
    fn: float = Field(ge=0, description="The price of one false negative.", examples=[120])
    currency: Annotated[str, StringConstraints(max_length=12)] = Field(
        "", description="The currency, for reports.", examples=["USD"]
    )


class PriceShape(Strict):
    """What scoring costs where each row is paid for: a service, a language model."""

    per_row: float = Field(gt=0, description="The price of scoring one row once.", examples=[0.002])
    currency: Annotated[str, StringConstraints(max_length=12)] = Field(
        "", description="The currency, for reports.", examples=["EUR"]
    )


class ReuseShape(Strict):
    """How often this holdout may be used before its proofs wear out."""

    looks: int = Field(32, ge=1, description="How many results may be looked at.", examples=[32])
    promotions: int = Field(3, ge=1, description="How many models it may let through.", examples=[3])


def _as_stage(value: Any) -> Any:
    if isinstance(value, str):
        return {"name": value}
    if isinstance(value, dict):
        return value
    raise ValueError(f"expected a name such as staging, or {{name: staging, gates: [fpr <= 0.05]}}, got {show(value)}")


class StageShape(Strict):
    """A step on a model's way into use. Its gates have to hold beside the model's own."""

    name: Text = Field(description="The alias in the registry.", examples=["staging"])
    gates: list[Text] = Field([], description="Conditions of this stage.", examples=[["fpr <= 0.03"]])
    approval: kinds.Approval | None = Field(
        None, description="Whether a person approves a model before it comes into this stage.", examples=["required"]
    )
    traffic: Traffic | None = Field(
        None,
        description="What its model answers of live rows, beside the champion: all (`shadow`), a share, or shares by "
        "time. Its gates are judged on them, by `ml-ci canary`.",
        examples=["shadow", 0.1, {"0d": 0.05, "7d": 0.5}],
    )
    after: Period | None = Field(None, description="The earliest time of a promotion.", examples=["14d"])
    until: Period | None = Field(
        None, alias="for", description="How long the evidence may take; then it is not promoted.", examples=["60d"]
    )


StageEntry: TypeAlias = Annotated[StageShape, BeforeValidator(_as_stage, json_schema_input_type=Text | StageShape)]


class ModelShape(Strict):
    """One model: how it is trained, on what, and what has to hold. Give `train`, or `run` with `outputs`."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                {"required": ["train"], "not": {"required": ["outputs"]}},
                {"required": ["train", "outputs"], "properties": {"train": {"pattern": r"\.ya?ml:"}}},
                {"required": ["run", "outputs"]},
            ]
        }
    )

    train: kinds.Training | None = Field(
        None,
        description="Train by a Python function, module:function. Its parameters name what it wants: "
        "a data entry, params, seed, out. Or by a stage, dvc.yaml:stage.",
        examples=["churn.train:train", "dvc.yaml:train"],
    )
    run: kinds.Command | None = Field(
        None,
        description="Train by a command in any language: a text for the shell, or a list of arguments. "
        "{data.NAME}, {params}, {seed}, {out} and {needs.NAME} are filled in.",
        examples=["Rscript train.R {data.train} {out}"],
    )
    outputs: OutputsShape | None = Field(
        None,
        description="What the command of `run` leaves behind.",
        examples=[{"predictions": "{out}/predictions.csv"}],
    )
    data: DataShape = Field(
        description="The data by name; `holdout` is required.",
        examples=[{"train": "data/train.csv", "holdout": "data/holdout.csv"}],
    )
    label: Text = Field(description="The column of the holdout with the true class.", examples=["churned"])
    positive: kinds.PositiveClass = Field(
        description="The positive class: a label, a list of labels, or a comparison of numbers such as '>= 30' or "
        "'== 7'.",
        examples=[1],
    )
    predict: kinds.HowToScore | None = Field(
        None,
        description="How the holdout is scored: function(model, rows) gives scores in [0, 1] or class labels; or a "
        "command in any language that leaves scores.csv in {out}. By default predict_proba, decision_function or "
        "predict.",
        examples=["churn.score:predict", {"run": "Rscript predict.R {model} {rows} {out}/scores.csv"}],
    )
    load: LoadShape | None = Field(
        None,
        description="What loading the model's file takes: `factory` for weights, `trusted` for skops.",
        examples=[{"factory": "churn.net:build"}],
    )
    id: Text | None = Field(
        None, description="The column that joins a predictions file with the holdout.", examples=["customer_id"]
    )
    params: kinds.Params | None = Field(
        None, description="Parameters: a file with the key in it, or a mapping.", examples=["params.yaml#churn"]
    )
    slices: list[kinds.Slicing] = Field(
        [],
        description="Columns whose groups of rows are counted apart: a column, two of them, or a column with edges.",
        examples=[["region", {"age": [18, 30, 50]}, ["sex", "race"]]],
    )
    min_rows: int | None = Field(None, ge=1, description="Leave smaller slices out of gates.", examples=[30])
    baseline: Text = Field(
        "merge-base",
        description="What the candidate is compared with: merge-base, champion, any git ref, or none.",
        examples=["merge-base", "champion", "main", "none"],
    )
    seed: int = Field(
        0, ge=0, lt=2**32, description="The job's seed; random and numpy are seeded with it.", examples=[0]
    )
    seeds: int = Field(
        1,
        ge=1,
        json_schema_extra={"not": {"enum": [2, 3, 4]}},
        description="Train this many times and judge the procedure, not the luck: 1, or at least 5.",
        examples=[5],
    )
    repeats: int = Field(
        1,
        ge=1,
        le=1000,
        description="Score the holdout this many times, without training again: for a model that does not answer "
        "alike twice, such as a service or a language model. 1, or 2 and more.",
        examples=[5],
    )
    threshold: kinds.Decision = Field(
        Threshold(),
        description="The score from which on a row is positive, 0.5 by default; or the rate for which it is chosen "
        "on data.validation: fpr=0.01, fnr=0.05.",
        examples=[0.5, "fpr=0.01"],
    )
    budget: BudgetShape = Field(
        BudgetShape.model_construct(),
        description="What one training job may use.",
        examples=[{"time": "5m", "memory": "4GB"}],
    )
    resources: ResourcesShape | None = Field(
        None,
        description="What the machine has to have: `{cpus: 2, gpus: 1, memory: 8GB}`.",
        examples=[{"cpus": 2, "gpus": 1, "memory": "8GB"}],
    )
    confidence: float | None = Field(
        None,
        gt=0.5,
        lt=1,
        description="Ask every gate for proof at this confidence; leave it out to compare the measured numbers.",
        examples=[0.95],
    )
    cluster: kinds.Clustering | None = Field(
        None,
        description="The column whose equal values make rows of the holdout one piece of evidence (a customer's rows): "
        "a column, several, or none where rows are independent. A holdout that is cut by: a column has it by itself.",
        examples=["customer_id", ["shop", "customer"], "none", {"by": "customer_id", "known": ["acme"]}],
    )
    weight: Text | None = Field(
        None,
        description="The column with the number of rows of the population that a row of the holdout stands for.",
        examples=["sampling_weight"],
    )
    method: kinds.Method = Field("score", description="The statistics of a gate with a confidence.", examples=["score"])
    gates: list[Text] = Field(
        [],
        description="The conditions that have to hold, for example fnr <= baseline.fnr + 0.01.",
        examples=[["fpr <= 0.05", "each(fnr, by=region) <= 0.20"]],
    )
    metrics: dict[str, EntryPoint] = Field(
        {},
        description="Metrics of your own by name: module:function, called with (y_true, score).",
        examples=[{"lift": "churn.metrics:lift"}],
    )
    behaviours: dict[str, kinds.BehaviourEntry] = Field(
        {},
        json_schema_extra={"propertyNames": {"pattern": r"^[A-Za-z_][A-Za-z0-9_]*$"}},
        description="What has to hold of the model's answers whatever the label is, by name: each name is a metric, "
        "the share of rows on which it is broken.",
        examples=[{"blind": {"vary": "sex"}}],
    )
    counterexamples: kinds.HowMuchShown = Field(
        "shrunk",
        description="What is told of a row on which a behaviour is broken: none, shrunk to what it takes, or full.",
        examples=["shrunk"],
    )
    cost: CostShape | None = Field(
        None,
        description="What a false positive and a false negative cost.",
        examples=[{"fp": 5, "fn": 120, "currency": "USD"}],
    )
    price: PriceShape | None = Field(
        None,
        description="What scoring a row once costs.",
        examples=[{"per_row": 0.002, "currency": "EUR"}],
    )
    reuse: ReuseShape | None = Field(
        None,
        description="How often this holdout may be used.",
        examples=[{"looks": 32, "promotions": 3}],
    )
    code: list[RepositoryPath] = Field(
        [],
        description="Globs of further files of the repository that belong to the training code.",
        examples=[["sql/*.sql", "../common/**"]],
    )
    ignore: list[RepositoryPath] = Field(
        [],
        description="Globs of files that count for nothing where a job is seen to read them.",
        examples=[["docs/**"]],
    )
    needs: list[Text] = Field(
        [], description="Models and jobs that are made first and are inputs of this job.", examples=[["embedder"]]
    )
    cwd: ProjectPath = Field(".", description="The folder in which the job starts.", examples=["src"])
    python: Text | None = Field(
        None, description="The job's interpreter, 3.8 or later; ml-ci's own by default.", examples=[".venv/bin/python"]
    )
    env: kinds.Variables | None = Field(
        None,
        description="Variables that the jobs get beyond the harmless ones: names, or texts by name.",
        examples=[["HF_HOME", {"MODE": "fast"}]],
    )
    fetch: FetchEntry | None = Field(
        None, description="A command that fetches data of an old commit.", examples=["dvc pull {path}"]
    )
    card: CardShape = Field(
        CardShape.model_construct(),
        description="Owner and intended use, for the model card.",
        examples=[{"owner": "Risk analytics", "intended_use": "Rank customers for a call."}],
    )
    stages: list[StageEntry] = Field(
        [],
        description="The way of a model into use, in this order; the last one is champion.",
        examples=[["staging", "champion"]],
    )
    approval: kinds.Approval | None = Field(
        None, description="Whether a person approves a model before it becomes champion.", examples=["required"]
    )
    live: LiveShape | None = Field(
        None,
        description="The live rows of the model in use, and what `ml-ci watch` holds of them. It trains nothing.",
        examples=[{"predictions": "logs/*.parquet", "id": "request_id", "time": "predicted_at"}],
    )


class Shape(Strict):
    """ml-ci.yaml: the models of this repository and what has to hold before a change of one is merged."""

    version: kinds.Version = Field(description="The version of this format.", examples=[1])
    store: kinds.StoreUrl | None = Field(
        None,
        description="The URL or folder of the store in which runs share their records.",
        examples=["s3://bucket/ml-ci"],
    )
    registry: kinds.RegistryUrl | None = Field(
        None,
        description="The MLflow server that holds the champions; a file below .ml_ci/ by default.",
        examples=["https://mlflow.example.org"],
    )
    models: dict[str, ModelShape] = Field(
        min_length=1,
        json_schema_extra={"propertyNames": {"pattern": MODEL_NAME}},
        description="The models by name.",
    )
    jobs: dict[str, JobShape] = Field(
        {},
        json_schema_extra={"propertyNames": {"pattern": MODEL_NAME}},
        description="The steps that are no model, by name: what makes data, what checks something.",
    )
    dvc: PipelineEntry | None = Field(
        None,
        description="A dvc.yaml whose stages are jobs, as it is.",
        examples=["dvc.yaml", {"file": "dvc.yaml", "python": ".venv/bin/python"}],
    )
