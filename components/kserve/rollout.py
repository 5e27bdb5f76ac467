"""A roll-out by KServe: applied, waited for, asked a question whose answer is known, and put back where it fails."""

from __future__ import annotations

import json
import math
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from graduate.errors import UserError

_EVERY = 2.0  # seconds between looks
_ASK_TIMEOUT = 30.0
_LOST = ("BlockedByFailedLoad", "InvalidSpec")  # KServe's transition states that no waiting mends


class Cluster(Protocol):
    """What is asked of a cluster."""

    namespace: str

    def get(self, name: str) -> dict[str, Any] | None: ...
    def apply(self, manifest: Mapping[str, Any]) -> dict[str, Any]: ...
    def put_back(self, name: str, before: Mapping[str, Any] | None) -> None: ...


@dataclass(frozen=True)
class Question:
    """One row, and what the trainer itself answered to it.

    Attributes:
        row: the row as TensorFlow Serving's REST API takes it.
        answer: probabilities or numbers.
        tolerance: the largest absolute difference.
    """

    row: Mapping[str, Any]
    answer: Sequence[float]
    tolerance: float = 1e-4


class _Failed(Exception):
    """The roll-out fails, in words."""


def roll_out(
    cluster: Cluster,
    manifest: Mapping[str, Any],
    number: int,
    question: Question | None,
    timeout_s: float,
    say: Callable[[str], None] = lambda _: None,
) -> str:
    """Make a version serve, and return the address at which it answers.

    Raises:
        UserError: it did not come to answer in time, or answers something else; what served before serves again.
    """
    name = manifest["metadata"]["name"]
    before = cluster.get(name)
    try:
        applied = cluster.apply(manifest)
        return _wait(cluster, applied, number, question, before, timeout_s, say)
    except _Failed as error:
        cluster.put_back(name, before)
        was = ((before or {}).get("metadata", {}).get("annotations") or {}).get("graduate/version")
        serves = f"version {was} serves again" if was else "the manifest is as it was" if before else "it is removed"
        raise UserError(
            f"version {number} was pushed, but KServe does not serve it: {error}; {serves}",
            where=f"InferenceService {cluster.namespace}/{name}",
            hint=f"kubectl describe inferenceservice {name} --namespace {cluster.namespace}; what was pushed stays: "
            "mend the cause, and run again or apply its inferenceservice.yaml",
        ) from None
    except BaseException:  # stopped while waiting: nothing half rolled out stays
        cluster.put_back(name, before)
        raise


def _wait(
    cluster: Cluster,
    applied: Mapping[str, Any],
    number: int,
    question: Question | None,
    before: Mapping[str, Any] | None,
    timeout_s: float,
    say: Callable[[str], None],
) -> str:
    name, generation = applied["metadata"]["name"], applied["metadata"].get("generation", 0)
    deadline, told = time.monotonic() + timeout_s, ""
    while True:
        state = cluster.get(name)
        if state is None:
            raise _Failed("somebody has removed it")
        status = state.get("status") or {}
        waits = _waits_for(status, generation, (before or {}).get("status") or {})
        if waits is None:
            url = _address(status)
            waits = "it has no address yet" if url is None else _ask(url, name, number, question)
            if waits is None:
                return str(url)
        if waits != told:
            say(f"KServe: {waits}")
            told = waits
        if time.monotonic() + _EVERY > deadline:
            raise _Failed(f"after {timeout_s:g} seconds {waits}")
        time.sleep(_EVERY)


def _waits_for(status: Mapping[str, Any], generation: int, before: Mapping[str, Any]) -> str | None:
    """What is not there yet; None when the InferenceService says that it is ready."""
    model = status.get("modelStatus") or {}
    if model.get("transitionStatus") in _LOST and model != before.get("modelStatus"):
        raise _Failed(str((model.get("lastFailureInfo") or {}).get("message") or model["transitionStatus"]))
    if status.get("observedGeneration", generation) < generation:
        return "the manifest has not been looked at yet"
    conditions = {one.get("type"): one for one in status.get("conditions") or ()}
    ready = conditions.get("Ready") or {}
    if ready.get("status") == "True":
        return None
    wrong = next((one for one in (ready, *conditions.values()) if one.get("message")), ready)
    return f"it is not ready ({wrong.get('message') or wrong.get('reason') or 'no status yet'})"


def _address(status: Mapping[str, Any]) -> str | None:
    """Where it answers within the cluster, else from outside."""
    return ((status.get("address") or {}).get("url")) or status.get("url")


def _ask(url: str, name: str, number: int, question: Question | None) -> str | None:
    """Ask the version itself; why it does not answer yet, or None.

    Raises:
        _Failed: it answers, and wrongly.
    """
    at = f"{url.rstrip('/')}/v1/models/{name}/versions/{number}"
    try:
        if question is None:
            [state] = _http(at)["model_version_status"]
            return None if state["state"] == "AVAILABLE" else f"version {number} is {state['state']}"
        answered = _http(f"{at}:predict", {"instances": [question.row]})["predictions"][0]
    except urllib.error.HTTPError as error:
        return f"version {number} does not answer yet ({error.code}: {_said(error)})"
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        return f"version {number} does not answer yet ({getattr(error, 'reason', None) or error})"
    given = _numbers(answered)
    if len(given) != len(question.answer):
        raise _Failed(f"it answers {len(given)} numbers to a row where the trainer answered {len(question.answer)}")
    gap = max(abs(a - b) if math.isfinite(a) else math.inf for a, b in zip(given, question.answer, strict=True))
    if gap > question.tolerance:
        raise _Failed(f"its answer to a row differs by {gap:.1e} from the trainer's, more than {question.tolerance:g}")
    return None


def _numbers(answered: Any) -> list[float]:
    """Of what a signature answers the probabilities, or the numbers."""
    if isinstance(answered, Mapping):
        answered = answered.get("probabilities", answered.get("values", ()))
    return [float(one) for one in answered]


def _http(url: str, body: Mapping[str, Any] | None = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=_ASK_TIMEOUT) as answer:
        return json.loads(answer.read())


def _said(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.loads(error.read())["error"])[:200]
    except (ValueError, KeyError, TypeError, OSError):
        return str(error.reason)
