"""The real worker, which stops in the node that $STOP_IN names: `STOPPED` appears, and it goes on only where it is let.

It stops where the node is told to run; with `$STOP_LATE` seconds later, in the middle of it.
"""

import os
import threading
import time
from pathlib import Path

from graduate.pipeline import events, worker

NODE, LATE = os.environ["STOP_IN"], float(os.environ.get("STOP_LATE", "0"))
_emit = events.emit


def emit(event, **fields):
    _emit(event, **fields)
    if (event, fields.get("node"), fields.get("state")) == ("node", NODE, "running"):
        if LATE:
            threading.Timer(LATE, Path("STOPPED").touch).start()
        else:
            Path("STOPPED").touch()
            time.sleep(60)


events.emit = emit
worker.main()
