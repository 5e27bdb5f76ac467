"""What can be wrong with a store, each as a sentence with a remedy."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

from graduate.errors import UsageError, UserError
from graduate.pipeline.lineage.stores.sql import SCHEMA_VERSION, Rows


def missing(path: Path) -> UsageError:
    """No store where one was named."""
    return UsageError(
        "there is no metadata store here yet",
        where=str(path),
        hint="graduate run CONFIG makes one; --workdir DIR names another work folder, --store URL any ML Metadata store",
    )


def check_version(where: str, read: Callable[[], Rows]) -> None:
    """Refuse a store whose tables are of another version.

    Raises:
        UsageError: such a store, and what to do.
    """
    versions = [int(version) for (version,) in read()]
    version = max(versions, default=SCHEMA_VERSION)
    if version > SCHEMA_VERSION:
        raise UsageError(
            f"has ML Metadata's schema {version}, this graduate reads {SCHEMA_VERSION}",
            where=where,
            hint="update graduate",
        )
    if version < SCHEMA_VERSION:
        raise UsageError(
            f"has ML Metadata's schema {version}, older than {SCHEMA_VERSION}, which is read here",
            where=where,
            hint="graduate doctor --upgrade-store makes a copy of it and upgrades it",
        )


def of_sqlite(path: Path, error: sqlite3.Error) -> UserError:
    """What SQLite said of a file."""
    text = str(error)
    if "locked" in text or "busy" in text:
        return UserError("is locked by another program", where=str(path), hint="wait for it, then ask again")
    if "no such table" in text:
        return UserError(f"is not an ML Metadata store ({text})", where=str(path), hint="name another one with --store")
    return UserError(f"cannot be read ({text})", where=str(path), hint="sqlite3's .recover may save what is in it")
