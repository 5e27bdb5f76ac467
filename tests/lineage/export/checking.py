"""Checks documents against the schemas of `schemas.py`."""

from __future__ import annotations

import importlib
import json
import sys
import types
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attr
import prov
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from jsonschema.validators import validator_for
from referencing import Registry, Resource

from tests.lineage.export import schemas


def errors(document: Any, schema: Mapping[str, Any]) -> list[str]:
    """What is wrong with a document, a line each; formats count."""
    return _sentences(_validator(schema), document)


def _validator(schema: Mapping[str, Any], registry: Registry[Any] | None = None) -> Any:
    kind = validator_for(schema)
    kind.check_schema(schema)
    more = {"registry": registry} if registry is not None else {}
    return kind(schema, format_checker=kind.FORMAT_CHECKER, **more)


def _sentences(validator: Any, document: Any) -> list[str]:
    found = validator.iter_errors(document)
    return [f"{'/'.join(map(str, one.absolute_path))}: {one.message[:300]}" for one in found]


def of_model_card(document: Any) -> list[str]:
    """By the Model Card Toolkit."""
    folder = schemas.wheel(*schemas.MODEL_CARD)
    return errors(document, _read(folder / "model_card_toolkit/schema/v0.0.2/model_card.schema.json"))


def of_bom(document: Any) -> list[str]:
    """By CycloneDX 1.6, strictly: unknown keys are errors."""
    found = JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(document), all_errors=True)
    return [str(one) for one in found or ()]


def of_prov(document: Any) -> list[str]:
    """By the schema of the submission, as the `prov` package carries it."""
    return errors(document, _read(Path(prov.__file__).parent / "tests/schemas/prov-json.schema.json"))


class OpenLineage:
    """The specification's schemas by their `$id`."""

    def __init__(self) -> None:
        folder = schemas.crate(*schemas.OPENLINEAGE_SCHEMAS) / "tests" / "schemas" / "openlineage"
        self.by_id = {found["$id"]: found for found in map(_read, sorted(folder.rglob("*.json")))}
        resources = [(name, Resource.from_contents(found)) for name, found in self.by_id.items()]
        self.registry: Registry[Any] = Registry().with_resources(resources)
        self._validators: dict[str, Any] = {}

    def event(self, event: Mapping[str, Any]) -> list[str]:
        """By what its `schemaURL` names."""
        return self._errors(event, event["schemaURL"])

    def knows(self, facet: Mapping[str, Any]) -> bool:
        """Whether the schema that a facet names is there."""
        return facet["_schemaURL"].partition("#")[0] in self.by_id

    def facet(self, name: str, facet: Mapping[str, Any]) -> list[str]:
        """By the part of its schema that it names; the whole one lays down the name that it has in an event."""
        whole = facet["_schemaURL"].partition("#")[0]
        misnamed = [] if name in self.by_id[whole]["properties"] else [f"{whole} has no facet {name}"]
        return [*misnamed, *self._errors(facet, facet["_schemaURL"]), *self._errors({name: facet}, whole)]

    def _errors(self, document: Any, url: str) -> list[str]:
        if url not in self._validators:
            self._validators[url] = _validator({"$schema": _DRAFT, "$ref": url}, self.registry)
        return _sentences(self._validators[url], document)


_DRAFT = "https://json-schema.org/draft/2020-12/schema"


class Classes:
    """The classes that OpenLineage makes from its schemas, by the `_schemaURL` that they write."""

    def __init__(self) -> None:
        folder = schemas.wheel(*schemas.OPENLINEAGE_CLASSES)
        # without the client itself, which needs libraries for its transports
        for name in ("openlineage", "openlineage.client"):
            module = types.ModuleType(name)
            module.__path__ = [str(folder.joinpath(*name.split(".")))]  # type: ignore[attr-defined]
            sys.modules.setdefault(name, module)
        self.by_url: dict[str, Any] = {}
        for path in sorted((folder / "openlineage/client/generated").glob("*.py")):
            module = importlib.import_module(f"openlineage.client.generated.{path.stem}")
            for one in vars(module).values():
                if isinstance(one, type) and attr.has(one) and "_get_schema" in vars(one):
                    self.by_url[one._get_schema()] = one

    def facet(self, facet: Mapping[str, Any]) -> list[str]:
        """By its class: no key that it does not have, none missing that it needs, values of its types."""
        kind = self.by_url.get(facet["_schemaURL"])
        if kind is None:
            return [f"no class for {facet['_schemaURL']}"]
        try:
            made = _structured({key: value for key, value in facet.items() if key != "_schemaURL"}, kind)
        except (TypeError, ValueError) as error:
            return [f"{facet['_schemaURL']}: {error}"]
        return [] if made._schemaURL == facet["_schemaURL"] else [f"{kind} writes {made._schemaURL}"]


def _structured(value: Any, kind: Any) -> Any:
    """A JSON value as what a type hint says; TypeError where it is not."""
    origin, inside = typing.get_origin(kind), typing.get_args(kind)
    if kind is Any:
        return value
    if origin in (typing.Union, types.UnionType):
        for one in inside:
            try:
                return _structured(value, one)
            except TypeError as error:
                last = error
        raise last
    if origin is list:
        return [_structured(one, inside[0]) for one in _instance(value, list)]
    if origin is dict:
        return {key: _structured(one, inside[1]) for key, one in _instance(value, dict).items()}
    if isinstance(kind, type) and attr.has(kind):
        hints = typing.get_type_hints(kind)
        given = {key.lstrip("_") if key == "_producer" else key: value[key] for key in _instance(value, dict)}
        return kind(**{key: _structured(one, hints.get(key, Any)) for key, one in given.items()})
    if kind is float:
        return _instance(value, (int, float))
    return _instance(value, kind)


def _instance(value: Any, kind: Any) -> Any:
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise TypeError(f"{value!r} is not {kind}")
    return value


def facets_of(event: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every facet of an event, with its name."""
    for holder in (event["run"], event["job"], *event["inputs"], *event["outputs"]):
        for group in ("facets", "inputFacets", "outputFacets"):
            yield from holder.get(group, {}).items()


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found
