"""The shape of what models and jobs have in common: their data, their budget, how data of an old commit are fetched."""

from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag

from ml_ci.spec import kinds
from ml_ci.spec.kinds import DataPath, Text
from ml_ci.spec.problems import show

ENTRY_NAME = r"^[A-Za-z_][A-Za-z0-9_]{0,62}$"


def _title(shape: type) -> str:
    return shape.__name__.removesuffix("Shape").lower()


class Strict(BaseModel):
    """Refuse unknown keys and convert nothing, but read 1 where 1.0 is meant."""

    model_config = ConfigDict(
        extra="forbid", strict=True, defer_build=True, allow_inf_nan=False, model_title_generator=_title
    )


class FileShape(Strict):
    """Data on disk: a file, a folder, a glob or a URL."""

    path: DataPath = Field(
        description="A file, folder, glob or URL, relative to this file.", examples=["data/train.csv"]
    )
    columns: Annotated[list[Text], Field(min_length=1)] | None = Field(
        None, description="The column names of a text table without a header line.", examples=[["text", "label"]]
    )
    job: Text | None = Field(
        None, description="The entry of `jobs:` that leaves it; the path is one of its outputs.", examples=["features"]
    )


class PartShape(Strict):
    """A stable part of another data entry, which training never sees: give one of `share`, `after` and `where`.

    With `folds` every row is judged, each by a model that was trained without its fold.
    """

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": [name]} for name in ("share", "after", "where", "folds")]}
    )

    of: Text = Field(description="The data entry that this is a part of.", examples=["train"])
    share: float | None = Field(
        None, gt=0, lt=1, description="The share of the rows, chosen by a hash of their content.", examples=[0.2]
    )
    folds: Annotated[int, Field(ge=2, le=20)] | None = Field(
        None,
        description="Cross-validate, where data are few: so many trainings, each judged on rows that it did not see.",
        examples=[5],
    )
    by: Text | None = Field(
        None, description="Hash this column instead of the whole row: its rows stay together.", examples=["customer_id"]
    )
    seed: int | None = Field(None, ge=0, description="Choose another part of the same size.", examples=[0])
    after: kinds.AfterBound | None = Field(
        None, description="The rows with this column at or above a value.", examples=[{"date": "2026-01-01"}]
    )
    where: kinds.WhereValues | None = Field(
        None, description="The rows with this column at a value, or at one of a list.", examples=[{"split": "test"}]
    )


def _as_mapping(value: Any) -> Any:
    if isinstance(value, str):
        return {"path": value}
    if isinstance(value, dict):
        return value
    expected = "expected a path such as data/train.csv, or {path: data/train.csv, columns: [text, label]}"
    raise ValueError(f"{expected}, got {show(value)}")


def _holdout_kind(value: Any) -> str:
    is_part = isinstance(value, dict) and "path" not in value and not value.keys().isdisjoint(PartShape.model_fields)
    return "<part>" if is_part else "<file>"


FileEntryShape: TypeAlias = Annotated[
    FileShape, BeforeValidator(_as_mapping, json_schema_input_type=DataPath | FileShape)
]
HoldoutShape: TypeAlias = Annotated[
    Annotated[FileEntryShape, Tag("<file>")] | Annotated[PartShape, Tag("<part>")], Discriminator(_holdout_kind)
]


class DataShape(Strict):
    """The data by name. A training function gets the entries that its parameters name, a command `{data.NAME}`."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"propertyNames": {"pattern": ENTRY_NAME}})
    __pydantic_extra__: dict[str, FileEntryShape] = Field(init=False)

    holdout: HoldoutShape = Field(
        description="The labelled rows on which both models are scored; training never sees them.",
        examples=["data/holdout.csv"],
    )

    @property
    def files(self) -> dict[str, FileShape]:
        """Every entry but the holdout."""
        return self.__pydantic_extra__


class BudgetShape(Strict):
    """What one job may use. A job over its limit is ended, and the verdict is `error`."""

    time: kinds.Seconds = Field(
        3600.0, description="Wall time: 5m, 90s, 1h30m, or seconds. One hour by default.", examples=["5m"]
    )
    memory: kinds.MemoryBytes | None = Field(
        None, description="Memory of all its processes: 4GB, 500MB, 2GiB.", examples=["4GB"]
    )
    rows: kinds.RowLimits = Field(
        {}, description="Rows of the entry `train`, or by entry: {train: 50000}.", examples=[50000]
    )


class ResourcesShape(Strict):
    """What the machine has to have on which a job is done. It is no part of what comes out."""

    cpus: float | None = Field(None, gt=0, le=1e6, description="How many CPUs.", examples=[2])
    gpus: int = Field(0, ge=0, le=10_000, description="How many GPUs.", examples=[1])
    memory: kinds.MemoryBytes | None = Field(None, description="How much memory: 8GB, 500MB, 2GiB.", examples=["8GB"])


def _as_fetch(value: Any) -> Any:
    if isinstance(value, str):
        return {"run": value}
    if isinstance(value, dict):
        return value
    raise ValueError(f"expected a command such as dvc pull {{path}}, or {{run: ..., env: [NAME]}}, got {show(value)}")


class FetchShape(Strict):
    """How data of an old commit are fetched."""

    run: Text = Field(description="The command; {path} is what is missing.", examples=["dvc pull {path}"])
    env: kinds.VariableNames | None = Field(
        None,
        description="The variables that it gets beyond the harmless ones; by default those that begin with AWS_, "
        "GOOGLE_, AZURE_, OSS_ or DVC_.",
        examples=[["AWS_PROFILE"]],
    )


FetchEntry: TypeAlias = Annotated[FetchShape, BeforeValidator(_as_fetch, json_schema_input_type=Text | FetchShape)]
