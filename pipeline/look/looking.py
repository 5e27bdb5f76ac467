"""The one entry: look at what lies at a path."""

from __future__ import annotations

from collections.abc import Sequence

from graduate.errors import UsageError
from graduate.pipeline.look import place as places
from graduate.pipeline.look.found import Look
from graduate.pipeline.look.progress import Progress


def look(path: str, label: Sequence[str] = ()) -> Look:
    """Everything that is seen of the data at a path.

    Args:
        path: a folder or a file.
        label: of a table, the columns to be predicted; empty: the one that looks like it.

    Raises:
        UsageError: there is nothing, or nobody can tell which column is the label.
        DataError: it is nothing that a pipeline can use.
    """
    found = places.find(path)
    if label and found.task != "table":
        raise UsageError(
            f"--label names a column of a table, and {path} is a folder of {found.source}",
            hint="the class of a file is the name of its folder: leave --label out",
        )
    progress = Progress()
    try:
        if found.task == "table":
            from graduate.pipeline.look import table

            return table.look_at(found, path, progress, label)
        if found.task == "image":
            from graduate.pipeline.look import images

            return images.look_at(found, path, progress)
        if found.task == "audio":
            from graduate.pipeline.look import audio

            return audio.look_at(found, path, progress)
        from graduate.pipeline.look import texts

        return texts.look_at(found, path, progress)
    finally:
        progress.close()
