"""The tasks, the only task-specific code: `image` is what every row goes through, `image_training` training's part."""

from __future__ import annotations

from types import ModuleType

# Imported by their names, not by a computed one: what a node's code is, is found by following imports.


def load(task: str) -> ModuleType:
    """What every row of a task goes through: decoding, `preprocessing_fn`, normalisation."""
    from graduate.pipeline.tasks import image

    return {"image": image}[task]


def load_training(task: str) -> ModuleType:
    """What only its training needs: augmentation and networks."""
    from graduate.pipeline.tasks import image_training

    return {"image": image_training}[task]
