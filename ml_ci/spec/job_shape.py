"""The shape of one entry under `jobs:`."""

from typing import Literal

from pydantic import ConfigDict, Field

from ml_ci.spec import kinds
from ml_ci.spec.entry_shape import ENTRY_NAME, BudgetShape, FetchEntry, FileEntryShape, ResourcesShape, Strict
from ml_ci.spec.kinds import EntryPoint, ProjectPath, RepositoryPath, Text


class JobShape(Strict):
    """One step that is no model: what it makes, and of what. Give `run` or `function`."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["run"]}, {"required": ["function"]}]})

    run: kinds.Command | None = Field(
        None,
        description="A command in any language: a text for the shell, or a list of arguments. "
        "{data.NAME}, {params}, {seed}, {out} and {needs.NAME} are filled in.",
        examples=["python features.py {data.raw}"],
    )
    function: EntryPoint | None = Field(
        None,
        description="A Python function, module:function. Its parameters name what it wants: a data entry, params, "
        "seed, out; what it returns counts for nothing.",
        examples=["churn.features:make"],
    )
    outputs: list[ProjectPath] = Field(
        [],
        description="The files and folders that it leaves, relative to this file, or {out}/…; others name one as "
        "{job: NAME, path: PATH}. Without any it is a check: it has to end well.",
        examples=[["features.parquet"]],
    )
    data: dict[str, FileEntryShape] = Field(
        {},
        json_schema_extra={"propertyNames": {"pattern": ENTRY_NAME}},
        description="What it reads, by name.",
        examples=[{"raw": "data/raw.csv"}],
    )
    needs: list[Text] = Field(
        [], description="Models and jobs that are made first and are inputs of this one.", examples=[["churn"]]
    )
    after: Literal["promotion"] | None = Field(
        None,
        description="When it is done: by no run, but by `ml-ci promote` or `ml-ci deploy`, once the model that it "
        "needs is champion, as the default branch's file declares it.",
        examples=["promotion"],
    )
    params: kinds.Params | None = Field(
        None, description="Parameters: a file with the key in it, or a mapping.", examples=["params.yaml#features"]
    )
    seed: int = Field(
        0, ge=0, lt=2**32, description="The job's seed; random and numpy are seeded with it.", examples=[0]
    )
    budget: BudgetShape = Field(
        BudgetShape.model_construct(), description="What the job may use.", examples=[{"time": "5m", "memory": "4GB"}]
    )
    resources: ResourcesShape | None = Field(
        None,
        description="What the machine has to have: `{cpus: 2, gpus: 1, memory: 8GB}`.",
        examples=[{"cpus": 2, "gpus": 1, "memory": "8GB"}],
    )
    code: list[RepositoryPath] = Field(
        [], description="Globs of further files of the repository that belong to its code.", examples=[["sql/*.sql"]]
    )
    ignore: list[RepositoryPath] = Field(
        [],
        description="Globs of files that count for nothing where the job is seen to read them.",
        examples=[["docs/**"]],
    )
    cwd: ProjectPath = Field(".", description="The folder in which the job starts.", examples=["src"])
    python: Text | None = Field(
        None, description="The job's interpreter, 3.8 or later; ml-ci's own by default.", examples=[".venv/bin/python"]
    )
    env: kinds.Variables | None = Field(
        None,
        description="Variables that the job gets beyond the harmless ones: names, or texts by name.",
        examples=[["HF_HOME", {"MODE": "fast"}]],
    )
    fetch: FetchEntry | None = Field(
        None, description="A command that fetches data of an old commit.", examples=["dvc pull {path}"]
    )
