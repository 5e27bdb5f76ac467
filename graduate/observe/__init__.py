"""Sees any Keras 3 program (TensorFlow backend) train, with nothing changed in it. See docs/recorder.md."""

from __future__ import annotations

from typing import Any

__all__ = ["Observer"]


def __getattr__(name: str) -> Any:
    """`Observer` when it is asked for: the import hook of `graduate watch` must not import TensorFlow."""
    if name == "Observer":
        from graduate.observe.observer import Observer

        return Observer
    raise AttributeError(name)
