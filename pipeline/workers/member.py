"""A worker: becomes the step's own command, told by the environment which of the workers it is.

python -m graduate.pipeline.workers.member PLAN [NUMBER]

Without a number it is a pod of an indexed Job, whose index 0 is worker 1: worker 0, the chief, is in the step's pod.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from graduate.pipeline.kubeflow.places import ENVIRONMENT_VARIABLE as MOUNTS
from graduate.pipeline.workers.beats import ENVIRONMENT_VARIABLE as MEMBER

INDEX = "JOB_COMPLETION_INDEX"


def main(arguments: list[str]) -> None:
    """Set the environment, and execute the command."""
    plan = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
    number = int(arguments[1]) if len(arguments) > 1 else int(os.environ[INDEX]) + 1
    os.environ.update(environment(plan, number))
    os.execvp(plan["command"][0], plan["command"])


def environment(plan: Mapping[str, Any], number: int) -> dict[str, str]:
    """What tells a worker which one it is: to TensorFlow, to the step, and for its heart-beats."""
    task = {"type": "worker", "index": number}
    return {
        "TF_CONFIG": json.dumps({"cluster": {"worker": plan["hosts"]}, "task": task}),
        MOUNTS: json.dumps(plan["mounts"][number]),
        MEMBER: json.dumps({"worker": number, **plan["beats"]}),
    }


if __name__ == "__main__":
    main(sys.argv[1:])
