"""`graduate` itself, with the worker that stops: `stopping.py run CONFIG …`."""

import sys
from pathlib import Path

from graduate.pipeline.cli.main import main
from graduate.pipeline.supervise import execution

execution.WORKER = (sys.executable, str(Path(__file__).with_name("stopping_worker.py")))
sys.exit(main(sys.argv[1:]))
