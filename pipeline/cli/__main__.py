"""`python -m graduate.pipeline.cli`, and what the console script calls."""

import sys

from graduate.pipeline.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
