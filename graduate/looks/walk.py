"""The layers of any Keras model: innermost first-class ones, with unique names, in forward order where it is known.

A layer of Keras itself is one layer, wrappers (Bidirectional, TimeDistributed, attention) included. Models and a
program's own layers that hold others are opened; what such a layer owns beside its parts stays listed under its name.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def named_layers(model: Any) -> list[tuple[str, Any]]:
    """(name, layer) of every innermost layer, each layer once; names that would clash carry their path."""
    found: list[tuple[tuple[str, ...], Any]] = []
    seen: set[int] = set()
    for path, layer in _innermost(model, ()):
        if id(layer) not in seen:
            seen.add(id(layer))
            found.append((path, layer))
    names: dict[str, int] = {}
    for path, _ in found:
        names[path[-1]] = names.get(path[-1], 0) + 1
    result: list[tuple[str, Any]] = []
    used: set[str] = set()
    for path, layer in found:
        name = path[-1] if names[path[-1]] == 1 else "/".join(path[1:] or path)
        unique, number = name, 1
        while unique in used:
            number += 1
            unique = f"{name}#{number}"
        used.add(unique)
        result.append((unique, layer))
    return result


def layer_of_variables(model: Any) -> dict[int, str]:
    """id(variable) → name of the innermost layer that owns it."""
    owners: dict[int, str] = {}
    for name, layer in named_layers(model):
        for variable in own_variables(layer):
            owners.setdefault(id(variable), name)
    return owners


def own_variables(layer: Any) -> list[Any]:
    """The variables that count as this layer's: all of a Keras layer, only its own of an opened one."""
    if _opened(layer):
        return list(getattr(layer, "_trainable_variables", [])) + list(getattr(layer, "_non_trainable_variables", []))
    return list(layer.weights)


def parts(layer: Any) -> list[Any]:
    """The layers directly inside."""
    inner = getattr(layer, "_layers", None)
    if inner is None:
        inner = getattr(layer, "layers", None)
    if _has_graph(layer):
        inner = layer.layers
    return [one for one in inner or [] if hasattr(one, "weights")]


def _has_graph(layer: Any) -> bool:
    """Functional and Sequential: `.layers` is in forward order."""
    return any(
        base.__name__ in ("Sequential", "Functional") and base.__module__.startswith("keras.")
        for base in type(layer).__mro__
    )


def _opened(layer: Any) -> bool:
    """Look inside? Models and the program's own layers: yes; Keras' own layers are one thing each."""
    if not parts(layer):
        return False
    module = type(layer).__module__ or ""
    of_keras = module.startswith(("keras.", "tensorflow.", "tf_keras."))
    return not of_keras or _is_model(layer)


def _is_model(layer: Any) -> bool:
    return any(base.__name__ == "Model" and base.__module__.startswith("keras.") for base in type(layer).__mro__)


def _innermost(layer: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    path = (*path, str(getattr(layer, "name", type(layer).__name__)))
    if not _opened(layer):
        yield path, layer
        return
    if own_variables(layer):
        yield path, layer
    for one in parts(layer):
        yield from _innermost(one, path)
