"""Where the SavedModel lies in a Model artifact: TFX's Trainer nests it, a pushed version is one."""

from __future__ import annotations

import os

from tfx.types import artifact

from graduate.errors import UserError


def saved_model_folder(model: artifact.Artifact) -> str:
    """The folder with `saved_model.pb` of a trained or a pushed model.

    Raises:
        UserError: there is none, e.g. because the artifact was removed from the work folder.
    """
    for folder in (os.path.join(model.uri, "Format-Serving"), model.uri):
        if os.path.isfile(os.path.join(folder, "saved_model.pb")):
            return folder
    raise UserError(
        f"no saved_model.pb in {model.uri}",
        hint="the model was removed from the work folder: run again with --no-cache",
    )
