"""`graduate watch`: somebody's own training script, and what is wrong with its training."""

from __future__ import annotations

from graduate.watch.arguments import HELP, add_arguments
from graduate.watch.command import run

__all__ = ["HELP", "add_arguments", "run"]
