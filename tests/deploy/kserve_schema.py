"""KServe's CustomResourceDefinition of InferenceServices, out of the schema that KServe's released SDK carries.

The SDK's models are generated from KServe's OpenAPI definition; each says the types of its attributes, their names in
JSON and which must be given. They are read as text: what the SDK would import is not installed. What they name of
Kubernetes' own types is taken from Kubernetes' released client in the same way.
"""

from __future__ import annotations

import ast
import importlib.util
import re
from functools import cache
from pathlib import Path
from typing import Any

_PLAIN: dict[str, dict[str, Any]] = {
    "str": {"type": "string"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "bool": {"type": "boolean"},
    "datetime": {"type": "string", "format": "date-time"},
}
_ANYTHING = {"x-kubernetes-preserve-unknown-fields": True}
# Kubernetes' own pattern of quantities, which Python's clients call a string
_NUMBER = r"(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))"
_QUANTITY = {
    "anyOf": [{"type": "integer"}, {"type": "string"}],
    "pattern": rf"^(\+|-)?{_NUMBER}(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?{_NUMBER}))?$",
    "x-kubernetes-int-or-string": True,
}
_QUANTITIES = ("limits", "requests")


def inference_services() -> dict[str, Any]:
    """The definition, as KServe installs it but for its webhooks and printed columns."""
    spec = of("V1beta1InferenceServiceSpec")
    status = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {
        "name": "v1beta1",
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "schema": {
            "openAPIV3Schema": {
                "type": "object",
                "properties": {
                    "apiVersion": {"type": "string"},
                    "kind": {"type": "string"},
                    "metadata": {"type": "object"},
                    "spec": spec,
                    "status": status,
                },
            }
        },
    }
    names = {
        "kind": "InferenceService",
        "listKind": "InferenceServiceList",
        "plural": "inferenceservices",
        "singular": "inferenceservice",
        "shortNames": ["isvc"],
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "inferenceservices.serving.kserve.io"},
        "spec": {"group": "serving.kserve.io", "names": names, "scope": "Namespaced", "versions": [version]},
    }


def of(model: str) -> dict[str, Any]:
    """The structural schema of a model, with everything below it."""
    return _of(model, ())


def _of(kind: str, within: tuple[str, ...]) -> dict[str, Any]:
    if kind in _PLAIN:
        return dict(_PLAIN[kind])
    if found := re.fullmatch(r"list\[(.*)\]", kind):
        return {"type": "array", "items": _of(found[1], within)}
    if found := re.fullmatch(r"dict\(str, (.*)\)", kind):
        return {"type": "object", "additionalProperties": _of(found[1], within)}
    path = _path(kind)
    if path is None or kind in within:
        return dict(_ANYTHING)
    text, types, names = _read(path)
    properties = {}
    for attribute, of_type in types.items():
        if names[attribute] in _QUANTITIES and of_type.startswith("dict("):
            properties[names[attribute]] = {"type": "object", "additionalProperties": dict(_QUANTITY)}
        else:
            properties[names[attribute]] = _of(of_type, (*within, kind))
    required = sorted({names[one] for one in re.findall(r"Invalid value for `(\w+)`, must not be `None`", text)})
    schema: dict[str, Any] = {"type": "object", "properties": properties}
    return {**schema, "required": required} if required else schema


@cache
def _path(model: str) -> Path | None:
    """The file of a model, KServe's or Kubernetes'."""
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", model).lower()
    for package in ("kserve", "kubernetes.client"):
        top, _, rest = package.partition(".")
        spec = importlib.util.find_spec(top)
        if spec and spec.origin:
            path = Path(spec.origin).parent / rest / "models" / f"{name}.py"
            if path.is_file():
                return path
    return None


@cache
def _read(path: Path) -> tuple[str, dict[str, str], dict[str, str]]:
    """The text of a model's file, the types of its attributes, and their names in JSON."""
    text = path.read_text(encoding="utf-8")
    [model] = [one for one in ast.parse(text).body if isinstance(one, ast.ClassDef)]
    said = {
        target.id: ast.literal_eval(one.value)
        for one in model.body
        if isinstance(one, ast.Assign)
        for target in one.targets
        if isinstance(target, ast.Name) and target.id in ("openapi_types", "attribute_map")
    }
    return text, said["openapi_types"], said["attribute_map"]
