"""The JSON Schema of `ml-ci.yaml`, generated from its shape."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import DEFAULT_REF_TEMPLATE, GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from ml_ci.spec.shape import Shape


class _Generator(GenerateJsonSchema):
    """Leave null out: a key without a value is an error, not a default."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def field_title_should_be_set(self, schema: object) -> bool:
        """Say no: a title `Min Rows` hides the key's own name in an editor."""
        return False

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        if isinstance(schema.get("default"), str | int | float):
            return super().default_schema(schema)
        return self.generate_inner(schema["schema"])


def json_schema() -> dict[str, Any]:
    """Give the schema (draft 2020-12) for editors and check-jsonschema."""
    schema = Shape.model_json_schema(schema_generator=_Generator, ref_template=DEFAULT_REF_TEMPLATE)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "ml-ci.yaml"}
