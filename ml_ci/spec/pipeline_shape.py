"""The shape of `dvc:`, which names a `dvc.yaml` whose stages are jobs."""

from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, Field

from ml_ci.spec import kinds
from ml_ci.spec.entry_shape import BudgetShape, FetchEntry, ResourcesShape, Strict
from ml_ci.spec.kinds import ProjectPath, RepositoryPath, Text
from ml_ci.spec.problems import show


def _as_pipeline(value: Any) -> Any:
    if isinstance(value, str):
        return {"file": value}
    if isinstance(value, dict):
        return value
    raise ValueError(f"expected a path such as dvc.yaml, or {{file: dvc.yaml, stages: [train]}}, got {show(value)}")


class PipelineShape(Strict):
    """A `dvc.yaml`, and what holds of each of its stages as it does of a job."""

    file: ProjectPath = Field(description="The path of the dvc.yaml.", examples=["dvc.yaml"])
    stages: list[Text] = Field(
        [],
        description="The stages that are jobs, with all that they build on; by default every one.",
        examples=[["evaluate"]],
    )
    seed: int = Field(
        0, ge=0, lt=2**32, description="The stages' seed; random and numpy are seeded with it.", examples=[0]
    )
    budget: BudgetShape = Field(
        BudgetShape.model_construct(), description="What each stage may use.", examples=[{"time": "5m"}]
    )
    resources: ResourcesShape | None = Field(
        None,
        description="What the machine has to have: `{cpus: 2, gpus: 1, memory: 8GB}`.",
        examples=[{"cpus": 2, "gpus": 1, "memory": "8GB"}],
    )
    ignore: list[RepositoryPath] = Field(
        [],
        description="Globs of files that count for nothing where a stage is seen to read them.",
        examples=[["docs/**"]],
    )
    python: Text | None = Field(
        None,
        description="The stages' interpreter, 3.8 or later; ml-ci's own by default.",
        examples=[".venv/bin/python"],
    )
    env: kinds.Variables | None = Field(
        None,
        description="Variables that the stages get beyond the harmless ones: names, or texts by name.",
        examples=[["HF_HOME", {"MODE": "fast"}]],
    )
    fetch: FetchEntry | None = Field(
        None, description="A command that fetches data of an old commit.", examples=["dvc pull {path}"]
    )


PipelineEntry: TypeAlias = Annotated[
    PipelineShape, BeforeValidator(_as_pipeline, json_schema_input_type=kinds.ProjectPath | PipelineShape)
]
