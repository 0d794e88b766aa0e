"""Examples of what goes in and out, put together from those of the fields."""

from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]

_PLAIN: Mapping[str, Any] = {
    "string": "text",
    "integer": 1,
    "number": 1,
    "boolean": False,
    "null": None,
    "object": {},
}


def example_of(schema: Schema, schemas: Mapping[str, Schema]) -> Any:
    """A value that fits a schema.

    Args:
        schema: of what is shown.
        schemas: those that it may refer to, by name.

    >>> example_of({"properties": {"a": {"type": "array", "items": {"examples": [7]}}}}, {})
    {'a': [7]}
    """
    if "examples" in schema:
        return schema["examples"][0]
    if "$ref" in schema:
        return example_of(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    if "anyOf" in schema:
        return example_of(schema["anyOf"][0], schemas)
    if "properties" in schema:
        return {name: example_of(one, schemas) for name, one in schema["properties"].items()}
    if "items" in schema:
        return [example_of(schema["items"], schemas)]
    return schema.get("const") or schema.get("enum", (_PLAIN[schema["type"]],))[0]


def add_examples(operation: Mapping[str, Any], schemas: Mapping[str, Schema]) -> None:
    """Put an example beside each body of an operation that has none."""
    for place in (operation.get("requestBody", {}), *operation["responses"].values()):
        for content in place.get("content", {}).values():
            if "example" not in content:
                content["example"] = example_of(content["schema"], schemas)
