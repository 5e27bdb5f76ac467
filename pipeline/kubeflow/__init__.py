"""A config as a pipeline of Kubeflow Pipelines 2: the spec that is uploaded, and what its steps do.

TFX compiles for Kubeflow too, but open-source Kubeflow does not run what comes of it (types are missing in what its
launcher passes, resolvers do not compile, node selectors and secrets cannot be said). So the DAG is TFX's, built by
`pipeline/dag.py` as for a run on this machine, and the spec is written here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graduate.pipeline.config.model import PipelineConfig


def compile_config(config: PipelineConfig) -> str:
    """The pipeline spec of a config as YAML, byte-identical for the same input.

    Args:
        config: as `config.load` reads it; its group `kubeflow` names the image and the root.

    Raises:
        UsageError: the config cannot run on Kubeflow; names the key and what to do.
    """
    from graduate.pipeline.kubeflow import compiling

    return compiling.compile_config(config)


__all__ = ["compile_config"]
