"""The heavy process of a run: imports TFX, builds the DAG, runs it, and tells the light process about it by events.

It reads one JSON request from standard input and is started by `graduate.pipeline.supervise`.
"""

from __future__ import annotations

import gc
import json
import logging
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from graduate.errors import UserError
from graduate.pipeline import events
from graduate.pipeline.result import RunResult


def main() -> None:
    """Run the request on standard input and leave by `os._exit`: unloading TensorFlow takes a second for nothing."""
    request: Mapping[str, Any] = {}
    code = 1
    try:
        execute = _heavy()  # before the request is there: the command meanwhile writes down that the run has started
        request = json.loads(sys.stdin.readline())
        logging.getLogger("absl").setLevel(logging.INFO if request["debug"] else logging.WARNING)
        result = execute(request)
        events.emit("result", **result.to_json())
        code = result.exit_code
    except BaseException as error:
        _emit_error(error, request)
        code = error.exit_code if isinstance(error, UserError) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _heavy() -> Callable[[Mapping[str, Any]], RunResult]:
    """Import everything, and give what builds and runs the DAG of a request (`supervise/plan.py` has its fields)."""
    gc.disable()  # imports make no garbage worth collecting: a second less
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ.setdefault("TF_USE_LEGACY_KERAS", "0")
    from graduate.pipeline import beam_speed
    from graduate.pipeline.run import execute  # everything heavy

    beam_speed.apply()
    gc.freeze()
    gc.enable()
    gc.set_threshold(50_000, 20, 100)
    return execute


def _emit_error(error: BaseException, request: Mapping[str, Any]) -> None:
    from graduate.pipeline.supervise import failure

    told = failure.describe(error, user_files=_user_files(request), folder=request.get("workdir"))
    events.emit("error", **told)


def _user_files(request: Mapping[str, Any]) -> list[str]:
    groups = [group for group in request.get("config", {}).values() if isinstance(group, dict)]
    folder = Path(request.get("source", "")).resolve().parent
    return [str(folder / group["module"]) for group in groups if group.get("module")]


if __name__ == "__main__":
    main()
