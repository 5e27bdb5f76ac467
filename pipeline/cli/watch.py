"""`graduate watch`: somebody's own training script, and what is wrong with its training."""

from __future__ import annotations

from graduate.watch.command import HELP, add_arguments, run

__all__ = ["HELP", "add_arguments", "run"]
