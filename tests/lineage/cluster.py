"""What Kubeflow Pipelines writes into ML Metadata, for tests: the writer is the simulation's own."""

from graduate.pipeline.simulate.metadata import (
    CACHED,
    CANCELED,
    COMPLETE,
    CONTAINER,
    DAG,
    FAILED,
    IMPORTER,
    NEW,
    ROOT,
    RUNNING,
    SESSION,
    Cluster,
    Made,
    Run,
)

__all__ = ["CACHED", "CANCELED", "COMPLETE", "CONTAINER", "DAG", "FAILED", "IMPORTER", "NEW", "ROOT", "RUNNING",
           "SESSION", "Cluster", "Made", "Run"]  # fmt: skip
