"""Pusher: a blessed model becomes the version that serves, with its card beside it.

TFX's own names versions by whole seconds, skips a second push in one second in silence, and copies in place.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from typing import Any

from tfx.dsl.components.base import base_component, base_executor, executor_spec
from tfx.types import artifact, channel, component_spec, standard_artifacts

from graduate import model_card, publish
from graduate.components import gate
from graduate.components.artifacts import CrossValidation, Manifest
from graduate.components.kserve import question
from graduate.components.kserve import serving as kserve
from graduate.components.saved_model import saved_model_folder


class PusherSpec(component_spec.ComponentSpec):
    PARAMETERS = {
        "push_to": component_spec.ExecutionParameter(type=str),
        "keep": component_spec.ExecutionParameter(type=int),
        "card": component_spec.ExecutionParameter(type=str),
        "once": component_spec.ExecutionParameter(type=str),
        "kserve": component_spec.ExecutionParameter(type=str, optional=True),
        "obeys": component_spec.ExecutionParameter(type=str, optional=True),
    }
    INPUTS = {
        "model": component_spec.ChannelParameter(type=standard_artifacts.Model),
        "blessing": component_spec.ChannelParameter(type=standard_artifacts.ModelBlessing),
        "evaluation": component_spec.ChannelParameter(type=standard_artifacts.ModelEvaluation, optional=True),
        "manifest": component_spec.ChannelParameter(type=Manifest, optional=True),
        "schema": component_spec.ChannelParameter(type=standard_artifacts.Schema, optional=True),
        "model_run": component_spec.ChannelParameter(type=standard_artifacts.ModelRun, optional=True),
        "cross_validation": component_spec.ChannelParameter(type=CrossValidation, optional=True),
        "examples": component_spec.ChannelParameter(type=standard_artifacts.Examples, optional=True),
        **gate.verdict_inputs(),
    }
    OUTPUTS = {"pushed_model": component_spec.ChannelParameter(type=standard_artifacts.PushedModel)}


class PusherExecutor(base_executor.BaseExecutor):
    """Publishes the model; `pushed_model` carries the properties that TFX's own Pusher writes."""

    def Do(
        self,
        input_dict: dict[str, list[artifact.Artifact]],
        output_dict: dict[str, list[artifact.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        [pushed] = output_dict["pushed_model"]
        if input_dict["blessing"][0].get_int_custom_property("blessed") != 1:
            pushed.set_int_custom_property("pushed", 0)
            return
        run_id = (self._context.pipeline_run_id if self._context else None) or ""
        facts = model_card.Facts(
            run_id=run_id,
            verdicts=tuple(gate.read_verdicts(input_dict)),
            evaluation=_uri(input_dict, "evaluation"),
            manifest=_uri(input_dict, "manifest"),
            schema=_uri(input_dict, "schema"),
            training=_uri(input_dict, "model_run"),
            cross_validation=_uri(input_dict, "cross_validation"),
            more=json.loads(exec_properties["card"]),
        )
        published = publish.publish(
            saved_model_folder(input_dict["model"][0]),
            exec_properties["push_to"],
            facts.card,
            keep=exec_properties["keep"],
        )
        mark_pushed(pushed, published.version)
        if exec_properties.get("kserve"):
            served = kserve.serve(exec_properties["kserve"], published.version, lambda: question.of(input_dict), run_id)
            for key, value in served.items():
                pushed.set_string_custom_property(f"kserve_{key}", value)


def mark_pushed(pushed: artifact.Artifact, version: publish.Version) -> None:
    """Write TFX's own properties of a pushed model."""
    pushed.set_int_custom_property("pushed", 1)
    pushed.set_string_custom_property("pushed_destination", os.fspath(version.folder))
    pushed.set_string_custom_property("pushed_version", str(version.number))


def _uri(input_dict: Mapping[str, list[artifact.Artifact]], key: str) -> str | None:
    given = input_dict.get(key) or []
    return given[0].uri if given else None


class Pusher(base_component.BaseComponent):
    """Outputs `pushed_model`.

    Args:
        model, blessing: the candidate and the Gate's blessing; without it nothing is pushed.
        push_to: absolute folder of versions.
        keep: how many versions stay.
        card: JSON object that goes into the model card as it is: `name`, `task`, `config`, …
        evaluation, manifest, schema, model_run, cross_validation: what the card tells about, where there
            is such a node.
        verdicts: as the Gate's.
        kserve: JSON object of `kserve.manifest.Settings`; "" where nothing is served by KServe.
        examples: raw rows, of which KServe is asked one.
        obeys: what this node obeys, for its cache key.
    """

    SPEC_CLASS = PusherSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(PusherExecutor)

    def __init__(
        self,
        model: channel.BaseChannel,
        blessing: channel.BaseChannel,
        push_to: str,
        keep: int,
        card: str = "{}",
        evaluation: channel.BaseChannel | None = None,
        manifest: channel.BaseChannel | None = None,
        schema: channel.BaseChannel | None = None,
        model_run: channel.BaseChannel | None = None,
        cross_validation: channel.BaseChannel | None = None,
        verdicts: Mapping[str, channel.BaseChannel] | None = None,
        kserve: str | None = None,
        examples: channel.BaseChannel | None = None,
        obeys: str | None = None,
    ) -> None:
        super().__init__(
            PusherSpec(
                model=model,
                blessing=blessing,
                evaluation=evaluation,
                manifest=manifest,
                schema=schema,
                model_run=model_run,
                cross_validation=cross_validation,
                examples=examples,
                **(verdicts or {}),
                push_to=push_to,
                keep=keep,
                card=card,
                # Never cached: a version may have been removed, or rolled back, since the same model was pushed. The
                # push itself finds out whether the model serves already, and then writes nothing.
                once=secrets.token_hex(8),
                kserve=kserve,
                obeys=obeys,
                pushed_model=channel.Channel(type=standard_artifacts.PushedModel),
            )
        )
