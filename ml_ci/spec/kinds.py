"""The kinds of values in `ml-ci.yaml`: for each how it is read, and what the JSON Schema says of it."""

from collections.abc import Callable
from typing import Annotated, Any, TypeAlias, get_args

from pydantic import AfterValidator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, StringConstraints
from pydantic_core import CoreSchema, core_schema

from ml_ci.frozen import dataclass
from ml_ci.spec import behaviour_notation, notation, paths, values, variables
from ml_ci.spec.behaviours import Behaviour, Counterexamples
from ml_ci.spec.evidence import ClusterSpec
from ml_ci.spec.problems import show
from ml_ci.spec.values import Positive, Scalar, SliceSpec, Threshold


@dataclass(frozen=True, eq=False)
class Read:
    """Read a value by a function of `notation`, and show `schema` to editors.

    Pydantic's own PlainValidator builds a serializer of the type that is read as well: milliseconds of every run.
    """

    function: Callable[[Any], Any]
    schema: dict[str, Any]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.function)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return dict(self.schema)


def _any_of(*schemas: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": list(schemas)}


def _list_of(items: dict[str, Any], **limits: Any) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": 1, **limits}


def _one_column(values: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": values}


def _approval(value: Any) -> str:
    if value != "required":
        raise ValueError(f"expected required, got {show(value)}")
    return "required"


def _method(value: Any) -> str:
    return notation.choice(value, get_args(values.Method))


def _counterexamples(value: Any) -> str:
    return notation.choice(value, get_args(Counterexamples))


_TEXT = {"type": "string", "minLength": 1}
_SCALAR = {"type": ["string", "number", "boolean"]}
_VALUES = _any_of(_SCALAR, _list_of(_SCALAR))
_COUNT = {"type": "integer", "minimum": 1}
_COUNTS = {"type": "object", "minProperties": 1, "additionalProperties": _COUNT}
_PAIR = _list_of(_TEXT, minItems=2, maxItems=2, uniqueItems=True)
_EDGES = _one_column(_list_of({"type": "number"}, uniqueItems=True))
_BETWEEN_0_AND_1 = {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}
_NAME = {"type": "string", "pattern": variables.NAME}
_TEXTS = {
    "type": "object",
    "minProperties": 1,
    "propertyNames": {"pattern": variables.NAME},
    "additionalProperties": {"type": "string"},
}
_DURATION = {"type": "string", "pattern": notation.DURATION}

_COLUMNS = _list_of(_TEXT, uniqueItems=True)
_BY = {
    "type": "object",
    "properties": {"by": _any_of(_TEXT, _COLUMNS), "known": {"type": "array", "items": _SCALAR, "uniqueItems": True}},
    "required": ["by"],
    "additionalProperties": False,
}

Text: TypeAlias = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
EntryPoint: TypeAlias = Annotated[
    str, AfterValidator(notation.entry_point), Field(json_schema_extra={"pattern": r"^[^\s:/]+:[^\s:/]+$"})
]
Training: TypeAlias = Annotated[
    str, AfterValidator(notation.training), Field(json_schema_extra={"pattern": r"^[^\s:/]+:[^\s:/]+$|\.ya?ml:[^:]+$"})
]
ProjectPath: TypeAlias = Annotated[str, AfterValidator(paths.project_path)]
RepositoryPath: TypeAlias = Annotated[str, AfterValidator(paths.repository_path)]
DataPath: TypeAlias = Annotated[str, AfterValidator(paths.data_path)]
StoreUrl: TypeAlias = Annotated[str, AfterValidator(paths.url)]
RegistryUrl: TypeAlias = Annotated[str, AfterValidator(paths.registry_url)]

Version: TypeAlias = Annotated[int, Read(notation.version, {"const": 1})]
Command: TypeAlias = Annotated[
    str | tuple[str, ...], Read(notation.command, _any_of(_TEXT, _list_of({"type": "string"})))
]
HowToScore: TypeAlias = Annotated[
    values.Scoring,
    Read(
        notation.scoring,
        _any_of(
            {"type": "string", "pattern": r"^[^\s:/]+:[^\s:/]+$"},
            {
                "type": "object",
                "properties": {"run": _any_of(_TEXT, _list_of({"type": "string"}))},
                "required": ["run"],
                "additionalProperties": False,
            },
        ),
    ),
]
Params: TypeAlias = Annotated[
    tuple[str, str] | dict[str, Any], Read(notation.params, _any_of(_TEXT, {"type": "object"}))
]
PositiveClass: TypeAlias = Annotated[Positive, Read(notation.positive, _VALUES)]
AfterBound: TypeAlias = Annotated[tuple[str, Scalar], Read(notation.after, _one_column(_SCALAR))]
WhereValues: TypeAlias = Annotated[tuple[str, tuple[Scalar, ...]], Read(notation.where, _one_column(_VALUES))]
Slicing: TypeAlias = Annotated[SliceSpec, Read(notation.slicing, _any_of(_TEXT, _PAIR, _EDGES))]
Clustering: TypeAlias = Annotated[ClusterSpec, Read(notation.cluster, _any_of(_TEXT, _COLUMNS, _BY))]
Decision: TypeAlias = Annotated[
    Threshold,
    Read(notation.threshold, _any_of(_BETWEEN_0_AND_1, {"type": "string", "pattern": notation.THRESHOLD})),
]
Seconds: TypeAlias = Annotated[
    float, Read(notation.seconds, _any_of({"type": "number", "exclusiveMinimum": 0}, _DURATION))
]
MemoryBytes: TypeAlias = Annotated[int, Read(notation.memory_bytes, {"type": "string", "pattern": notation.MEMORY})]
RowLimits: TypeAlias = Annotated[dict[str, int], Read(notation.budget_rows, _any_of(_COUNT, _COUNTS))]
Approval: TypeAlias = Annotated[str, Read(_approval, {"enum": ["required"]})]
Method: TypeAlias = Annotated[values.Method, Read(_method, {"enum": list(get_args(values.Method))})]
Variables: TypeAlias = Annotated[
    variables.Listed, Read(variables.env, _any_of(_list_of(_any_of(_NAME, _TEXTS), uniqueItems=True), _TEXTS))
]
VariableNames: TypeAlias = Annotated[
    tuple[str, ...], Read(variables.names, {"type": "array", "items": _NAME, "uniqueItems": True})
]
BehaviourEntry: TypeAlias = Annotated[Behaviour, Read(behaviour_notation.behaviour, behaviour_notation.SCHEMA)]
HowMuchShown: TypeAlias = Annotated[Counterexamples, Read(_counterexamples, {"enum": list(get_args(Counterexamples))})]
