"""`python -m graduate.watch SCRIPT`: what `graduate watch` does, where the command line is not installed."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from graduate import errors
from graduate.errors import UserError

_BROKEN_PIPE = 141  # 128 + SIGPIPE


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; the exit code. Argument errors and the user's errors become text."""
    from graduate.watch.arguments import HELP, add_arguments
    from graduate.watch.command import run

    parser = argparse.ArgumentParser(
        prog="python -m graduate.watch",
        description=HELP[:1].upper() + HELP[1:] + ".",
        allow_abbrev=False,
    )
    add_arguments(parser)
    try:
        return run(parser.parse_args(argv))
    except UserError as error:
        print(error.render(), file=sys.stderr, flush=True)
        return error.exit_code
    except KeyboardInterrupt:
        return errors.INTERRUPTED
    except BrokenPipeError:  # whoever read our output went away
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _BROKEN_PIPE


if __name__ == "__main__":
    sys.exit(main())
