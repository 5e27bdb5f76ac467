"""Where a Kubeflow Pipelines server is, as people write it, and where its pages are."""

from __future__ import annotations

import os
from urllib.parse import quote, urlsplit, urlunsplit

from graduate.errors import UsageError

HOST, PAGES = "KF_PIPELINES_ENDPOINT", "KF_PIPELINES_UI_ENDPOINT"  # the variables that KFP's own client reads
_LOCAL = ("localhost", "127.0.0.1", "::1")


def of(given: str | None) -> str:
    """The API's address without a slash at its end: of `--host`, else of `$KF_PIPELINES_ENDPOINT`.

    An address without a scheme is https, as KFP's client has it, but on this very machine, where a forwarded port is.

    Raises:
        UsageError: there is none, or it is no address, or holds a password.
    """
    text = (given or os.environ.get(HOST) or "").strip()
    if not text:
        raise UsageError(
            "no Kubeflow Pipelines server is named",
            hint=f"--host URL, or the variable {HOST}; with kubectl port-forward svc/ml-pipeline-ui 8080:80: "
            "--host http://localhost:8080",
        )
    if "://" not in text:
        text = ("http://" if _is_local(urlsplit(f"//{text}").hostname) else "https://") + text
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018  it is the reading that tells whether it is a number
    except ValueError as error:
        raise UsageError(f"--host {text} is no address: {error}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(
            f"--host {text} is no address of a server", hint="http://HOST[:PORT] or https://HOST[/pipeline]"
        )
    if parts.username or parts.password:
        raise UsageError(
            "--host holds a name or a password, which would be seen by whoever lists processes",
            hint="leave it out; a token is read from the environment: see graduate deploy --help",
        )
    return urlunsplit((parts.scheme, parts.netloc, parts.path, "", "")).rstrip("/")


def is_open(host: str) -> bool:
    """Whether what is sent there can be read on its way: http, and not to this machine."""
    parts = urlsplit(host)
    return parts.scheme == "http" and not _is_local(parts.hostname)


def run_page(host: str, run_id: str) -> str:
    """A run's page, as KFP's own client names it."""
    return f"{_pages(host)}/#/runs/details/{quote(run_id)}"


def schedule_page(host: str, recurring_run_id: str) -> str:
    """The page of a schedule."""
    return f"{_pages(host)}/#/recurringrun/details/{quote(recurring_run_id)}"


def _pages(host: str) -> str:
    return (os.environ.get(PAGES) or host).rstrip("/")


def _is_local(name: str | None) -> bool:
    return name in _LOCAL
