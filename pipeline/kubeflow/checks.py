"""Whether a config can run on Kubeflow, said before anything is compiled or uploaded."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from graduate.errors import UsageError
from graduate.pipeline import graph
from graduate.pipeline.config.model import PipelineConfig
from graduate.pipeline.config.problems import nearest
from graduate.pipeline.data import demo
from graduate.pipeline.kubeflow import asked as of
from graduate.pipeline.kubeflow import places, platform

_EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
_OWN_TASKS = (of.START, of.DATA)


def check(config: PipelineConfig, *, cluster: bool = False) -> None:
    """Refuse what cannot run.

    Args:
        config: as `config.load` reads it.
        cluster: whether it is for a cluster and not for simulation alone: then its root is an object store.

    Raises:
        UsageError: the first thing that is wrong, with its key and a remedy.
    """
    for message, hint in _problems(config, cluster):
        raise UsageError(message, where=config.source, hint=hint)


def _problems(config: PipelineConfig, cluster: bool) -> Iterator[tuple[str, str]]:
    asked = config.kubeflow
    if asked is None or not asked.image:
        hint = "for example --image registry/graduate:1, or kubeflow: {image: …}; deploy/Dockerfile makes one"
        yield "kubeflow.image is missing: which container image runs the nodes?", hint
    if asked is None or not asked.root:
        hint = "for example --root minio://mlpipeline/v2/artifacts (Kubeflow's own store), or kubeflow: {root: …}"
        yield "kubeflow.root is missing: where do the artifacts lie?", hint
        return
    yield from _root(str(asked.root), cluster)
    yield from _data(config)
    yield from _nodes(config)
    yield from _volumes(config)
    yield from _files(config)
    if config.training.strategy == "multi_worker":
        yield "training.strategy is multi_worker, which a person starts by hand", "kubeflow: {workers: N} starts them"
    yield from _workers(config)
    yield from _secrets(config)


def _root(root: str, cluster: bool) -> Iterator[tuple[str, str]]:
    if places.in_object_store(root):
        return
    if places.is_remote(root):
        yield f"kubeflow.root {root} is no store that Kubeflow writes to", "s3://, minio:// or gs://bucket/folder"
    elif not os.path.isabs(root):
        yield f"kubeflow.root {root} is no absolute path", "minio://bucket/folder; for simulation an absolute folder"
    elif cluster:
        hint = "minio://mlpipeline/v2/artifacts, s3://… or gs://…; a local folder is for graduate simulate"
        yield f"kubeflow.root {root} is a folder of this machine, which no cluster reads", hint


def _data(config: PipelineConfig) -> Iterator[tuple[str, str]]:
    key, named = of.source_of(config)
    if places.in_object_store(named) or demo.KINDS.get(named) == key:
        return
    if places.is_remote(named):
        yield f"data.{key}: {named} is in no store that Kubeflow reads", "s3://, minio:// or gs://bucket/folder"
        return
    path = config.input_path(named)
    if not any(path.is_relative_to(folder) for folder in carried(config)):
        hint = (
            f"copy it to an object store (mc cp -r {named} …) and say data.{key}: s3://bucket/folder; or, where the "
            f"image holds it, kubeflow: {{carries: [{named}]}}"
        )
        yield f"data.{key}: {named} lies on this machine, which no cluster reads", hint


def carried(config: PipelineConfig) -> list[Path]:
    """Folders of this machine that the image holds at the same place in its project: Graduate's examples, what lies
    in the project itself, and `kubeflow.carries`."""
    assert config.kubeflow is not None
    in_image = Path(config.kubeflow.project)  # compiled in a container of the image itself
    own = [one for one in (_EXAMPLES, in_image) if config.base_dir.is_relative_to(one)]
    return [*own, *(config.input_path(one) for one in config.kubeflow.carries)]


def _nodes(config: PipelineConfig) -> Iterator[tuple[str, str]]:
    assert config.kubeflow is not None
    known = [*_OWN_TASKS[:1], *(node.id for node in graph.nodes(config))]
    for name in config.kubeflow.nodes:
        if name not in known:
            near = nearest(name, known)
            yield f"kubeflow.nodes: there is no node {name}", f"did you mean {near}?" if near else ", ".join(known)


def _volumes(config: PipelineConfig) -> Iterator[tuple[str, str]]:
    assert config.kubeflow is not None
    place = of.push_to(config)
    volumes = platform.volumes_of(config.kubeflow, "Pusher", place)
    if not any(platform.covers(one, place) for one in volumes):
        hint = (
            f"kubeflow: {{volumes: [{{claim: NAME, mount: {os.path.dirname(place) or '/'}}}]}}, or a folder in /models"
        )
        yield f"kubeflow.push_to {place} lies on no volume: what is pushed would be gone with its container", hint


def _files(config: PipelineConfig) -> Iterator[tuple[str, str]]:
    """The user's own files have to lie below the config's folder, which is what the image holds."""
    assert config.kubeflow is not None
    named = {f"{group}.module": path for group, path in config.user_modules.items()}
    file = config.model.hyperparameters.get("file")
    if config.model.module is None and isinstance(file, str):
        named["model.hyperparameters.file"] = config.input_path(file)
    for key, path in named.items():
        if not path.is_relative_to(config.base_dir):
            hint = f"move it below {config.base_dir}, which the image holds at {config.kubeflow.project}"
            yield f"{key}: {path} is not in the config's folder, and so not in the image", hint


def _workers(config: PipelineConfig) -> Iterator[tuple[str, str]]:
    assert config.kubeflow is not None
    asked, place, strategy = config.kubeflow, of.push_to(config), config.training.strategy
    if asked.workers > 1 and strategy not in ("auto", "multi_worker"):
        yield f"training.strategy is {strategy}, on which {asked.workers} workers cannot train together", "auto"
    if config.training.batch_size % asked.workers:
        message = f"training.batch_size {config.training.batch_size} cannot be divided among {asked.workers} workers"
        yield message, "each takes the same share of a batch: a multiple of kubeflow.workers"
    if asked.workers > 1 and not any(
        platform.covers(one, asked.scratch) for one in platform.volumes_of(asked, "Trainer", place)
    ):
        hint = "kubeflow: {scratch: /scratch, volumes: [{claim: NAME, mount: /scratch}]}, a claim that many may write"
        yield f"kubeflow.workers is {asked.workers}, and they share no folder: scratch lies on no volume", hint


_SECRET = re.compile(r"(?i)(^|_)(password|passwd|secret|token|credentials?|(api|access|private|secret)_?key)(_|$)")


def _secrets(config: PipelineConfig) -> Iterator[tuple[str, str]]:
    """Environment variables stand in the spec for everybody to read; what is called a secret does not belong there."""
    assert config.kubeflow is not None
    for step in (config.kubeflow, *config.kubeflow.nodes.values()):
        for name in step.env:
            if _SECRET.search(name):
                hint = f"kubectl create secret …, and kubeflow: {{secrets: [{{name: NAME, env: {{key: {name}}}}}]}}"
                yield f"kubeflow.env: {name} would stand in the spec, where everybody can read it", hint
