"""Graduate: a deep-learning pipeline that watches its own gradients.

The library (`graduate.training`, …) needs NumPy, Keras and TensorFlow; the pipeline (`graduate.pipeline`,
`graduate.components`) also needs TFX and installs from a clone.
"""

from typing import Any

__version__ = "0.1.0"

_ARTIFACT_TYPES = ("Verdict", "Manifest", "Findings", "CrossValidation", "Trials")


def __getattr__(name: str) -> Any:
    """Resolve the custom artifact types: Kubeflow imports them by their type name, `graduate.Verdict`."""
    if name in _ARTIFACT_TYPES:
        from graduate.components import artifacts

        return getattr(artifacts, name)
    raise AttributeError(f"module 'graduate' has no attribute {name!r}")
