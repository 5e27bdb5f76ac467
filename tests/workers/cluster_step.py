"""A step in a pod of a small cluster, as a program: python -m tests.workers.cluster_step API JSON

JSON: {command, told (the executor input), workers, scratch, patience}.
"""

from __future__ import annotations

import json
import sys

from graduate.errors import UserError
from graduate.pipeline.workers import own_pod, train_together
from graduate.pipeline.workers.kubernetes_job import KubernetesJob
from graduate.pipeline.workers.watch import Patience
from tests.workers import step_pod


def main(api: str, text: str) -> int:
    from kubernetes import client

    given = json.loads(text)
    reached = client.ApiClient(client.Configuration(host=api))
    core, batch = client.CoreV1Api(reached), client.BatchV1Api(reached)
    meta = step_pod.manifest()["metadata"]
    read = core.read_namespaced_pod(meta["name"], meta["namespace"], _preload_content=False)
    launcher = KubernetesJob(core, batch, own_pod.of_manifest(json.loads(read.data)))
    launcher.settle_s = 3.0
    patience = Patience(**given["patience"])
    try:
        train_together(given["command"], given["told"], given["workers"], given["scratch"], launcher, patience)
    except UserError as error:
        print(error.render(), file=sys.stderr, flush=True)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
