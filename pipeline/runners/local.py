"""Runs the DAG with TFX's LocalDagRunner, one node after the other in this process."""

from __future__ import annotations

from typing import Any

from tfx.orchestration import metadata
from tfx.orchestration.local import local_dag_runner, runner_utils
from tfx.orchestration.portable import launcher
from tfx.proto.orchestration import pipeline_pb2

from graduate.pipeline.runners.observed import Observer


class LocalRunner(local_dag_runner.LocalDagRunner):
    """LocalDagRunner with an observer round every node, and a run id of ours."""

    def __init__(self, observer: Observer) -> None:
        super().__init__()
        self._observer = observer

    def run_with_ir(self, pipeline: pipeline_pb2.Pipeline, run_options: Any = None, **kwargs: Any) -> None:
        """Launch every node that is not marked to be skipped, in the IR's topological order."""
        deployment = runner_utils.extract_local_deployment_config(pipeline)
        connection = getattr(
            deployment.metadata_connection_config,
            deployment.metadata_connection_config.WhichOneof("connection_config"),
        )
        for node in pipeline.nodes:
            spec = node.pipeline_node
            if spec.execution_options.HasField("skip"):
                continue
            launched = launcher.Launcher(
                pipeline_node=spec,
                mlmd_connection=metadata.Metadata(connection),
                pipeline_info=pipeline.pipeline_info,
                pipeline_runtime_spec=pipeline.runtime_spec,
                executor_spec=runner_utils.extract_executor_spec(deployment, spec.node_info.id),
                custom_driver_spec=runner_utils.extract_custom_driver_spec(deployment, spec.node_info.id),
            )
            self._observer.launch(spec.node_info.id, spec.upstream_nodes, launched.launch)


def run(pipeline: pipeline_pb2.Pipeline, observer: Observer) -> None:
    """Run a compiled pipeline.

    Raises:
        NodeError: the first node that raised, with its exception chained.
    """
    LocalRunner(observer).run_with_ir(pipeline)
