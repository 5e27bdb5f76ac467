"""What a run on this machine says of places in object stores: it neither reads nor writes them.

TensorFlow 2.16 has no file system for S3. tensorflow-io brings one, but a process that asked it anything aborts as it
ends, so that no node could be trusted to have ended well: docs/decisions/0009-no-object-stores-on-a-laptop.md. On
Kubeflow they work: its launcher copies objects to files and back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from graduate.errors import UsageError
from graduate.pipeline.kubeflow.places import is_remote

if TYPE_CHECKING:
    from graduate.pipeline.config.model import PipelineConfig

_SOURCES = ("images", "audio", "texts", "table", "tfrecords", "labels")
_COMPILE = "on Kubeflow that works: graduate compile"


def check(config: PipelineConfig) -> None:
    """Refuse a config whose run on this machine would read or write an object store.

    Raises:
        UsageError: with the key, and what works instead.
    """
    for key in _SOURCES:
        named = getattr(config.data, key)
        if named is not None and is_remote(str(named)):
            raise UsageError(
                f"data.{key} is {named}: a run on this machine reads files, no object store",
                where=config.source,
                hint=f"copy it here (for example aws s3 cp --recursive {named} data) and name that folder; {_COMPILE}",
            )
    if config.push.to is not None and is_remote(config.push.to):
        raise UsageError(
            f"push.to is {config.push.to}: a run on this machine pushes into a folder, not into an object store",
            where=config.source,
            hint=f"push into a folder and copy what is there; {_COMPILE} pushes onto a volume, kubeflow.push_to",
        )


def check_workdir(named: str) -> None:
    """Refuse a work folder in an object store.

    Raises:
        UsageError: with what works instead.
    """
    if is_remote(named):
        raise UsageError(
            f"{named} is no folder: a work folder holds a database, and so lies on a disk",
            where="--workdir",
            hint=f"give a folder; {_COMPILE} puts artifacts into an object store, --root {named}",
        )
