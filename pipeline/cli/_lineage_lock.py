"""Whether a run is in progress in the work folder that a lineage verb reads: its lock tells."""

from __future__ import annotations

import argparse
import os

from graduate.pipeline.cli import _common, _lineage


def in_progress(args: argparse.Namespace) -> bool | None:
    """Whether somebody holds the lock; None where it cannot be told: of a store that is no work folder's."""
    if args.store or (os.environ.get(_lineage.STORE_VARIABLE) and not args.workdir):
        return None
    from graduate.pipeline.supervise import lock

    return lock.is_held(_common.workspace(args))
