"""TensorFlow Serving's REST API: what a path means, and the answer or the error. Nothing here knows HTTP's wires."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import unquote

from graduate.errors import UserError
from graduate.pipeline.serve import recordings, tensors
from graduate.pipeline.serve.servable import DEFAULT, Refused, Servable
from graduate.pipeline.serve.versions import Versions

# https://www.tensorflow.org/tfx/serving/api_rest
_MODEL = r"/v1/models/(?P<name>[^/:]+)(?:/versions/(?P<version>[0-9]{1,19})|/labels/(?P<label>[^/:]+))?"
_ASK = re.compile(_MODEL + r":(?P<what>predict|classify|regress)")
_LOOK = re.compile(_MODEL + r"(?P<metadata>/metadata)?")
PREFIX = "/v1/"


class Reply(NamedTuple):
    """HTTP's status, and a JSON body."""

    status: int
    body: bytes


class _Wrong(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Rest:
    """The API over the versions of one model."""

    def __init__(self, versions: Versions) -> None:
        self.versions = versions

    def reply(self, method: str, path: str, body: bytes = b"") -> Reply:
        """The answer to a request; errors are answers too: 400 what is malformed or refused, 404 what is not there.

        Args:
            method: `GET` or `POST`.
            path: without a query.
            body: of a POST.
        """
        try:
            if method == "POST" and (found := _ASK.fullmatch(path)):
                return Reply(200, tensors.encoded(self._ask(found, body)))
            if method == "GET" and (found := _LOOK.fullmatch(path)):
                told = self._metadata(found) if found["metadata"] else self._status(found)
                return Reply(200, json.dumps(told, indent=1).encode())
            raise _Wrong(400, f"Malformed request: {method} {path[:200]}")
        except _Wrong as error:
            return failed(error.status, str(error))
        except (tensors.Malformed, Refused) as error:
            return failed(400, str(error))
        except UserError as error:
            return failed(500, str(error))

    def _ask(self, found: re.Match[str], body: bytes) -> dict[str, Any]:
        servable = self._servable(found)
        if found["what"] != "predict":
            method = f"tensorflow/serving/{found['what']}"
            raise _Wrong(400, f"Expected the signature's method_name to be {method}. Was: tensorflow/serving/predict")
        asked = tensors.read(body)
        if asked.signature not in servable.inputs:
            names = ", ".join(sorted(servable.inputs))
            raise _Wrong(400, f'Serving signature name: "{asked.signature}" not found; there are {names}')
        given = tensors.arrays(asked, servable.inputs[asked.signature])
        if asked.signature == DEFAULT:
            given = recordings.as_wavs(servable, given)
        try:
            return tensors.answer(asked.form, servable.ask(given, asked.signature))
        except Refused as error:
            raise Refused(_which(servable, given, error) if asked.signature == DEFAULT else str(error)) from error

    def _servable(self, found: re.Match[str]) -> Servable:
        name, version = self._named(found), found["version"]
        servable = self.versions.get(int(version) if version else None) if name == self.versions.name else None
        if servable is None:
            wanted = f"Specific({name}, {version})" if version else f"Latest({name})"
            raise _Wrong(404, f"Servable not found for request: {wanted}")
        return servable

    def _named(self, found: re.Match[str]) -> str:
        if found["label"]:
            raise _Wrong(400, f"Unrecognized servable version label: {found['label']}")
        return unquote(found["name"])

    def _status(self, found: re.Match[str]) -> dict[str, Any]:
        name, version = self._named(found), found["version"]
        states = self.versions.states() if name == self.versions.name else {}
        if version:
            states = {number: state for number, state in states.items() if number == int(version)}
        if not states:
            wanted = f"version {version}" if version else "any versions"
            raise _Wrong(404, f"Could not find {wanted} of model {name}")
        return {
            "model_version_status": [
                {
                    "version": str(number),
                    "state": state.name,
                    "status": {"error_code": "UNKNOWN" if state.problem else "OK", "error_message": state.problem},
                }
                for number, state in states.items()
            ]
        }

    def _metadata(self, found: re.Match[str]) -> dict[str, Any]:
        servable = self._servable(found)
        spec = {"name": self.versions.name, "signature_name": "", "version": str(servable.version)}
        return {"model_spec": spec, "metadata": {"signature_def": {"signature_def": servable.metadata()}}}


def failed(status: int, message: str) -> Reply:
    """An error as TensorFlow Serving writes it."""
    return Reply(status, tensors.encoded({"error": message}))


def _which(servable: Servable, given: Mapping[str, Any], error: Refused) -> str:
    """The first row of a refused request that the model does not take, and why."""
    counts = {value.shape[:1] for value in given.values()}
    if len(counts) != 1 or not (count := next(iter(counts))):
        return str(error)
    first, end = 0, count[0]
    while end - first > 1:  # the halves are asked, as they are in `graduate predict`
        middle = (first + end) // 2
        try:
            servable.ask({name: value[first:middle] for name, value in given.items()})
            first = middle
        except Refused:
            end = middle
    return f"instance {first}: {_why(servable, [value[first] for value in given.values()]) or error}"


def _why(servable: Servable, row: Sequence[Any]) -> str | None:
    """In a person's words, where the task has such."""
    from graduate.pipeline.data import kinds

    task = str(servable.about.get("task"))
    if task not in kinds.BY_TASK or len(row) != 1:
        return None
    [seen] = kinds.seen_of(task, row)
    return seen if isinstance(seen, str) else None
