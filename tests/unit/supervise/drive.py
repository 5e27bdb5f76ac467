"""`graduate` itself, with the fake worker in the place of the real one: `drive.py SCENARIO run CONFIG …`."""

import sys
from pathlib import Path

from graduate.pipeline.cli.main import main
from graduate.pipeline.supervise import execution

execution.WORKER = (sys.executable, str(Path(__file__).with_name("fake_worker.py")), sys.argv[1])
sys.argv = ["graduate", *sys.argv[2:]]
sys.exit(main())
