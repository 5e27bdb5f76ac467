"""From a YAML file and `--set` overrides to a PipelineConfig, or to one error that lists all that is wrong.

Light on purpose: yaml and pydantic alone, so that a typo is said in a moment.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from graduate.errors import UsageError
from graduate.pipeline.config import checks, overriding, problems
from graduate.pipeline.config.model import PipelineConfig
from graduate.pipeline.config.source import Source, parse


def load(path: str | os.PathLike[str], overrides: Sequence[str] = ()) -> PipelineConfig:
    """Read, override and check a config.

    Args:
        path: the YAML file.
        overrides: `a.b=c` each, as `--set` takes them; the value is YAML, a list's entry is named by its index.

    Raises:
        UsageError: the file cannot be read, or something in it or in an override is wrong. Names file, line and key.
    """
    name = os.fspath(path)
    source = parse(_read(name), name)
    if source.values is None and not overrides:
        raise UsageError("the file is empty", hint="see examples/digits.yaml, or `graduate config schema`", where=name)
    if not isinstance(source.values, dict | None):
        raise UsageError("a config is a mapping of keys to values", hint="for example `name: digits`", where=name)
    source.values = source.values or {}
    for override in overrides:
        overriding.apply(override, source)
    config = _validate(source).located(path)
    if found := list(checks.check(config)):
        raise problems.config_error(found, source)
    return config


def _validate(source: Source) -> PipelineConfig:
    try:  # as JSON, because there pydantic's strictness knows lists from tuples
        return PipelineConfig.model_validate_json(json.dumps(source.values), strict=True)
    except ValidationError as error:
        found = problems.from_pydantic(error)
    raise problems.config_error(found, source)


def _read(name: str) -> str:
    try:
        content = Path(name).read_bytes()
    except FileNotFoundError:
        raise UsageError("no such file", hint=_other_file(name), where=name) from None
    except IsADirectoryError:
        raise UsageError("a folder, not a config file", hint=_other_file(name + "/"), where=name) from None
    except (OSError, ValueError) as error:  # ValueError: a NUL byte in the name
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UsageError(f"cannot be read: {reason}", where=name) from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UsageError("not UTF-8 text", hint="save the file as UTF-8", where=f"{name}:{line}") from None


def _other_file(name: str) -> str | None:
    """The YAML file that was probably meant."""
    folder, wanted = os.path.split(name)
    try:
        files = sorted(each.name for each in Path(folder or ".").iterdir() if each.suffix in (".yaml", ".yml"))
    except OSError:
        return f"the folder {folder} does not exist either" if not os.path.isdir(folder) else None
    near = problems.nearest(wanted, files) or (files[0] if len(files) == 1 else None)
    if near:
        return f"did you mean {os.path.join(folder, near)}?"
    return f"configs there: {', '.join(files[:5])}" if files else None
