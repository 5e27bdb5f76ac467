"""Ids and times of a document: the same store gives the same ones each time, also after it was moved or copied."""

from __future__ import annotations

import datetime
import re
import uuid

from graduate.pipeline.lineage.records import Execution, Records

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:graduate:lineage")


def store_id(records: Records) -> uuid.UUID:
    """A store's id, from its first context: name and millisecond of making go with the store wherever it lies."""
    first = records.store.contexts(ids=[1], only=())
    told = f"{first[0].type}/{first[0].name}/{first[0].created}" if first else records.store.where
    return uuid.uuid5(_NAMESPACE, told)


def run_id(store: uuid.UUID, run: str) -> str:
    """A run's UUID, from its name."""
    return str(uuid.uuid5(store, f"run/{run}"))


def execution_id(store: uuid.UUID, execution: Execution) -> str:
    """An execution's UUID, from its number."""
    return str(uuid.uuid5(store, f"execution/{execution.id}"))


def model_id(store: uuid.UUID, artifact: int) -> str:
    """The UUID of what is said about a model, from the number of its artifact."""
    return str(uuid.uuid5(store, f"model/{artifact}"))


def time(milliseconds: int) -> str:
    """Milliseconds since 1970 by RFC 3339: `2026-01-31T23:59:59.123Z`."""
    moment = datetime.datetime.fromtimestamp(milliseconds / 1000, datetime.UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"


def local_name(text: str) -> str:
    """A text as a local name that every format takes: letters, digits, dot, hyphen and underscore."""
    return re.sub(r"[^A-Za-z0-9_.-]", "_", text).lstrip(".-") or "_"


def link(location: str) -> str:
    """A path or a URI as a URI by RFC 3986; "" where it is neither."""
    from urllib.parse import quote

    if location.startswith("/"):
        location = f"file://{location}"
    return quote(location, safe="/:?#[]@!$&'()*+,;=%~") if "://" in location else ""


def repository(remote: str) -> str:
    """A git remote as a URI: of `git@host:group/name.git` it is `ssh://git@host/group/name.git`."""
    short = re.fullmatch(r"([^/@:\s]+@[^/:\s]+):(.+)", remote)
    return link(f"ssh://{short[1]}/{short[2]}" if short else remote)
