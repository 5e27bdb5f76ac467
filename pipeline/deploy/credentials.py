"""Who asks: a token or a cookie, from where KFP's own client takes them. None of them is ever written anywhere."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from graduate.errors import UsageError

TOKEN, COOKIE = "KF_PIPELINES_TOKEN", "KF_PIPELINES_COOKIE"
TOKEN_FILE, MOUNTED = "KF_PIPELINES_SA_TOKEN_PATH", "/var/run/secrets/kubeflow/pipelines/token"
IAP = tuple(
    f"KF_PIPELINES_{name}" for name in ("IAP_OAUTH2_CLIENT_ID", "APP_OAUTH2_CLIENT_ID", "APP_OAUTH2_CLIENT_SECRET")
)
_CONTEXT = "~/.config/kfp/context.json"  # where people who use KFP's client keep a namespace and a cookie
_GOOGLE = re.compile(r"\S+\.googleusercontent\.com/?$")  # its inverse proxy


@dataclass(frozen=True)
class Credentials:
    """What is sent with each request.

    Attributes:
        source: where they come from, for a message; never what they are.
        token: asked before each request, since a mounted token is replaced every hour.
        cookie, header: as they are sent.
    """

    source: str = "none"
    token: Callable[[], str] | None = None
    cookie: str | None = None
    header: tuple[str, str] | None = None
    seen: set[str] = field(default_factory=set, repr=False)

    def bearer(self) -> str | None:
        """The token of this moment."""
        if self.token is None:
            return None
        token = self.token()
        self.seen.add(token)
        return token

    def hidden(self, text: str) -> str:
        """A text of the server's without whatever it repeats of them."""
        secrets = [*self.seen, self.cookie or "", self.header[1] if self.header else ""]
        for secret in sorted((one for one in secrets if len(one) > 3), key=len, reverse=True):
            text = text.replace(secret, "***")
        return text


def find(host: str, token_env: str | None = None, cookie_env: str | None = None) -> Credentials:
    """The first that there is: a named variable, `$KF_PIPELINES_TOKEN`, a token file, Google's, a cookie.

    Args:
        host: Google's inverse proxy wants a token of Google's.
        token_env, cookie_env: variables of the user's that hold them.

    Raises:
        UsageError: what was named is not there.
    """
    context = _context()
    cookie = _variable(cookie_env, "--cookie-env") if cookie_env else os.environ.get(COOKIE)
    cookie = cookie or context.get("client_authentication_cookie")
    name, value = (context.get(f"client_authentication_header_{part}") for part in ("name", "value"))
    header = (name, value) if name and value else None
    source, token = _token(host, token_env)
    if cookie and token is None:
        source = f"a cookie ({cookie_env or COOKIE})"
    return Credentials(source, token, _one_line(cookie, "the cookie") if cookie else None, header)


def namespace() -> str | None:
    """The namespace that KFP's client would take: of its own settings, or of the pod we are in."""
    if kept := _context().get("namespace"):
        return kept
    try:
        return Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace").read_text(encoding="utf-8").strip()
    except OSError:
        return None


def _token(host: str, token_env: str | None) -> tuple[str, Callable[[], str] | None]:
    variable = token_env or TOKEN
    if token_env or os.environ.get(TOKEN):
        token = _one_line(_variable(variable, "--token-env"), f"the token of {variable}")
        return f"the token of {variable}", lambda: token
    path = os.environ.get(TOKEN_FILE) or MOUNTED
    if os.environ.get(TOKEN_FILE) or Path(path).exists():
        _read(path)  # told now rather than at the first request
        return f"the service account's token, {path}", lambda: _read(path)
    if os.environ.get(IAP[0]):
        return f"Google's Identity-Aware Proxy ({IAP[0]})", _once(_iap)
    if _GOOGLE.match(host):
        return "Google's application default credentials", _once(_google)
    return "none", None


def _variable(name: str, option: str) -> str:
    value = os.environ.get(name, "").strip()
    if not value:
        raise UsageError(
            f"{option} {name}: this environment variable is empty or not set",
            hint=f"export {name}=…; the option takes the variable's name, never its value",
        )
    return value


def _read(path: str) -> str:
    try:
        token = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"the service account's token cannot be read: {getattr(error, 'strerror', None) or 'it is no text'}",
            where=path,
            hint=f"{TOKEN_FILE} names the file",
        ) from None
    if not token:
        raise UsageError("the service account's token is empty", where=path)
    return _one_line(token, "the service account's token")


def _one_line(secret: str, what: str) -> str:
    if not secret.isascii() or not secret.isprintable():
        raise UsageError(f"{what} has a line break or a letter that no header can carry")
    return secret


def _context() -> dict[str, str]:
    try:
        found = json.loads(Path(_CONTEXT).expanduser().read_text(encoding="utf-8"))
    except (OSError, ValueError, RuntimeError):
        return {}
    return {key: value for key, value in found.items() if isinstance(value, str)} if isinstance(found, dict) else {}


def _once(ask: Callable[[], str | None]) -> Callable[[], str]:
    kept: list[str] = []

    def token() -> str:
        if not kept:
            found = ask()
            if not found:
                raise UsageError("Google gave no token for this server", hint="gcloud auth application-default login")
            kept.append(found)
        return kept[0]

    return token


def _iap() -> str | None:
    from kfp.client import auth

    return auth.get_auth_token(*(os.environ.get(name) for name in IAP))[0]  # type: ignore[no-any-return]


def _google() -> str | None:
    from kfp.client import auth

    return auth.get_gcp_access_token()  # type: ignore[no-any-return]
