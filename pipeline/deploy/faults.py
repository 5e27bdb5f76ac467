"""What can come back instead of an answer, and what it says to a person."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from graduate.errors import UserError

Kind = Literal["name", "refused", "timeout", "dropped", "tls", "proxy", "page", "status"]
_LONGEST = 300


@dataclass
class Fault(Exception):
    """A request that came to nothing.

    Attributes:
        kind: `status` for an answer of the server's; `page` for a web page where JSON was due.
        status: of HTTP, 0 where there was no answer.
        message: the server's own words, or the library's.
        retry_after: seconds that the server asks to wait.
    """

    kind: Kind
    status: int = 0
    message: str = ""
    retry_after: float | None = None

    @property
    def passes(self) -> bool:
        """Whether the same request may well succeed a little later."""
        if self.kind == "status":
            return self.status in (408, 425, 429) or self.status >= 500
        return self.kind in ("refused", "timeout", "dropped", "name")

    @property
    def in_doubt(self) -> bool:
        """Whether the server may have done what was asked all the same."""
        return self.kind in ("timeout", "dropped") or (self.kind == "status" and self.status >= 500)

    def __str__(self) -> str:
        what = {
            "name": "its name is not known",
            "refused": "nobody answers there",
            "timeout": "it did not answer in time",
            "dropped": "the connection broke",
            "tls": "its certificate is not trusted",
            "proxy": "the proxy does not let us through",
            "page": "it answers with a web page",
        }
        return what.get(self.kind) or f"it answers {self.status}" + (f": {self.message}" if self.message else "")


def of_answer(status: int, body: str, headers: Mapping[str, str]) -> Fault:
    """The fault that an answer of the server's is."""
    lower = {str(key).lower(): value for key, value in headers.items()}
    if 300 <= status < 400 or (status < 400 and _is_page(body)):
        return Fault("page", status, lower.get("location") or "")
    wait = lower.get("retry-after") or ""
    return Fault("status", status, _message(body), float(wait) if wait.isascii() and wait.isdigit() else None)


def of_library(error: BaseException) -> Fault:
    """The fault behind an exception of urllib3's."""
    from urllib3 import exceptions

    while isinstance(error, exceptions.MaxRetryError) and error.reason is not None:
        error = error.reason
    text = " ".join(str(error).split())
    if isinstance(error, exceptions.SSLError):
        return Fault("tls", 0, text)
    if isinstance(error, exceptions.ProxyError):
        return Fault("proxy", 0, text)
    if isinstance(error, exceptions.NameResolutionError | exceptions.LocationParseError):
        return Fault("name", 0, text)
    if isinstance(error, exceptions.ConnectTimeoutError) and not isinstance(error, exceptions.NewConnectionError):
        return Fault("refused", 0, "no connection in time")
    if isinstance(error, exceptions.NewConnectionError):
        return Fault("refused", 0, text)
    if isinstance(error, exceptions.TimeoutError):
        return Fault("timeout", 0, text)
    return Fault("dropped", 0, text)


def explained(fault: Fault, host: str, source: str, doing: str) -> UserError:
    """The error to show.

    Args:
        fault: what happened; its message is free of secrets.
        host: the API's address.
        source: where the credentials come from, `none` if there are none.
        doing: what was asked, as `upload the pipeline`.
    """
    if fault.kind != "status":
        message, hint = _unanswered(fault, host)
    else:
        message, hint = _answered(fault, host, source, doing)
    return UserError(message, hint=hint)


def _unanswered(fault: Fault, host: str) -> tuple[str, str]:
    if fault.kind == "tls":
        return (
            f"the certificate of {host} is not trusted: {_reason(fault.message)}",
            "--ca-cert FILE takes the certificate of the authority that signed it; --insecure trusts anybody",
        )
    if fault.kind == "page":
        to = f", and sends us to {_origin(fault.message)}" if fault.message else ""
        return (
            f"{host} answers with a web page instead of the Kubeflow Pipelines API{to}",
            "it wants somebody to sign in: give a token or a cookie (graduate deploy --help); "
            f"behind Kubeflow's dashboard the address ends with /pipeline: {_with_path(host)}",
        )
    if fault.kind == "proxy":
        return f"the proxy does not lead to {host}: {fault.message[:_LONGEST]}", "HTTPS_PROXY and NO_PROXY name it"
    hints = {
        "name": "is the address right? of a cluster inside which we are not, forward a port",
        "refused": "kubectl -n kubeflow port-forward svc/ml-pipeline-ui 8080:80, then --host http://localhost:8080",
        "timeout": "--timeout SECONDS waits longer",
        "dropped": "the same command can be given again",
    }
    return f"{host} cannot be reached: {fault}", hints[fault.kind]


def _answered(fault: Fault, host: str, source: str, doing: str) -> tuple[str, str]:
    said = f": {fault.message}" if fault.message else ""
    if fault.status == 401:
        if source == "none":
            return (
                f"{host} wants to know who asks (401{said})",
                "export KF_PIPELINES_TOKEN=…, or name another variable with --token-env; see graduate deploy --help",
            )
        return f"{host} does not accept {source} (401{said})", "it may have run out; get a new one"
    if fault.status == 403:
        return (
            f"{host} does not allow us to {doing} (403{said})",
            "in a Kubeflow with several users: --namespace, and there the role kubeflow-edit",
        )
    if fault.status == 404 and not fault.message:
        return f"there is no Kubeflow Pipelines API at {host} (404)", f"is it {_with_path(host)}?"
    if fault.passes:
        return f"{host} could not {doing}: it answers {fault.status}{said}", "the same command can be given again"
    return f"{host} refuses to {doing}: it answers {fault.status}{said}", "the server's log has more"


def _message(body: str) -> str:
    try:
        told = json.loads(body)
    except ValueError:
        return "" if _is_page(body) else " ".join(body.split())[:_LONGEST]
    if not isinstance(told, dict):
        return ""
    return " ".join(_first(told, "message", "error_message", "error").split())[:_LONGEST]


def _first(told: Mapping[str, Any], *keys: str) -> str:
    return next((told[key] for key in keys if isinstance(told.get(key), str) and told[key]), "")


def _is_page(body: str) -> bool:
    return body.lstrip()[:1] == "<"


def _reason(text: str) -> str:
    _, found, reason = text.partition("certificate verify failed: ")
    return (reason.partition(" (_ssl")[0] if found else text)[:_LONGEST]


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else parts.path[:80]


def _with_path(host: str) -> str:
    return host if host.endswith("/pipeline") else f"{host}/pipeline"
