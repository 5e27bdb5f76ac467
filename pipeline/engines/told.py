"""What an engine says when it fails, as one sentence.

An error of a node's own Python comes back as text with its traceback in it, which `supervise/causes.py` reads as it
does the direct runner's. What is left is the engine's: a Java exception, most of whose text is its path.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from graduate.errors import UserError

_PYTHON = "Traceback (most recent call last)"
_CLASS = re.compile(r"\b(?:[a-z][\w$]*\.)+([A-Z][\w$]*(?:Exception|Error|Failure))\b:?\s*")
_FAILED = re.compile(r"^Pipeline \S+ failed in state (\w+): ?")
_HINTS = (
    ("required resources", "the cluster has too few free task slots: lower beam.options.parallelism, or add workers"),
    ("OutOfMemoryError", "give the job server more memory: beam.options.job_server_jvm_properties: [-Xmx4g]"),
    ("Insufficient number of network buffers", "lower beam.options.parallelism, or give the cluster more"),
    ("StorageUtils", "Spark 3 on Java 17 needs --add-opens, which Graduate gives a job server that it starts itself"),
    ("Docker", "set beam.options.environment_type: LOOPBACK, or EXTERNAL with a worker pool; see docs/scale.md"),
)


def telling(args: Sequence[str], died: Callable[[], str | None]) -> Any:
    """A Beam pipeline whose engine's failures are told as the user's errors.

    Args:
        args: Beam's arguments.
        died: tells what our own job server said last, if it is no more.
    """
    import apache_beam as beam

    class Telling(beam.Pipeline):
        def __exit__(self, kind: Any, value: Any, trace: Any) -> None:
            try:
                super().__exit__(kind, value, trace)
            except UserError:
                raise
            except Exception as error:
                if value is not None or _PYTHON in str(error):
                    raise
                told = explained(error, died())
                if told is None:
                    raise
                raise told from error

    return Telling(argv=list(args))


def explained(error: Exception, last_words: str | None) -> UserError | None:
    """An engine's failure in a sentence; None for what is no engine's."""
    text = str(error)
    if last_words is not None:
        return UserError(f"Beam's job server ended during a pipeline: {last_words}", hint=_hint(text + last_words))
    if hasattr(error, "code") and callable(error.code):  # gRPC's
        details = error.details() if hasattr(error, "details") else text
        return UserError(f"Beam's job server does not answer any more: {details}", hint=_hint(text))
    state = _FAILED.match(text)
    if state is None:
        return None
    if state[1] == "CANCELLED":
        return UserError("the engine says that the job was cancelled")
    said = [_CLASS.sub(r"\1: ", line).strip() for line in text[state.end() :].splitlines() if line.strip()]
    return UserError(f"the engine failed: {(said or ['it does not say why'])[0][:400]}", hint=_hint(text))


def _hint(text: str) -> str | None:
    return next((hint for sign, hint in _HINTS if sign in text), "the run's log has all that the engine said")
