"""Kubeflow Pipelines' API v2beta1, through its own generated client, with time-outs and patience.

`kfp.Client` is not used: it prints to stdout, has no time-out (a server that does not answer holds it for ever), hides
a certificate that is not trusted behind an AttributeError, and its import takes three times as long. What it is made
of is: `kfp_server_api`, which carries the published definition.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from graduate.errors import UsageError
from graduate.pipeline.deploy import faults
from graduate.pipeline.deploy.credentials import Credentials
from graduate.pipeline.deploy.faults import Fault

_PAUSES = (0.5, 1.0, 2.0, 4.0)  # seconds between tries
_LONGEST_PAUSE = 30.0  # however long a server asks to wait
_CONNECT_S = 10.0

Say = Callable[[str], None]


class Api:
    """One server, as one user sees it. Answers are plain dictionaries: a newer server may say more than we know."""

    def __init__(
        self,
        host: str,
        credentials: Credentials,
        *,
        timeout: float = 30.0,
        ca_cert: str | None = None,
        insecure: bool = False,
        say: Say = lambda text: None,
    ) -> None:
        import kfp_server_api as kfp
        import urllib3

        _check_certificates(ca_cert)
        self.host, self.credentials, self._say = host, credentials, say
        self._timeout = (min(timeout, _CONNECT_S), timeout)
        configuration = kfp.Configuration(host=host)
        # tries are ours to count and to tell; a redirection would carry a token elsewhere
        configuration.retries = urllib3.Retry(total=0, redirect=0, raise_on_redirect=False)
        configuration.verify_ssl, configuration.ssl_ca_cert = not insecure, ca_cert
        configuration.proxy = _proxy(host)
        if credentials.token is not None:
            configuration.api_key["authorization"] = "asked before each request"
            configuration.api_key_prefix["authorization"] = "Bearer"
            configuration.refresh_api_key_hook = self._refresh
        if insecure:
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        client = kfp.ApiClient(configuration, cookie=credentials.cookie)
        if credentials.header:
            client.set_default_header(*credentials.header)
        self.health = kfp.HealthzServiceApi(client)
        self.experiments = kfp.ExperimentServiceApi(client)
        self.pipelines = kfp.PipelineServiceApi(client)
        self.uploads = kfp.PipelineUploadServiceApi(client)
        self.runs = kfp.RunServiceApi(client)
        self.schedules = kfp.RecurringRunServiceApi(client)

    def once(self, call: Callable[..., Any], *args: Any, **options: Any) -> dict[str, Any]:
        """One request.

        Raises:
            Fault: it came to nothing.
        """
        with self._faults():
            answer = call(*args, **options, _preload_content=False, _request_timeout=self._timeout)
            body = answer.data.decode("utf-8", errors="replace")
        try:
            found = json.loads(body or "{}")
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise faults.of_answer(answer.status, body if body.lstrip()[:1] == "<" else "<", answer.headers)
        return found

    def read(self, doing: str, call: Callable[..., Any], *args: Any, **options: Any) -> dict[str, Any]:
        """A request that may be made again, and is, as long as the server is there and says that it is in trouble.

        Raises:
            UserError: it came to nothing.
        """
        pauses = iter(_PAUSES)
        while True:
            try:
                return self.once(call, *args, **options)
            except Fault as fault:
                if not (fault.kind == "status" and fault.passes and self._pause(fault, pauses)):
                    raise self.explained(fault, doing) from None

    def make(
        self, doing: str, find: Callable[[], dict[str, Any] | None], create: Callable[[], dict[str, Any]]
    ) -> tuple[dict[str, Any], bool]:
        """What has a name, made if it is not there; and whether it was made.

        A request that makes something must not simply be sent again: it may have been heard. So it is looked for first.

        Raises:
            UserError: it came to nothing.
        """
        pauses, found = iter(_PAUSES), find()
        if found is not None:
            return found, False
        while True:
            try:
                return create(), True
            except Fault as fault:
                there = find() if fault.in_doubt or fault.status == 409 else None
                if there is not None:
                    return there, fault.status != 409
                if not (fault.passes and self._pause(fault, pauses)):
                    raise self.explained(fault, doing) from None

    def explained(self, fault: Fault, doing: str) -> Exception:
        """The error to show for a fault."""
        return faults.explained(fault, self.host, self.credentials.source, doing)

    def _pause(self, fault: Fault, pauses: Iterator[float]) -> bool:
        pause = next(pauses, None)
        if pause is None:
            return False
        pause = min(_LONGEST_PAUSE, max(pause, fault.retry_after or 0.0))
        self._say(f"{self.host}: {fault}; again in {pause:g} s")
        time.sleep(pause)
        return True

    @contextmanager
    def _faults(self) -> Iterator[None]:
        """The library's exceptions as faults, in words that hold no secret."""
        import kfp_server_api as kfp
        import urllib3

        try:
            yield
        except kfp.ApiException as error:
            fault = faults.of_answer(error.status or 0, error.body or "", dict(error.headers or {}))
        except urllib3.exceptions.HTTPError as error:
            fault = faults.of_library(error)
        except UnicodeDecodeError:  # an error page in another encoding
            fault = Fault("page")
        else:
            return
        fault.message = self.credentials.hidden(fault.message)
        raise fault from None

    def _refresh(self, configuration: Any) -> None:
        configuration.api_key["authorization"] = self.credentials.bearer()


def _proxy(host: str) -> str | None:
    """The proxy that the environment names for this address; the generated client does not look for one."""
    parts = urlsplit(host)
    if not parts.hostname or proxy_bypass(parts.hostname):
        return None
    proxies = getproxies()
    return proxies.get(parts.scheme) or proxies.get("all")


def _check_certificates(path: str | None) -> None:
    """urllib3 would tell of a bad file at the first request, as if the server were not to be trusted."""
    if path is None:
        return
    import ssl

    try:
        ssl.create_default_context(cafile=path)
    except ssl.SSLError:
        raise UsageError("--ca-cert holds no certificate in PEM format", where=path) from None
    except OSError as error:
        raise UsageError(f"--ca-cert cannot be read: {error.strerror}", where=path) from None
