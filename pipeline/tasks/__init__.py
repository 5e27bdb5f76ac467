"""The tasks, the only task-specific code: `image` is what every row goes through, `image_training` training's part,
`image_options` what a config may say; and so for every other task.
"""

from __future__ import annotations

from types import ModuleType

from graduate.pipeline.config import by_task

# Imported by their names, not by a computed one: what a node's code is, is found by following imports. What belongs to
# another task than the config's is left out of it again: see `others`.


def load(task: str) -> ModuleType:
    """What every row of a task goes through: decoding, `preprocessing_fn`, normalisation."""
    if task == "text":
        from graduate.pipeline.tasks import text

        return text
    if task == "audio":
        from graduate.pipeline.tasks import audio

        return audio
    if task == "table":
        from graduate.pipeline.tasks import table

        return table
    from graduate.pipeline.tasks import image

    return image


def load_training(task: str) -> ModuleType:
    """What only its training needs: augmentation and networks."""
    if task == "text":
        from graduate.pipeline.tasks import text_training

        return text_training
    if task == "audio":
        from graduate.pipeline.tasks import audio_training

        return audio_training
    if task == "table":
        from graduate.pipeline.tasks import table_training

        return table_training
    from graduate.pipeline.tasks import image_training

    return image_training


def others(task: str) -> tuple[str, ...]:
    """How the names of modules begin that belong to other tasks."""
    return tuple(f"{__name__}.{name}" for name in by_task.NAMES if name != task)
