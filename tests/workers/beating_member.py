"""A worker that trains nothing, as a program: it beats, and does what its part says.

python -m tests.workers.beating_member PARTS, JSON {number: [action, …]}, each a word with its value: `start 2` (goes on
from step 2), `step 3`, `slow SENTENCE`, `trained`, `exit 1`, `kill`, `freeze`, `sleep 1`, `tell SENTENCE` (an event),
`away` (no beat at all).
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from types import SimpleNamespace

from graduate.pipeline import events
from graduate.pipeline.workers.beats import ENVIRONMENT_VARIABLE, Beating


def main(parts: str) -> None:
    given = json.loads(os.environ[ENVIRONMENT_VARIABLE])
    actions = json.loads(parts).get(str(given["worker"]), ["sleep 60"])
    if actions[0] == "away":
        time.sleep(60)
    beating = Beating(**given)
    for action in actions:
        word, _, value = action.partition(" ")
        if word == "start":
            step = int(value)
            beating.start(SimpleNamespace(state=SimpleNamespace(step=step), steps=100))
        elif word == "step":
            beating.after_steps(int(value))
        elif word == "trained":
            beating.finish(None)
        elif word == "slow":
            beating.slow_worker(value)
        elif word == "exit":
            print("what went wrong", flush=True)
            os._exit(int(value))
        else:
            _other(word, value)


def _other(word: str, value: str) -> None:
    if word == "tell":
        events.emit("note", node="Trainer", text=value)
    elif word == "sleep":
        time.sleep(float(value))
    elif word == "freeze":
        os.kill(os.getpid(), signal.SIGSTOP)
    elif word == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    else:
        raise ValueError(word)


if __name__ == "__main__":
    main(*sys.argv[1:])
