"""docs/config.md, made from the JSON Schema: `python -m graduate.pipeline.config.reference > docs/config.md`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from graduate.pipeline.config.schema import json_schema

_HEAD = """# The config, key by key

Made from the config's JSON Schema ([`config.schema.json`](../schemas/formats/config.schema.json)), which editors
complete and check by. `graduate config resolve CONFIG` prints a config with every default, and
[cli.md](cli.md#graduate-config) says how `--set` overrides a key. Unknown keys are errors. [data.md](data.md),
[image.md](image.md) and [training.md](training.md) say more about their groups.
"""
_BOUNDS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}


def markdown() -> str:
    """The page: the top level, then a table for each group, in the order in which they are met."""
    schema = json_schema()
    blocks, met = [_HEAD, "## Top level\n\n" + _table(schema)], list(_groups(schema))
    for name in met:  # grows while it is read
        group = schema["$defs"][name]
        met += [other for other in _groups(group) if other not in met]
        blocks.append(f"## {_title(name)}\n\n{group.get('description', '')}\n\n{_table(group)}")
    return "\n".join(blocks)


def _table(group: Mapping[str, Any]) -> str:
    required = group.get("required", ())
    lines = ["| key | value | default | what it is |", "| --- | --- | --- | --- |"]
    for key, field in group["properties"].items():
        default = "required" if key in required else _default(field)
        cells = (f"`{key}`", _value(field), default, field.get("description", ""))
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _default(field: Mapping[str, Any]) -> str:
    default = field.get("default")
    return "" if default is None else f"`{json.dumps(default, ensure_ascii=False)}`"


def _value(field: Mapping[str, Any]) -> str:
    if "$ref" in field:
        name = _title(_name(field))
        return f"[{name}](#{name})"
    choices = [one for one in field.get("anyOf", field.get("oneOf", ())) if one.get("type") != "null"]
    if choices:
        return " or ".join(_value(one) for one in choices)
    if "enum" in field or "const" in field:
        return " · ".join(f"`{one}`" for one in field.get("enum", [field.get("const")]))
    if "prefixItems" in field:
        return f"[{', '.join(_value(one) for one in field['prefixItems'])}]"
    if field.get("type") == "array":
        return f"list of {_value(field['items'])}"
    if field.get("type") == "object":
        values = field.get("additionalProperties")
        return f"mapping to {_value(values)}" if isinstance(values, Mapping) and values else "mapping"
    word = {"string": "text", "boolean": "yes or no"}.get(field.get("type", ""), field.get("type", "anything"))
    return " ".join([word, *(f"{sign} {field[key]}" for key, sign in _BOUNDS.items() if key in field)])


def _groups(group: Mapping[str, Any]) -> Iterator[str]:
    """The groups that a group's keys take, in order."""
    waiting: list[Any] = list(group["properties"].values())
    while waiting:
        one = waiting.pop(0)
        if "$ref" in one:
            yield _name(one)
        inner = [*one.get("anyOf", ()), *one.get("oneOf", ()), one.get("items"), one.get("additionalProperties")]
        waiting[:0] = [found for found in inner if isinstance(found, Mapping)]


def _name(reference: Mapping[str, Any]) -> str:
    return str(reference["$ref"]).rpartition("/")[2]


def _title(name: str) -> str:
    """`EarlyStoppingConfig` as a heading: `early_stopping`."""
    name = name.removesuffix("Config")
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


if __name__ == "__main__":
    print(markdown(), end="")
