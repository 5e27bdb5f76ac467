"""A look says nothing on the program's screen."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import numpy as np

Given = ParamSpec("Given")
Found = TypeVar("Found")


def quiet(look: Callable[Given, Found]) -> Callable[Given, Found]:
    """Without warnings of NumPy, which odd numbers cause and nobody can act on here."""

    @functools.wraps(look)
    def quietly(*args: Any, **kwargs: Any) -> Found:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return look(*args, **kwargs)

    return quietly
